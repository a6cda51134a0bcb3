"""The first user, roles and endpoints of a cloud; safe to run again."""
import dataclasses

from essex import config
from essex.exception import NotFound
from keystone.assignment.grants import Grant
from keystone.db.records import Hints
from keystone.exception import UserNotFound

CONF = config.CONF

# Each role implies the next; `service` stands apart, for the accounts of daemons.
CHAIN = ('admin', 'manager', 'member', 'reader')


@dataclasses.dataclass
class Answers:
    """What the operator may choose."""

    password: str
    username: str = 'admin'
    project_name: str = 'admin'
    role_name: str = 'admin'
    service_name: str = 'keystone'
    region_id: str = None
    public_url: str = None
    internal_url: str = None
    admin_url: str = None
    immutable_roles: bool = True


class Bootstrap:
    """Makes what is missing, and puts the given password and URLs in force."""

    def __init__(self, managers, answers):
        self.managers, self.answers = managers, answers
        # (kind, name, id, made) of everything looked at, for the operator to read.
        self.report = []

    def run(self):
        """Everything, in an order in which it can be interrupted and begun again."""
        self._domain()
        project = self.project()
        user = self.user()
        roles = {name: self._role(name) for name in dict.fromkeys([*CHAIN, 'service', self.answers.role_name])}
        for prior, implied in zip(CHAIN, CHAIN[1:], strict=False):
            self.managers.roles.add_implied(roles[prior]['id'], roles[implied]['id'])
        role_id = roles[self.answers.role_name]['id']
        self.managers.grants.add(Grant('user', user['id'], 'project', project['id']), role_id)
        self.managers.grants.add(Grant('user', user['id'], 'system'), role_id)
        self._catalog()
        return self.report

    def _note(self, kind, ref, made):
        self.report.append((kind, ref.get('name') or ref['id'], ref['id'], made))
        return ref

    def _first(self, kind, found, make):
        return self._note(kind, found[0], False) if found else self._note(kind, make(), True)

    def _domain(self):
        domain_id = CONF.identity.default_domain_id
        try:
            return self._note('domain', self.managers.domains.get_domain(domain_id), False)
        except NotFound:
            made = self.managers.domains.create_domain({'id': domain_id, 'name': 'Default',
                                                        'description': 'The default domain'})
            return self._note('domain', made, True)

    def project(self):
        """The project of that name in the default domain, made when it is missing."""
        domain_id, name = CONF.identity.default_domain_id, self.answers.project_name
        found = self.managers.resource.list_projects(Hints().add('name', name).add('domain_id', domain_id))
        return self._first('project', found, lambda: self.managers.resource.create_project(
            {'name': name, 'domain_id': domain_id, 'description': 'Bootstrap project for initializing the cloud.'}))

    def user(self):
        """The user of that name in the default domain, made when missing, enabled and with the password."""
        domain_id, name = CONF.identity.default_domain_id, self.answers.username
        identity = self.managers.identity
        try:
            user = identity.user_by_name(name, domain_id)
        except UserNotFound:
            made = identity.create_user({'name': name, 'domain_id': domain_id, 'password': self.answers.password})
            return self._note('user', made, True)
        # A wrong or forgotten password, or a disabled administrator, is what one runs this again for.
        if not user['enabled'] or not identity.driver.check_password(user, self.answers.password):
            identity.update_user(user['id'], {'password': self.answers.password, 'enabled': True})
        return self._note('user', user, False)

    def _role(self, name):
        options = {'immutable': True} if self.answers.immutable_roles else {}
        found = self.managers.roles.list_roles(Hints().add('name', name))
        return self._first('role', found, lambda: self.managers.roles.create_role({'name': name, 'options': options}))

    def _catalog(self):
        answers, catalog = self.answers, self.managers.catalog
        urls = {'public': answers.public_url, 'internal': answers.internal_url, 'admin': answers.admin_url}
        if not any(urls.values()):
            return
        region_id = answers.region_id
        if region_id is not None:
            found = catalog.list_regions(Hints().add('id', region_id))
            self._first('region', found, lambda: catalog.create_region({'id': region_id}))
        found = catalog.list_services(Hints().add('type', 'identity').add('name', answers.service_name))
        service = self._first('service', found, lambda: catalog.create_service(
            {'type': 'identity', 'name': answers.service_name}))
        for interface, url in urls.items():
            if url:
                self._endpoint(service['id'], interface, region_id, url)

    def _endpoint(self, service_id, interface, region_id, url):
        catalog = self.managers.catalog
        hints = Hints().add('service_id', service_id).add('interface', interface)
        found = [each for each in catalog.list_endpoints(hints) if each['region_id'] == region_id]
        endpoint = self._first('endpoint', found, lambda: catalog.create_endpoint(
            {'service_id': service_id, 'interface': interface, 'region_id': region_id, 'url': url}))
        if endpoint['url'] != url:
            catalog.update_endpoint(endpoint['id'], {'url': url})
