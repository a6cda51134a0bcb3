"""What goes wrong during a randomised run: one node at a time, one broken copy at a time, daemons at any time."""
import os
import time

from tests.functional import swift_kit

# Seconds until the proxy has forgotten that a node failed.
FORGETS = 1.5
KINDS = ('storage', 'storage', 'object', 'container', 'account')
POINTS = ('object.sync.before', 'object.link.before', 'object.link.after', 'object.update.before',
          'object.commit.before', 'object.durable.before', 'object.durable.after')
DAEMONS = sorted({'object-reconstructor', *(daemon for daemons in swift_kit.ROUND for daemon in daemons)}
                 - {'account-reaper'})
_SMALL = 65536      # bytes; a smaller object is checked before any of it is sent


class Faults:
    """Breaks and mends a SwiftCluster as `random` (a random.Random) says."""

    def __init__(self, cluster, random):
        self.cluster, self.random = cluster, random
        self.sick, self.well_since, self.told = None, 0, []
        self._broken, self._running = False, []

    @property
    def healthy(self):
        """Whether nothing is broken that could keep a client from the newest of everything."""
        return self.sick is None and time.monotonic() - self.well_since > FORGETS

    def happen(self):
        """Perhaps something happens now."""
        if self.sick is not None and self.random.random() < 0.15:
            self.mend()
        elif self.random.random() < 0.09:
            happening = self.random.choice((self._kill, self._kill, self._cut, self._dying, self._proxy, self._corrupt,
                                            self._daemon, self._daemon, self._daemon, self._killed_daemon))
            happening()

    def _tell(self, *words):
        self.told.append(' '.join(map(str, words)))

    def _fall_sick(self):
        if self.sick is not None:
            return None
        self.sick = self.random.randint(1, len(self.cluster.nodes))
        return self.sick

    def _kill(self):
        node, kind = self._fall_sick(), self.random.choice(KINDS)
        if node:
            self._tell('kill', kind, node)
            (self.cluster.kill if self.random.random() < 0.7 else self.cluster.stop)(kind, node)

    def _cut(self):
        if self.cluster.network is None:
            return
        node = self._fall_sick()
        if node:
            self._tell('cut', node)
            self.cluster.network.cut(node)

    def _dying(self):
        """An object server that dies at the next change."""
        node, point = self._fall_sick(), self.random.choice(POINTS)
        if node:
            self._tell('dying at', point, node)
            self.cluster.kill('object', node)
            self.cluster.start('object', node, env={'ESSEX_FAILPOINTS': f'{point}=kill'})

    def _proxy(self):
        self._tell('kill proxy')
        swift_kit.mend_proxy(self.cluster)

    def _corrupt(self):
        """Damage one copy; the next only after auditors and replicators have been everywhere."""
        found = sorted(path for node in self.cluster.nodes for path in node.devices.glob('*/objects*/*/*/*/*.data'))
        if self._broken or self.sick is not None or not found:
            return
        self._broken, path = True, self.random.choice(found)
        self._tell('corrupt', path)
        size = path.stat().st_size
        if size and (size >= _SMALL or self.random.random() < 0.5):
            os.truncate(path, size // 2)
        else:
            with open(path, 'r+b') as file:
                first = file.read(1)
                file.seek(0)
                file.write(bytes([first[0] ^ 1]) if first else b'x')

    def _daemon(self):
        self._running = [child for child in self._running if child.alive]
        if len(self._running) < 2:
            daemon, node = self.random.choice(DAEMONS), self.random.randint(1, len(self.cluster.nodes))
            self._tell(daemon, node)
            self._running.append(self.cluster.begin(daemon, node))

    def _killed_daemon(self):
        self._daemon()
        time.sleep(self.random.random() * 0.3)
        self._tell('kill daemons')
        for child in self._running:
            child.kill()

    def mend(self):
        """Everything runs again."""
        if self.sick is None:
            return
        self._tell('mend', self.sick)
        if self.cluster.network is not None:
            self.cluster.network.mend(self.sick)
        # One that waits for its death is replaced as well.
        self.cluster.kill('object', self.sick)
        self.cluster.start()
        self.sick, self.well_since = None, time.monotonic()

    def end(self):
        """Mend everything, and wait for what runs."""
        self.mend()
        for child in self._running:
            if child.wait(30) is None:
                child.kill()
        swift_kit.mend(self.cluster)
