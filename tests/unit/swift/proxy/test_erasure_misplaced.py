"""The reconciler moves objects from copies to fragments and back, whole and with all that is known of them."""
import hashlib
import json
import os

import pytest

from swift.container import misplaced
from swift.container.reconciler import ContainerReconciler, Task
from swift.proxy.internal_client import InternalClient
from swift.timestamp import Timestamp

pytestmark = pytest.mark.servers

WAYS = {'copies to fragments': ('0', '2'), 'fragments to copies': ('2', '0')}


@pytest.fixture
def reconciler(storage_dir):
    return ContainerReconciler({'swift_dir': storage_dir},
                               InternalClient({'swift_dir': storage_dir}, 'reconciler', 1))


def task(container, obj, policy, when, delete=False):
    return Task(misplaced.container_of(when.internal), misplaced.queue_name(policy, 'AUTH_test', container, obj),
                int(policy), 'AUTH_test', container, obj, when, when, delete)


@pytest.mark.parametrize(('where', 'wanted'), WAYS.values(), ids=WAYS)
def test_an_object_is_moved(client, reconciler, where, wanted):
    container, body = f'moved from {where}', os.urandom(30000)
    box = f'AUTH_test/{container}'
    client('PUT', box, x_storage_policy=f'policy-{wanted}')
    answer = client('PUT', f'{box}/o', body, x_backend_storage_policy_index=where, content_type='text/x',
                    x_object_meta_color='red')
    assert answer.status_int == 201 and client('GET', f'{box}/o').status_int == 404
    when = Timestamp(client('HEAD', f'{box}/o', x_backend_storage_policy_index=where).headers['X-Timestamp'])
    assert reconciler.reconcile(task(container, 'o', where, when)) == 'moved_object'
    found = client('GET', f'{box}/o')
    assert (found.status_int, found.body, found.headers['Etag']) == (200, body, hashlib.md5(body).hexdigest())
    assert (found.headers['X-Object-Meta-Color'], found.content_type) == ('red', 'text/x')
    assert not [name for name in found.headers if 'Ec-' in name]
    assert client('GET', f'{box}/o', x_backend_storage_policy_index=where).status_int == 404
    row, = json.loads(client('GET', box, query='format=json').body)
    assert (row['name'], row['bytes'], row['hash']) == ('o', 30000, found.headers['Etag'])
    # Once more, as after a pass that died before it removed the entry.
    assert reconciler.reconcile(task(container, 'o', where, when)) == 'found_object'
    assert client('GET', f'{box}/o').body == body


@pytest.mark.parametrize(('where', 'wanted'), WAYS.values(), ids=WAYS)
def test_what_is_newer_at_its_place_stays_and_a_deletion_is_carried_over(client, reconciler, where, wanted):
    container = f'newer than {where}'
    box = f'AUTH_test/{container}'
    client('PUT', box, x_storage_policy=f'policy-{wanted}')
    client('PUT', f'{box}/o', b'older', x_backend_storage_policy_index=where)
    when = Timestamp(client('HEAD', f'{box}/o', x_backend_storage_policy_index=where).headers['X-Timestamp'])
    client('PUT', f'{box}/o', b'newer' * 2000)
    assert reconciler.reconcile(task(container, 'o', where, when)) == 'found_object'
    assert client('GET', f'{box}/o').body == b'newer' * 2000
    assert client('GET', f'{box}/o', x_backend_storage_policy_index=where).status_int == 404
    assert reconciler.reconcile(task(container, 'o', where, Timestamp.now(), delete=True)) == 'deleted_object'
    assert client('GET', f'{box}/o').status_int == 404
