"""Asks every command in bin/ for its --help, each in a fork of a process that has imported what they share: the imports
of all of them take most of a minute of processor time.

    python -m tests.functional.commands_help DIRECTORY

writes what a command printed to DIRECTORY/COMMAND and prints a line of JSON: {command: exit status}.
"""
import gc
import importlib
import json
import os
import pathlib
import runpy
import sys
import traceback

from essex import concurrency

BIN = pathlib.Path(__file__).resolve().parents[2] / 'bin'
# What declares options of a service stays out: only that service's commands may have them.
_SHARED = ('webob', 'paste.deploy', 'sqlalchemy.orm', 'sqlalchemy.dialects.sqlite', 'kombu', 'requests', 'stevedore',
           'keystoneauth1.session', 'keystoneauth1.identity.v3', 'oslo_policy.policy', 'fastjsonschema', 'bcrypt',
           'cryptography.fernet', 'cryptography.x509', 'essex.wsgi', 'essex.service', 'essex.operation', 'essex.policy',
           'essex.middleware.auth_token', 'essex.db.migration', 'swift.cmd.servers', 'swift.cmd.daemons',
           'swift.cmd.storage', 'swift.proxy.server', 'swift.obj.server', 'swift.account.server',
           'swift.container.server')


def commands():
    """Names of the commands."""
    return sorted(path.name for path in BIN.iterdir() if '.' not in path.name and path.is_file())


def _help(command, output):
    """In the child; does not return."""
    status = 1
    try:
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        sys.argv, sys.path[0] = [str(BIN / command), '--help'], str(BIN)
        runpy.run_path(sys.argv[0], run_name='__main__')
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def main(directory):
    """Ask all of them, one after another."""
    concurrency.patch()
    for name in _SHARED:
        importlib.import_module(name)
    gc.freeze()
    statuses = {}
    for command in commands():
        pid = os.fork()
        if pid == 0:
            _help(command, os.path.join(directory, command))
        statuses[command] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(json.dumps(statuses))


if __name__ == '__main__':
    main(sys.argv[1])
