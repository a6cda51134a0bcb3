"""swift-drive-audit: look for errors of this node's disks in the kernel's log, and unmount those that have too many."""
import argparse
import datetime
import glob
import gzip
import logging
import os
import re
import subprocess
import sys

from swift import conf as options
from swift import recon_cache
from swift.cmd._help import description
from swift.exceptions import ConfigurationError, SwiftError

LOG = logging.getLogger(__name__)
_DEFAULT_PATTERNS = (r'\berror\b.*\b(sd[a-z]{1,2}\d?)\b', r'\b(sd[a-z]{1,2}\d?)\b.*\berror\b')
_STAMP = re.compile(r'([A-Z][a-z]{2}) +(\d+) (\d\d):(\d\d):(\d\d)|(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)')
_MONTHS = {name: index for index, name in enumerate(
    ('Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'), 1)}


def patterns(conf):
    """The compiled regex_pattern_* options, each with one group that is the device. Raises ConfigurationError."""
    texts = [value for name, value in sorted(conf.items()) if name.startswith('regex_pattern_')]
    made = []
    for text in texts or _DEFAULT_PATTERNS:
        try:
            made.append(re.compile(text))
        except re.error as error:
            raise ConfigurationError(f'{text!r} is no regular expression: {error}') from None
        if made[-1].groups != 1:
            raise ConfigurationError(f'{text!r} must have one group: the name of the device')
    return made


def moment(line, now):
    """When a line was logged, or None. A line without a year is of the last twelve months."""
    found = _STAMP.search(line)
    if not found:
        return None
    month, day, hour, minute, second, *full = found.groups()
    try:
        if full[0]:
            return datetime.datetime(*map(int, full))
        made = datetime.datetime(now.year, _MONTHS[month], *map(int, (day, hour, minute, second)))
    except (KeyError, ValueError):
        return None
    return made.replace(year=now.year - 1) if made > now + datetime.timedelta(days=1) else made


def errors(lines, expressions, since, now):
    """{device: errors} in the lines logged after `since`."""
    found = {}
    for line in lines:
        when = moment(line, now)
        if when is None or when < since:
            continue
        for expression in expressions:
            match = expression.search(line)
            if match:
                found[match[1]] = found.get(match[1], 0) + 1
                break
    return found


def _lines(pattern):
    for path in sorted(glob.glob(pattern), key=os.path.getmtime):
        opener = gzip.open if path.endswith('.gz') else open
        with opener(path, 'rt', errors='replace') as file:
            yield from file


def mounted_below(root, mounts='/proc/mounts'):
    """[(device name without /dev/, mount point)] of what is mounted below `root`."""
    found = []
    with open(mounts, encoding='utf-8', errors='replace') as file:
        for source, point, *_ in map(str.split, file):
            if point.startswith(root.rstrip('/') + '/') and source.startswith('/dev/'):
                found.append((os.path.realpath(source).removeprefix('/dev/'), point))
    return found


def comment_out(fstab, point):
    """Put a `#` before the line of a mount point, so that a reboot does not bring the disk back."""
    with open(fstab, encoding='utf-8') as file:
        lines = file.readlines()
    made = [f'#{line}' if not line.startswith('#') and line.split()[1:2] == [point] else line for line in lines]
    with open(f'{fstab}.new', 'w', encoding='utf-8') as file:
        file.writelines(made)
        os.fchmod(file.fileno(), os.stat(fstab).st_mode & 0o777)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f'{fstab}.new', fstab)


class Audit:
    """One run. Options: those of [drive-audit] in drive-audit.conf."""

    def __init__(self, conf, mounts='/proc/mounts', run=subprocess.run, fstab='/etc/fstab'):
        self.root = conf.get('device_dir', '/srv/node')
        self.minutes = options.integer(conf, 'minutes', 60, 1)
        self.limit = options.integer(conf, 'error_limit', 1, 1)
        self.log_pattern = conf.get('log_file_pattern', '/var/log/kern.*[!.][!g][!z]')
        self.cache = conf.get('recon_cache_path', '/var/cache/swift')
        self.unmount = options.boolean(conf, 'unmount_failed_device', False)
        self.to_console = options.boolean(conf, 'log_to_console', False)
        self.expressions = patterns(conf)
        self._mounts, self._run, self._fstab = mounts, run, fstab

    def __call__(self, now=None):
        """Returns {device: errors} of devices below the root."""
        now = now or datetime.datetime.now()
        since = now - datetime.timedelta(minutes=self.minutes)
        counted = errors(_lines(self.log_pattern), self.expressions, since, now)
        devices = mounted_below(self.root, self._mounts)
        total, hit = 0, {}
        for device, point in devices:
            # An error of the disk `sdb` concerns its partition `sdb1` too.
            count = counted.get(device, 0) + counted.get(_disk(device), 0) * (device != _disk(device))
            total += count
            if count:
                hit[device] = count
            if count >= self.limit:
                self._failed(device, point, count)
        recon_cache.dump(self.cache, 'drive', {'drive_audit_errors': total, **{
            f'drive_audit_errors_{device}': hit.get(device, 0) for device, _ in devices}})
        if not hit:
            self._say(logging.INFO, f'no disk errors in the last {self.minutes} minutes')
        return hit

    def _failed(self, device, point, count):
        if not self.unmount:
            self._say(logging.WARNING, f'{device} ({point}) has {count} errors; it stays mounted '
                                       '(unmount_failed_device = no)')
            return
        self._say(logging.WARNING, f'unmounting {point}: {device} has {count} errors in {self.minutes} minutes')
        done = self._run(['umount', '-fl', point], capture_output=True, text=True)
        if done.returncode:
            self._say(logging.ERROR, f'{point} could not be unmounted: {done.stderr.strip()}')
            return
        comment_out(self._fstab, point)

    def _say(self, level, text):
        LOG.log(level, text)
        if self.to_console:
            print(text)


def _disk(device):
    return re.sub(r'^(nvme\d+n\d+)p\d+$|^([a-z]+)\d+$', lambda match: match[1] or match[2], device)


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-drive-audit', description=description(__doc__))
    parser.add_argument('config', help='drive-audit.conf')
    args = parser.parse_args(argv)
    logging.basicConfig(format='drive-audit: %(message)s', level=logging.INFO)
    try:
        Audit(options.section(args.config, 'drive-audit'))()
    except (SwiftError, OSError) as error:
        print(f'swift-drive-audit: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
