"""Runs programs for the hypervisor drivers: arguments only, never a shell; bounded in time, and in memory if asked."""
import logging
import os
import shutil
import signal
import subprocess

from nova.virt import exception

LOG = logging.getLogger(__name__)

_MAX_OUTPUT = 2000


def run(arguments, timeout=600, memory=None, cpu_seconds=None):
    """Run a program and return its standard output as text.

    `memory` (bytes of address space) and `cpu_seconds` limit what a hostile input can make it use. Raises
    ProcessFailed when it ends with another status than 0 or takes longer than `timeout` seconds.
    """
    arguments = [str(argument) for argument in arguments]
    program = arguments[0]
    try:
        process = subprocess.Popen(_limits(memory, cpu_seconds) + arguments, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors='replace',
                                   start_new_session=True, env={**os.environ, 'LC_ALL': 'C'})
    except FileNotFoundError as error:
        raise exception.ProcessFailed(program=program, how='not installed', output=_advice(program)) from error
    try:
        output, problem = process.communicate(timeout=timeout)
    except BaseException as error:
        # Not only when it takes too long: a killed green thread must not leave it running either.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise exception.ProcessFailed(program=program, how=f'not done in {timeout} s', output='') from error
        raise
    if process.returncode != 0:
        raise exception.ProcessFailed(program=program, how=f'status {process.returncode}',
                                      output=(problem or output).strip()[-_MAX_OUTPUT:])
    return output


def find(*names):
    """The path of the first of these programs that is installed, or None."""
    path = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
    return next((found for found in (shutil.which(name, path=path) for name in names) if found), None)


def _limits(memory, cpu_seconds):
    limits = []
    if memory:
        limits.append(f'--as={memory}')
    if cpu_seconds:
        limits.append(f'--cpu={cpu_seconds}')
    return ['prlimit', *limits, '--'] if limits else []


def _advice(program):
    packages = {'qemu-img': 'qemu-utils', 'prlimit': 'util-linux', 'mkfs.ext4': 'e2fsprogs'}
    return f'apt-get install {packages.get(program, program)}'
