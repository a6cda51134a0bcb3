"""How the contract of a cloud's APIs calls one, fake or real, and what it notes of the answers: their shapes.

A shape is what the JSON of an answer has in it, down to the leaves: keys, kinds of values; lists by all their elements.
"""
import dataclasses
import itertools
import uuid

import requests

from tests.fixtures.fake_cloud import FakeCloud
from tests.fixtures.processes import wait_for

# Headers of the connection, and of the moment.
_NOT_COMPARED = {'date', 'connection', 'keep-alive', 'content-length', 'transfer-encoding', 'server'}
# Maps whose keys are names somebody chose: what is in them counts, not what it is called.
_MAPS = ('addresses', 'hosts', 'metadata', 'extra_specs')
# Maps of anything.
_FREE = ('details',)
_TIMEOUT = 30


@dataclasses.dataclass
class Note:
    """One call and its answer."""

    what: str
    status: int
    headers: set
    shape: object


class Person:
    """One of the cast. Called with a method, a service, a path below its URL in the catalog: a requests.Response."""

    def __init__(self, site, name, password, project):
        self.site, self.name, self.password, self.project = site, name, password, project
        self._token = None

    def identity(self, **scope):
        """The body of a log-in."""
        return {'auth': {'identity': {'methods': ['password'], 'password': {'user': {
            'name': self.name, 'password': self.password, 'domain': {'id': 'default'}}}}, **scope}}

    def scope(self):
        """For the project, if there is one."""
        return {'scope': {'project': {'name': self.project, 'domain': {'id': 'default'}}}} if self.project else {}

    def log_in(self):
        """Get a token."""
        answer = self.site.session.post(f'{self.site.auth_url}/auth/tokens', json=self.identity(**self.scope()),
                                        timeout=_TIMEOUT)
        assert answer.status_code == 201, answer.text
        self._token, found = answer.headers['X-Subject-Token'], answer.json()['token']
        self._user_id, self._project_id = found['user']['id'], found.get('project', {}).get('id')
        self.site.catalog = self.site.catalog or found.get('catalog')
        return self

    @property
    def token(self):
        """A token of theirs."""
        if self._token is None:
            self.log_in()
        return self._token

    @property
    def user_id(self):
        """Their id."""
        return self.token and self._user_id

    @property
    def project_id(self):
        """Their project's id, or None."""
        return self.token and self._project_id

    def quiet(self, method, service, path, json=None, data=None, **headers):
        """A call that is not noted; X_Auth_Token=None sends none."""
        headers = {'X-Auth-Token': self.token, **{name.replace('_', '-'): value for name, value in headers.items()}}
        return self.site.session.request(method, self.site.url(service, self.project_id) + path, json=json, data=data,
                                         headers={name: value for name, value in headers.items() if value is not None},
                                         timeout=_TIMEOUT)

    def __call__(self, method, service, path, json=None, status=None, data=None, **headers):
        """A call that is noted; `status` is the one the answer has to have."""
        answer = self.quiet(method, service, path, json, data, **headers)
        what = f'{self.site.role(self)} {method} {service} {path}'
        assert status in (None, answer.status_code), f'{what}: {answer.status_code}, not {status}: {answer.text[:500]}'
        assert answer.headers.get('X-Openstack-Request-Id'), what
        self.site.note(what, answer)
        return answer


class Site:
    """A cloud to call. Subclasses give `session`, `auth_url`, the cast and how time passes."""

    def __init__(self, session, auth_url, **cast):
        self.session, self.auth_url, self.catalog, self.notes = session, auth_url, None, []
        self._count = itertools.count(1)
        self.cast = {role: Person(self, *person) for role, person in cast.items()}
        for role, person in self.cast.items():
            setattr(self, role, person)
        # Whoever has a project gets the catalog.
        self.cast['admin'].log_in()

    def role(self, person):
        """Which of the cast that is."""
        return next(role for role, each in self.cast.items() if each is person)

    def url(self, service, project_id):
        """A service's URL for a project; of identity the one that was configured."""
        if service == 'identity':
            return self.auth_url
        entry = next(entry for entry in self.catalog if entry['type'] == service)
        url = next(each['url'] for each in entry['endpoints'] if each['interface'] == 'public')
        return url.replace(self.cast['admin'].project_id, project_id or '')

    def has(self, service):
        """Whether the catalog has a service of that type."""
        return any(entry['type'] == service for entry in self.catalog)

    def note(self, what, answer):
        """Remember the shape of an answer."""
        is_json = 'json' in answer.headers.get('Content-Type', '') and answer.content
        headers = {name.lower() for name in answer.headers} - _NOT_COMPARED
        self.notes.append(Note(what, answer.status_code, headers, shape(answer.json()) if is_json else None))

    def name(self, word):
        """A name nobody has."""
        return f'{word}-{next(self._count)}-{uuid.uuid4().hex[:4]}'

    def until(self, check):
        """Wait until something is so; returns what the check gave."""
        raise NotImplementedError

    def busy(self):
        """The operator API has a request that failed and a warning to tell; returns the request's id."""
        raise NotImplementedError


class FakeSite(Site):
    """The fake cloud."""

    def __init__(self, cloud=None):
        self.cloud = cloud or FakeCloud()
        super().__init__(self.cloud.mount(requests.Session()), self.cloud.auth_url, **{
            role: (person.name, person.password, person.project) for role, person in self.cloud.cast.items()})

    def until(self, check):
        for _ in range(20):
            found = check()
            if found:
                return found
            self.cloud.step()
        raise AssertionError('20 steps were not enough')

    def busy(self):
        self.cloud.add_error('nova-compute', 'The moon is full.', 'WARNING')
        return self.cloud.add_trace('POST /v2.1/os-keypairs', ('keystone-api', 'http', 'GET /v3/auth/tokens', 1.5),
                                    status=400)


class RealSite(Site):
    """A real cloud of tests.fixtures.cloud. Its demo is the member; the others are made."""

    def __init__(self, cloud):
        admin, demo = cloud.credentials('admin'), cloud.credentials('demo')
        super().__init__(requests.Session(), admin['OS_AUTH_URL'], admin=_person(admin), member=_person(demo),
                         stranger=('stranger', 'the password of stranger', 'other'),
                         nobody=('nobody', 'the password of nobody', None))
        project = self._make('project', name='other')
        stranger = self._make('user', name='stranger', password=self.stranger.password, default_project_id=project)
        self._make('user', name='nobody', password=self.nobody.password)
        role = self.admin.quiet('GET', 'identity', '/roles?name=member').json()['roles'][0]['id']
        self.admin.quiet('PUT', 'identity', f'/projects/{project}/users/{stranger}/roles/{role}')

    def _make(self, kind, **values):
        return self.admin.quiet('POST', 'identity', f'/{kind}s', {kind: values}).json()[kind]['id']

    def until(self, check):
        return wait_for(check, 20)

    def busy(self):
        # The warning is that this hypervisor is a fake.
        answer = self.member.quiet('POST', 'compute', '/os-keypairs', {'keypair': {}})
        request_id = answer.headers['X-Openstack-Request-Id']
        self.until(lambda: self.admin.quiet('GET', 'operator', f'/traces/{request_id}').status_code == 200)
        return request_id


def _person(credentials):
    return credentials['OS_USERNAME'], credentials['OS_PASSWORD'], credentials['OS_PROJECT_NAME']


def shape(value, name=None):
    """What there is in JSON: {key: shape}, [shape of all elements], or the word for a leaf; None for null."""
    if isinstance(value, dict):
        if name in _FREE:
            return {}
        if name in _MAPS:
            # A map of maps of things, as hosts have them, is looked through as well.
            return {'*': merged([shape(each, name) for each in value.values()])} if value else {}
        return {key: shape(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [merged([shape(each) for each in value])] if value else []
    if value is None:
        return None
    return 'boolean' if isinstance(value, bool) else 'number' if isinstance(value, int | float) else 'text'


def merged(shapes):
    """One shape of several: all keys there are."""
    found = [each for each in shapes if each is not None]
    if found and all(isinstance(each, dict) for each in found):
        keys = dict.fromkeys(key for each in found for key in each)
        return {key: merged([each[key] for each in found if key in each]) for key in keys}
    if found and all(isinstance(each, list) for each in found):
        return [merged([inner for each in found for inner in each])] if any(found) else []
    return found[0] if found else None


def differences(fake, real, where=''):
    """What one shape has that the other has not, as lines. Null goes with everything, an empty list with any list."""
    if fake is None or real is None or fake == real:
        return []
    if isinstance(fake, dict) and isinstance(real, dict):
        if {} in (fake, real) and '*' in {**fake, **real}:
            return []
        lines = [f'{where}.{key}: the fake lacks it' for key in real if key not in fake]
        lines += [f'{where}.{key}: only the fake has it' for key in fake if key not in real]
        return lines + [line for key in fake if key in real
                        for line in differences(fake[key], real[key], f'{where}.{key}')]
    if isinstance(fake, list) and isinstance(real, list):
        return differences(fake[0], real[0], f'{where}[]') if fake and real else []
    return [f'{where}: {fake} in the fake, {real} in the real one']


def compare(fake, real):
    """Lines on how the notes of two sites differ."""
    lines = []
    for one, other in itertools.zip_longest(fake, real):
        if one is None or other is None:
            lines.append(f'{(one or other).what}: asked of one alone')
            continue
        if one.status != other.status:
            lines.append(f'{one.what}: {one.status} by the fake, {other.status} by the real one')
        lines += [f'{one.what}: header {name}' for name in sorted(one.headers ^ other.headers)]
        lines += [f'{one.what}: {line}' for line in differences(one.shape, other.shape)]
    return lines
