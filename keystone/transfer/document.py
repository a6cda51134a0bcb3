"""The file of `keystone-manage export`: what it holds, how it is written and checked.

Names stand for everything; ids are written too, so that what other services keep by project survives a move. An
entry without id gets a new one. `domain` is left out where it is the default domain.
"""
import yaml

from essex import config
from essex.exception import BadRequest
from essex.wsgi import compile_schema
from keystone.assignment.listing import Wanted
from keystone.db.records import Hints

CONF = config.CONF

FORMAT = 'essex-identity/1'
_HEAD = """# Domains, projects, roles, catalog and assignments of an identity service.
# `keystone-manage import FILE --dry-run` tells what this would change, without --dry-run it is changed. Nothing is
# ever removed; entries may be edited or left out. Users and groups are named, not kept here. An entry without
# `domain` is in the default domain, one without `id` is found by its name or gets a new id.
"""

_TEXT, _FLAG = {'type': 'string', 'minLength': 1, 'maxLength': 255}, {'type': 'boolean'}
_LONG = {'type': ['string', 'null'], 'maxLength': 16000}


def _entries(required, **fields):
    return {'type': 'array', 'items': {'type': 'object', 'properties': fields, 'required': required,
                                       'additionalProperties': False}}


_ENDPOINTS = _entries(['interface', 'url'], id=_TEXT, interface={'enum': ['public', 'internal', 'admin']},
                      region=_TEXT, url={**_TEXT, 'maxLength': 2000}, enabled=_FLAG)
SCHEMA = {'type': 'object', 'additionalProperties': False, 'required': ['format'], 'properties': {
    'format': {'enum': [FORMAT]},
    'domains': _entries(['name'], id=_TEXT, name=_TEXT, description=_LONG, enabled=_FLAG),
    'projects': _entries(['name'], id=_TEXT, name=_TEXT, domain=_TEXT, parent=_TEXT, description=_LONG,
                         enabled=_FLAG, tags={'type': 'array', 'items': _TEXT}),
    'roles': _entries(['name'], id=_TEXT, name=_TEXT, domain=_TEXT, description=_LONG, immutable=_FLAG,
                      implies={'type': 'array', 'items': _TEXT}),
    'regions': _entries(['id'], id=_TEXT, description=_LONG, parent=_TEXT),
    'services': _entries(['type'], id=_TEXT, type=_TEXT, name=_TEXT, description=_LONG, enabled=_FLAG,
                         endpoints=_ENDPOINTS),
    'assignments': _entries(['role'], role=_TEXT, role_domain=_TEXT, user=_TEXT, user_domain=_TEXT, group=_TEXT,
                            group_domain=_TEXT, project=_TEXT, project_domain=_TEXT, on_domain=_TEXT, system=_FLAG,
                            inherited=_FLAG)}}
_check = compile_schema(SCHEMA)


def read(text):
    """The document in a file's text. Raises BadRequest saying where it is wrong."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadRequest(f'The file is no valid YAML: {error}') from error
    _check(document)
    return document


def write(document):
    """The file's text."""
    # Entries without lists in them on a line of their own: that is what one reads and edits.
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, default_flow_style=None, width=160)


def _filled(**values):
    """Without what says nothing."""
    return {key: value for key, value in values.items() if value not in (None, '', [])}


class Export:
    """Reads everything through the managers, a list a kind."""

    def __init__(self, managers):
        self.managers = managers
        self.domains = {each['id']: each['name'] for each in managers.domains.list_domains(Hints())}

    def document(self):
        """The whole."""
        return {'format': FORMAT, 'domains': self._domains(), 'projects': self._projects(), 'roles': self._roles(),
                'regions': self._regions(), 'services': self._services(), 'assignments': self._assignments()}

    def _domain(self, domain_id):
        """The name of a domain, None for the default one."""
        return None if domain_id in (None, CONF.identity.default_domain_id) else self.domains.get(domain_id, domain_id)

    def _domains(self):
        return [_filled(name=each['name'], id=each['id'], description=each['description'], enabled=each['enabled'])
                for each in self.managers.domains.list_domains(Hints())]

    def _projects(self):
        found = {each['id']: each for each in self.managers.resource.list_projects(Hints())}

        def depth(project):
            above = found.get(project['parent_id'])
            return 0 if above is None else 1 + depth(above)
        ordered = sorted(found.values(), key=lambda each: (depth(each), each['domain_id'], each['name']))
        return [_filled(name=each['name'], id=each['id'], domain=self._domain(each['domain_id']),
                        parent=found[each['parent_id']]['name'] if each['parent_id'] in found else None,
                        description=each['description'], enabled=each['enabled'], tags=each['tags'])
                for each in ordered]

    def _roles(self):
        implied = {prior['id']: [role['name'] for role in roles]
                   for prior, roles in self.managers.roles.inferences()}
        roles = sorted(self.managers.roles.all_roles(), key=lambda each: (each['domain_id'] or '', each['name']))
        # Spelt out even for the default domain: a role without domain is a global one.
        return [_filled(name=each['name'], id=each['id'],
                        domain=self.domains.get(each['domain_id'], each['domain_id']),
                        description=each['description'], immutable=each['options'].get('immutable'),
                        implies=sorted(implied.get(each['id'], ()))) for each in roles]

    def _regions(self):
        regions = {each['id']: each for each in self.managers.catalog.list_regions(Hints())}

        def depth(region):
            above = regions.get(region['parent_region_id'])
            return 0 if above is None else 1 + depth(above)
        return [_filled(id=each['id'], description=each['description'], parent=each['parent_region_id'])
                for each in sorted(regions.values(), key=lambda each: (depth(each), each['id']))]

    def _services(self):
        endpoints = {}
        for each in self.managers.catalog.list_endpoints(Hints()):
            endpoints.setdefault(each['service_id'], []).append(
                _filled(interface=each['interface'], region=each['region_id'], url=each['url'], id=each['id'],
                        enabled=None if each['enabled'] else False))
        services = sorted(self.managers.catalog.list_services(Hints()), key=lambda each: (each['type'], each['id']))
        return [_filled(type=each['type'], name=each['name'], id=each['id'], description=each['description'],
                        enabled=each['enabled'], endpoints=endpoints.get(each['id'])) for each in services]

    def _assignments(self):
        items = self.managers.assignments.list(Wanted())
        names = self.managers.assignments.names(items)
        found = []
        for item in items:
            role, actor = names['role'][item.role_id], self._actor(item, names)
            entry = _filled(role=role['name'], role_domain=(role.get('domain') or {}).get('name'), **actor)
            if item.target_type == 'system':
                entry['system'] = True
            elif item.target_type == 'domain':
                entry['on_domain'] = self.domains.get(item.target_id, item.target_id)
            else:
                project = names['project'].get(item.target_id)
                if project is None:
                    continue
                entry |= _filled(project=project['name'], project_domain=self._domain(project['domain']['id']))
            found.append(entry | ({'inherited': True} if item.inherited else {}))
        return sorted(found, key=lambda each: sorted((key, str(value)) for key, value in each.items()))

    def _actor(self, item, names):
        """{user, user_domain} or {group, group_domain}; by id when no name is known (kept in another directory)."""
        shown = names[item.actor_type].get(item.actor_id)
        if shown is None or not shown.get('name'):
            return {item.actor_type: item.actor_id}
        return {item.actor_type: shown['name'], f'{item.actor_type}_domain': self._domain(shown['domain']['id'])}
