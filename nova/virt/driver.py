"""The contract of a hypervisor driver. Drivers know no database and no RPC: they get dicts and return values.

`instance` is an InstanceSpec, `network_info` a list of VIFs (nova.network.model). Every method may be called again
after a crash cut it short: it makes true what its first sentence says, whatever is there already.
"""
import abc
import dataclasses

from nova.compute import states

# Power states in words, for messages.
STATE_NAMES = {states.RUNNING: 'running', states.POWER_PAUSED: 'paused', states.SHUTDOWN: 'shut off',
               states.CRASHED: 'crashed', states.POWER_SUSPENDED: 'suspended', states.NOSTATE: 'absent'}


@dataclasses.dataclass(frozen=True)
class VolumeDisk:
    """A volume as a disk of a server. `connection` says how to get at it, see nova.volume.driver."""

    volume_id: str
    device: str                    # /dev/vdb
    connection: dict
    readonly: bool = False


@dataclasses.dataclass(frozen=True)
class InstanceSpec:
    """What a driver has to know about a server."""

    uuid: str
    name: str                      # instance-0000000a
    hostname: str
    project_id: str
    user_id: str
    memory_mb: int
    vcpus: int
    root_gb: int
    ephemeral_gb: int = 0
    swap_mb: int = 0
    image_ref: str = None
    image_meta: dict = dataclasses.field(default_factory=dict)
    kernel_id: str = None
    ramdisk_id: str = None
    config_drive: bool = False
    extra_specs: dict = dataclasses.field(default_factory=dict)
    created_at: str = None
    # VolumeDisks that the guest has whenever it runs.
    volumes: tuple = ()
    # What a config drive holds: path -> bytes, made by the metadata code.
    config_drive_files: dict = dataclasses.field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, row, **more):
        """The spec of a nova.db.models.Instance."""
        return cls(uuid=row.uuid, name=row.name, hostname=row.hostname, project_id=row.project_id, user_id=row.user_id,
                   memory_mb=row.memory_mb, vcpus=row.vcpus, root_gb=row.root_gb, ephemeral_gb=row.ephemeral_gb,
                   swap_mb=row.swap_mb, image_ref=row.image_ref, image_meta=row.image_meta or {},
                   kernel_id=row.kernel_id, ramdisk_id=row.ramdisk_id, config_drive=row.config_drive,
                   extra_specs=(row.flavor or {}).get('extra_specs') or {},
                   created_at=row.created_at.isoformat() if row.created_at else None, **more)


@dataclasses.dataclass(frozen=True)
class InstanceInfo:
    """What the hypervisor says of a guest. state is a power state of nova.compute.states."""

    state: int = states.NOSTATE
    cpu_time_ns: int = 0
    memory_kb: int = 0


class Driver(abc.ABC):
    """A hypervisor."""

    # Declared, not found out by failing: snapshot, suspend, pause, vnc, serial_log, soft_reboot, live_resize ...
    capabilities = frozenset()

    @abc.abstractmethod
    def init_host(self, host):
        """Connect and check what is needed. Raises HypervisorUnavailable with what to do."""

    @abc.abstractmethod
    def available_resource(self):
        """{'hypervisor_hostname', 'hypervisor_type', 'hypervisor_version', 'vcpus', 'memory_mb', 'local_gb',
        'memory_mb_used_host', 'disk_available_least', 'running_vms', 'cpu_info': {}, 'capabilities': {}}."""

    @abc.abstractmethod
    def list_instances(self):
        """{uuid: InstanceInfo} of every guest of this cloud that the hypervisor knows, running or not."""

    @abc.abstractmethod
    def list_leftovers(self):
        """uuids for which files, interfaces or filter rules exist on this host."""

    @abc.abstractmethod
    def prepare_image(self, instance, fetch, progress=None):
        """Have the base image (and kernel, ramdisk) in the cache. fetch(image_id, path) writes an image to a file;
        progress(percent) is told how far it is. Raises ImageUnacceptable, DiskTooSmall, InsufficientDisk."""

    @abc.abstractmethod
    def create_disks(self, instance):
        """Have the disks. Raises DiskTooSmall, ImageUnacceptable, InsufficientDisk."""

    @abc.abstractmethod
    def delete_disks(self, instance):
        """Have nothing of the instance on disk, nor aside."""

    # Other disks: the former ones, as they are, are kept aside until they are restored or forgotten. A call that finds
    # some aside has done its work before (a crash came in between).

    @abc.abstractmethod
    def replace_disks(self, instance, preserve_ephemeral=False):
        """Have new disks made from the image, the former ones aside; the guest is off. With `preserve_ephemeral` the
        ephemeral disk stays the one it is. Raises as create_disks."""

    @abc.abstractmethod
    def resize_disks(self, instance):
        """Have the same disks in the sizes of `instance`, the former ones aside; the guest is off. Swap is empty, file
        systems are the guest's own business. Raises DiskTooSmall for a disk that would have to shrink,
        InsufficientDisk, GuestNotFound."""

    @abc.abstractmethod
    def restore_disks(self, instance):
        """Have the disks that are aside back in place; without any aside nothing changes. The guest is off."""

    @abc.abstractmethod
    def list_aside(self):
        """uuids of servers that have disks aside."""

    @abc.abstractmethod
    def forget_disks(self, instance):
        """Have no disks aside."""

    @abc.abstractmethod
    def spawn(self, instance, network_info, security):
        """Have the guest running, its cards plugged and filtered. `security` is the firewall's input, see
        nova.network.firewall."""

    @abc.abstractmethod
    def destroy(self, instance, network_info=None):
        """Have no guest, no interface, no filter rule of the instance; disks stay."""

    @abc.abstractmethod
    def info(self, instance):
        """InstanceInfo; state NOSTATE when there is no such guest."""

    @abc.abstractmethod
    def power_off(self, instance, timeout=0):
        """Have it off: ask the guest and wait `timeout` seconds, then by force (at once when 0)."""

    @abc.abstractmethod
    def power_on(self, instance, network_info, security):
        """Have it running."""

    @abc.abstractmethod
    def reboot(self, instance, network_info, security, hard=False, timeout=60):
        """Restart it: through the guest, and by force if that takes longer than `timeout` seconds or `hard`."""

    @abc.abstractmethod
    def pause(self, instance):
        """Freeze it in memory."""

    @abc.abstractmethod
    def unpause(self, instance):
        """Let it go on."""

    @abc.abstractmethod
    def suspend(self, instance):
        """Have its memory on disk and the guest off."""

    @abc.abstractmethod
    def resume(self, instance, network_info, security):
        """Have it running again from where it was suspended."""

    @abc.abstractmethod
    def capture(self, instance, path):
        """Write a stand-alone image of the root disk to `path` while the guest runs or not; returns its disk format."""

    @abc.abstractmethod
    def attach_volume(self, instance, disk):
        """Have a guest that runs use the VolumeDisk; one that is off gets those of its spec when it starts."""

    @abc.abstractmethod
    def detach_volume(self, instance, disk, timeout=60):
        """Have the guest not use the volume. Raises HypervisorError when the guest does not let go of it in `timeout`
        seconds."""

    @abc.abstractmethod
    def refresh_security(self, instance, network_info, security):
        """Enforce changed security groups on a running guest."""

    @abc.abstractmethod
    def console_output(self, instance, max_bytes=102400):
        """The last bytes of the serial console (bytes; empty when nothing was written)."""

    @abc.abstractmethod
    def vnc_console(self, instance):
        """{'host', 'port', 'internal_access_path'} of the guest's VNC server. Raises ConsoleNotAvailable."""

    def diagnostics(self, instance):
        """Numbers of a running guest, as the driver knows them."""
        return {}

    def on_lifecycle(self, callback):   # noqa: B027 - optional
        """Call callback(uuid, power_state) when a guest of this cloud changes: by itself, or because it was told to
        (the caller knows what it told). Drivers without events never call."""

    def housekeep(self):   # noqa: B027 - optional
        """Called from time to time: drop cached images that nobody uses, cut logs that grew too long."""

    def shutdown(self):   # noqa: B027 - optional
        """Let go of the hypervisor (the daemon stops; guests go on)."""
