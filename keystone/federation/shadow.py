"""Users of identity providers as users here: made when they first come, with groups and projects as mapped."""
import datetime
import hashlib
from urllib.parse import quote

from essex import config, db
from essex.exception import BadRequest, Conflict
from keystone.assignment.grants import Grant
from keystone.changes import FACTS
from keystone.db import federation, projects, records, users
from keystone.db.models import IdentityProvider, Project, Protocol, Role, User
from keystone.exception import NameConflict
from keystone.federation.exception import AssertionRefused
from keystone.identity.public_ids import public_id

CONF = config.CONF


class ShadowManager:
    """Users from outside. Their ids follow from the provider's domain and what the provider calls them."""

    def __init__(self, changes, resource, identity, groups, grants):
        self.changes, self.resource, self.identity = changes, resource, identity
        self.groups, self.grants = groups, grants

    def user(self, provider, protocol_id, unique_id, name, email=None):
        """The full user whom the provider calls `unique_id`. Made or renamed when need be."""
        with db.reader() as session:
            user_id = federation.user_id_of(session, provider['id'], protocol_id, unique_id)
        if user_id is None:
            user_id = self._made(provider, protocol_id, unique_id, name, email)
        user = self.identity.full_user(user_id)
        # Somebody an administrator linked keeps the name he has here.
        if user['name'] != name and user_id == public_id(provider['domain_id'], 'user', unique_id):
            self._rename(user, name)
        return user

    @db.retry
    def _rename(self, user, name):
        with db.reader() as session:
            taken = _named(session, user['domain_id'], name)
        if not taken:
            with self.changes.writer() as session:
                records.change(session, User, user['id'], {'name': name}, NameConflict(kind='user', name=name))
            user['name'] = name

    def _made(self, provider, protocol_id, unique_id, *values):
        try:
            return self._make(provider, protocol_id, unique_id, *values)
        except Conflict:
            # A browser sends several requests at once: another of them may just have made the user.
            with db.reader() as session:
                user_id = federation.user_id_of(session, provider['id'], protocol_id, unique_id)
            if user_id is None:
                raise
            return user_id

    @db.retry
    def _make(self, provider, protocol_id, unique_id, name, email):
        user_id = public_id(provider['domain_id'], 'user', unique_id)
        values = {'id': user_id, 'domain_id': provider['domain_id'], 'enabled': True, 'name': name}
        if email:
            values['email'] = email
        with self.changes.writer() as session:
            if any(link[0] != provider['id'] for link in federation.links_of(session, user_id)):
                raise AssertionRefused(reason='another identity provider with the same domain has a user of that id')
            if users.full(session, user_id) is None:
                # Somebody else of this domain may be called so already; names of users from outside are for show.
                if _named(session, provider['domain_id'], name):
                    values['name'] = user_id
                records.create(session, User, values, NameConflict(kind='user', name=name))
            federation.link(session, user_id, provider['id'], protocol_id, unique_id)
        return user_id

    @staticmethod
    def identities(user_id):
        """Who a user is to identity providers: [{idp_id, protocols: [{protocol_id, unique_id}]}]."""
        with db.reader() as session:
            links = federation.links_of(session, user_id)
        found = {}
        for idp_id, protocol_id, unique_id in links:
            found.setdefault(idp_id, []).append({'protocol_id': protocol_id, 'unique_id': unique_id})
        return [{'idp_id': idp_id, 'protocols': protocols} for idp_id, protocols in found.items()]

    @staticmethod
    def check_identities(identities, user_id=None):
        """Raises BadRequest when a provider or protocol of `identities` is not there, Conflict for another user's."""
        with db.reader() as session:
            for each in identities:
                if records.get(session, IdentityProvider, IdentityProvider.id == each['idp_id']) is None:
                    raise BadRequest(f'Could not find Identity Provider: {each["idp_id"]}.')
                for protocol in each['protocols']:
                    where = federation.protocol_condition(each['idp_id'], protocol['protocol_id'])
                    if records.get(session, Protocol, *where) is None:
                        raise BadRequest(f'Could not find federated protocol {protocol["protocol_id"]} for Identity '
                                         f'Provider: {each["idp_id"]}.')
                    taken = federation.user_id_of(session, each['idp_id'], **protocol)
                    if taken not in (None, user_id):
                        raise Conflict(f'Another user is {protocol["unique_id"]} to {each["idp_id"]} already.')

    def group_ids(self, mapped):
        """Ids of the groups a mapping names; unknown names are left out. Raises AssertionRefused for an unknown id.

        A provider may well know groups that this cloud does not.
        """
        found = []
        for group_id in mapped['group_ids']:
            if self.identity.driver.get_group(group_id) is None:
                raise AssertionRefused(reason=f'the mapping names the group {group_id[:64]}, which is not there')
            found.append(group_id)
        for group in mapped['group_names']:
            domain_id = self._domain_id(group['domain'])
            hints = records.Hints().add('name', group['name']).add('domain_id', domain_id)
            found += [each['id'] for each in self.identity.driver.list_groups(hints)] if domain_id else []
        return list(dict.fromkeys(found))

    def _domain_id(self, domain):
        with db.reader() as session:
            found = projects.domain(session, domain.get('id'), domain.get('name'))
        return found and found['id']

    @db.retry
    def put_into_groups(self, user, provider, group_ids):
        """The provider's word on groups holds for its authorization_ttl (minutes); with 0 for its tokens alone."""
        ttl = provider['authorization_ttl']
        ttl = CONF.federation.default_authorization_ttl if ttl is None else ttl
        if ttl:
            # What only lasts longer is no news to other processes.
            with db.writer() as session:
                if set(federation.groups_put_into(session, user['id'], provider['id'])) != set(group_ids):
                    self.changes.announce(session, FACTS)
                federation.renew_memberships(session, user['id'], provider['id'], group_ids,
                                             db.utcnow() + datetime.timedelta(minutes=ttl))

    def give_projects(self, user, provider, wanted):
        """Make the projects a mapping names where they are missing, and grant the user the roles there.

        Raises AssertionRefused for a role that is not there, or of another domain.
        """
        with db.reader() as session:
            roles = {(role['name'], role['domain_id']): role['id'] for role in records.many(session, Role)}
        for project in wanted:
            domain_id = self._domain_id(project['domain']) if project.get('domain') else provider['domain_id']
            if domain_id is None:
                raise AssertionRefused(reason=f'the mapping names a project in the unknown domain {project["domain"]}')
            ids = []
            for role in project['roles']:
                role_id = roles.get((role['name'], domain_id)) or roles.get((role['name'], ''))
                if role_id is None:
                    raise AssertionRefused(reason=f'the mapping names the role {role["name"][:64]}, which is not there')
                ids.append(role_id)
            self._give(user, self._project(project['name'], domain_id), ids)

    def _project(self, name, domain_id):
        with db.reader() as session:
            found = records.get(session, Project, Project.name == name, Project.domain_id == domain_id)
        if found is None:
            try:
                found = self.resource.create_project({'name': name, 'domain_id': domain_id})
            except NameConflict:
                # Another request of the same user made it just now.
                return self._project(name, domain_id)
        return found

    def _give(self, user, project, role_ids):
        grant = Grant('user', user['id'], 'project', project['id'])
        missing = set(role_ids) - {role['id'] for role in self.grants.direct_roles(grant)}
        for role_id in missing:
            self.grants.add(grant, role_id)


def unique_id_and_name(user, remote_user):
    """(unique id, name) of a mapped user; the web server's REMOTE_USER stands in for what the mapping leaves out."""
    name = user.get('name') or remote_user
    key = user.get('id') or name
    if not key:
        raise AssertionRefused(reason='the mapping gives the user neither id nor name, and there is no REMOTE_USER')
    unique_id = quote(key)
    if len(unique_id) > 255:
        # Cut off, two users would be one.
        unique_id = hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()
    return unique_id, (name or key)[:255]


def _named(session, domain_id, name):
    """Whether there is a user of that name in SQL."""
    return records.get(session, User, User.domain_id == domain_id, User.name == name) is not None
