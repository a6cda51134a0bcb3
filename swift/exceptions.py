"""What can go wrong below HTTP. Servers turn these into statuses; none of them reaches a client as text."""


class SwiftError(Exception):
    """Root of this package's errors."""


class ConfigurationError(SwiftError):
    """swift.conf, a ring or a server's configuration is missing or wrong: stops the start with a sentence."""


class DriveNotMounted(SwiftError):
    """The device's directory is missing, is no mount point although it should be, or is read-only: 507."""


class DriveFull(SwiftError):
    """The device has less room than the reserve: 507."""


class LockTimeout(SwiftError):
    """Somebody else holds the lock for longer than we wait: 503."""


class BackendError(SwiftError):
    """A storage node could not be asked, or broke off."""

    def __init__(self, node, doing, problem):
        self.node, self.doing, self.problem = node, doing, problem
        super().__init__(f'{node["ip"]}:{node["port"]}/{node.get("device", "")}: {doing}: {problem}')


class BackendTimeout(BackendError):
    """A storage node did not connect, take or give a piece in time."""
