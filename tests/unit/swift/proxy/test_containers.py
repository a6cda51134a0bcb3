"""Accounts and containers through the proxy, over real storage servers."""
import pytest

from tests.unit.swift.proxy.conftest import Client

pytestmark = pytest.mark.servers


def test_a_container_is_made_filled_listed_and_deleted(client):
    assert client('PUT', 'AUTH_life/c', x_container_meta_color='blue').status_int == 201
    assert client('PUT', 'AUTH_life/c').status_int == 202
    client('PUT', 'AUTH_life/c/o', b'12345')
    head = client('HEAD', 'AUTH_life/c')
    assert (head.status_int, head.headers['X-Container-Object-Count'], head.headers['X-Container-Bytes-Used']) \
        == (204, '1', '5')
    assert head.headers['X-Container-Meta-Color'] == 'blue'
    assert [row['name'] for row in client('GET', 'AUTH_life/c').json] == ['o']
    assert client('DELETE', 'AUTH_life/c').status_int == 409
    client('DELETE', 'AUTH_life/c/o')
    assert client('DELETE', 'AUTH_life/c').status_int == 204
    assert client('HEAD', 'AUTH_life/c').status_int == 404
    assert client('DELETE', 'AUTH_life/c').status_int == 404


def test_container_metadata_is_merged_and_removed(client, container):
    assert client('POST', container, x_container_meta_a='1', x_container_read='.r:*').status_int == 204
    client('POST', container, x_container_meta_b='2')
    client('POST', container, x_remove_container_meta_a='x')
    head = client('HEAD', container).headers
    assert ('X-Container-Meta-A' in head, head['X-Container-Meta-B'], head['X-Container-Read']) == (False, '2', '.r:*')
    client('POST', container, x_remove_container_read='x')
    assert 'X-Container-Read' not in client('HEAD', container).headers
    assert client('POST', 'AUTH_test/none', x_container_meta_b='2').status_int == 404


def test_policies_of_containers(client):
    assert client('PUT', 'AUTH_test/p', x_storage_policy='none').status_int == 400
    assert client('PUT', 'AUTH_test/p', x_storage_policy='policy-1').status_int == 201
    assert client('PUT', 'AUTH_test/p', x_storage_policy='policy-0').status_int == 409
    assert client('PUT', 'AUTH_test/p').status_int == 202
    assert client('HEAD', 'AUTH_test/p').headers['X-Storage-Policy'] == 'policy-1'


def test_bad_containers_are_refused(client):
    assert client('PUT', 'AUTH_test/' + 'n' * 257).status_int == 400
    assert client('PUT', 'AUTH_test/c', **{'x_container_meta_' + 'n' * 129: 'v'}).status_int == 400

    def clean(name, value):
        raise ValueError(f'{name}: no such thing as {value}')

    refused = client('PUT', 'AUTH_test/c', x_container_read='.x', env={'swift.clean_acl': clean})
    assert (refused.status_int, refused.text) == (400, 'X-Container-Read: no such thing as .x')


def test_listings_too_long_are_refused(client, container):
    assert client('GET', container, query='limit=10001').status_int == 412
    assert client('GET', container, query='limit=x').status_int == 200


def test_an_account_looks_empty_before_it_is_made(client):
    head = client('HEAD', 'AUTH_new')
    assert (head.status_int, head.headers['X-Account-Container-Count']) == (204, '0')
    assert client('GET', 'AUTH_new').json == []
    assert client('GET', 'AUTH_new/c').status_int == 404
    assert client('POST', 'AUTH_new', x_account_meta_a='1').status_int == 204
    assert client('HEAD', 'AUTH_new').headers['X-Account-Meta-A'] == '1'
    assert client('PUT', 'AUTH_new').status_int == 405
    assert 'PUT' not in client('OPTIONS', 'AUTH_new').headers['Allow']


def test_what_an_access_list_becomes_is_its_filters_business(client):
    """It is kept as system metadata; a second copy would be shown a second time."""
    assert client('POST', 'AUTH_listed', x_account_access_control='{"admin": ["x"]}').status_int == 204
    assert 'X-Account-Access-Control' not in client('HEAD', 'AUTH_listed').headers


def test_without_autocreate_an_account_must_be_made(make_app):
    client = Client(make_app(account_autocreate='false', allow_account_management='true'))
    assert client('HEAD', 'AUTH_managed').status_int == 404
    assert client('PUT', 'AUTH_managed/c').status_int == 404
    assert client('PUT', 'AUTH_managed', x_account_meta_a='1').status_int == 201
    assert client('PUT', 'AUTH_managed/c').status_int == 201
    assert client('DELETE', 'AUTH_managed', query='bulk-delete').status_int == 400
    assert client('DELETE', 'AUTH_managed').status_int == 204
    assert client('HEAD', 'AUTH_managed').status_int == 410
    assert client('HEAD', 'AUTH_managed/c').status_int == 404


def test_an_account_holds_so_many_containers(make_app):
    client = Client(make_app(max_containers_per_account='1'))
    client('PUT', 'AUTH_few/a')
    assert client('PUT', 'AUTH_few/b').status_int == 403
    assert client('PUT', 'AUTH_few/a').status_int == 202
    client = Client(make_app(max_containers_per_account='1', max_containers_whitelist='AUTH_few'))
    assert client('PUT', 'AUTH_few/b').status_int == 201


def test_only_owners_see_and_set_what_is_theirs(client, container):
    client('POST', container, x_container_sync_key='secret', x_container_meta_temp_url_key='k')
    head = client('HEAD', container, env={'swift_owner': False}).headers
    assert 'X-Container-Sync-Key' not in head
    assert 'X-Container-Meta-Temp-Url-Key' not in head
    assert client('HEAD', container).headers['X-Container-Sync-Key'] == 'secret'


def test_hosts_can_be_denied(make_app):
    client = Client(make_app(deny_host_headers='bad.example.com'))
    assert client('GET', 'AUTH_test', host='bad.example.com:80').status_int == 403
