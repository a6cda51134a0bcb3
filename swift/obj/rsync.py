"""Objects by rsync: for clusters that replicate with it, and peers that know nothing else."""
import os
import subprocess

from essex import concurrency
from swift import conf as options
from swift.exceptions import ConfigurationError, SwiftError

# What rsync itself writes until a file is complete.
_TEMPORARY = '--exclude=.*.' + '[0-9a-zA-Z]' * 6


class RsyncFailed(SwiftError):
    """rsync ended with an error, or not in time."""


class Rsync:
    """Options: rsync_module, vm_test_mode, rsync_timeout, rsync_io_timeout, rsync_bwlimit, rsync_compress,
    rsync_error_log_line_length, rsync_fsync (both ends need rsync 3.2.4).
    """

    def __init__(self, conf):
        self.module = conf.get('rsync_module', '').rstrip('/') or (
            '{replication_ip}::object{replication_port}' if options.boolean(conf, 'vm_test_mode', False)
            else '{replication_ip}::object')
        self.timeout = options.number(conf, 'rsync_timeout', 900, 1)
        io_timeout = options.integer(conf, 'rsync_io_timeout', 30, 1)
        self._compress = options.boolean(conf, 'rsync_compress', False)
        self._shown = options.integer(conf, 'rsync_error_log_line_length', 0, 0) or 2000
        self._args = ['rsync', '--recursive', '--relative', '--no-implied-dirs', '--whole-file', '--human-readable',
                      '--xattrs', '--itemize-changes', '--ignore-existing', f'--timeout={io_timeout}',
                      f'--contimeout={io_timeout}', f'--bwlimit={conf.get("rsync_bwlimit", "0")}', _TEMPORARY]
        if options.boolean(conf, 'rsync_fsync', False):
            self._args.append('--fsync')

    def arguments(self, node, directories, compress=False):
        """The command that copies `directories` (relative to the device) to the device of a node."""
        try:
            module = self.module.format(**{**node, 'replication_ip': _bracketed(node, 'replication_ip', 'ip'),
                                           'ip': _bracketed(node, 'ip', 'ip'),
                                           'replication_port': node.get('replication_port') or node['port']})
        except (KeyError, IndexError, ValueError) as error:
            raise ConfigurationError(f'rsync_module = {self.module}: {error}') from error
        return [*self._args, *(['--compress'] if compress else []), '--', *directories,
                f'{module}/{node["device"]}/']

    def __call__(self, node, device_path, data_directory, part, suffixes, other_region=False):
        """Copy suffixes of a partition to a node. Raises RsyncFailed."""
        directories = [os.path.join(data_directory, part, suffix) for suffix in suffixes
                       if os.path.isdir(os.path.join(device_path, data_directory, part, suffix))]
        if not directories:
            return
        # A command line has its limits, a partition up to 4096 suffixes: well within them.
        command = self.arguments(node, directories, self._compress and other_region)
        try:
            done = concurrency.in_thread(subprocess.run, command, cwd=device_path, stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=self.timeout,
                                         check=False)
        except FileNotFoundError:
            raise RsyncFailed('rsync is not installed (sync_method = ssync needs none)') from None
        except subprocess.TimeoutExpired:
            raise RsyncFailed(f'{command[-1]}: killed after {self.timeout:g} s') from None
        if done.returncode:
            raise RsyncFailed(f'{command[-1]}: rsync ended with {done.returncode}: '
                              f'{done.stdout.decode(errors="replace")[-self._shown:].strip()}')


def _bracketed(node, name, otherwise):
    address = node.get(name) or node[otherwise]
    return f'[{address}]' if ':' in address else address
