"""/v3/domains"""
import uuid

from essex import wsgi
from essex.exception import BadRequest
from keystone.api.base import Controller
from keystone.api.v3 import schemas
from keystone.api.v3.collection import hints_of, listed, single, taken

_FIELDS = {'name': schemas.NAME, 'description': schemas.DESCRIPTION, 'enabled': schemas.BOOLEAN,
           'options': schemas.IMMUTABLE, 'tags': schemas.TAGS, 'explicit_domain_id': {'type': 'string'}}
CREATE = schemas.member('domain', _FIELDS, ['name'])
UPDATE = schemas.member('domain', _FIELDS)
# A domain is stored as a project; these of its columns are not the caller's.
NOT_SETTABLE = ('domain_id', 'parent_id', 'is_domain', 'extra', 'explicit_domain_id')


class DomainController(Controller):

    @wsgi.route('GET', '/domains')
    def index(self, req):
        domain_id = req.context.domain_id
        self.enforce(req, 'list_domains', domain={'id': domain_id})
        # With a token for a domain one sees that one.
        ids = [domain_id] if domain_id else None
        hints = hints_of(req, text=('name', 'id'), flags=('enabled',))
        return listed(req, 'domains', self.managers.domains.list_domains(hints, ids), hints=hints)

    @wsgi.route('POST', '/domains', status=201, schema=CREATE)
    def create(self, req, body):
        self.enforce(req, 'create_domain')
        values = taken(body, 'domain', *NOT_SETTABLE)
        chosen = body['domain'].get('explicit_domain_id')
        if chosen is not None:
            values['id'] = _checked_id(chosen)
        return single(req, 'domain', self.managers.domains.create_domain(values), 'domains')

    def _load(self, req, rule, domain_id):
        return self.load(req, rule, 'domain', self.managers.domains.get_domain, domain_id)

    @wsgi.route('GET', '/domains/<domain_id>')
    def show(self, req, domain_id):
        return single(req, 'domain', self._load(req, 'get_domain', domain_id), 'domains')

    @wsgi.route('PATCH', '/domains/<domain_id>', schema=UPDATE)
    def update(self, req, domain_id, body):
        self._load(req, 'update_domain', domain_id)
        values = taken(body, 'domain', *NOT_SETTABLE)
        return single(req, 'domain', self.managers.domains.update_domain(domain_id, values), 'domains')

    @wsgi.route('DELETE', '/domains/<domain_id>', status=204)
    def delete(self, req, domain_id):
        self._load(req, 'delete_domain', domain_id)
        self.managers.domains.delete_domain(domain_id)


def _checked_id(text):
    try:
        return uuid.UUID(hex=text).hex
    except ValueError:
        raise BadRequest('explicit_domain_id has to be 32 hexadecimal digits.') from None
