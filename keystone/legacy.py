"""Brings in who and what earlier identity services knew: Keystone of Diablo, and Nova's own of 2011.

What is there already, by name, is kept and used, so that an import that was interrupted can be run again.
"""
import collections
import datetime

from essex import config
from essex.exception import NotFound
from keystone.assignment.grants import Grant
from keystone.db.records import Hints
from keystone.ids import new_id
from keystone.token.model import Claims, new_audit_id
from keystone.token.stored import StoredProvider

CONF = config.CONF


class Importer:
    """Makes tenants, users, roles, grants and keys through the managers; `done` counts what was made."""

    def __init__(self, managers):
        self.managers = managers
        self.domain_id = CONF.identity.default_domain_id
        self.done = collections.Counter()

    def tenant(self, name, **values):
        """The id of the tenant of this name."""
        found = self.managers.resource.list_projects(Hints().add('name', name).add('domain_id', self.domain_id))
        if found:
            return found[0]['id']
        self.done['tenants'] += 1
        made = {'name': name, 'domain_id': self.domain_id, **values}
        return self.managers.resource.create_project(made)['id']

    def user(self, name, **values):
        """The id of the user of this name. A password that is a hash already is stored as it is."""
        try:
            return self.managers.identity.user_by_name(name, self.domain_id)['id']
        except NotFound:
            self.done['users'] += 1
        made = {'name': name, 'domain_id': self.domain_id, **values}
        return self.managers.identity.create_user(made, is_hashed=True)['id']

    def role(self, name, **values):
        """The id of the role of this name."""
        found = self.managers.roles.list_roles(Hints().add('name', name))
        if found:
            return found[0]['id']
        self.done['roles'] += 1
        return self.managers.roles.create_role({'name': name, **values})['id']

    def grant(self, user_id, tenant_id, role_id):
        """Give a role on a tenant."""
        self.managers.grants.add(Grant('user', user_id, 'project', tenant_id), role_id)
        self.done['grants'] += 1

    def member(self, user_id, tenant_id):
        """Make a user, who may have no role there, a member of a tenant."""
        if self.managers.memberships.join(user_id, tenant_id):
            self.done['grants'] += 1

    def key_pair(self, user_id, tenant_id, access, secret):
        """An EC2 key pair."""
        try:
            self.managers.ec2.find(access)
        except NotFound:
            self.managers.ec2.create(user_id, tenant_id, access=access, secret=secret)
            self.done['EC2 key pairs'] += 1


def import_diablo(managers, old):
    """Tenants, users, roles, grants, EC2 credentials and tokens of `old` (keystone.db.legacy.read). Returns counts."""
    into = Importer(managers)
    tenants = {row['id']: into.tenant(row.get('name') or _key(row), id=_key(row), description=row.get('desc') or '',
                                      enabled=bool(row.get('enabled', True))) for row in old.get('tenants', ())}
    roles = {row['id']: into.role(row.get('name') or _key(row), id=_key(row)) for row in old.get('roles', ())}
    users, homes = {}, {}
    for row in old.get('users', ()):
        users[row['id']] = into.user(row.get('name') or _key(row), id=_key(row), email=row.get('email'),
                                     enabled=bool(row.get('enabled', True)), password=row.get('password') or None,
                                     default_project_id=tenants.get(row.get('tenant_id')))
        homes[row['id']] = row.get('tenant_id')
    for row in old.get('user_roles', ()):
        if row['user_id'] in users and row['tenant_id'] in tenants and row['role_id'] in roles:
            into.grant(users[row['user_id']], tenants[row['tenant_id']], roles[row['role_id']])
        else:
            into.done['grants without tenant left out'] += 1
    for user, tenant in homes.items():
        if tenant in tenants:
            into.member(users[user], tenants[tenant])
    for row in old.get('credentials', ()):
        if row.get('type') == 'EC2' and row['user_id'] in users and row.get('tenant_id') in tenants:
            into.key_pair(users[row['user_id']], tenants[row['tenant_id']], row['key'], row['secret'])
    import_tokens(into, old.get('token', ()), users, tenants)
    return into.done


def _key(row):
    return str(row.get('uid') or row['id'])


def import_tokens(into, rows, users, tenants):
    """Tokens that are alive go on, where tokens are kept ([token] provider = uuid).

    `rows` hold id, expires, user_id and tenant_id; `users` and `tenants` are {id there: id here}.
    """
    now = datetime.datetime.now(datetime.UTC)
    provider = into.managers.tokens.provider
    for row in rows:
        expires = row['expires'].replace(tzinfo=datetime.UTC)
        if not isinstance(provider, StoredProvider) or expires <= now or row['user_id'] not in users:
            into.done['tokens left out'] += 1
            continue
        if provider.store.get(str(row['id'])) is not None:
            continue
        claims = Claims(users[row['user_id']], ['password'], [new_audit_id()], int(now.timestamp()),
                        expires.timestamp(), project_id=tenants.get(row['tenant_id']))
        provider.keep(str(row['id']), claims)
        into.done['tokens'] += 1


def catalog_lines(old):
    """The lines of a templated catalog of Diablo's services and endpoint templates."""
    services = {row['id']: row for row in old.get('services', ())}
    for row in old.get('endpoint_templates', ()):
        # essex-3 calls it service_id; Diablo held the name.
        service = services.get(row.get('service_id')) or next(
            (each for each in services.values() if each['name'] == row.get('service')), None)
        if service is None:
            continue
        kind = (service.get('type') or service['name']).replace('-', '_')
        place = f'catalog.{row["region"]}.{kind}'
        yield f'{place}.name = {service["name"]}'
        for key in ('public', 'internal', 'admin'):
            if row.get(f'{key}_url'):
                yield f'{place}.{key}URL = {_substitutes(row[f"{key}_url"])}'


def _substitutes(url):
    """`%tenant_id%` as `$(tenant_id)s`."""
    parts = url.split('%')
    return ''.join(f'$({part})s' if index % 2 and index < len(parts) - 1 else ('%' if index % 2 else '') + part
                   for index, part in enumerate(parts))


def import_nova(managers, dump):
    """Users, projects, roles and EC2 credentials that `nova-manage export auth` wrote. Returns counts.

    Ids are new. An access key becomes <project>:<access key>, one for each project of its user.
    """
    into = Importer(managers)
    tenants = {row['id']: into.tenant(row.get('name') or row['id'], id=new_id(),
                                      description=row.get('description') or '') for row in dump.get('tenants', ())}
    users = {row['id']: into.user(row.get('name') or row['id'], id=new_id(), password=row.get('password') or None)
             for row in dump.get('users', ())}
    roles = {name: into.role(name) for name in dump.get('roles', ())}
    projects_of = collections.defaultdict(list)
    for row in dump.get('role_user_tenant_list', ()):
        into.grant(users[row['user_id']], tenants[row['tenant_id']], roles[row['role']])
    for row in dump.get('user_tenant_list', ()):
        into.member(users[row['user_id']], tenants[row['tenant_id']])
        projects_of[row['user_id']].append(row['tenant_id'])
    for row in dump.get('ec2_credentials', ()):
        for tenant in projects_of[row['user_id']]:
            into.key_pair(users[row['user_id']], tenants[tenant], f'{tenant}:{row["access_key"]}', row['secret_key'])
    return into.done
