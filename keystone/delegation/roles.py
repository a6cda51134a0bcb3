"""The roles that can be handed on, and by whom."""
from essex import db
from keystone.db import projects, records
from keystone.db.models import GLOBAL, Role
from keystone.exception import RoleNotFound, TokenNotFound


def named(session, wanted):
    """Ids of roles given as [{id} or {name}], each once. Raises RoleNotFound for an unknown name."""
    ids = []
    for role in wanted:
        role_id = role.get('id')
        if role_id is None:
            found = records.get(session, Role, Role.name == role['name'], Role.domain_id == GLOBAL)
            if found is None:
                raise RoleNotFound(role['name'])
            role_id = found['id']
        ids.append(role_id)
    return list(dict.fromkeys(ids))


def held(session, grants, user_id, project_id):
    """Ids of the roles a user has on an enabled project, with those they imply. Raises TokenNotFound: no such one."""
    chain = projects.chain_by_id(session, project_id)
    if not chain or not all(project['enabled'] for project in chain):
        raise TokenNotFound()
    return {role['id'] for role in grants.roles_on_project(session, user_id, chain)}


def shown(role_ids):
    """The roles of these ids that still exist, as the API shows a role."""
    with db.reader() as session:
        roles = records.many(session, Role, Role.id.in_(role_ids)) if role_ids else []
    return [{**role, 'domain_id': role['domain_id'] or None, 'options': role['options'] or {}} for role in roles]
