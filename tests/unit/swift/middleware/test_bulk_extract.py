"""Bulk upload, also of archives made to hurt."""
import bz2
import gzip
import io
import json
import tarfile

import pytest
import webob

from swift.middleware import bulk
from swift.middleware.bulk import archive
from tests.fixtures.memory_swift import Client, MemorySwift

OPTIONS = {'max_file_size': '1000000', 'max_containers_per_extraction': '3', 'max_failed_extractions': '2'}


@pytest.fixture
def store():
    return MemorySwift()


@pytest.fixture
def client(store):
    return Client(bulk.filter_factory(OPTIONS)(store))


def tar(*members, **options):
    """An archive of (name, bytes) pairs and of TarInfos."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', **options) as made:
        for each in members:
            if isinstance(each, tarfile.TarInfo):
                made.addfile(each)
                continue
            info = tarfile.TarInfo(each[0])
            info.size = len(each[1])
            info.pax_headers = dict(each[2]) if len(each) > 2 else {}
            made.addfile(info, io.BytesIO(each[1]))
    return out.getvalue()


def extract(client, body, kind='tar', path='', headers=None):
    answer = client.request('PUT', f'{path}?extract-archive={kind}', body, {'Accept': 'application/json',
                                                                             **(headers or {})})
    assert answer.status_int == 200
    return json.loads(answer.body)


def special(name, kind):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, '/etc/passwd'
    return info


PACK = {'tar': bytes, 'tar.gz': gzip.compress, 'tar.bz2': bz2.compress}


@pytest.mark.parametrize('kind', PACK)
def test_files_become_objects_and_folders_containers(client, kind):
    body = PACK[kind](tar(('photos/a.jpg', b'A' * 70000), ('./photos/sub/b.jpg', b'B'), ('docs/é', b'')))
    told = extract(client, body, kind)
    assert (told['Number Files Created'], told['Response Status'], told['Errors']) == (3, '201 Created', [])
    assert client.get('/photos/a.jpg').body == b'A' * 70000
    assert client.get('/photos/sub/b.jpg').body == b'B'
    assert client.get('/docs/%C3%A9').status_int == 200


def test_several_compressed_streams_are_one_archive(client):
    whole = tar(('c/a', b'A' * 2000))
    body = gzip.compress(whole[:700]) + gzip.compress(whole[700:])
    assert extract(client, body, 'tar.gz')['Number Files Created'] == 1


@pytest.mark.parametrize('kind,pack', [('tar.gz', gzip.compress), ('tar.bz2', bz2.compress)])
def test_many_streams_with_nothing_in_them_are_no_archive(client, kind, pack):
    few = pack(b'') * 900 + pack(tar(('c/a', b'A')))
    assert extract(client, few, kind)['Number Files Created'] == 1
    told = extract(client, pack(b'') * 5000 + few, kind)
    assert told['Number Files Created'] == 0 and 'too many pieces' in str(told)


def test_below_a_container_and_a_prefix(client):
    extract(client, tar(('a/b', b'1')), path='/c')
    extract(client, tar(('a/b', b'2')), path='/c/pre/fix')
    assert client.get('/c/a/b').body == b'1' and client.get('/c/pre/fix/a/b').body == b'2'


def test_links_devices_and_folders_are_left_out(client):
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
    told = extract(client, tar(*(special(f'c/{kind.decode()}', kind) for kind in kinds), ('c/real', b'1')))
    assert told['Number Files Created'] == 1
    assert json.loads(client.get('/c').body)[0]['name'] == 'real'


def test_a_way_out_is_refused(client):
    told = extract(client, tar(('c/../../etc/passwd', b'1'), ('c/fine', b'1')))
    assert told['Errors'] == [['c/../../etc/passwd', '400 Bad Request']]
    assert client.get('/c/fine').status_int == 200


def test_absolute_names_are_below_the_account(client):
    extract(client, tar(('/c/o', b'1')))
    assert client.get('/c/o').body == b'1'


def test_a_file_too_large_is_413(client):
    told = extract(client, gzip.compress(tar(('c/bomb', bytes(1000001)), ('c/o', b'1'))), 'tar.gz')
    assert told['Errors'] == [['c/bomb', '413 Request Entity Too Large']] and told['Number Files Created'] == 1


@pytest.mark.parametrize('kind', [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.XGLTYPE])
def test_a_header_bomb_is_refused(client, kind):
    info = tarfile.TarInfo('c/o')
    info.type, info.size = kind, 8 << 30
    body = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(4 << 20))
    assert 'too large' in extract(client, body, 'tar.gz')['Response Body']


def test_sparse_files_are_refused(client):
    info = special('c/o', tarfile.GNUTYPE_SPARSE)
    assert 'sparse' in extract(client, info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))['Response Body']
    body = tar(('c/o', b'1\n0\n1\n' + bytes(600), {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0'}))
    assert 'sparse' in extract(client, body)['Response Body']


def test_a_chain_of_headers_does_not_overflow(client):
    info = tarfile.TarInfo('x')
    info.type, info.size = tarfile.XHDTYPE, 0
    told = extract(client, gzip.compress(info.tobuf(tarfile.GNU_FORMAT) * 5000), 'tar.gz')
    assert told['Response Status'] == '400 Bad Request'


@pytest.mark.parametrize(('kind', 'body'), [
    ('tar', b'no archive' * 200), ('tar.gz', b'no archive'), ('tar.bz2', b'no archive'), ('tar', b''), ('tar.gz', b''),
    ('tar.gz', gzip.compress(tar(('c/o', b'x' * 5000)))[:-200]), ('tar', tar(('c/o', b'x' * 5000))[:2000])])
def test_a_broken_archive_is_400_in_the_body(client, kind, body):
    assert extract(client, body, kind)['Response Status'] == '400 Bad Request'


def test_decompression_never_holds_more_than_a_piece():
    packed = io.BytesIO(bz2.compress(bytes(50 << 20)))
    stream = archive.KINDS['tar.bz2'](packed)
    assert sum(len(stream.read(1 << 20)) for _ in range(50)) == 50 << 20
    assert len(stream._out) <= 65536


def test_an_unknown_format_is_400(client):
    assert client.put('?extract-archive=zip', b'x').status_int == 400


def test_too_many_containers_end_it(client):
    told = extract(client, tar(*((f'c{each}/o', b'1') for each in range(5))))
    assert told['Response Status'].startswith('400') and told['Number Files Created'] == 3


def test_too_many_failures_end_it(client, store):
    store.broken |= {f'/v1/AUTH_a/c/{each}' for each in range(5)}
    told = extract(client, tar(*((f'c/{each}', b'1') for each in range(5))))
    assert told['Response Body'] == 'Max extraction failures exceeded' and len(told['Errors']) == 2


def test_metadata_of_the_archive_and_expiry_of_the_request(client):
    headers = {'SCHILY.xattr.user.meta.color': 'red', 'SCHILY.xattr.user.mime_type': 'text/x',
               'SCHILY.xattr.user.meta.bad\r\nname': 'x', 'SCHILY.xattr.user.meta.evil': 'a\r\nX-Account-Meta-A: b'}
    extract(client, tar(('c/o', b'1', headers), format=tarfile.PAX_FORMAT), headers={'X-Delete-At': '9999999999'})
    got = client.get('/c/o')
    assert (got.headers['X-Object-Meta-Color'], got.content_type, got.headers['X-Delete-At']) == (
        'red', 'text/x', '9999999999')
    assert 'X-Object-Meta-Evil' not in got.headers


def test_a_stranger_is_told_401(client):
    stranger = Client(client.app, **{'swift.authorize': lambda req: webob.Response(status=401)})
    assert extract(stranger, tar(('c/o', b'1')))['Response Status'] == '401 Unauthorized'
