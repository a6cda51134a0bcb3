"""The small commands: signatures, configuration, composed rings."""
import hashlib
import hmac
import json
import re
import time

import pytest

from swift.cmd import config, form_signature, ring_composer, temp_url
from swift.middleware import signatures
from swift.ring import builder_file, ring_file
from swift.ring.builder import RingBuilder


@pytest.mark.parametrize('digest', temp_url.DIGESTS)
def test_a_temporary_url_is_one_that_is_taken(capsys, digest):
    assert temp_url.main(['get', '60', '/v1/AUTH_a/c/an object', 'secret', '--digest', digest]) == 0
    path, signature, expires = re.fullmatch(r'(.*)\?temp_url_sig=(.*)&temp_url_expires=(.*)\n',
                                            capsys.readouterr().out).groups()
    assert path == '/v1/AUTH_a/c/an%20object' and 0 < int(expires) - time.time() <= 60
    signed = signatures.parse(signature, temp_url.DIGESTS)
    assert signed[0] == digest
    assert signatures.matches(signed, 'secret', [f'GET\n{expires}\n/v1/AUTH_a/c/an object'.encode()])


def test_what_is_no_object_is_warned_of(capsys):
    assert temp_url.main(['GET', '60', '/v1/AUTH_a/c', 'secret']) == 0
    assert 'no path of an object' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        temp_url.main(['GET', 'soon', '/v1/AUTH_a/c/o', 'secret'])


def test_a_form_is_signed(capsys):
    assert form_signature.main(['/v1/AUTH_a/c/p-', 'http://x/', '1000', '2', '60', 'secret']) == 0
    expires, signature = re.fullmatch(r'  Expires: (\d+)\nSignature: (\w+)\n', capsys.readouterr().out).groups()
    message = f'/v1/AUTH_a/c/p-\nhttp://x/\n1000\n2\n{expires}'.encode()
    assert signature == hmac.new(b'secret', message, hashlib.sha256).hexdigest()
    for wrong in (['-1', '2', '60'], ['1000', '0', '60'], ['1000', '2', 'x']):
        with pytest.raises(SystemExit):
            form_signature.main(['/v1/AUTH_a/c/p-', '', *wrong, 'secret'])


CONF = '''[DEFAULT]
bind_port = 8080
[pipeline:main]
pipeline = healthcheck proxy-server
[filter:healthcheck]
paste.filter_factory = x
[app:proxy-server]
node_timeout = 7
[other]
a = b
'''


def test_the_configuration_as_it_is_read(tmp_path, capsys):
    (tmp_path / 'proxy-server.conf').write_text(CONF)
    where = ['--swift-dir', str(tmp_path)]
    assert config.main(['proxy-server', *where]) == 0
    shown = capsys.readouterr().out
    assert '[app:proxy-server]\nbind_port = 8080\nnode_timeout = 7\n' in shown and '[other]' in shown
    assert config.main(['proxy-server', '-w', *where]) == 0
    shown = capsys.readouterr().out
    assert re.findall(r'^\[(.*)\]$', shown, re.MULTILINE) == ['pipeline:main', 'filter:healthcheck', 'app:proxy-server']
    assert config.main([str(tmp_path / 'proxy-server.conf'), '-s', 'other']) == 0
    assert capsys.readouterr().out.splitlines()[1:] == ['[other]', 'a = b', 'bind_port = 8080', '']
    assert config.main(['object-server', *where]) == 1
    assert config.main(['proxy-server', '-s', 'none', *where]) == 1
    assert 'no section [none]' in capsys.readouterr().err


@pytest.fixture
def builders(tmp_path):
    """Paths of two builders, of a region each: three replicas and two."""
    paths = []
    for region, replicas in ((1, 3), (2, 2)):
        made = RingBuilder(4, replicas, 0)
        for number in range(4):
            made.add_dev({'region': region, 'zone': number, 'ip': f'10.{region}.0.{number}', 'port': 6200,
                          'device': 'sda', 'weight': 1})
        made.rebalance(seed=1)
        paths.append(str(tmp_path / f'{region}.builder'))
        builder_file.save(paths[-1], made)
    return paths


def test_a_ring_of_two_builders_has_the_replicas_of_both_in_order(builders, tmp_path, capsys):
    note, ring = str(tmp_path / 'both.json'), str(tmp_path / 'object.ring.gz')
    assert ring_composer.main([note, 'show']) == 2
    assert ring_composer.main([note, 'compose', *builders, '-o', ring]) == 0
    made = ring_file.read(ring)
    assert (made.replica_count, made.part_power, [each['id'] for each in made.devs]) == (5, 4, list(range(8)))
    for part in range(16):
        assert [made.devs[row[part]]['region'] for row in made.assignments] == [1, 1, 1, 2, 2]
    first = builder_file.load(builders[0])
    assert [list(row) for row in made.assignments[:3]] == [list(row) for row in first.rows]
    capsys.readouterr()
    assert ring_composer.main([note, 'show']) == 0
    assert [each['version'] for each in json.loads(capsys.readouterr().out)['components']] == [first.version] * 2
    # Without a change there is nothing to do; afterwards the names need not be told again.
    assert ring_composer.main([note, 'compose', '-o', ring]) == 2
    first.set_dev_weight(0, 3)
    first.rebalance(seed=2)
    builder_file.save(builders[0], first)
    assert ring_composer.main([note, 'compose', '-o', ring]) == 0
    assert ring_file.read(ring).version == 2


def test_what_does_not_go_together_is_refused(builders, tmp_path, capsys):
    note, ring = str(tmp_path / 'both.json'), str(tmp_path / 'object.ring.gz')

    def refused(*paths, more=()):
        assert ring_composer.main([note, 'compose', *paths, '-o', ring, *more]) == 2
        return capsys.readouterr().err
    assert 'Two or more' in refused(builders[0])
    assert 'two builders' in refused(builders[0], builders[0])
    other = RingBuilder(5, 1, 0)
    other.add_dev({'region': 3, 'ip': '10.3.0.1', 'port': 6200, 'device': 'sda', 'weight': 1})
    builder_file.save(str(tmp_path / '3.builder'), other)
    assert 'same number of partitions' in refused(builders[0], str(tmp_path / '3.builder'))
    changed = builder_file.load(builders[1])
    changed.set_dev_weight(0, 2)
    builder_file.save(builders[1], changed)
    assert 'rebalanced' in refused(*builders)
    changed.rebalance(seed=1)
    builder_file.save(builders[1], changed)
    assert ring_composer.main([note, 'compose', *builders, '-o', ring]) == 0
    assert 'order' in refused(*reversed(builders))
    (tmp_path / 'odd.json').write_text('[]')
    assert ring_composer.main([str(tmp_path / 'odd.json'), 'show']) == 2
    assert 'not composed here' in (ring_composer.main([str(tmp_path / 'new.json'), 'compose', *builders, '-o', ring]),
                                   capsys.readouterr().err)[1]
