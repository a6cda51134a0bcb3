"""What hypervisor drivers raise: Nova's errors, and the few that only a driver has."""
from essex.exception import EssexError
from nova.exception import (
    CapabilityMissing,
    ConsoleNotAvailable,
    DiskTooSmall,
    GuestNotFound,
    HypervisorError,
    HypervisorFault,
    HypervisorUnavailable,
    ImageUnacceptable,
    InstanceInvalidState,
    InsufficientDisk,
)

__all__ = ['CapabilityMissing', 'ConsoleNotAvailable', 'DiskTooSmall', 'GuestNotFound', 'HypervisorError',
           'HypervisorFault', 'HypervisorUnavailable', 'ImageUnacceptable', 'InstanceInvalidState', 'InsufficientDisk',
           'ProcessFailed']


class ProcessFailed(EssexError):
    """A program ended with an error or took too long."""

    message = '%(program)s failed (%(how)s): %(output)s'
    public_message = '%(program)s failed.'
