"""swift-ring-builder, as an operator types it."""
import re
import subprocess
import sys

import pytest

from swift.cmd.ring_builder import COMMANDS, main
from swift.ring import builder_file
from swift.ring.ring import Ring
from tests.fixtures.cloud import ROOT


class Shell:
    """Runs commands on a builder in a directory of its own: the exit code, then .out and .err."""

    def __init__(self, path, capsys):
        self.path, self._capsys = str(path), capsys

    def __call__(self, *args, path=None):
        try:
            code = main([path or self.path, *args])
        except SystemExit as stop:
            code = stop.code
        self.out, self.err = self._capsys.readouterr()
        return code

    def builder(self):
        return builder_file.load(self.path)


@pytest.fixture
def shell(tmp_path, capsys):
    return Shell(tmp_path / 'object.builder', capsys)


@pytest.fixture
def ring(shell):
    shell('create', '6', '3', '1')
    for zone in range(1, 5):
        shell('add', f'r1z{zone}-10.0.0.{zone}:6200/sdb', '100', f'r1z{zone}-10.0.0.{zone}:6200/sdc', '100')
    assert shell('rebalance', '--seed', 'x') == 0
    return shell


def test_help_names_every_command(capsys):
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in COMMANDS)
    assert 'Exit codes' in shown


@pytest.mark.parametrize('name', sorted(COMMANDS))
def test_each_command_explains_itself(shell, name, tmp_path):
    assert shell(name, '--help') == 0
    assert not list(tmp_path.iterdir())
    assert 'usage' in shell.out


@pytest.mark.parametrize('args', [['bogus'], ['create', '6'], ['create', '33', '3', '1'], ['create', 'x', '3', '1'],
                                  ['create', '6', '0', '1'], ['create', '6', '3', '-1'], ['rebalance'], ['show'], []])
def test_what_cannot_be_done_is_error_2(shell, args):
    assert shell(*args) == 2
    assert shell.err


def test_a_ring_is_made_in_three_commands(ring):
    assert re.match(r'Reassigned 192 \(300.00%\) partitions. Balance is now 0.00.  Dispersion is now 0.00', ring.out)
    made = Ring(ring.path.replace('.builder', '.ring.gz'))
    assert (made.partition_count, made.replica_count, len(made.devs)) == (64, 3.0, 8)


def test_show_has_the_fields_operators_know(ring):
    assert ring() == 0
    for line in (r'.*object.builder, build version 9, id [0-9a-f]{32}',
                 '64 partitions, 3.000000 replicas, 1 regions, 4 zones, 8 devices, 0.00 balance, 0.00 dispersion',
                 r'The minimum number of hours before a partition can be reassigned is 1 '
                 r'\((1:00:00|0:59:\d\d) remaining\)',
                 r'The overload factor is 0.00% \(0.000000\)', 'Ring file .*object.ring.gz is up-to-date',
                 'Devices: +id +region +zone +ip address:port +replication ip:port +name +weight +partitions +balance '
                 '+flags +meta', r' +0 +1 +1 +10.0.0.1:6200 +10.0.0.1:6200 +sdb +100.00 +24 +0.00'):
        assert re.search(f'^{line}$', ring.out, re.MULTILINE), line


def test_the_ring_file_leads_to_its_builder(ring):
    assert ring(path=ring.path.replace('.builder', '.ring.gz')) == 0
    assert 'Note: using' in ring.out


def test_devices_are_added_by_options_too(ring):
    assert ring('add', '--region', '2', '--zone', '1', '--ip', '::1', '--port', '6200', '--device', 'sdx',
                '--weight', '10.5', '--meta', 'new one', '--replication-ip', '10.1.0.1', '--replication-port', '7') == 0
    assert 'Device d8r2z1-[::1]:6200R10.1.0.1:7/sdx_"new one" with 10.5 weight got id 8' in ring.out
    ring('search', 'z1-[0:0::1]:6200')
    assert len(ring.out.splitlines()) == 2 and 'sdx' in ring.out


@pytest.mark.parametrize('args', [['r1z1-10.0.0.1:6200/sdb', '1'], ['r1z1-10.0.0.1:6200/new', 'heavy'],
                                  ['r1z1-10.0.0.1:6200/new'], ['10.0.0.1:6200/new', '1'], ['r1z1-10.0.0.1/new', '1'],
                                  ['r1z1-10.0.0.1:99999/new', '1'], ['r1z1-10.0.0.1:6200/a/b', '1'],
                                  ['r1z1-10.0.0.1:6200/new', '-5'], ['r1z1-10.0.0.1:6200/new', 'nan'], ['--zone', '1'],
                                  ['z1-h:1/ok', '1', 'z1-h:1/ok', '1']])
def test_devices_that_cannot_be_leave_the_builder_as_it_was(ring, args):
    before = vars(ring.builder())
    assert ring('add', *args) == 2
    assert vars(ring.builder()) == before


def test_a_rebalance_can_be_looked_at_first(ring):
    ring('set_weight', '10.0.0.1/sdb', '0')
    ring('pretend_min_part_hours_passed')
    before = vars(ring.builder())
    assert ring('rebalance', '--dry-run', '--data', '48T') == 0
    assert re.search(r'0 10.0.0.1:6200/sdb +24 +0 +0 +24 +12.50% \(6.0 TiB\) +0.00% \(0.0 B\)', ring.out)
    said = re.search(r'^(\d+) replicas of partitions would be placed anew: 1[2-4].\d\d% \(6.\d TiB\) of',
                     ring.out, re.MULTILINE)
    assert 24 <= int(said[1]) <= 27   # a few go by way of a third device
    assert vars(ring.builder()) == before
    ring('rebalance')
    assert re.match('Reassigned 2[4-7] ', ring.out)


def test_a_rebalance_before_the_hours_are_over_is_a_warning(ring):
    ring('add', 'r1z5-10.0.0.5:6200/sdb', '100')
    assert ring('rebalance') == 1
    assert 'must be at least min_part_hours: 1 hours' in ring.out
    assert ring.builder().devs_changed


def test_a_rebalance_that_changes_next_to_nothing_is_not_saved(ring):
    ring('pretend_min_part_hours_passed')
    version = ring.builder().version
    assert ring('rebalance') == 1
    assert ring.builder().version == version
    assert ring('rebalance', '--force') == 0


def test_the_same_seed_writes_the_same_file(ring, tmp_path, capsys):
    other = Shell(tmp_path / 'other.builder', capsys)
    for args in (['create', '6', '3', '1'], *(['add', f'r1z{zone}-10.0.0.{zone}:6200/{name}', '100']
                                             for zone in range(1, 5) for name in ('sdb', 'sdc')),
                 ['rebalance', 'x']):
        other(*args)
    assert (tmp_path / 'other.ring.gz').read_bytes() == (tmp_path / 'object.ring.gz').read_bytes()


def test_many_devices_are_changed_only_when_confirmed(ring, monkeypatch):
    monkeypatch.setattr('builtins.input', lambda _: 'n')
    assert ring('set_weight', 'z1', '5') == 2
    assert ring('remove', 'z1') == 2
    assert ring.builder().devs[0]['weight'] == 100.0
    monkeypatch.setattr('builtins.input', lambda _: 'y')
    assert ring('set_weight', 'z1', '5') == 0
    assert ring('set_zone', '--zone', '1', '7', '--yes') == 0
    assert ring('set_region', 'z7', '3', '--yes') == 0
    assert [(each['region'], each['zone'], each['weight']) for each in ring.builder().devs[:2]] == [(3, 7, 5.0)] * 2


def test_info_is_changed_in_both_ways(ring):
    assert ring('set_info', 'd0', '10.9.9.9:7000R10.8.8.8:7001/sdz_"a note"') == 0
    assert 'is now d0r1z1-10.9.9.9:7000R10.8.8.8:7001/sdz_"a note"' in ring.out
    assert ring('set_info', '--id', '0', '--change-port', '1', '--change-meta', 'm') == 0
    assert ring('set_info', 'd1', '10.9.9.9:1/sdz') == 2
    assert ring('set_info', 'd0', 'z5') == 2
    assert ring('write_ring') == 0
    assert Ring(ring.path.replace('.builder', '.ring.gz')).devs[0]['meta'] == 'm'


def test_a_removed_device_is_marked_and_then_gone(ring):
    assert ring('remove', 'd3') == 0
    assert 'marked for removal and will be removed next rebalance' in ring.out
    ring()
    assert re.search(r' 3 +1 +2 .* 0.00 +24 +999.99 +DEL', ring.out)
    assert ring('set_weight', 'd3', '5') == 2
    assert ring('rebalance') in (0, 1)
    assert ring('search', 'd3') == 2
    assert ring('validate') == 0


def test_parts_are_listed(ring):
    assert ring('list_parts', 'd0') == 0
    assert len(ring.out.splitlines()) == 25
    ring('list_parts', 'r1')
    assert ring.out.splitlines()[:2] == ['Partition   Matches', '        0         3']


def test_dispersion_warns_when_replicas_are_too_close(ring):
    assert ring('dispersion', '-v') == 0
    assert re.search(r'^r1z1-10.0.0.1/sdb +24 +0.00 +1 +40 +24 +0 +0$', ring.out, re.MULTILINE)
    ring('set_weight', 'z1', '9000', '--yes')
    ring('pretend_min_part_hours_passed')
    assert ring('rebalance') == 1
    assert 'not optimally dispersed' in ring.out
    assert ring('dispersion', 'z1$') == 1
    assert 'Required overload is' in ring.out and 'r1z2' not in ring.out


@pytest.mark.parametrize('args, line', [
    (['set_min_part_hours', '7'], 'The minimum number of hours before a partition can be reassigned is now set to 7'),
    (['set_replicas', '2.5'], 'The replica count is now 2.500000.'),
    (['set_overload', '10%'], 'The overload factor is now 10.00% (0.100000)'),
    (['set_overload', '.1'], 'The overload factor is now 10.00% (0.100000)')])
def test_settings_are_said_and_kept(ring, args, line):
    assert ring(*args) == 0
    assert line in ring.out
    builder = ring.builder()
    assert (builder.min_part_hours, builder.replicas, builder.overload) != (1, 3.0, 0.0)


def test_an_overload_beyond_all_is_questioned(ring):
    assert ring('set_overload', '10') == 1
    assert 'Did you mean 10%?' in ring.out
    assert ring('set_overload', 'much') == 2


def test_partition_power_goes_up_step_by_step(ring, tmp_path, capsys):
    assert ring('increase_partition_power') == 2
    assert ring('prepare_increase_partition_power') == 0
    assert ring('prepare_increase_partition_power') == 2
    assert ring('rebalance') == 2
    assert ring('cancel_increase_partition_power') == 0
    assert ring.builder().next_part_power == ring.builder().part_power == 6
    assert ring('increase_partition_power') == ring('rebalance') == 2
    assert ring('finish_increase_partition_power') == 0
    ring('prepare_increase_partition_power')
    assert ring('increase_partition_power') == 0
    assert ring('cancel_increase_partition_power') == 2
    assert ring('finish_increase_partition_power') == 0
    assert ring('validate') == 0
    assert ring.builder().parts == 128
    other = Shell(tmp_path / 'account.builder', capsys)
    other('create', '4', '1', '1')
    assert other('prepare_increase_partition_power') == 2


def test_a_lost_builder_comes_back_from_the_ring(ring, tmp_path):
    rows = ring.builder().rows
    assert ring('write_builder') == 2
    (tmp_path / 'object.builder').unlink()
    assert ring('write_builder', '12', path=str(tmp_path / 'object.ring.gz')) == 0
    assert ring.builder().rows == rows and ring.builder().min_part_hours == 12
    assert ring('validate') == 0


def test_version_tells_format_and_build(ring, tmp_path):
    assert ring('version', path=str(tmp_path / 'object.ring.gz')) == 0
    assert 'Serialization version: 1 (2-byte IDs), build version: 9' in ring.out


def test_an_empty_ring_is_not_written(shell):
    shell('create', '4', '3', '1')
    assert shell('write_ring') == 2
    assert shell('validate') == 2


def test_every_state_that_was_rebalanced_is_in_backups(ring, tmp_path):
    kept = sorted(path.name.partition('.')[2] for path in (tmp_path / 'backups').iterdir())
    assert kept == ['object.builder', 'object.builder', 'object.ring.gz']


def test_a_reader_that_goes_away_is_no_error(ring):
    command = f'{sys.executable} -m swift.cmd.ring_builder {ring.path} list_parts r1'
    done = subprocess.run(f'{command} | true; echo ${{PIPESTATUS[0]}}', shell=True, executable='/bin/bash', cwd=ROOT,
                          capture_output=True, text=True, timeout=30)
    assert (done.stdout.strip(), done.stderr) == ('0', '')


def test_another_run_is_waited_for_by_nobody(ring):
    with builder_file.lock(ring.path):
        assert ring('set_replicas', '2') == 2
        assert 'another swift-ring-builder' in ring.err
        assert ring('show') == 0
