"""What the firewall of a server lets in: the rules of its security groups, groups expanded to addresses."""
from nova.db import security_groups


def rules_for(instance_uuid):
    """{'rules': [{'protocol', 'from_port', 'to_port', 'cidr'}]} of the server as the database has it now.

    A rule that names a group becomes one rule per address of its members. Protocols are lower case.
    """
    rules, seen = [], set()
    for protocol, from_port, to_port, cidr, group_id, members in security_groups.rules_of(instance_uuid):
        protocol = protocol.lower() if protocol else None
        for source in (f'{address}/32' for address in members) if group_id is not None else (cidr or '0.0.0.0/0',):
            key = (protocol, from_port, to_port, source)
            if key not in seen:
                seen.add(key)
                rules.append({'protocol': protocol, 'from_port': from_port, 'to_port': to_port, 'cidr': source})
    return {'rules': rules}
