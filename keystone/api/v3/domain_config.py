"""/v3/domains/{id}/config: the settings of a domain's own identity backend"""
from essex import wsgi
from keystone.api.base import Controller
from keystone.api.v3 import schemas

_BODY = schemas.closed({'config': {'type': 'object'}}, ['config'])
_ALL = '/domains/<domain_id>/config'
_SECTION = f'{_ALL}/<section>'
_OPTION = f'{_SECTION}/<option>'
_COMPLIANCE = f'{_ALL}/security_compliance'


class DomainConfigController(Controller):

    @wsgi.route('PUT', _ALL, schema=_BODY)
    def replace(self, req, domain_id, body):
        self.enforce(req, 'create_domain_config')
        config, is_new = self.managers.domain_config.replace(domain_id, body['config'])
        return wsgi.Reply({'config': config}, status=201 if is_new else 200)

    @wsgi.route('GET', _ALL)
    @wsgi.route('GET', _SECTION)
    @wsgi.route('GET', _OPTION)
    def show(self, req, domain_id, section=None, option=None):
        self.enforce(req, 'get_domain_config')
        return {'config': self.managers.domain_config.get(domain_id, section, option)}

    @wsgi.route('PATCH', _ALL, schema=_BODY)
    @wsgi.route('PATCH', _SECTION, schema=_BODY)
    @wsgi.route('PATCH', _OPTION, schema=_BODY)
    def update(self, req, domain_id, body, section=None, option=None):
        self.enforce(req, 'update_domain_config')
        return {'config': self.managers.domain_config.update(domain_id, body['config'], section, option)}

    @wsgi.route('DELETE', _ALL, status=204)
    @wsgi.route('DELETE', _SECTION, status=204)
    @wsgi.route('DELETE', _OPTION, status=204)
    def delete(self, req, domain_id, section=None, option=None):
        self.enforce(req, 'delete_domain_config')
        self.managers.domain_config.delete(domain_id, section, option)

    @wsgi.route('GET', _COMPLIANCE)
    @wsgi.route('GET', f'{_COMPLIANCE}/<option>')
    def compliance(self, req, domain_id, option=None):
        self.enforce(req, 'get_security_compliance_domain_config')
        return {'config': self.managers.domain_config.compliance(domain_id, option)}

    @wsgi.route('GET', '/domains/config/default')
    @wsgi.route('GET', '/domains/config/<section>/default')
    @wsgi.route('GET', '/domains/config/<section>/<option>/default')
    def defaults(self, req, section=None, option=None):
        self.enforce(req, 'get_domain_config_default')
        return {'config': self.managers.domain_config.defaults(section, option)}
