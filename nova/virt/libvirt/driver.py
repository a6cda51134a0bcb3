"""The hypervisor driver for QEMU and KVM through libvirt."""
import logging
import os
import socket
import time

from essex import concurrency, kvm
from nova.compute import states
from nova.network import firewall as firewalls
from nova.virt import exception, process
from nova.virt.driver import STATE_NAMES, Driver, InstanceInfo
from nova.virt.libvirt import capture, console, volumes, xml
from nova.virt.libvirt.connection import Connection
from nova.virt.libvirt.disks import InstanceDisks
from nova.virt.libvirt.guests import Guests
from nova.virt.libvirt.host import Host, cache_mode
from nova.virt.libvirt.images import ImageCache
from nova.virt.libvirt.options import CONF

LOG = logging.getLogger(__name__)

_GB = 1 << 30
_POLL_SECONDS = 0.2
# A guest that was still booting did not see the power button.
_PRESS_AGAIN_SECONDS = 5
_THE_CLOUDS_OWN = object()


class LibvirtDriver(Driver):
    """`firewall` is the configured one of nova.network.firewall unless one, or None for no filtering, is given."""

    capabilities = frozenset({'snapshot', 'suspend', 'pause', 'vnc', 'serial_log', 'soft_reboot', 'diagnostics',
                              'config_drive', 'lifecycle_events'})

    def __init__(self, firewall=_THE_CLOUDS_OWN):
        self._firewall = firewalls.load() if firewall is _THE_CLOUDS_OWN else firewall
        self._ours = set()
        self._hostname = None
        self._connection = self._guests = self._host = self._cache = self._disks = None
        self._virt_type = self._cache_mode = None

    def init_host(self, host):
        self._hostname = host
        path = CONF.instances_path
        os.makedirs(os.path.join(path, '_base'), exist_ok=True)
        self._cache = ImageCache(os.path.join(path, '_base'), host)
        self._cache.clean()
        self._disks = InstanceDisks(path, self._cache, host)
        self._connection = Connection(CONF.libvirt.connection_uri, host, CONF.libvirt.connect_timeout)
        self._guests = Guests(self._connection)
        self._host = Host(self._connection, path)
        self._virt_type = self._choose_virt_type()
        self._cache_mode = cache_mode(path)
        capture.clean(self._guests, self._disks)
        guests = self.list_instances()
        LOG.info('libvirt at %s: guests run in %s, %d are here', CONF.libvirt.connection_uri, self._virt_type,
                 len(guests))

    def _choose_virt_type(self):
        wanted, possible = CONF.libvirt.virt_type, self._host.virt_types()
        if wanted == 'auto':
            return 'kvm' if 'kvm' in possible and kvm.works(CONF.state_path) else 'qemu'
        if wanted not in possible:
            raise exception.HypervisorUnavailable(host=self._hostname, reason=(
                f'libvirt cannot run {wanted} guests here, only {", ".join(sorted(possible))}. '
                'Set [libvirt] virt_type = auto'))
        return wanted

    def available_resource(self):
        return self._host.resource(self._virt_type, self.list_instances(), self._disks.promised(), self.capabilities)

    def list_instances(self):
        found = self._guests.list()
        self._ours.update(found)
        return found

    def list_leftovers(self):
        found = set(self.list_instances()) | self._disks.uuids()
        if self._firewall:
            found.update(self._firewall.leftovers())
        return sorted(found)

    # Images and disks

    def prepare_image(self, instance, fetch, progress=None):
        if instance.image_ref:
            self._cache.prepare(instance.image_ref, fetch, instance.image_meta.get('disk_format'),
                                instance.root_gb * _GB)
        for image_id in (instance.kernel_id, instance.ramdisk_id):
            if image_id:
                self._cache.prepare(image_id, fetch, boot_file=True)
        if progress:
            progress(100)

    def create_disks(self, instance):
        self._disks.create(instance)

    def delete_disks(self, instance):
        self._disks.delete(instance.uuid)

    def replace_disks(self, instance, preserve_ephemeral=False):
        self._disks.replace(instance, preserve_ephemeral)

    def resize_disks(self, instance):
        self._disks.resize(instance)

    def restore_disks(self, instance):
        self._disks.restore(instance.uuid)

    def list_aside(self):
        return sorted(self._disks.aside())

    def forget_disks(self, instance):
        self._disks.forget(instance.uuid)

    def capture(self, instance, path):
        if not self._disks.exist(instance.uuid):
            raise exception.GuestNotFound(host=self._hostname, instance_uuid=instance.uuid)
        return capture.capture(self._guests, self._disks, instance.uuid, path, self._host.guest_owner())

    # Life

    def spawn(self, instance, network_info, security):
        self._start(instance, network_info, security)

    def destroy(self, instance, network_info=None):
        uuid = instance.uuid
        text = self._guests.xml(uuid)
        self._guests.destroy(uuid)
        self._guests.undefine(uuid)
        self._ours.discard(uuid)
        taps = {vif['devname'] for vif in network_info or ()} | set(xml.taps(text) if text else ())
        _remove_taps(taps)
        for disk in instance.volumes:
            volumes.take_back(disk)
        if self._firewall:
            self._firewall.remove(uuid, network_info)

    def info(self, instance):
        return self._guests.info(instance.uuid) or InstanceInfo()

    def power_off(self, instance, timeout=0):
        if timeout and self._state(instance) == states.RUNNING:
            self._shut_down(instance, timeout)
        self._guests.destroy(instance.uuid)

    def power_on(self, instance, network_info, security):
        self._start(instance, network_info, security, keep_memory=True)

    def reboot(self, instance, network_info, security, hard=False, timeout=60):
        self.power_off(instance, 0 if hard else timeout)
        self._start(instance, network_info, security)

    def pause(self, instance):
        self._in_state(instance, 'pause', states.RUNNING, states.POWER_PAUSED)
        self._guests.pause(instance.uuid)

    def unpause(self, instance):
        self._in_state(instance, 'unpause', states.POWER_PAUSED, states.RUNNING)
        self._guests.unpause(instance.uuid)

    def suspend(self, instance):
        self._in_state(instance, 'suspend', states.RUNNING, states.POWER_PAUSED, states.POWER_SUSPENDED)
        self._guests.save(instance.uuid)

    def resume(self, instance, network_info, security):
        self._in_state(instance, 'resume', states.POWER_SUSPENDED, states.RUNNING)
        self._start(instance, network_info, security, keep_memory=True)

    # Volumes

    def attach_volume(self, instance, disk):
        volumes.hand_over(disk, self._host.guest_owner())
        self._guests.attach_disk(instance.uuid, xml.volume(disk, volumes.cache_mode(disk)), disk.volume_id)

    def detach_volume(self, instance, disk, timeout=60):
        self._guests.detach_disk(instance.uuid, disk.volume_id, timeout)
        volumes.take_back(disk)

    def refresh_security(self, instance, network_info, security):
        if self._firewall:
            self._firewall.apply(instance, network_info, security)

    # Looking in

    def console_output(self, instance, max_bytes=102400):
        return concurrency.in_thread(console.tail, self._disks.path(instance.uuid, 'console.log'), max_bytes)

    def vnc_console(self, instance):
        text = self._guests.xml(instance.uuid)
        found = xml.graphics(text) if text else None
        if found is None:
            raise exception.ConsoleNotAvailable(reason='the server is not running on its host')
        return {'host': CONF.vncserver_proxyclient_address, 'port': found[1], 'internal_access_path': None}

    def diagnostics(self, instance):
        info = self._in_state(instance, 'diagnose', states.RUNNING, states.POWER_PAUSED)
        found = self._guests.statistics(instance.uuid) or {}
        return {'memory': info.memory_kb, 'cpu_time': info.cpu_time_ns,
                **{name: value for name, value in found.items() if isinstance(value, int)}}

    def on_lifecycle(self, callback):
        def ours(uuid, state):
            if uuid in self._ours:
                callback(uuid, state)
        self._connection.on_lifecycle(ours)

    def housekeep(self):
        if CONF.remove_unused_base_images:
            concurrency.in_thread(self._cache.remove_unused, CONF.remove_unused_original_minimum_age_seconds)
        for uuid in self._disks.uuids():
            concurrency.in_thread(console.cut, self._disks.path(uuid, 'console.log'),
                                  CONF.libvirt.console_log_mb << 20)

    def shutdown(self):
        if self._connection:
            self._connection.close()

    # Parts

    def _start(self, instance, network_info, security, keep_memory=False):
        """Have it running: filtered first, so that not one packet of it goes unfiltered."""
        if not self._disks.exist(instance.uuid):
            raise exception.GuestNotFound(host=self._hostname, instance_uuid=instance.uuid)
        self._check_bridges(instance, network_info)
        owner = self._host.guest_owner()
        if owner:
            self._disks.hand_over(instance.uuid, owner)
        for disk in instance.volumes:
            volumes.hand_over(disk, owner)
        text = xml.domain(instance, network_info, self._disks.of(instance.uuid), self._virt_type, self._cache_mode,
                          owner, [volumes.cache_mode(disk) for disk in instance.volumes])
        if self._firewall:
            self._firewall.apply(instance, network_info, security)
        self._ours.add(instance.uuid)
        self._guests.start(instance.uuid, text, keep_memory)
        if self._firewall:
            self._firewall.plugged(network_info)

    def _check_bridges(self, instance, network_info):
        for bridge in {vif['network']['bridge'] for vif in network_info}:
            if not _device_exists(bridge):
                raise exception.HypervisorFault(what='start', instance_uuid=instance.uuid, reason=(
                    f'host {self._hostname} has no bridge {bridge}. nova-network makes it when it runs there'))

    def _shut_down(self, instance, timeout):
        """Ask the guest to stop and wait for it; returns whether it did."""
        deadline, press = time.monotonic() + timeout, 0
        while time.monotonic() < deadline:
            if time.monotonic() >= press:
                self._guests.ask_to_stop(instance.uuid)
                press = time.monotonic() + _PRESS_AGAIN_SECONDS
            concurrency.sleep(_POLL_SECONDS)
            if self._state(instance) not in (states.RUNNING, states.POWER_PAUSED):
                return True
        LOG.info('Server %s did not shut down by itself in %d s', instance.uuid, timeout)
        return False

    def _state(self, instance):
        return self.info(instance).state

    def _in_state(self, instance, verb, *allowed):
        info = self._guests.info(instance.uuid)
        if info is None:
            raise exception.GuestNotFound(host=self._hostname, instance_uuid=instance.uuid)
        if info.state not in allowed:
            raise exception.InstanceInvalidState(method=verb, instance_uuid=instance.uuid, attr='power_state',
                                                 state=STATE_NAMES[info.state])
        return info


def _device_exists(name):
    try:
        socket.if_nametoindex(name)
    except OSError:
        return False
    return True


def _remove_taps(names):
    """Tap devices go with their QEMU; one that stayed was made by other means."""
    for name in names:
        if name and name.startswith('tap') and _device_exists(name):
            try:
                process.run([process.find('ip') or 'ip', 'link', 'delete', name], timeout=10)
            except exception.ProcessFailed:
                if _device_exists(name):
                    raise
