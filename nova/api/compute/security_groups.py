"""/os-security-groups and /os-security-group-rules."""
from essex import wsgi
from nova.api.compute import common, schemas
from nova.network import api as network_api

_NUMBER = {'anyOf': [{'type': 'integer'}, {'type': 'string', 'maxLength': 11}, {'type': 'null'}]}
GROUP = schemas.wrapped('security_group', {
    'name': {'type': 'string'}, 'description': {'anyOf': [{'type': 'string'}, {'type': 'null'}]}}, required=('name',))
RULE = schemas.wrapped('security_group_rule', {
    'parent_group_id': {'type': ['integer', 'string']}, 'ip_protocol': {'type': ['string', 'null']},
    'from_port': _NUMBER, 'to_port': _NUMBER, 'cidr': {'type': ['string', 'null']},
    'group_id': {'type': ['integer', 'string', 'null']}}, required=('parent_group_id',))


class SecurityGroups(wsgi.Controller):
    """Groups and their rules."""

    def __init__(self):
        self.network = network_api.API()

    @wsgi.route('GET', '/os-security-groups')
    def index(self, req):
        common.authorize(req, 'security_groups:show')
        # Others than administrators get their own whatever they ask.
        every = common.flag(req.query(), 'all_tenants') and common.allowed(req, 'servers:index:all_tenants')
        groups = self.network.list_security_groups(req.context, None if every else req.context.project_id, every)
        limit, _ = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
        return {'security_groups': self._views(groups[:limit])}

    @wsgi.route('GET', '/os-security-groups/<group_id>')
    def show(self, req, group_id):
        return {'security_group': self._views([self._get(req, group_id, 'security_groups:show')])[0]}

    @wsgi.route('POST', '/os-security-groups', schema=GROUP)
    def create(self, req, body):
        common.authorize(req, 'security_groups:change')
        common.need_project(req)
        asked = body['security_group']
        group = self.network.create_security_group(req.context, asked['name'], asked.get('description'))
        return {'security_group': _view(group, (), {})}

    @wsgi.route('PUT', '/os-security-groups/<group_id>', schema=GROUP)
    def update(self, req, group_id, body):
        group = self._get(req, group_id, 'security_groups:change')
        asked = body['security_group']
        self.network.update_security_group(req.context, group.id, asked['name'], asked.get('description'))
        return {'security_group': self._views([self.network.get_security_group(req.context, group.id)])[0]}

    @wsgi.route('DELETE', '/os-security-groups/<group_id>', status=202)
    def delete(self, req, group_id):
        group = self._get(req, group_id, 'security_groups:change')
        self.network.delete_security_group(req.context, group.id)

    @wsgi.route('POST', '/os-security-group-rules', schema=RULE)
    def create_rule(self, req, body):
        asked = body['security_group_rule']
        parent = self._get(req, common.whole_number(asked['parent_group_id'], 'parent_group_id'),
                           'security_groups:change')
        rule = self.network.create_rule(
            req.context, parent.id, asked.get('ip_protocol'), asked.get('from_port'), asked.get('to_port'),
            asked.get('cidr'), asked.get('group_id'))
        sources = {}
        if rule.group_id is not None:
            source = self.network.get_security_group(req.context, rule.group_id)
            sources = {source.id: source}
        return {'security_group_rule': _rule(rule, sources)}

    @wsgi.route('DELETE', '/os-security-group-rules/<rule_id>', status=202)
    def delete_rule(self, req, rule_id):
        common.authorize(req, 'security_groups:change')
        self.network.delete_rule(req.context, rule_id)

    def _get(self, req, group_id, rule):
        group = self.network.get_security_group(req.context, group_id)
        common.authorize(req, rule, {'project_id': group.project_id})
        return group

    def _views(self, groups):
        return views(self.network, groups)


def views(network, groups):
    """Groups with their rules; the groups that rules name are looked up at once."""
    sources = network.groups_in_rules(groups)
    return [_view(group, group.rules, sources) for group in groups]


def _view(group, rules, sources):
    return {'id': group.id, 'name': group.name, 'description': group.description, 'tenant_id': group.project_id,
            'rules': [_rule(rule, sources) for rule in rules]}


def _rule(rule, sources):
    shown = {'id': rule.id, 'parent_group_id': rule.parent_group_id, 'ip_protocol': rule.protocol,
             'from_port': rule.from_port, 'to_port': rule.to_port, 'group': {}, 'ip_range': {}}
    source = sources.get(rule.group_id)
    if source is not None:
        shown['group'] = {'name': source.name, 'tenant_id': source.project_id}
    elif rule.cidr:
        shown['ip_range'] = {'cidr': rule.cidr}
    return shown
