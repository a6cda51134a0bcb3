"""The samples in etc/swift name every option the code reads, and hold pipelines that can be loaded."""
import re

import pytest

from swift import conf as options
from swift.cmd import _kinds
from tests.fixtures.cloud import ROOT
from tests.fixtures.rings import make_rings

SAMPLES = sorted((ROOT / 'etc' / 'swift').glob('*.conf'))
_READ = re.compile(r"""(?:options|conf_file)\.(?:integer|number|boolean|words)\(\s*\w*conf\w*,\s*'([a-z_0-9]+)'"""
                   r"""|\bconf\.get\('([a-z_0-9]+)'""")
# Of the command line, of older configurations, or of what a sample shows in words.
_UNNAMED = {'override_devices', 'zero_byte_fps', 'run_pause', 'slowdown', 'replicator_workers', 'servers_per_port',
            '__file__'}


def test_every_option_is_in_a_sample():
    text = ''.join(path.read_text() for path in SAMPLES)
    named = set(re.findall(r'^#? ?(\w+)\s*=', text, re.MULTILINE))
    read = {first or second for path in (ROOT / 'swift').rglob('*.py') for first, second in _READ.findall(
        path.read_text())}
    assert len(read) > 100 and sorted(read - named - _UNNAMED) == []


@pytest.mark.parametrize('path', SAMPLES, ids=lambda path: path.name)
def test_it_can_be_parsed(path):
    if path.name != 'rsyncd.conf':
        options.parse(str(path))


@pytest.mark.parametrize('name', ['proxy-server', 'account-server', 'container-server', 'object-server',
                                  'internal-client', 'object-expirer', 'container-reconciler'])
def test_its_pipeline_loads(name, tmp_path, conf):
    from paste.deploy import loadapp
    make_rings(tmp_path, [{'device': f'd{number}', 'port': 6200} for number in range(3)])
    text = (ROOT / 'etc' / 'swift' / f'{name}.conf').read_text()
    path = tmp_path / f'{name}.conf'
    path.write_text(text.replace('# swift_dir = /etc/swift', f'swift_dir = {tmp_path}', 1))
    assert callable(loadapp(f'config:{path}'))


def test_each_daemon_has_a_section():
    for kind in _kinds.KINDS.values():
        assert options.section(str(ROOT / 'etc' / 'swift' / f'{kind.file}.conf'), kind.name)


def test_each_daemon_can_be_loaded():
    for kind in _kinds.KINDS.values():
        assert kind.load().section == kind.name
