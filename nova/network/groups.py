"""Security groups as users handle them: validation, quota, and telling the hosts that filter."""
import ipaddress

from essex import db
from nova import exception
from nova.compute import quota
from nova.db import security_groups
from nova.network import refresh

PROTOCOLS = ('tcp', 'udp', 'icmp')


class SecurityGroups:
    """Part of nova.network.api.API. Rows are SecurityGroup with .rules; a group of another project is not found."""

    def list_security_groups(self, context, project_id=None, all_projects=False):
        """The project's groups by name; `default` is made if it is missing."""
        if context.project_id:
            security_groups.ensure_default(context.project_id, context.user_id)
        return security_groups.list_for(context, project_id, all_projects)

    def get_security_group(self, context, id_or_uuid):
        """One of them. Raises SecurityGroupNotFound."""
        return security_groups.get_for(context, id_or_uuid)

    def groups_in_rules(self, groups):
        """{row id: group} of the groups that the rules of `groups` name: one statement."""
        return security_groups.by_ids({rule.group_id for group in groups for rule in group.rules} - {None})

    @db.retry
    def create_security_group(self, context, name, description=None):
        """Make a group without rules. Raises SecurityGroupExists, InvalidSecurityGroup, QuotaExceeded."""
        name, description = _label('name', name), _label('description', description, empty=True)
        with db.writer():
            security_groups.ensure_default(context.project_id, context.user_id)
            quota.check(context.project_id, security_groups=1)
            return security_groups.create({'project_id': context.project_id, 'user_id': context.user_id,
                                           'name': name, 'description': description})

    def update_security_group(self, context, id_or_uuid, name, description=None):
        """Rename a group. Raises SecurityGroupNotFound, SecurityGroupExists, InvalidSecurityGroup."""
        group = security_groups.get_for(context, id_or_uuid)
        name, description = _label('name', name), _label('description', description, empty=True)
        if group.name == security_groups.DEFAULT != name:
            raise exception.InvalidSecurityGroup(reason='the group default cannot be renamed.')
        return security_groups.update(group.id, name, description)

    def delete_security_group(self, context, id_or_uuid):
        """Delete a group no server is in. Raises SecurityGroupNotFound, SecurityGroupInUse."""
        group = security_groups.get_for(context, id_or_uuid)
        if group.name == security_groups.DEFAULT:
            raise exception.SecurityGroupInUse(name=group.name, reason='every project has it.')
        hosts = security_groups.affected([group.id])
        security_groups.delete(group.id)
        refresh.filters(context, hosts)

    # -- rules

    def create_rule(self, context, parent_group_id, ip_protocol, from_port, to_port, cidr=None, group_id=None):
        """Let traffic in to the members of a group: from `cidr` (everywhere when None) or from members of a group.

        Returns the rule's row. Raises SecurityGroupNotFound, InvalidSecurityGroup, SecurityGroupRuleExists,
        QuotaExceeded.
        """
        parent = security_groups.get_for(context, parent_group_id)
        if cidr and group_id is not None:
            raise exception.InvalidSecurityGroup(reason='a rule has a cidr or a group, not both.')
        source = None if group_id is None else security_groups.get_for(context, group_id)
        values = rule_values(ip_protocol, from_port, to_port, cidr, source)
        rule = self._insert_rule(parent, values)
        refresh.filters(context, security_groups.affected([parent.id]))
        return rule

    @db.retry
    def _insert_rule(self, parent, values):
        with db.writer():
            quota.check(parent.project_id, group_id=parent.id, security_group_rules=1)
            return security_groups.add_rule(parent.id, values)

    def delete_rule(self, context, id_or_uuid):
        """Take a rule back. Raises SecurityGroupRuleNotFound."""
        rule = security_groups.get_rule_for(context, id_or_uuid)
        security_groups.delete_rule(rule.id)
        refresh.filters(context, security_groups.affected([rule.parent_group_id]))

    # -- servers in groups

    def groups_of_server(self, context, instance_uuid):
        """The groups of a server the caller may see (the controller looked)."""
        return security_groups.of_instance(instance_uuid)

    def group_names(self, instance_uuids):
        """{uuid: [names of its groups]}: one statement."""
        return security_groups.names_of(instance_uuids)

    def add_group_to_server(self, context, server, name):
        """Put a server in a group of its project. Raises SecurityGroupNotFound, SecurityGroupMemberExists."""
        group = security_groups.in_project(server.project_id, name)
        if not security_groups.add_members(server.uuid, [group.id]):
            raise exception.SecurityGroupMemberExists(group=name, instance_uuid=server.uuid)
        self._membership_changed(context, server, group)

    def remove_group_from_server(self, context, server, name):
        """Take a server out of a group. Raises SecurityGroupNotFound, SecurityGroupMemberNotFound."""
        group = security_groups.in_project(server.project_id, name)
        if not security_groups.remove_members(server.uuid, [group.id]):
            raise exception.SecurityGroupMemberNotFound(group=name, instance_uuid=server.uuid)
        self._membership_changed(context, server, group)

    @staticmethod
    def _membership_changed(context, server, group):
        hosts = security_groups.naming(group.id)
        if server.host and server.uuid not in hosts.get(server.host, ()):
            hosts.setdefault(server.host, []).append(server.uuid)
        refresh.filters(context, hosts)


def rule_values(protocol, from_port, to_port, cidr, source):
    """The columns of a rule; `source` is the group it lets in, or None. Raises InvalidSecurityGroup."""
    from_port, to_port = _number('from_port', from_port), _number('to_port', to_port)
    if protocol in (None, ''):
        if source is None:
            raise exception.InvalidSecurityGroup(reason='ip_protocol, from_port and to_port are needed with a cidr.')
        if from_port not in (None, -1) or to_port not in (None, -1):
            raise exception.InvalidSecurityGroup(reason='ports without an ip_protocol mean nothing.')
        return {'protocol': None, 'from_port': None, 'to_port': None, 'cidr': None, 'group_id': source.id}
    if not isinstance(protocol, str) or protocol.lower() not in PROTOCOLS:
        raise exception.InvalidSecurityGroup(reason=f'ip_protocol {str(protocol)[:40]!r} is not tcp, udp or icmp.')
    if from_port is None or to_port is None:
        if source is None or (from_port, to_port) != (None, None):
            raise exception.InvalidSecurityGroup(reason='from_port and to_port are needed.')
        from_port, to_port = (-1, -1) if protocol.lower() == 'icmp' else (1, 65535)
    _check_ports(protocol.lower(), from_port, to_port)
    return {'protocol': protocol, 'from_port': from_port, 'to_port': to_port,
            'cidr': None if source is not None else _cidr(cidr), 'group_id': source.id if source is not None else None}


def _check_ports(protocol, from_port, to_port):
    if protocol == 'icmp':
        if not (-1 <= from_port <= 255 and -1 <= to_port <= 255):
            raise exception.InvalidSecurityGroup(
                reason=f'ICMP type {from_port} and code {to_port} must be -1 (all) to 255.')
    elif not 1 <= from_port <= to_port <= 65535:
        raise exception.InvalidSecurityGroup(
            reason=f'ports {from_port} to {to_port} must be 1 to 65535, the first not above the last.')


def _number(name, value):
    if value is None or value == '':
        return None
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise exception.InvalidSecurityGroup(reason=f'{name} must be a number.')
    try:
        return int(value)
    except ValueError:
        raise exception.InvalidSecurityGroup(reason=f'{name} {value[:40]!r} is not a number.') from None


def _cidr(value):
    try:
        return str(ipaddress.ip_network(value or '0.0.0.0/0', strict=False))
    except (ValueError, TypeError):
        raise exception.InvalidSecurityGroup(reason=f'{str(value)[:60]!r} is not a CIDR such as 10.0.0.0/8.') from None


def _label(name, value, empty=False):
    if value is None and empty:
        return ''
    if not isinstance(value, str) or len(value) > 255 or (not value.strip() and not empty):
        raise exception.InvalidSecurityGroup(reason=f'its {name} must be a text of 1 to 255 characters.')
    return value.strip()
