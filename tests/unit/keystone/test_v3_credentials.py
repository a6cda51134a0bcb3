"""/v3/credentials: every type, who may, what is sealed."""
import hashlib
import json

import pytest
from sqlalchemy import text

from essex import db
from tests.unit.keystone.conftest import Api


@pytest.fixture
def blob():
    return json.dumps({'access': 'a' * 32, 'secret': 's' * 32})


@pytest.fixture
def new(cloud, as_admin, blob):
    """new(type='cert', ...) -> the answer of creating a credential of the owner."""
    def call(token=None, **values):
        values = {'user_id': cloud.owner['id'], 'type': 'ec2', 'blob': blob, 'project_id': cloud.project['id'],
                  **values}
        values = {name: value for name, value in values.items() if value is not ...}
        if token:
            return Api(cloud)('POST', '/v3/credentials', {'credential': values}, token=token)
        return as_admin('POST', '/credentials', {'credential': values})
    return call


def test_life_of_a_credential(cloud, new, as_admin):
    answer = new(type='cert', blob='-----BEGIN', project_id=None, floor=3)
    made = answer.json['credential']
    assert answer.status_int == 201 and len(made['id']) == 32
    assert set(made) == {'id', 'user_id', 'project_id', 'type', 'blob', 'links', 'floor'} and made['floor'] == 3
    path = f'/credentials/{made["id"]}'
    assert made['links']['self'].endswith('/v3' + path)
    assert as_admin('GET', path).json['credential'] == made
    assert as_admin('HEAD', path).status_int == 200
    changed = as_admin('PATCH', path, {'credential': {'blob': 'other', 'project_id': cloud.project['id']}})
    assert changed.status_int == 200 and changed.json['credential']['blob'] == 'other'
    assert changed.json['credential']['id'] == made['id']
    assert as_admin('GET', path).json['credential'] == changed.json['credential']
    assert as_admin('DELETE', path).status_int == 204 and as_admin('DELETE', path).status_int == 404
    assert as_admin('GET', path).status_int == 404
    assert as_admin('PATCH', path, {'credential': {'blob': 'x'}}).status_int == 404


def test_key_pairs_have_the_hash_of_their_access_key_as_id(cloud, new, as_admin, blob, api):
    answer = new()
    assert answer.status_int == 201
    made = answer.json['credential']
    assert made['id'] == hashlib.sha256(b'a' * 32).hexdigest() and json.loads(made['blob']) == json.loads(blob)
    assert new().status_int == 409
    # The same pair as the EC2 face shows it.
    own = f'/users/{cloud.owner["id"]}/credentials/OS-EC2'
    assert as_admin('GET', f'{own}/{"a" * 32}').json['credential']['secret'] == 's' * 32
    made = as_admin('POST', own, {'tenant_id': cloud.project['id']}).json['credential']
    seen = as_admin('GET', f'/credentials/{hashlib.sha256(made["access"].encode()).hexdigest()}').json['credential']
    assert json.loads(seen['blob'])['secret'] == made['secret'] and seen['type'] == 'ec2'
    assert len(as_admin('GET', f'{own}').json['credentials']) == 2


@pytest.mark.parametrize('values', [
    {'blob': 'no json'}, {'blob': '[]'}, {'blob': '{}'}, {'blob': '{"access": 7}'}, {'blob': '{"access": ""}'},
    {'blob': 7}, {'blob': {'access': 'x'}}, {'blob': ...}, {'type': ...}, {'type': ''}, {'user_id': ...},
    {'user_id': None},
    {'project_id': ...}, {'project_id': None}, {'project_id': 7}, {'type': 'x' * 256}])
def test_bad_values_are_400(new, values):
    assert new(**values).status_int == 400


def test_an_update_keeps_the_rules(cloud, new, as_admin, blob):
    path = f'/credentials/{new().json["credential"]["id"]}'

    def change(**values):
        return as_admin('PATCH', path, {'credential': values}).status_int
    assert change(blob='no json') == 400 and change(project_id=None) == 400 and change(blob='{}') == 400
    for name in ('trust_id', 'app_cred_id', 'access_token_id'):
        assert change(blob=json.dumps({**json.loads(blob), name: 'x'})) == 400, name
    assert change(blob=json.dumps({'access': 'new', 'secret': 'n'}), project_id=cloud.elsewhere['id'],
                  type='ec2') == 200
    assert change(type='cert') == 200 and change(blob='anything') == 200 and change(type='ec2') == 400
    assert change() == 400


def test_what_cannot_sign_is_no_key_pair(cloud, new, as_admin):
    own = f'/users/{cloud.owner["id"]}/credentials/OS-EC2'
    for number, blob in enumerate(({}, {'secret': None}, {'secret': 7}, {'secret': ''})):
        assert new(blob=json.dumps({'access': f'k{number}', **blob})).status_int == 201
        assert as_admin('GET', f'{own}/k{number}').status_int == 404
    made = new().json['credential']
    as_admin('PATCH', f'/credentials/{made["id"]}', {'credential': {'blob': '{"access": "other", "secret": "s"}'}})
    assert as_admin('GET', f'{own}/{"a" * 32}').status_int == as_admin('GET', f'{own}/other').status_int == 404


@pytest.mark.parametrize('length,status', [(40000, 201), (60000, 400), (70000, 400)])
def test_the_length_of_a_blob(new, length, status):
    assert new(type='cert', blob='x' * length).status_int == status


def test_filters_and_pages(cloud, new, as_admin, blob):
    new()
    new(type='cert', blob='c', user_id=cloud.member['id'])

    def found(query=''):
        return sorted(each['type'] for each in as_admin('GET', f'/credentials?{query}').json['credentials'])
    assert found() == ['cert', 'ec2'] and found('type=cert') == ['cert'] and found('type=totp') == []
    assert found(f'user_id={cloud.owner["id"]}') == ['ec2']
    assert found(f'user_id={cloud.owner["id"]}&type=cert') == [] and len(found('limit=1')) == 1


def test_who_may(cloud, new, api):
    cast = cloud.cast()
    body = {'credential': {'user_id': cloud.owner['id'], 'type': 'cert', 'blob': 'secret-of-owner'}}
    created = {who: api('POST', '/v3/credentials', body, token=token) for who, token in cast.items()}
    assert {who: answer.status_int for who, answer in created.items()} == {
        'admin': 201, 'owner': 201, 'member': 403, 'stranger': 403, 'nobody': 401}
    path = f'/v3/credentials/{created["owner"].json["credential"]["id"]}'

    def each(method, path, body=None):
        return {who: api(method, path, body, token=token) for who, token in cast.items()}
    for method, change in (('GET', None), ('PATCH', {'credential': {'blob': 'x'}})):
        assert {who: answer.status_int for who, answer in each(method, path, change).items()} == {
            'admin': 200, 'owner': 200, 'member': 403, 'stranger': 403, 'nobody': 401}
    lists = each('GET', '/v3/credentials')
    assert {who: len(answer.json.get('credentials', ())) for who, answer in lists.items()} == {
        'admin': 2, 'owner': 2, 'member': 0, 'stranger': 0, 'nobody': 0}
    assert lists['member'].status_int == 200 and lists['nobody'].status_int == 401
    theirs = api('GET', f'/v3/credentials?user_id={cloud.owner["id"]}', token=cast['member'])
    assert theirs.status_int == 200 and theirs.json['credentials'] == []
    # Nobody hands one to another, not even an administrator; who names its owner changes nothing.
    for who in ('owner', 'admin'):
        given = api('PATCH', path, {'credential': {'user_id': cloud.member['id']}}, token=cast[who])
        assert given.status_int == 400
        same = api('PATCH', path, {'credential': {'user_id': cloud.owner['id'], 'blob': 'x'}}, token=cast[who])
        assert same.json['credential']['user_id'] == cloud.owner['id']
    # Who may not see it is not told either whether it exists.
    assert api('GET', '/v3/credentials/none', token=cast['member']).status_int == 403
    deleted = {who: api('DELETE', path, token=cast[who]).status_int for who in ('nobody', 'stranger', 'owner')}
    assert deleted == {'nobody': 401, 'stranger': 403, 'owner': 204}


def test_a_limit_per_user(cloud, new, as_admin, conf):
    conf.set('user_limit', 2, 'credential')
    for number in range(2):
        assert new(type='cert', blob=str(number)).status_int == 201
    answer = new(type='cert', blob='3')
    assert answer.status_int == 403 and answer.json['error']['message'] == (
        'Unable to create additional credentials, maximum of 2 already exceeded for user.')
    assert new(type='cert', blob='x', user_id=cloud.member['id']).status_int == 201
    path, body = '/users/{}/credentials/OS-EC2', {'tenant_id': cloud.project['id']}
    assert as_admin('POST', path.format(cloud.owner['id']), body).status_int == 403
    assert as_admin('POST', path.format(cloud.member['id']), body).status_int == 201


def test_blobs_are_sealed_and_go_with_the_user(cloud, new, as_admin):
    new(type='totp', blob='THE-SECRET')
    new()
    with db.reader() as session:
        rows = str(session.execute(text('SELECT * FROM credential')).all())
    assert 'THE-SECRET' not in rows and 's' * 32 not in rows
    cloud.managers.credentials.vault.keys.rotate()
    cloud.managers.credentials.vault.keys._next = 0
    assert cloud.managers.credentials.vault.behind() == 2 and cloud.managers.credentials.vault.migrate() == 2
    assert cloud.managers.credentials.secrets(cloud.owner['id'], 'totp').popitem()[1] == 'THE-SECRET'
    as_admin('DELETE', f'/users/{cloud.owner["id"]}')
    assert as_admin('GET', '/credentials').json['credentials'] == []


def test_a_list_costs_one_statement(cloud, new, as_admin):
    for number in range(5):
        new(type='cert', blob=str(number))
    as_admin('GET', '/credentials')
    with db.count_statements() as counter:
        assert len(as_admin('GET', '/credentials').json['credentials']) == 5
    assert len([each for each in counter.statements if 'FROM credential' in each]) == 1


def _delegated(cloud, api, kind):
    """The text of a token of the owner that is worth less than one of his own."""
    own, key = cloud.token(cloud.owner, cloud.project), cloud.owner['id']
    if kind == 'trust':
        trust = {'trustor_user_id': key, 'trustee_user_id': cloud.member['id'], 'impersonation': True,
                 'project_id': cloud.project['id'], 'roles': [{'name': 'reader'}]}
        made = api('POST', '/v3/OS-TRUST/trusts', {'trust': trust}, token=own).json['trust']
        return cloud.issue(cloud.member, {'OS-TRUST:trust': {'id': made['id']}}).id
    body = {'application_credential': {'name': 'p', 'roles': [{'name': 'reader'}],
                                       'unrestricted': kind == 'unrestricted'}}
    made = api('POST', f'/v3/users/{key}/application_credentials', body, token=own).json['application_credential']
    return cloud.managers.auth.authenticate({'methods': ['application_credential'], 'application_credential': {
        'id': made['id'], 'secret': made['secret']}}).id


@pytest.mark.parametrize('kind', ['trust', 'application credential', 'unrestricted'])
def test_a_delegated_token_reaches_no_secret_worth_more(cloud, new, api, kind):
    own, token, user_id = cloud.token(cloud.owner, cloud.project), _delegated(cloud, api, kind), cloud.owner['id']
    pair = new(own).json['credential']
    passcode = new(own, type='totp', blob='GEZDGNBVGY3TQOJQ').json['credential']
    for credential in (pair, passcode):
        path = f'/v3/credentials/{credential["id"]}'
        for method, body in (('GET', None), ('PATCH', {'credential': {'blob': '{"access": "x"}'}}), ('DELETE', None)):
            assert api(method, path, body, token=token).status_int == 403, method
    assert api('GET', '/v3/credentials', token=token).json['credentials'] == []
    for base in ('/v3', '/v2.0'):
        ec2 = f'{base}/users/{user_id}/credentials/OS-EC2'
        assert api('GET', ec2, token=token).json['credentials'] == []
        for method in ('GET', 'DELETE'):
            assert api(method, f'{ec2}/{"a" * 32}', token=token).status_int == 403
    # With a secret for passcodes it would log in as the whole user.
    assert new(token, type='totp', blob='GEZDGNBVGY3TQOJQ').status_int == 403
    assert len(api('GET', '/v3/credentials', token=own).json['credentials']) == 2


@pytest.mark.parametrize('kind', ['trust', 'application credential', 'unrestricted'])
def test_what_a_delegated_token_makes_stays_bound(cloud, new, api, kind):
    token = _delegated(cloud, api, kind)
    made = new(token).json['credential']
    assert [each['id'] for each in api('GET', '/v3/credentials', token=token).json['credentials']] == [made['id']]
    path, blob = f'/v3/credentials/{made["id"]}', json.dumps({'access': 'a' * 32, 'secret': 's'})
    # Not by way of another type either.
    assert api('PATCH', path, {'credential': {'type': 'cert'}}, token=token).status_int == 403
    assert api('PATCH', path, {'credential': {'blob': blob}}, token=token).status_int == 400
    assert api('PATCH', path, {'credential': {'note': 'mine'}}, token=token).status_int == 200
    assert api('DELETE', path, token=token).status_int == 204


@pytest.mark.parametrize('name', ['trust_id', 'app_cred_id', 'access_token_id'])
def test_delegations_in_a_blob_are_texts(new, name):
    assert new(blob=json.dumps({'access': 'b', 'secret': 's', name: {'x': 1}})).status_int == 400


@pytest.mark.parametrize('kind', ['application credential', 'unrestricted'])
def test_an_application_credential_manages_no_trusts(cloud, api, kind):
    token, key = _delegated(cloud, api, kind), cloud.owner['id']
    trust = cloud.managers.trusts.create({'trustor_user_id': key, 'trustee_user_id': cloud.member['id'],
                                          'impersonation': False}, [])
    assert api('DELETE', f'/v3/OS-TRUST/trusts/{trust["id"]}', token=token).status_int == 403
    assert api('GET', f'/v3/OS-TRUST/trusts?trustor_user_id={key}', token=token).status_int == 403
