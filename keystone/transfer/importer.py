"""`keystone-manage import`: makes what a file names and changes what differs. Removes nothing; may be run again."""
from essex import config
from essex.exception import EssexError, NotFound
from keystone.assignment.grants import Grant
from keystone.assignment.listing import Wanted
from keystone.db.models import SYSTEM
from keystone.db.records import Hints
from keystone.exception import UserNotFound

CONF = config.CONF


class Importer:
    """Applies a document (keystone.transfer.document) or, with `dry_run`, only tells what it would do.

    `tell` is called with each line. Every change is a transaction of its own: one that is interrupted is run again.
    """

    def __init__(self, managers, tell, dry_run=False):
        self.managers, self.tell, self.dry_run = managers, tell, dry_run
        self.changes = self.problems = 0
        self.domains, self.projects, self.roles, self.services, self.actors = {}, {}, {}, {}, {}

    def run(self, document):
        """Everything, in the order in which one thing needs another. `changes` and `problems` count."""
        for kind in ('domains', 'projects', 'roles', 'regions', 'services', 'assignments'):
            getattr(self, f'_{kind}')(document.get(kind) or [])

    def _problem(self, text):
        self.problems += 1
        self.tell(f'problem  {text}')

    def _do(self, text, function, *args):
        """Tell, and do unless dry. Returns what was made, None when dry or refused."""
        self.changes += 1
        self.tell(text)
        if self.dry_run:
            return None
        try:
            return function(*args)
        except EssexError as error:
            self._problem(f'{text.split(None, 1)[1]}: {error}')
            return None

    def _apply(self, label, found, entry, wanted, create, update):
        """`found` (None: to be made) has the values `wanted`; returns its ref, a sketch of it when it was not made."""
        sketch = {'id': entry.get('id') or f'new {label}', **wanted}
        if found is None:
            made = self._do(f'create   {label}', create, {**wanted, **({'id': entry['id']} if 'id' in entry else {})})
            return made or sketch
        if entry.get('id') not in (None, found['id']):
            self._problem(f'{label} is here already, with the id {found["id"]}: what other services keep under '
                          f'{entry["id"]} will not be found')
        differs = {key: value for key, value in wanted.items() if found.get(key) != value}
        if differs:
            shown = ', '.join(f'{key} {found.get(key)!r} -> {value!r}' for key, value in differs.items())
            self._do(f'change   {label}: {shown}', update, found['id'], differs)
        return {**found, **differs}

    @staticmethod
    def _find(existing, entry, **key):
        """Of the refs `existing` the one with the entry's id, else with these attributes."""
        by_id = next((each for each in existing if each['id'] == entry.get('id')), None)
        return by_id or next((each for each in existing if all(each.get(name) == value for name, value in key.items())),
                             None)

    def _domains(self, entries):
        existing = self.managers.domains.list_domains(Hints())
        self.domains = {each['name']: each for each in existing}
        for entry in entries:
            wanted = _given(entry, 'name', 'description', 'enabled')
            self.domains[entry['name']] = self._apply(
                f'domain {entry["name"]}', self._find(existing, entry, name=entry['name']), entry, wanted,
                self.managers.domains.create_domain, self.managers.domains.update_domain)

    def _domain_id(self, name):
        """The id of a domain by its name, the default one without. Raises NotFound."""
        if name is None:
            return CONF.identity.default_domain_id
        if name not in self.domains:
            raise NotFound(f'there is no domain {name}')
        return self.domains[name]['id']

    def _projects(self, entries):
        existing = self.managers.resource.list_projects(Hints())
        self.projects = {(each['domain_id'], each['name']): each for each in existing}
        for entry in entries:
            label = _label('project', entry['name'], entry.get('domain'))
            try:
                domain_id = self._domain_id(entry.get('domain'))
                parent_id = self._parent_id(entry, domain_id)
            except NotFound as error:
                self._problem(f'{label}: {error}')
                continue
            found = self._find(existing, entry, domain_id=domain_id, name=entry['name'])
            wanted = {**_given(entry, 'name', 'description', 'enabled'),
                      **({'tags': sorted(entry['tags'])} if 'tags' in entry else {})}
            if found is None:
                wanted.update(domain_id=domain_id, parent_id=parent_id)
            elif 'parent' in entry and found['parent_id'] != parent_id:
                self._problem(f'{label} is here below another parent, which cannot be changed')
            self.projects[domain_id, entry['name']] = self._apply(
                label, found, entry, wanted, self.managers.resource.create_project,
                self.managers.resource.update_project)

    def _parent_id(self, entry, domain_id):
        if 'parent' not in entry:
            return domain_id
        if (domain_id, entry['parent']) not in self.projects:
            raise NotFound(f'there is no project {entry["parent"]} in its domain to be its parent')
        return self.projects[domain_id, entry['parent']]['id']

    def _roles(self, entries):
        existing, manager = self.managers.roles.all_roles(), self.managers.roles
        self.roles = {(each['domain_id'], each['name']): each for each in existing}
        for entry in entries:
            label = _label('role', entry['name'], entry.get('domain'))
            try:
                domain_id = self._domain_id(entry['domain']) if 'domain' in entry else None
            except NotFound as error:
                self._problem(f'{label}: {error}')
                continue
            found = self._find(existing, entry, domain_id=domain_id, name=entry['name'])
            wanted = _given(entry, 'name', 'description')
            if 'immutable' in entry:
                wanted['options'] = {'immutable': True} if entry['immutable'] else {}
            if found is None:
                wanted['domain_id'] = domain_id
            self.roles[domain_id, entry['name']] = self._apply(label, found, entry, wanted, manager.create_role,
                                                               manager.update_role)
        self._implied(entries)

    def _implied(self, entries):
        there = {(prior['id'], role['id']) for prior, roles in self.managers.roles.inferences() for role in roles}
        for entry in entries:
            domain_id = self._domain_id(entry['domain']) if entry.get('domain') in self.domains else None
            for name in entry.get('implies') or ():
                prior = self.roles.get((domain_id, entry['name']))
                implied = self.roles.get((domain_id, name)) or self.roles.get((None, name))
                if prior is None or implied is None:
                    self._problem(f'role {entry["name"]} cannot imply {name}: one of them is missing')
                elif (prior['id'], implied['id']) not in there:
                    self._do(f'create   implication {entry["name"]} -> {name}', self.managers.roles.add_implied,
                             prior['id'], implied['id'])

    def _regions(self, entries):
        existing, manager = self.managers.catalog.list_regions(Hints()), self.managers.catalog
        for entry in entries:
            wanted = _given(entry, 'description') | (
                {'parent_region_id': entry['parent']} if 'parent' in entry else {})
            self._apply(f'region {entry["id"]}', self._find(existing, entry), entry, wanted, manager.create_region,
                        manager.update_region)

    def _services(self, entries):
        existing, manager = self.managers.catalog.list_services(Hints()), self.managers.catalog
        endpoints = manager.list_endpoints(Hints())
        for entry in entries:
            label = f'service {entry.get("name") or entry["type"]}'
            named = {'name': entry['name']} if 'name' in entry else {}
            found = self._find(existing, entry, type=entry['type'], **named)
            wanted = _given(entry, 'type', 'name', 'description', 'enabled')
            service = self._apply(label, found, entry, wanted, manager.create_service, manager.update_service)
            for each in entry.get('endpoints') or ():
                place = {'service_id': service['id'], 'interface': each['interface'], 'region_id': each.get('region')}
                self._apply(f'{label}: {each["interface"]} endpoint in {each.get("region") or "no region"}',
                            self._find(endpoints, each, **place), each,
                            {**place, **_given(each, 'url', 'enabled')}, manager.create_endpoint,
                            manager.update_endpoint)

    def _assignments(self, entries):
        there = {(item.actor_type, item.actor_id, item.target_type, item.target_id, item.role_id, item.inherited)
                 for item in self.managers.assignments.list(Wanted())}
        for entry in entries:
            label = ' '.join(f'{key}={value}' for key, value in entry.items())
            try:
                grant, role_id = self._grant(entry)
            except NotFound as error:
                self._problem(f'assignment {label}: {error}')
                continue
            if (*grant.key, role_id, grant.inherited) not in there:
                self._do(f'grant    {label}', self.managers.grants.add, grant, role_id)

    def _grant(self, entry):
        """(Grant, role id) of an entry. Raises NotFound: something it names is not there."""
        domain_id = self._domain_id(entry['role_domain']) if 'role_domain' in entry else None
        role = self.roles.get((domain_id, entry['role']))
        if role is None:
            raise NotFound(f'there is no role {entry["role"]}')
        targets = [key for key in ('project', 'on_domain', 'system') if entry.get(key)]
        actors = [key for key in ('user', 'group') if key in entry]
        if len(targets) != 1 or len(actors) != 1:
            raise NotFound('it has to name one user or group, and one project, on_domain or system')
        kind, target_id = 'system', SYSTEM
        if targets[0] == 'project':
            place = (self._domain_id(entry.get('project_domain')), entry['project'])
            if place not in self.projects:
                raise NotFound(f'there is no project {entry["project"]}')
            kind, target_id = 'project', self.projects[place]['id']
        elif targets[0] == 'on_domain':
            kind, target_id = 'domain', self._domain_id(entry['on_domain'])
        actor_id = self._actor_id(actors[0], entry[actors[0]], entry.get(f'{actors[0]}_domain'))
        return Grant(actors[0], actor_id, kind, target_id, bool(entry.get('inherited'))), role['id']

    def _actor_id(self, kind, name, domain):
        """The id of a user or group by name, or as given (see document.Export)."""
        key = (kind, name, domain)
        if key not in self.actors:
            self.actors[key] = self._look_up(kind, name, self._domain_id(domain))
        if self.actors[key] is None:
            raise NotFound(f'there is no {kind} {name}')
        return self.actors[key]

    def _look_up(self, kind, name, domain_id):
        identity, groups = self.managers.identity, self.managers.groups
        try:
            if kind == 'user':
                return identity.user_by_name(name, domain_id)['id']
            found = groups.list_groups(Hints().add('name', name).add('domain_id', domain_id))
            return found[0]['id'] if found else groups.get_group(name)['id']
        except UserNotFound:
            user = identity.driver.full_user(name)
            return user and user['id']
        except NotFound:
            return None


def _label(kind, name, domain):
    return f'{kind} {name}' + (f' in {domain}' if domain else '')


def _given(entry, *names):
    """Those of an entry's values that are there; an empty text for a description without one."""
    return {name: entry[name] if entry[name] is not None else '' for name in names if name in entry}
