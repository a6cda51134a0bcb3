"""The modules of a distribution kernel: which the guest needs, what they depend on, in the form busybox reads."""

import re
import subprocess
from pathlib import Path

from guest import host

SUFFIXES = {'.ko': None, '.ko.xz': 'xz', '.ko.zst': 'zstd', '.ko.gz': 'gzip'}


def plain(name):
    return name.replace('-', '_')


class Modules:
    """The wanted modules of lib/modules/VERSION under a directory, closed over their dependencies."""

    def __init__(self, directory, version):
        self.version = version
        base = Path(directory) / 'lib/modules' / version
        self.files = {}
        for path in base.rglob('*.ko*'):
            name, dot, rest = path.name.partition('.ko')
            if '.ko' + rest in SUFFIXES:
                self.files[plain(name)] = path
        builtin = (base / 'modules.builtin').read_text().split()
        self.builtin = {plain(line.rsplit('/', 1)[1].partition('.ko')[0]) for line in builtin}
        self.content = {}
        self.when = {}
        for line in (host.HERE / 'modules.txt').read_text().splitlines():
            if line and not line.startswith('#'):
                name, when = line.split()
                self._want(plain(name), when)

    def _want(self, name, when):
        if name in self.builtin or name not in self.files:
            if when == 'early' and name not in self.builtin:
                raise host.BuildError(f'the kernel {self.version} has no {name}')
            return
        self.when.setdefault(when, []).append(name)
        self._read(name)

    def _read(self, name):
        if name in self.content or name in self.builtin:
            return
        path = self.files[name]
        tool = SUFFIXES['.ko' + path.name.partition('.ko')[2]]
        self.content[name] = path.read_bytes()
        if tool:
            self.content[name] = subprocess.run([tool, '-dc', str(path)], check=True, stdout=subprocess.PIPE).stdout
        for dependency in self._depends(name):
            self._read(dependency)

    def _info(self, name, field):
        """Values of a field of the module's .modinfo section, whose entries end with NUL."""
        found = re.findall(rb'\0' + field.encode() + rb'=([^\0]*)', self.content[name])
        return [value.decode() for value in found]

    def _depends(self, name):
        names = [plain(word) for value in self._info(name, 'depends') for word in value.split(',') if word]
        return [word for word in names if word not in self.builtin]

    def _closure(self, name):
        """Everything a module needs, itself last."""
        order = []
        for dependency in self._depends(name):
            order += [word for word in self._closure(dependency) if word not in order]
        return order + [name]

    def install(self, target, times):
        """Adds the modules wanted at these times (None: all of them) with modprobe's tables and one list a time."""
        wanted = [name for when, names in self.when.items() if times is None or when in times for name in names]
        names = list(dict.fromkeys(part for name in wanted for part in self._closure(name)))
        base = f'lib/modules/{self.version}'
        for name in names:
            target.file(f'{base}/{name}.ko', self.content[name])
        dependencies = [f'{name}.ko: ' + ' '.join(f'{part}.ko' for part in reversed(self._closure(name)[:-1]))
                        for name in names]
        aliases = [f'alias {alias} {name}' for name in names for alias in self._info(name, 'alias')]
        target.file(f'{base}/modules.dep', ('\n'.join(dependencies) + '\n').encode())
        target.file(f'{base}/modules.alias', ('\n'.join(aliases) + '\n').encode())
        target.file(f'{base}/modules.symbols', b'')
        for when in times or self.when:
            target.file(f'lib/modules/{when}', (' '.join(self.when.get(when, [])) + '\n').encode())
