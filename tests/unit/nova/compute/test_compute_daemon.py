"""The daemon runs on green threads, so its tests do: see daemon_green."""
import pathlib

from tests.fixtures import green


def test_the_daemon_in_a_green_process():
    green.run(pathlib.Path(__file__).with_name('daemon_green.py'), timeout=100)
