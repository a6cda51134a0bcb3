"""A hypervisor in memory: guests have states, sizes, disks and a console log, but nothing runs.

It lets a cloud be tried, tested and measured on any machine. It says so: hypervisor_type is 'fake'. Guests are
remembered in a file, as a real hypervisor's outlive nova-compute. Tests make it fail by subclassing.
"""
import contextlib
import dataclasses
import logging
import os
import platform
import shutil
import time
import uuid

from oslo_config import cfg

from essex import concurrency, config
from nova.compute import states
from nova.virt import exception, formats
from nova.virt.driver import STATE_NAMES, Driver, InstanceInfo
from nova.virt.records import Records

LOG = logging.getLogger(__name__)

OPTS = [
    cfg.IntOpt('fake_vcpus', default=64, min=1, help='Virtual CPUs the fake hypervisor says it has.'),
    cfg.IntOpt('fake_memory_mb', default=262144, min=1, help='Memory the fake hypervisor says it has.'),
    cfg.IntOpt('fake_local_gb', default=10240, min=1, help='Disk the fake hypervisor says it has.'),
    cfg.StrOpt('fake_state_file',
               help='Where the fake hypervisor remembers its guests. Default: fake-guests-<host>.jsonl in state_path; '
                    'empty: nowhere, they end with nova-compute.'),
]
CONF = config.register(OPTS)

_GB = 1 << 30
_MAX_CONSOLE = 16384


@dataclasses.dataclass
class Guest:
    """A guest as the fake hypervisor keeps it."""

    uuid: str
    name: str
    memory_mb: int
    vcpus: int
    state: int = states.SHUTDOWN
    running_since: float = 0.0
    cpu_seconds: float = 0.0
    vifs: list = dataclasses.field(default_factory=list)
    volumes: list = dataclasses.field(default_factory=list)
    console: str = ''


class FakeDriver(Driver):
    """The whole contract, in memory."""

    capabilities = frozenset({'snapshot', 'suspend', 'pause', 'soft_reboot', 'serial_log', 'diagnostics'})

    def __init__(self, state_file=None):
        self._state_file = state_file
        self._records = Records()
        self._host = None
        self._downloads = {}
        self._scratch = None

    def init_host(self, host):
        self._host = host
        path = self._state_file if self._state_file is not None else CONF.fake_state_file
        if path is None:
            path = config.state_file(f'fake-guests-{host.replace("/", "_")}.jsonl')
        self._records.close()
        self._records = Records(path or None)
        # What a download that was cut short left goes.
        self._scratch = os.path.join(CONF.state_path, f'fake-downloads-{host.replace("/", "_")}')
        shutil.rmtree(self._scratch, ignore_errors=True)
        os.makedirs(self._scratch)
        LOG.warning('nova-compute uses the fake hypervisor: servers are records, nothing runs. It remembers %d guests.',
                    len(self._records.under('guest/')))

    def available_resource(self):
        guests = [self._guest(uuid) for uuid in self._records.under('guest/')]
        running = [guest for guest in guests if guest.state in (states.RUNNING, states.POWER_PAUSED)]
        disks = self._records.under('disk/').values()
        disk = sum(each['bytes'] + each.get('former', {}).get('bytes', 0) for each in disks)
        return {'hypervisor_hostname': self._host, 'hypervisor_type': 'fake', 'hypervisor_version': 1000,
                'vcpus': CONF.fake_vcpus, 'memory_mb': CONF.fake_memory_mb, 'local_gb': CONF.fake_local_gb,
                'memory_mb_used_host': sum(guest.memory_mb for guest in running),
                'disk_available_least': CONF.fake_local_gb - disk // _GB, 'running_vms': len(running),
                'cpu_info': {'arch': platform.machine(), 'model': 'fake', 'vendor': 'fake', 'features': [],
                             'topology': {'sockets': CONF.fake_vcpus, 'cores': 1, 'threads': 1}},
                'capabilities': {'architectures': [platform.machine()], 'hypervisor_type': 'fake', 'virt_type': 'fake',
                                 'vm_modes': ['hvm'], 'features': sorted(self.capabilities)}}

    def list_instances(self):
        return {uuid: self._info(self._guest(uuid)) for uuid in self._records.under('guest/')}

    def list_leftovers(self):
        return sorted({*self._records.under('guest/'), *self._records.under('disk/')})

    # Images and disks

    def prepare_image(self, instance, fetch, progress=None):
        wanted = ((instance.image_ref, instance.image_meta.get('disk_format')), (instance.kernel_id, None),
                  (instance.ramdisk_id, None))
        for image_id, disk_format in wanted:
            if image_id and self._records.get(f'image/{image_id}') is None:
                self._download(image_id, disk_format, fetch)
        if progress:
            progress(100)

    def _download(self, image_id, disk_format, fetch):
        """Fetch it once as a real hypervisor would, look at it, remember its size and let go of it."""
        with self._downloads.setdefault(image_id, concurrency.Semaphore(1)):
            if self._records.get(f'image/{image_id}') is not None:
                return
            path = os.path.join(self._scratch, uuid.uuid4().hex)
            try:
                fetch(image_id, path)
                found = concurrency.in_thread(formats.inspect, path, disk_format)
                size = found.virtual_size or os.path.getsize(path)
            except formats.Unsafe as error:
                raise exception.ImageUnacceptable(image_id=image_id, reason=str(error)) from error
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            self._records.put(f'image/{image_id}', {'format': found.name, 'bytes': size})

    def create_disks(self, instance):
        self._records.put(f'disk/{instance.uuid}', self._new_disk(instance))

    def _new_disk(self, instance):
        image = self._records.get(f'image/{instance.image_ref}') if instance.image_ref else {'bytes': 0}
        if image is None:
            raise exception.ImageUnacceptable(image_id=instance.image_ref, reason='it was not prepared on this host')
        available = instance.root_gb * _GB
        if available and image['bytes'] > available:
            raise exception.DiskTooSmall(image_id=instance.image_ref, needed_bytes=image['bytes'],
                                         disk_bytes=available)
        root = available or image['bytes']
        size = root + instance.ephemeral_gb * _GB + (instance.swap_mb << 20)
        return {'root': root, 'bytes': size, 'image': instance.image_ref}

    def replace_disks(self, instance, preserve_ephemeral=False):
        self._set_aside(instance, lambda former: self._new_disk(instance))

    def _set_aside(self, instance, make):
        """Have the disk that make(former one) returns: both in one record, so that no crash comes between."""
        former = self._records.get(f'disk/{instance.uuid}')
        if former is None:
            self._records.put(f'disk/{instance.uuid}', make(None))
        elif 'former' not in former:
            self._records.put(f'disk/{instance.uuid}', {**make(former), 'former': former})

    def resize_disks(self, instance):
        self._set_aside(instance, lambda former: self._resized(instance, former))

    def _resized(self, instance, former):
        if former is None:
            raise exception.GuestNotFound(host=self._host, instance_uuid=instance.uuid)
        before = former.get('root', former['bytes'])
        root, rest = instance.root_gb * _GB, instance.ephemeral_gb * _GB + (instance.swap_mb << 20)
        if root and root < before:
            raise exception.DiskTooSmall(image_id=instance.image_ref, needed_bytes=before, disk_bytes=root)
        root = root or before
        return {**former, 'root': root, 'bytes': root + rest}

    def restore_disks(self, instance):
        disk = self._records.get(f'disk/{instance.uuid}') or {}
        if 'former' in disk:
            self._records.put(f'disk/{instance.uuid}', disk['former'])

    def list_aside(self):
        return sorted(uuid for uuid, disk in self._records.under('disk/').items() if 'former' in disk)

    def forget_disks(self, instance):
        disk = self._records.get(f'disk/{instance.uuid}') or {}
        if 'former' in disk:
            self._records.put(f'disk/{instance.uuid}', {key: disk[key] for key in disk if key != 'former'})

    def delete_disks(self, instance):
        self._records.remove(f'disk/{instance.uuid}')

    def capture(self, instance, path):
        self._require_disk(instance)
        text = f'Disk of server {instance.uuid} on the fake hypervisor.\n'.encode()
        with open(path, 'wb') as file:
            file.write(text)
            file.truncate(1 << 20)
        return 'raw'

    # Life

    def spawn(self, instance, network_info, security):
        self._require_disk(instance)
        guest = self._guest(instance.uuid)
        if guest is not None and guest.state == states.RUNNING:
            return
        guest = Guest(uuid=instance.uuid, name=instance.name, memory_mb=instance.memory_mb, vcpus=instance.vcpus,
                      vifs=[vif['address'] for vif in network_info], console=guest.console if guest else '')
        self._start(guest, instance)

    def destroy(self, instance, network_info=None):
        self._records.remove(f'guest/{instance.uuid}')

    def info(self, instance):
        guest = self._guest(instance.uuid)
        return self._info(guest) if guest else InstanceInfo()

    def power_off(self, instance, timeout=0):
        guest = self._guest(instance.uuid)
        if guest is not None and guest.state != states.SHUTDOWN:
            self._change(guest, states.SHUTDOWN, 'Power down')

    def power_on(self, instance, network_info, security):
        guest = self._guest(instance.uuid)
        if guest is None:
            self.spawn(instance, network_info, security)
        elif guest.state == states.POWER_PAUSED:
            self._change(guest, states.RUNNING)
        elif guest.state == states.POWER_SUSPENDED:
            self.resume(instance, network_info, security)
        elif guest.state != states.RUNNING:
            self._start(guest, instance)

    def reboot(self, instance, network_info, security, hard=False, timeout=60):
        guest = self._guest(instance.uuid)
        if guest is None:
            self.spawn(instance, network_info, security)
            return
        if guest.state == states.RUNNING:
            self._log(guest, 'Reset' if hard else 'Restarting system')
        self._start(guest, instance)

    def pause(self, instance):
        guest = self._in_state(instance, 'pause', states.RUNNING, states.POWER_PAUSED)
        self._change(guest, states.POWER_PAUSED)

    def unpause(self, instance):
        guest = self._in_state(instance, 'unpause', states.POWER_PAUSED, states.RUNNING)
        self._change(guest, states.RUNNING)

    def suspend(self, instance):
        guest = self._in_state(instance, 'suspend', states.RUNNING, states.POWER_PAUSED, states.POWER_SUSPENDED)
        self._change(guest, states.POWER_SUSPENDED, 'Memory saved')

    def resume(self, instance, network_info, security):
        guest = self._in_state(instance, 'resume', states.POWER_SUSPENDED, states.RUNNING)
        if guest.state != states.RUNNING:
            self._change(guest, states.RUNNING, 'Memory restored')

    def attach_volume(self, instance, disk):
        guest = self._guest(instance.uuid)
        if guest is not None and disk.volume_id not in guest.volumes:
            guest.volumes.append(disk.volume_id)
            self._log(guest, f'New disk {disk.device}')
            self._save(guest)

    def detach_volume(self, instance, disk, timeout=60):
        guest = self._guest(instance.uuid)
        if guest is not None and disk.volume_id in guest.volumes:
            guest.volumes.remove(disk.volume_id)
            self._log(guest, f'Disk {disk.device} is gone')
            self._save(guest)

    def refresh_security(self, instance, network_info, security):
        """The fake network driver filters nothing either."""

    # Looking in

    def console_output(self, instance, max_bytes=102400):
        guest = self._guest(instance.uuid)
        text = guest.console.encode() if guest else b''
        return text[-max_bytes:] if max_bytes else b''

    def vnc_console(self, instance):
        raise exception.ConsoleNotAvailable(reason='the fake hypervisor has no screens')

    def diagnostics(self, instance):
        info = self._info(self._in_state(instance, 'diagnose', states.RUNNING, states.POWER_PAUSED))
        return {'state': 'running' if info.state == states.RUNNING else 'paused', 'cpu0_time': info.cpu_time_ns,
                'memory': info.memory_kb}

    def shutdown(self):
        self._records.close()

    # The guests

    def _guest(self, uuid):
        record = self._records.get(f'guest/{uuid}')
        return Guest(**record) if record else None

    def _save(self, guest):
        self._records.put(f'guest/{guest.uuid}', dataclasses.asdict(guest))

    def _in_state(self, instance, verb, *allowed):
        guest = self._guest(instance.uuid)
        if guest is None:
            raise exception.GuestNotFound(host=self._host, instance_uuid=instance.uuid)
        if guest.state not in allowed:
            raise exception.InstanceInvalidState(method=verb, instance_uuid=instance.uuid, attr='power_state',
                                                 state=STATE_NAMES[guest.state])
        return guest

    def _require_disk(self, instance):
        if self._records.get(f'disk/{instance.uuid}') is None:
            raise exception.GuestNotFound(host=self._host, instance_uuid=instance.uuid)

    def _start(self, guest, instance):
        # Of the size the server has now: it may have been resized since.
        guest.memory_mb, guest.vcpus, guest.cpu_seconds = instance.memory_mb, instance.vcpus, 0.0
        guest.volumes = [disk.volume_id for disk in instance.volumes]
        self._change(guest, states.RUNNING, f'Fake hypervisor: {guest.vcpus} CPUs, {guest.memory_mb} MB\n'
                                            f'{guest.name} login:')

    def _change(self, guest, state, text=None):
        if text:
            self._log(guest, text)
        now = time.time()
        if guest.state == states.RUNNING:
            guest.cpu_seconds += now - guest.running_since
        guest.state, guest.running_since = state, now
        self._save(guest)

    @staticmethod
    def _log(guest, text):
        guest.console = (guest.console + text + '\n')[-_MAX_CONSOLE:]

    @staticmethod
    def _info(guest):
        seconds = guest.cpu_seconds
        if guest.state == states.RUNNING:
            seconds += time.time() - guest.running_since
        alive = guest.state in (states.RUNNING, states.POWER_PAUSED)
        return InstanceInfo(state=guest.state, cpu_time_ns=int(max(seconds, 0) * 1e9 * guest.vcpus) if alive else 0,
                            memory_kb=guest.memory_mb * 1024 if alive else 0)
