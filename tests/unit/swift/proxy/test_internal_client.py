"""The proxy as a library."""
import io

import pytest

from swift.proxy.internal_client import InternalClient, UnexpectedResponse

pytestmark = pytest.mark.servers


@pytest.fixture
def internal(storage_dir):
    return InternalClient({'swift_dir': storage_dir}, 'a daemon', 1)


def test_objects_are_written_listed_read_and_deleted(internal):
    internal.create_container('.daemon', 'c/x'.replace('/', '-'))
    for number in range(3):
        internal.upload_object(io.BytesIO(b'%d' % number), '.daemon', 'c-x', f'ö{number}')
    assert [row['name'] for row in internal.iter_objects('.daemon', 'c-x')] == ['ö0', 'ö1', 'ö2']
    assert [row['name'] for row in internal.iter_objects('.daemon', 'c-x', marker='ö0', prefix='ö')] == ['ö1', 'ö2']
    status, headers, body = internal.get_object('.daemon', 'c-x', 'ö1')
    assert (status, b''.join(body)) == (200, b'1')
    internal.set_object_metadata('.daemon', 'c-x', 'ö1', {'color': 'blue'})
    assert internal.get_object_metadata('.daemon', 'c-x', 'ö1')['x-object-meta-color'] == 'blue'
    for number in range(3):
        internal.delete_object('.daemon', 'c-x', f'ö{number}')
    internal.delete_object('.daemon', 'c-x', 'ö1')
    assert internal.container_exists('.daemon', 'c-x')
    internal.delete_container('.daemon', 'c-x')
    assert not internal.container_exists('.daemon', 'c-x')


def test_what_is_missing_lists_as_nothing(internal):
    assert list(internal.iter_containers('.never')) == []
    assert list(internal.iter_objects('.never', 'c')) == []
    assert internal.get_account_info('.never') == (0, 0)


def test_a_status_that_is_not_acceptable_is_raised(internal):
    with pytest.raises(UnexpectedResponse) as raised:
        internal.make_request('GET', '/v1/.never/c/o', {}, (2,))
    assert raised.value.resp.status_int == 404
    assert internal.make_request('GET', '/v1/.never/c/o', {}, (2, 404)).status_int == 404
