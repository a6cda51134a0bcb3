"""The samples in etc/ hold every option, at its default."""
import subprocess
import sys

from tests.fixtures.cloud import ROOT


def test_they_are_what_the_code_says():
    done = subprocess.run([sys.executable, ROOT / 'tools' / 'make-samples', '--check'], capture_output=True, text=True,
                          timeout=100, check=False)
    assert done.returncode == 0, f'{done.stdout}{done.stderr}\nrun tools/make-samples'
