"""Encryption at rest in a cluster: what daemons carry about stays what it was, and nobody's disk tells what it is."""
import base64
import hashlib
import hmac
import io
import json
import os
import tarfile
import time

import pytest

from swift import cluster as clusters
from swift.middleware import encryption
from swift.middleware.encryption import keys
from swift.proxy.server import Application
from tests.fixtures import swift_conf
from tests.fixtures.memory_swift import Client
from tests.fixtures.swift import SwiftCluster
from tests.functional import swift_kit

SECRET = base64.b64encode(os.urandom(32)).decode()
KEYMASTER = {'filter:keymaster': {'encryption_root_secret': SECRET}}
SIGN = os.urandom(16).hex().encode()
LARGE = SIGN * 10000


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    conf = {name: {**sections, **(KEYMASTER if name in ('proxy', 'internal') else {})}
            for name, sections in swift_kit.CONF.items()}
    conf['internal'] = {**conf['internal'], 'pipeline:main': {
        'pipeline': swift_conf.INTERNAL.replace('proxy-server', 'keymaster encryption proxy-server')},
        'filter:keymaster': {**KEYMASTER['filter:keymaster'],
                             'paste.filter_factory': 'swift.middleware.encryption.keys:filter_factory'},
        'filter:encryption': {'paste.filter_factory': 'swift.middleware.encryption:filter_factory'}}
    words = swift_conf.PIPELINE.replace('symlink ', 'symlink keymaster encryption ')
    with SwiftCluster(tmp_path_factory.mktemp('swift'), policies=(0, 1), pipeline=words, conf=conf) as made:
        yield made


@pytest.fixture(scope='module')
def owner(cluster):
    return swift_kit.Owner(cluster)


def etag(data):
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def listed(owner, container):
    return {row['name']: row['hash'] for row in json.loads(owner.call('GET', container, query='format=json').body)}


def test_the_ways_in_and_out(cluster, owner):
    owner.make('ways')
    owner.put('ways', 'put', LARGE)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode='w') as archive:
        member = tarfile.TarInfo('bulk')
        member.size = len(LARGE)
        archive.addfile(member, io.BytesIO(LARGE))
    assert owner.call('PUT', 'ways', buffer.getvalue(), query='extract-archive=tar').status == 200
    owner.call('POST', headers={'X-Account-Meta-Temp-Url-Key': 'key'})
    path, until = f'/v1/{owner.account}/ways/signed', int(time.time()) + 600
    for method, body in (('PUT', LARGE), ('GET', None)):
        signature = hmac.new(b'key', f'{method}\n{until}\n{path}'.encode(), 'sha256').hexdigest()
        url = f'{owner.url}/ways/signed?temp_url_sig={signature}&temp_url_expires={until}'
        answer = cluster.request(method, url, None, None, body)
        assert (answer.status, answer.body) == ((201, answer.body) if body else (200, LARGE))
    assert owner.put('ways', 'expires', LARGE, headers={'X-Delete-After': '1000'}) == LARGE
    assert listed(owner, 'ways') == dict.fromkeys(('put', 'bulk', 'signed', 'expires'), etag(LARGE))
    for name in ('put', 'bulk', 'signed', 'expires'):
        assert owner.get('ways', name).body == LARGE


def test_a_container_that_is_synchronised_is_sent_in_the_clear_and_kept_with_other_keys(cluster, owner):
    for name in ('from', 'to'):
        owner.make(name)
    owner.call('POST', 'to', headers={'X-Container-Sync-Key': 'key'})
    owner.call('POST', 'from', headers={'X-Container-Sync-To': f'{owner.url}/to', 'X-Container-Sync-Key': 'key'})
    owner.put('from', 'o', LARGE, headers={'X-Object-Meta-A': 'b'})
    cluster.once('container-sync')
    answer = owner.get('to', 'o')
    assert (answer.body, answer.headers['x-object-meta-a'], listed(owner, 'to')['o']) == (LARGE, 'b', etag(LARGE))


def test_an_object_that_is_moved_to_another_policy_stays_readable(cluster, owner):
    owner.make('moved', 1)
    clusters.load.cache_clear()
    app = encryption.filter_factory({'swift_dir': str(cluster.etc)})(Application({'swift_dir': str(cluster.etc)}))
    misled = Client(keys.filter_factory({}, encryption_root_secret=SECRET)(app), owner.account)
    assert misled.put('/moved/o', LARGE, X_Backend_Storage_Policy_Index='0', X_Object_Meta_A='b').status_int == 201
    assert owner.get('moved', 'o').status == 404
    swift_kit.settle(cluster, 2)
    answer = owner.get('moved', 'o')
    assert (answer.status, answer.body, answer.headers['x-object-meta-a']) == (200, LARGE, 'b')
    assert listed(owner, 'moved') == {'o': etag(LARGE)}


def test_no_disk_and_no_log_tells_what_it_is(cluster):
    secrets, seen = [SIGN, SECRET.encode(), base64.b64decode(SECRET)], 0
    for path in (each for each in cluster.directory.rglob('*') if each.is_file() and each.parent != cluster.etc):
        text = path.read_bytes() + b''.join(os.getxattr(path, name) for name in os.listxattr(path))
        seen += b'Crypto-Body-Meta' in text
        # The log of accesses has the ETag a client sends.
        told = [] if path.suffix == '.log' else [etag(LARGE).encode()]
        assert not [each for each in secrets + told if each in text], path
    assert seen >= 18
