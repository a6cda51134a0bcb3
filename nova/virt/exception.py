"""What a hypervisor driver raises. The texts reach users as the fault of a server."""
from essex import exception


class VirtError(exception.EssexError):
    """Root of the drivers' errors."""

    reason = 'virt'


class HypervisorUnavailable(exception.ServiceUnavailable):
    """The hypervisor does not answer; the operation may be tried again."""

    message = 'The hypervisor at %(uri)s does not answer: %(why)s. %(advice)s'


class GuestNotFound(exception.NotFound):
    message = 'Server %(uuid)s is not on this host: neither its guest nor its disks are here.'


class InvalidGuestState(exception.Conflict):
    """The guest is in a state in which this can't be done."""

    message = 'Server %(uuid)s cannot be %(verb)s while its guest is %(state)s.'


class ImageUnacceptable(exception.BadRequest):
    """The image can't be used, whoever asks."""

    message = 'Image %(image_id)s cannot be used: %(why)s'


class DiskTooSmall(ImageUnacceptable):
    """The flavor's disk is smaller than the image."""

    message = ('Image %(image_id)s needs a disk of %(needed)s bytes, the flavor has a root disk of %(root_gb)s GB '
               '(%(available)s bytes). Take a flavor with a larger disk.')


class InsufficientDisk(VirtError):
    message = 'Not enough disk space at %(path)s: %(needed)s bytes are needed, %(available)s are free.'


class ConsoleNotAvailable(exception.Conflict):
    message = 'Server %(uuid)s has no %(kind)s console: %(why)s'


class GuestStartFailed(VirtError):
    message = 'The hypervisor could not start server %(uuid)s: %(why)s'


class HypervisorError(VirtError):
    """The hypervisor refused."""

    message = 'The hypervisor could not %(verb)s server %(uuid)s: %(why)s'


class CaptureFailed(VirtError):
    message = 'The disk of server %(uuid)s could not be captured: %(why)s'


class ProcessFailed(VirtError):
    """A program ended with an error."""

    message = '%(command)s ended with status %(status)s: %(output)s'
