"""The commands of docs/rings.md do what it says: every one is run, in a ring of its own."""
import json
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from swift.cmd import get_nodes, ring_builder, ring_builder_analyzer, ring_composer
from tests.fixtures.cloud import ROOT
from tests.fixtures.rings import make_rings

pytestmark = pytest.mark.servers

TEXT = (ROOT / 'docs' / 'rings.md').read_text(encoding='utf-8')
COMMANDS = [shlex.split(line) for line in re.findall(r'^ {4}(swift-.*)$', TEXT, re.MULTILINE)]


def relink(tmp_path, action):
    """The exit status of the relinker of a storage node that has just been sent the ring."""
    shutil.copy(tmp_path / 'object.ring.gz', tmp_path / 'etc')
    (tmp_path / 'devices' / 'sdb').mkdir(parents=True, exist_ok=True)
    conf = tmp_path / 'object-server.conf'
    conf.write_text(f'[DEFAULT]\nswift_dir = {tmp_path}/etc\ndevices = {tmp_path}/devices\nmount_check = false\n')
    return subprocess.run([sys.executable, '-m', 'swift.cmd.object_relinker', action, conf], cwd=ROOT, timeout=60,
                          check=False).returncode


def compose(args):
    """The exit status of swift-ring-composer with the builders of two regions."""
    for number in (1, 2):
        builder = f'region{number}.builder'
        for more in (['create', '8', '1', '1'], ['add', f'r{number}z1-10.0.{number}.9:6200/sdb', '100'], ['rebalance']):
            assert ring_builder.main([builder, *more]) == 0
    return ring_composer.main(args)


def test_every_command_of_the_page_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    make_rings(str(tmp_path / 'etc'), [{'device': f'd{number}'} for number in range(3)])
    # The picture is shown before the ring is made.
    for name, *args in sorted(COMMANDS, key=lambda words: 'picture' in words):
        if name == 'swift-get-nodes':
            code = get_nodes.main(['-d', str(tmp_path / 'etc'), str(tmp_path / 'etc/object.ring.gz'), *args[1:]])
        elif name == 'swift-object-relinker':
            code = relink(tmp_path, args[0])
        elif name == 'swift-ring-composer':
            code = compose(args)
        else:
            if 'write_builder' in args:
                (tmp_path / 'object.builder').unlink()
            code = ring_builder.main(args)
        # A second rebalance is told to wait.
        allowed = {0, 1} if args[1:] == ['rebalance'] else {0}
        assert code in allowed, (name, args, capsys.readouterr())
    assert (tmp_path / 'ring.svg').exists()


def test_every_command_of_the_table_exists():
    table = TEXT[TEXT.index('| to do |'):TEXT.index('When nothing moves')]
    cells = [line.split('|')[2] for line in table.splitlines()[2:] if line]
    words = {quoted.split()[0] for cell in cells for quoted in re.findall('`([^`]+)`', cell)}
    assert words <= set(ring_builder.COMMANDS) and len(words) > 6


def test_the_scenario_of_the_page_plays(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    scenario = re.search(r'```json\n(.*?)```', TEXT, re.DOTALL)[1]
    json.loads(scenario)
    (tmp_path / 'scenario.json').write_text(scenario)
    assert ring_builder_analyzer.main(['scenario.json']) == 0
    assert 'Round 4' in capsys.readouterr().out
