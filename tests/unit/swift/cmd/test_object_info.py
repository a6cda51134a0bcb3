import os

import pytest

from swift import erasure
from swift.cmd import object_info
from swift.erasure import Code
from tests.unit.swift.obj.node import Node, write


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)


@pytest.fixture
def path(node):
    write(node.file('ö'), b'12345', **{'X-Object-Meta-Colour': 'gr\xc3\xbcn', 'X-Object-Sysmeta-A': 'b'})
    (name,) = node.files()
    return f'{node.devices}/sda/objects/{name}'


def shown(node, path, capsys, *more):
    status = object_info.main([path, '-d', node.swift_dir, *more])
    return status, capsys.readouterr()


def test_everything_is_shown(node, path, capsys):
    status, output = shown(node, path, capsys)
    assert status == 0
    for line in ('Path: /a/c/ö', '  Account: a', '  Container: c', '  Object: ö', 'Content-Type: text/plain',
                 'Timestamp: 2023-11-14T22:13:20.000000 (1700000000.00000)', '  X-Object-Meta-Colour: grün',
                 '  X-Object-Sysmeta-A: b', 'ETag: 827ccb0eea8a706c4c34a16891f84e7b (valid)',
                 'Content-Length: 5 (valid)', f'Partition\t{node.part("ö")}'):
        assert line in output.out.split('\n')
    assert output.out.count('Server:Port Device') == 4


def test_damage_is_told(node, path, capsys):
    with open(path, 'r+b') as file:
        file.write(b'X')
        file.truncate(3)
    status, output = shown(node, path, capsys)
    assert status == 1
    assert "doesn't match file hash" in output.out
    assert "Content-Length: 5 doesn't match file length of 3" in output.out


def test_a_tombstone_is_shown(node, path, capsys):
    node.file('ö').delete(node.file().timestamp_of({'X-Timestamp': '1700000009.00000'}))
    status, output = shown(node, path.replace('1700000000.00000.data', '1700000009.00000.ts'), capsys)
    assert status == 0
    assert '(1700000009.00000)' in output.out


def test_a_file_that_is_none_is_told(node, path, capsys, tmp_path):
    (tmp_path / 'x').write_text('')
    for name in (tmp_path / 'x', tmp_path / 'missing'):
        status, output = shown(node, str(name), capsys)
        assert status == 1
        assert output.err


def test_a_fragment_says_of_what_it_is_one_and_where_the_others_are(tmp_path, capsys):
    node = Node(tmp_path, codes={0: Code('liberasurecode_rs_vand', 2, 1)}, policies=[0])
    write(node.file(), b'12345', **{erasure.INDEX: '1', erasure.ETAG: '0' * 32, erasure.LENGTH: '9',
                                    erasure.SCHEME: 'liberasurecode_rs_vand 2+1'})
    (name,) = node.files()
    path = f'{node.devices}/sda/objects/{name}'
    status, output = shown(node, path, capsys)
    assert status == 0 and 'Fragment: 1 of liberasurecode_rs_vand 2+1, durable\n' in output.out
    assert [f'[Fragment {index}]' in output.out for index in range(4)] == [True, True, True, False]
    other = path.replace('#1#d', '#2')
    os.rename(path, other)
    status, output = shown(node, other, capsys)
    assert status == 1 and 'not durable' in output.out
