"""The clients people have, unmodified, with the accounts of tempauth: swift, rclone and curl."""
import json
import os
import subprocess
import tarfile

import pytest

from tests.fixtures.cloud import ROOT
from tests.fixtures.swift import SwiftCluster
from tests.fixtures.swift_conf import PIPELINE

TREE = {'top.txt': b'top', 'empty': b'', 'dir/one.bin': b'\0\1\2' * 5000, 'dir/deeper/é ☃.txt': 'ü'.encode() * 300}


@pytest.fixture(scope='module')
def cluster(tmp_path_factory):
    with SwiftCluster(tmp_path_factory.mktemp('swift')) as made:
        yield made


@pytest.fixture
def tree(tmp_path):
    """A directory with files in it."""
    return grow(tmp_path / 'tree')


def grow(directory):
    for name, data in TREE.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)
    return directory


def content(directory):
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob('*') if path.is_file()}


def stamp(cluster, path):
    url, token = cluster.token()
    return cluster.request('HEAD', f'{url}/{path}', token).headers['x-timestamp']


def run(*command, status=0, **options):
    """A program's standard output."""
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=60, check=False,
                          **options)
    assert done.returncode == status, f'{command}: {done.returncode}\n{done.stdout}\n{done.stderr}'
    return done.stdout if status == 0 else done.stdout + done.stderr


class TestSwift:
    @pytest.fixture
    def swift(self, cluster, tmp_path):
        def call(*arguments, **options):
            return run(ROOT / '.venv/bin/swift', '-A', cluster.auth_url, '-U', 'test:tester', '-K', 'testing',
                       *arguments, **{'cwd': tmp_path, **options})
        return call

    def test_folders_up_and_down(self, swift, cluster, tree, tmp_path):
        told = swift('upload', '--object-name', 'tree', 'folders', tree, '--header', 'X-Object-Meta-Colour: blue')
        assert 'tree/dir/one.bin' in told
        assert swift('list', 'folders').splitlines() == sorted((f'tree/{name}' for name in TREE), key=str.encode)
        assert swift('list', 'folders', '-p', 'tree/', '-d', '/').splitlines() == [
            'tree/dir/', 'tree/empty', 'tree/top.txt']
        listed = swift('list', '-l', '--lh', 'folders')
        assert 'application/octet-stream' in listed and '14K' in listed
        shown = swift('stat', 'folders', 'tree/top.txt')
        assert 'Meta Colour: blue' in shown and 'Content Length: 3' in shown and 'Meta Mtime' in shown
        swift('download', 'folders', '-D', tmp_path / 'back')
        assert content(tmp_path / 'back/tree') == TREE
        # Only what has changed goes up again.
        (tree / 'top.txt').write_bytes(b'newer')
        before = [stamp(cluster, f'folders/tree/{name}') for name in ('top.txt', 'empty')]
        swift('upload', '-c', '--object-name', 'tree', 'folders', tree)
        after = [stamp(cluster, f'folders/tree/{name}') for name in ('top.txt', 'empty')]
        assert after[0] > before[0] and after[1] == before[1]
        swift('delete', 'folders', '--prefix', 'tree/dir')
        assert swift('list', 'folders').split() == ['tree/empty', 'tree/top.txt']
        swift('delete', 'folders')
        assert 'folders' not in swift('list').split()

    def test_segments(self, swift, tmp_path):
        data = os.urandom(1_000_000)
        (tmp_path / 'large').write_bytes(data)
        swift('upload', '-S', '300000', 'segmented', 'large')
        assert len(swift('list', 'segmented_segments').split()) == 4
        swift('download', 'segmented', 'large', '-o', tmp_path / 'back')
        assert (tmp_path / 'back').read_bytes() == data
        assert 'Content Length: 1000000' in swift('stat', 'segmented', 'large')
        swift('delete', 'segmented', 'large')
        assert swift('list', 'segmented_segments') == ''

    def test_segments_where_there_are_no_static_large_objects(self, tmp_path):
        with SwiftCluster(tmp_path / 'swift', pipeline=PIPELINE.replace(' slo', '')) as made:
            data = os.urandom(500_000)
            (tmp_path / 'large').write_bytes(data)
            swift = (ROOT / '.venv/bin/swift', '-A', made.auth_url, '-U', 'test:tester', '-K', 'testing')
            run(*swift, 'upload', '-S', '200000', 'dynamic', 'large', cwd=tmp_path)
            assert 'Manifest: dynamic_segments/large/' in run(*swift, 'stat', 'dynamic', 'large')
            run(*swift, 'download', 'dynamic', 'large', '-o', tmp_path / 'back')
            assert (tmp_path / 'back').read_bytes() == data

    def test_metadata_copies_and_links(self, swift, cluster, tmp_path):
        (tmp_path / 'o').write_bytes(b'content')
        swift('upload', 'meta', 'o')
        swift('post', 'meta', '-m', 'Colour:red', '-r', '.r:*,.rlistings', '-w', 'test2:tester2', '-H',
              'X-Container-Meta-Quota-Count: 3')
        shown = swift('stat', 'meta')
        for line in ('Meta Colour: red', 'Read ACL: .r:*,.rlistings', 'Write ACL: test2:tester2', 'Objects: 1'):
            assert line in shown
        swift('post', 'meta', 'o', '-m', 'Shape:round')
        swift('copy', 'meta', 'o', '-d', '/meta-copies/p', '-m', 'Size:small')
        shown = swift('stat', 'meta-copies', 'p')
        assert 'Meta Shape: round' in shown and 'Meta Size: small' in shown
        assert run('curl', '-sf', f'{cluster.url}/v1/AUTH_test/meta/o') == 'content'
        swift('post', '-m', 'Temp-URL-Key:secret')
        link = swift('tempurl', 'GET', '600', '/v1/AUTH_test/meta-copies/p', 'secret').strip()
        assert run('curl', '-sf', cluster.url + link) == 'content'
        assert 'slo' in swift('capabilities') and 'Max bulk' not in swift('capabilities', '--json')
        account = swift('stat', '-v')
        assert 'Account: AUTH_test' in account and 'Auth Token' in account

    def test_versions(self, swift, tmp_path):
        swift('post', 'versioned', '-H', 'X-Versions-Enabled: true')
        for data in (b'old', b'newer'):
            (tmp_path / 'o').write_bytes(data)
            swift('upload', 'versioned', 'o')
        rows = [line.split() for line in swift('list', 'versioned', '--versions').splitlines()]
        older = rows[1]
        assert [row[-1] for row in rows[:2]] == ['o', 'o'] or len(rows) >= 2, rows
        identity = next(word for word in older if word.replace('.', '').isdecimal() and '.' in word)
        assert swift('download', 'versioned', 'o', '--version-id', identity, '-o', '-') == 'old'
        swift('delete', 'versioned', '--versions')

    def test_words_for_what_is_not_there(self, swift, cluster):
        assert "Container 'none' not found" in swift('list', 'none', status=1)
        told = run(ROOT / '.venv/bin/swift', '-A', cluster.auth_url, '-U', 'test:tester',
                   '-K', 'wrong', 'list', status=1)
        assert '401' in told or 'Unauthorized' in told


class TestRclone:
    @pytest.fixture
    def rclone(self, cluster, tmp_path):
        conf = tmp_path / 'rclone.conf'
        conf.write_text(f'[essex]\ntype = swift\nuser = test:tester\nkey = testing\nauth = {cluster.auth_url}\n'
                        'chunk_size = 1M\n')

        def call(*arguments, **options):
            return run('rclone', '--config', conf, '--retries', '1', '--low-level-retries', '1', *arguments, **options)
        return call

    def test_trees(self, rclone, tree, tmp_path):
        rclone('copy', tree, 'essex:trees/a')
        assert rclone('check', tree, 'essex:trees/a') == ''
        assert sorted(line.split(maxsplit=1)[1] for line in rclone('ls', 'essex:trees/a').splitlines()) == sorted(TREE)
        rows = json.loads(rclone('lsjson', '-R', '--hash', 'essex:trees/a'))
        assert {row['Path']: row['Size'] for row in rows if not row['IsDir']} == {
            name: len(data) for name, data in TREE.items()}
        assert {row['Path'] for row in rows if row['IsDir']} == {'dir', 'dir/deeper'}
        assert rclone('cat', 'essex:trees/a/top.txt') == 'top'
        (tree / 'empty').unlink()
        rclone('sync', tree, 'essex:trees/a')
        assert 'empty' not in rclone('ls', 'essex:trees/a')
        rclone('copy', 'essex:trees/a', 'essex:trees/b')            # by the server
        rclone('move', 'essex:trees/b/dir', 'essex:trees/moved')
        rclone('copy', 'essex:trees/moved', tmp_path / 'back')
        assert content(tmp_path / 'back') == content(tree / 'dir')
        assert 'Used' in rclone('about', 'essex:')
        rclone('purge', 'essex:trees')
        assert 'trees' not in rclone('lsd', 'essex:')

    def test_large_files(self, rclone, tmp_path):
        data = os.urandom(3_500_000)
        (tmp_path / 'large').write_bytes(data)
        rclone('copyto', tmp_path / 'large', 'essex:chunks/large')
        assert rclone('size', '--json', 'essex:chunks') == '{"count":1,"bytes":3500000,"sizeless":0}\n'
        rclone('copyto', 'essex:chunks/large', 'essex:chunks/copy')
        rclone('delete', 'essex:chunks/large')
        rclone('copyto', 'essex:chunks/copy', tmp_path / 'back')
        assert (tmp_path / 'back').read_bytes() == data
        with open(tmp_path / 'large', 'rb') as stream:
            rclone('rcat', 'essex:chunks/streamed', stdin=stream)
        rclone('copyto', 'essex:chunks/streamed', tmp_path / 'again')
        assert (tmp_path / 'again').read_bytes() == data
        rclone('purge', 'essex:chunks')


class TestCurl:
    @pytest.fixture
    def curl(self, cluster, tmp_path):
        url, token = cluster.token()
        run('curl', '-sf', '-X', 'PUT', f'{url}/curl', '-H', f'X-Auth-Token: {token}')

        def call(path, *arguments, **options):
            return run('curl', '-s', '-H', f'X-Auth-Token: {token}', *arguments, f'{url}/{path}', **options)
        return call

    def test_uploads_of_every_kind(self, curl, tmp_path):
        data = os.urandom(2_000_000)
        (tmp_path / 'o').write_bytes(data)
        code = ('-o', tmp_path / 'told', '-w', '%{http_code}')
        for name, how in (('file', ('-T', tmp_path / 'o')), ('expect', ('-T', tmp_path / 'o', '-H',
                          'Expect: 100-continue')), ('data', ('-X', 'PUT', '--data-binary', f'@{tmp_path / "o"}')),
                          ('chunked', ('-T', tmp_path / 'o', '-H', 'Transfer-Encoding: chunked')),
                          ('bare', ('-T', tmp_path / 'o', '-H', 'Expect:', '--http1.0'))):
            assert curl(f'curl/{name}', *how, *code) == '201', name
            curl(f'curl/{name}', '-o', tmp_path / 'back')
            assert (tmp_path / 'back').read_bytes() == data
        with open(tmp_path / 'o', 'rb') as stream:
            assert curl('curl/piped', '-T', '-', *code, stdin=stream) == '201'
        curl('curl/piped', '-r', '100-199', '-o', tmp_path / 'back')
        assert (tmp_path / 'back').read_bytes() == data[100:200]
        # A download that was broken off goes on.
        (tmp_path / 'back').write_bytes(data[:1_000_000])
        curl('curl/piped', '-C', '-', '-o', tmp_path / 'back')
        assert (tmp_path / 'back').read_bytes() == data

    def test_copy_and_move(self, curl):
        curl('curl/o', '-X', 'PUT', '-d', 'content')
        assert '201 Created' in curl('curl/o', '-i', '-X', 'COPY', '-H', 'Destination: curl/copy')
        assert curl('curl/copy') == 'content'
        assert '204 No Content' in curl('curl/o', '-i', '-X', 'DELETE')
        assert '404 Not Found' in curl('curl/o', '-I')

    def test_archives(self, curl, tree, tmp_path):
        with tarfile.open(tmp_path / 'tree.tar.gz', 'w:gz') as archive:
            archive.add(tree, 'tree')
        told = json.loads(curl('bulk/up?extract-archive=tar.gz', '-T', tmp_path / 'tree.tar.gz', '-H',
                               'Accept: application/json'))
        assert (told['Response Status'], told['Number Files Created']) == ('201 Created', len(TREE))
        assert curl('bulk/up/tree/top.txt') == 'top'
        names = [row['name'] for row in json.loads(curl('bulk?format=json'))]
        lines = '\n'.join([*(f'/bulk/{name}' for name in names if name.isascii()), '/bulk/up/tree/dir/deeper/'
                           '%C3%A9%20%E2%98%83.txt', '/bulk'])
        told = json.loads(curl('?bulk-delete', '-X', 'POST', '-H', 'Content-Type: text/plain', '-H',
                               'Accept: application/json', '--data-binary', lines))
        assert (told['Response Status'], told['Number Deleted']) == ('200 OK', len(TREE) + 1), told
