"""What every launcher here does: run from a checkout, in its virtual environment when there is one."""
import importlib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, '.venv')


def run(module, function='main'):
    """Run `module`.`function`() with the command line's arguments."""
    python = os.path.join(VENV, 'bin', 'python')
    if os.path.exists(python) and os.path.realpath(sys.prefix) != os.path.realpath(VENV):
        os.execv(python, [python, *sys.argv])
    sys.path.insert(0, ROOT)
    sys.exit(getattr(importlib.import_module(module), function)())
