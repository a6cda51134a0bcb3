"""What may happen so often happens no more often, however many ask at once: on SQLite, PostgreSQL and MariaDB."""
import itertools
import threading

import pytest

from essex import db
from keystone.db import oauth1
from keystone.db.records import Hints
from keystone.limit.manager import LimitManager
from tests.unit.keystone.conftest import Cloud


@pytest.fixture
def cloud(url, start):
    """The cast on that database."""
    start(url)
    return Cloud()


def race(function, threads=8):
    """What `function` returned, or the name of what it raised, in as many threads at once; sorted as text."""
    outcomes = []

    def work():
        try:
            outcomes.append(str(function()))
        except Exception as error:
            outcomes.append(type(error).__name__)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    return sorted(outcomes)


def _trusts_and_signatures(cloud):
    """Threads race for three uses, and to be the one whose signed request counts."""
    trust = cloud.managers.trusts.create({
        'trustor_user_id': cloud.owner['id'], 'trustee_user_id': cloud.stranger['id'], 'impersonation': True,
        'project_id': cloud.project['id'], 'remaining_uses': 3}, [{'name': 'member'}])
    assert race(lambda: cloud.managers.trusts._use(trust['id'])) == [*['Forbidden'] * 5, *['None'] * 3]

    def nonce():
        with db.writer() as session:
            return oauth1.use_nonce(session, 'once', db.utcnow())
    assert race(db.retry(nonce)) == [*['False'] * 7, 'True']


def _passcodes(cloud):
    """A passcode is good for one of many."""
    credential = cloud.managers.credentials.create({'user_id': cloud.owner['id'], 'type': 'totp', 'blob': 'A'})
    for step in (100, 101):   # the first use of all, and a later one
        assert race(lambda step=step: cloud.managers.credentials.use_passcode(credential['id'], step, 101)) == [
            *['False'] * 7, 'True']
    assert not cloud.managers.credentials.use_passcode(credential['id'], 100, 101)
    cloud.managers.credentials.delete(credential['id'])
    assert cloud.managers.credentials.use_passcode(credential['id'], 102, 102) is False


def _limits_of_users(cloud, conf):
    """Nobody gets more than a limit allows."""
    managers, owner, project = cloud.managers, cloud.owner, cloud.project
    conf.set('user_limit', 3, 'credential')
    conf.set('user_limit', 3, 'application_credential')
    numbers = itertools.count()

    def credential():
        managers.credentials.create({'user_id': owner['id'], 'type': 'cert', 'blob': 'x'})

    def key_pair():
        managers.ec2.create(cloud.member['id'], project['id'])

    def app_cred():
        managers.app_creds.create({'name': f'n{next(numbers)}', 'user_id': owner['id'], 'project_id': project['id'],
                                   'secret': 's'}, [{'id': cloud.roles['member']}])
    for function, refusal in ((credential, 'CredentialLimitExceeded'), (key_pair, 'CredentialLimitExceeded'),
                              (app_cred, 'Forbidden')):
        assert race(function) == sorted([*[refusal] * 5, *['None'] * 3])
    managers.resource.set_tags(project['id'], [str(number) for number in range(78)])
    assert race(lambda: managers.resource.add_tag(project['id'], f'n{next(numbers)}')) == [
        *['BadRequest'] * 6, *['None'] * 2]


def _models_of_limits(cloud, conf):
    """One lowers the domain's limit while others raise a project's: never is the project's the higher one."""
    conf.set('enforcement_model', 'strict_two_level', 'unified_limit')
    limits = LimitManager(cloud.managers.changes)
    service = cloud.managers.catalog.list_services(Hints())[0]['id']
    place = {'service_id': service, 'region_id': None, 'resource_name': 'cores'}
    cloud.managers.registered_limits.create([{**place, 'default_limit': 10}])
    above, below = limits.create([{**place, 'domain_id': 'default', 'resource_limit': 10},
                                  {**place, 'project_id': cloud.project['id'], 'resource_limit': 1}])
    turn = itertools.count()

    def change():
        if next(turn) % 2:
            limits.update(above['id'], {'resource_limit': 5})
        else:
            limits.update(below['id'], {'resource_limit': 8})
    assert set(race(change)) == {'InvalidLimit', 'None'}
    assert limits.get(below['id'])['resource_limit'] <= limits.get(above['id'])['resource_limit']


def test_races(cloud, conf):
    """One test: a database takes longer to make than they all."""
    _trusts_and_signatures(cloud)
    _passcodes(cloud)
    _limits_of_users(cloud, conf)
    _models_of_limits(cloud, conf)
