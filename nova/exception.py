"""Nova's errors. Each says what was asked, what is wrong and, where there is something to do, what to do.

They cross RPC by type: give them keyword arguments (or one ready message) and no __init__ of their own.
"""
from essex.exception import (
    BadRequest,
    Conflict,
    EssexError,
    Forbidden,
    NotFound,
    NotImplementedHere,
    ServiceUnavailable,
)

# --- servers ---------------------------------------------------------------------------------------------------

class InstanceNotFound(NotFound):
    message = 'Instance %(instance_id)s could not be found.'


class InstanceInvalidState(Conflict):
    """The server is in a state in which this cannot be done. `attr`: vm_state, task_state or power_state."""

    message = "Cannot '%(method)s' instance %(instance_uuid)s while it is in %(attr)s %(state)s"


class UnexpectedTaskState(Conflict):
    """Something else is being done to the server just now."""

    message = ("Cannot '%(method)s' instance %(instance_uuid)s while it is in task_state %(actual)s "
               '(expected %(expected)s): wait until that is done.')


class InstanceIsLocked(Conflict):
    message = ('Instance %(instance_uuid)s is locked. Unlock it first (its owner can, unless an administrator '
               'locked it).')


class InstanceNotReady(Conflict):
    """Asked for something only a server on a host has."""

    message = 'Instance %(instance_uuid)s is not on a host yet. Try again when its status is ACTIVE.'


class InstanceUnlockForbidden(Forbidden):
    message = 'Instance %(instance_uuid)s was locked by an administrator: only an administrator can unlock it.'


class MetadataItemNotFound(NotFound):
    message = 'Metadata item %(key)s was not found on instance %(instance_uuid)s.'


class TagNotFound(NotFound):
    message = 'Server %(instance_uuid)s has no tag %(tag)s.'


class ActionNotFound(NotFound):
    message = 'Action for request_id %(request_id)s on instance %(instance_uuid)s not found.'


class OperationNotFound(NotFound):
    message = 'There is no operation %(operation_id)s.'


class OperationNotActionable(Conflict):
    message = 'Operation %(operation_id)s is %(state)s: it cannot be made to %(action)s. Possible: %(possible)s.'


class InvalidMarker(BadRequest):
    message = 'marker [%(marker)s] not found'


class InvalidFilter(BadRequest):
    message = 'The value %(value)r of the filter %(name)s is not valid: %(reason)s'


class InvalidSortKey(BadRequest):
    message = 'Servers cannot be sorted by %(key)s.'


# --- what a new server asks for --------------------------------------------------------------------------------

class InvalidServerRequest(BadRequest):
    """A new server cannot be as it is asked for; the message says which part and why."""

    message = '%(what)s: %(reason)s'


class RequestedFlavorNotFound(BadRequest):
    message = 'Flavor %(flavor_id)s could not be found. `openstack flavor list` shows what there is.'


class RequestedImageNotFound(BadRequest):
    message = 'Image %(image_id)s could not be found. `openstack image list` shows what there is.'


class ImageNotActive(BadRequest):
    message = 'Image %(image_id)s is %(status)s, not active: it cannot be booted from.'


class ImageUnusable(BadRequest):
    message = 'Image %(image_id)s cannot be booted from: %(reason)s'


class FlavorMemoryTooSmall(BadRequest):
    message = ("Flavor's memory is too small for requested image: image %(image_id)s needs %(min_ram)d MB, flavor "
               '%(flavor)s has %(memory_mb)d MB.')


class FlavorDiskTooSmall(BadRequest):
    message = ("Flavor's disk is too small for requested image: flavor %(flavor)s has %(root_bytes)d bytes, image "
               '%(image_id)s needs %(needed_bytes)d bytes (%(why)s).')


class SameFlavor(BadRequest):
    message = 'When resizing, instances must change flavor! Instance %(instance_uuid)s has flavor %(flavor)s already.'


class DiskWouldShrink(BadRequest):
    """Nobody could say what of the disk is dispensable."""

    message = ('Flavor %(flavor)s has %(new)d GB of %(what)s disk, instance %(instance_uuid)s has %(old)d GB: disks '
               'can only grow. Take a flavor with a disk at least as big.')


class NotResized(BadRequest):
    """Nothing is there to confirm or revert."""

    message = 'Instance %(instance_uuid)s has not been resized.'


class RequestedKeypairNotFound(BadRequest):
    message = 'Invalid key_name provided: you have no key pair named %(name)s.'


class RequestedSecurityGroupNotFound(BadRequest):
    message = 'Security group %(name)s not found for project %(project_id)s.'


class RequestedNetworkNotFound(BadRequest):
    message = 'Network %(network_id)s could not be found.'


class RequestedFixedIpInvalid(BadRequest):
    message = 'Fixed IP address %(address)s cannot be used on network %(network_id)s: %(reason)s'


class AvailabilityZoneNotFound(BadRequest):
    message = ('The requested availability zone %(zone)s is not available. '
               '`openstack availability zone list` shows what there is.')


class ForcedHostForbidden(Forbidden):
    message = 'Only administrators may name the host (%(host)s) a server starts on.'


class RequestedHostNotFound(BadRequest):
    message = 'Compute host %(host)s could not be found.'


# --- quotas ----------------------------------------------------------------------------------------------------

class QuotaExceeded(Forbidden):
    """More than the project (or the user) may have: 403 today; at Essex's faces it was 413 overLimit."""

    legacy_code, legacy_title, legacy_reason = 413, 'Over Limit', 'overLimit'
    headers = {'Retry-After': '0'}
    message = ('Quota exceeded for %(resource)s: Requested %(asked)s, but already used %(used)s of %(limit)s '
               '%(resource)s')


class ItemLimitExceeded(QuotaExceeded):
    """More of something than one server, group or body may have (nothing is used up before)."""

    message = 'Maximum number of %(resource)s exceeded: %(asked)s asked, %(limit)s allowed.'


class QuotaInvalid(BadRequest):
    message = 'Quota limit %(limit)s for %(resource)s is not valid: %(reason)s'


# --- flavors, key pairs ----------------------------------------------------------------------------------------

class FlavorNotFound(NotFound):
    message = 'Flavor %(flavor_id)s could not be found.'


class FlavorExists(Conflict):
    message = 'Flavor with name %(name)s already exists.'


class FlavorIdExists(Conflict):
    message = 'Flavor with ID %(flavor_id)s already exists.'


class InvalidFlavor(BadRequest):
    message = 'Invalid flavor: %(reason)s'


class FlavorIsPublic(Conflict):
    message = 'Flavor %(flavor_id)s is public: every project may use it, so access cannot be changed.'


class FlavorAccessNotFound(NotFound):
    message = 'Flavor access not found for %(flavor_id)s / %(project_id)s combination.'


class FlavorAccessExists(Conflict):
    message = 'Flavor access already exists for flavor %(flavor_id)s and project %(project_id)s combination.'


class FlavorExtraSpecNotFound(NotFound):
    message = 'Flavor %(flavor_id)s has no extra specs with key %(key)s.'


class KeypairNotFound(NotFound):
    message = 'Keypair %(name)s not found for user %(user_id)s'


class KeypairExists(Conflict):
    message = "Key pair '%(name)s' already exists."


class InvalidKeypair(BadRequest):
    message = 'Keypair data is invalid: %(reason)s'


# --- hosts, services, aggregates -------------------------------------------------------------------------------

class HostNotFound(NotFound):
    message = 'Compute host %(host)s could not be found.'


class HypervisorNotFound(NotFound):
    message = "Hypervisor with ID '%(hypervisor_id)s' could not be found."


class ServiceNotFound(NotFound):
    message = 'Service %(service_id)s could not be found.'


class HostBinaryNotFound(NotFound):
    message = 'Could not find binary %(binary)s on host %(host)s.'


class ServiceStillUp(Conflict):
    message = 'Service %(binary)s on host %(host)s is up: stop it before deleting its record.'


class HostHasInstances(Conflict):
    message = 'Host %(host)s has %(count)d servers: move or delete them first.'


class AggregateNotFound(NotFound):
    message = 'Aggregate %(aggregate_id)s could not be found.'


class AggregateNameExists(Conflict):
    message = 'Aggregate %(name)s already exists.'


class AggregateHostNotFound(NotFound):
    message = 'Aggregate %(aggregate_id)s has no host %(host)s.'


class AggregateHostExists(Conflict):
    message = 'Aggregate %(aggregate_id)s already has host %(host)s.'


class AggregateNotEmpty(BadRequest):
    message = 'Aggregate %(aggregate_id)s still has hosts (%(hosts)s): remove them first.'


class AggregateZoneConflict(Conflict):
    message = ('Host %(host)s is already in availability zone %(zone)s through aggregate %(aggregate)s: '
               'a host can be in one zone only.')


# --- networks and addresses ------------------------------------------------------------------------------------

class NetworkNotFound(NotFound):
    message = 'Network %(network_id)s could not be found.'


class NetworkInUse(Conflict):
    message = 'Network %(network_id)s is in use: %(count)d servers have addresses of it.'


class NetworkExists(Conflict):
    message = 'Network %(cidr)s overlaps with the network %(other)s that exists.'


class InvalidNetwork(BadRequest):
    message = 'The network cannot be made: %(reason)s'


class NoMoreFixedIps(Conflict):
    message = 'No fixed IP addresses are left in network %(network_id)s (%(cidr)s).'


class FixedIpNotFound(NotFound):
    message = 'Fixed IP %(address)s could not be found.'


class FixedIpAlreadyInUse(Conflict):
    message = 'Fixed IP address %(address)s is already in use on network %(network_id)s.'


class FloatingIpNotFound(NotFound):
    message = 'Floating IP %(id)s could not be found.'


class FloatingIpExists(Conflict):
    message = 'Floating IP %(address)s already exists.'


class FloatingIpPoolNotFound(NotFound):
    message = 'Floating IP pool %(pool)s could not be found.'


class NoMoreFloatingIps(NotFound):
    message = 'No more floating IPs in pool %(pool)s.'


class FloatingIpAssociated(Conflict):
    message = 'Floating IP %(address)s is associated: disassociate it first.'


class FloatingIpNotAssociated(Conflict):
    message = 'Floating IP %(address)s is not associated with %(with)s.'


class SecurityGroupNotFound(NotFound):
    message = 'Security group %(group_id)s not found.'


class SecurityGroupExists(BadRequest):
    message = 'Security group %(name)s already exists.'


class SecurityGroupInUse(BadRequest):
    message = 'Security group %(name)s cannot be removed: %(reason)s'


class SecurityGroupRuleNotFound(NotFound):
    message = 'Security group rule %(rule_id)s not found.'


class SecurityGroupRuleExists(BadRequest):
    message = 'This rule already exists in group %(group)s (rule %(rule_id)s).'


class InvalidSecurityGroup(BadRequest):
    message = 'Invalid security group: %(reason)s'


class SecurityGroupMemberExists(BadRequest):
    message = 'Security group %(group)s is already associated with the instance %(instance_uuid)s'


class SecurityGroupMemberNotFound(BadRequest):
    message = 'Security group %(group)s is not associated with the instance %(instance_uuid)s'


# --- images ----------------------------------------------------------------------------------------------------

class ImageNotFound(NotFound):
    message = 'Image %(image_id)s could not be found.'


class ImageForbidden(Forbidden):
    message = 'Not authorized for image %(image_id)s.'


class ImagePropertyInvalid(BadRequest):
    message = 'Image metadata cannot be called %(name)s: that is an attribute of every image.'


class ImageServiceUnavailable(ServiceUnavailable):
    message = 'The image service at %(endpoint)s does not answer: %(reason)s'
    public_message = 'The image service does not answer. Try again shortly.'


class ImageQuotaExceeded(Forbidden):
    message = 'The image service has no room for this image: %(reason)s'


class ImageDownloadFailed(EssexError):
    message = 'Image %(image_id)s could not be downloaded: %(reason)s'


# --- scheduling and hypervisors --------------------------------------------------------------------------------

class NoValidHost(EssexError):
    """`reason` is filter by filter how many hosts were left, and what was short."""

    message = 'No valid host was found. %(reason)s'
    public_message = 'No valid host was found. %(told)s'

    def __init__(self, message=None, reason='', told=None):
        """`told` is the reason without the names of hosts."""
        super().__init__(message, reason=reason, told=reason if told is None else told)


class HypervisorUnavailable(EssexError):
    message = 'The hypervisor of host %(host)s is not available: %(reason)s'
    public_message = 'The hypervisor is not available. Try again later.'


class ComputeHostLost(EssexError):
    """A host went away in the middle of something. `when` says when it was last heard of."""

    message = ('nova-compute on host %(host)s went away while it worked at %(action)s, step %(step)s; %(when)s. What '
               'the server holds there is cleaned up as soon as nova-compute is back. Delete the server, or try again.')
    public_message = ('The host went away while it worked at %(action)s, step %(step)s; %(when)s. What the server '
                      'holds there is cleaned up as soon as it is back. Delete the server, or try again.')


class ComputeHostDown(Conflict):
    message = 'nova-compute on host %(host)s does not report: %(what)s is possible when it is back.'
    public_message = 'The host of this server does not report: %(what)s is possible when it is back.'


class ImageUnacceptable(EssexError):
    code, title, reason = 400, 'Bad Request', 'badRequest'
    message = 'Image %(image_id)s is unacceptable: %(reason)s'


class DiskTooSmall(EssexError):
    code, title, reason = 400, 'Bad Request', 'badRequest'
    message = ('Image %(image_id)s needs %(needed_bytes)d bytes, the flavor gives a disk of %(disk_bytes)d bytes. '
               'Take a flavor with a bigger disk.')


class InsufficientDisk(EssexError):
    message = 'Host %(host)s has %(free_mb)d MB of disk free at %(path)s, %(needed_mb)d MB are needed.'
    public_message = 'The host has too little disk free: %(needed_mb)d MB are needed.'


class InstanceNotOnHost(EssexError):
    message = 'Instance %(instance_uuid)s is not on host %(host)s.'
    public_message = 'Instance %(instance_uuid)s is not on this host.'


class GuestNotFound(EssexError):
    """The hypervisor knows no guest of this server."""

    message = 'The hypervisor of host %(host)s has no guest of instance %(instance_uuid)s.'
    public_message = 'The hypervisor has no guest of instance %(instance_uuid)s.'


class HypervisorError(EssexError):
    message = 'The hypervisor could not %(what)s instance %(instance_uuid)s: %(reason)s'


class HypervisorFault(HypervisorError):
    """`reason` is of the hypervisor's own words, or of its host."""

    public_message = 'The hypervisor could not %(what)s instance %(instance_uuid)s.'


class FirewallError(EssexError):
    message = 'The packet filter of host %(host)s could not be changed: %(reason)s'
    public_message = 'The packet filter of the host could not be changed.'


class NetworkSetupFailed(EssexError):
    message = 'The network %(network)s could not be set up on host %(host)s: %(reason)s'
    public_message = 'The network %(network)s could not be set up on the host.'


# --- consoles --------------------------------------------------------------------------------------------------

class ConsoleNotAvailable(NotFound):
    message = 'Guest does not have a console available: %(reason)s'


class ConsoleTypeUnavailable(BadRequest):
    message = 'Unavailable console type %(console_type)s.'


class CapabilityMissing(NotImplementedHere):
    """The hypervisor driver does not do that."""

    message = 'The hypervisor driver %(driver)s cannot %(what)s.'
