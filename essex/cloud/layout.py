"""Where the one-host cloud keeps things: everything below one state directory."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Layout:
    """Paths of a state directory."""

    def __init__(self, state_dir=None):
        self.root = pathlib.Path(state_dir or os.environ.get('ESSEX_STATE_DIR') or ROOT / 'var').absolute()
        self.settings = self.root / 'cloud.ini'
        self.etc = self.root / 'etc'
        self.log = self.root / 'log'
        self.run = self.root / 'run'
        self.status = self.run / 'status'
        self.trace = self.root / 'trace'
        self.pki = self.root / 'pki'
        self.pid = self.run / 'essex.pid'
        self.openrc = self.root / 'openrc'
        self.guest = self.root / 'guest'
        self.libvirt = self.root / 'libvirt'

    def create(self):
        """Make the directories; secrets live below, so nobody else may read most of them."""
        # Guests' disks are opened by another user: it must be able to walk through, not to list.
        self.root.mkdir(parents=True, exist_ok=True)
        os.chmod(self.root, 0o711)  # noqa: S103
        for path in (self.etc, self.log, self.run, self.status, self.trace, self.pki):
            path.mkdir(parents=True, exist_ok=True)
            os.chmod(path, 0o700)

    def config(self, service, name=None):
        """The configuration file of a service."""
        return self.etc / service / f'{name or service}.conf'

    def state(self, service):
        """What a service keeps on disk."""
        return self.root / service
