"""Domains of this cloud on a libvirtd: what the driver does to them, each call repeatable after a lost connection.

Methods whose name starts with _native run in a native thread: libvirt calls only.
"""
import time

from essex import concurrency
from nova.compute import states
from nova.virt import exception
from nova.virt.driver import InstanceInfo
from nova.virt.libvirt import xml

_KILL_ATTEMPTS = 5
_START_SECONDS = 30
_POLL_SECONDS = 0.1
_ASK_AGAIN_SECONDS = 5


class Guests:
    """`connection` is a connection.Connection."""

    def __init__(self, connection):
        self._connection = connection
        self._libvirt = connection.library
        self._power_states = _power_states(self._libvirt)

    def list(self):
        """{uuid: InstanceInfo} of the domains that carry our mark."""
        return self._connection.run(self._native_list)

    def info(self, uuid):
        """InstanceInfo, or None without a domain."""
        return self._run('look at', uuid, self._native_info)

    def xml(self, uuid):
        """The XML of the domain as it is now, or None."""
        return self._run('look at', uuid, self._native_xml)

    def start(self, uuid, text, keep_memory=False):
        """Have it running, defined anew from the XML `text` unless it runs. Saved memory is dropped unless kept."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._run('start', uuid, self._native_start, text, keep_memory):
            if time.monotonic() > deadline:
                raise exception.HypervisorError(what='start', instance_uuid=uuid,
                                                reason=f'libvirtd is at it for more than {_START_SECONDS} s')
            concurrency.sleep(_POLL_SECONDS)

    def destroy(self, uuid):
        """Have it off, at once, without saved memory."""
        for attempt in range(1, _KILL_ATTEMPTS + 1):
            try:
                self._run('switch off', uuid, self._native_destroy)
                return
            except exception.HypervisorError:
                # A process that waits for a disk dies late.
                if attempt == _KILL_ATTEMPTS:
                    raise
                concurrency.sleep(attempt)

    def undefine(self, uuid):
        """Have no domain, off as it is."""
        self._run('remove', uuid, self._native_undefine)

    def ask_to_stop(self, uuid):
        """Press its power button."""
        self._run('shut down', uuid, self._native_ask_to_stop)

    def pause(self, uuid):
        self._run('pause', uuid, self._native_pause)

    def unpause(self, uuid):
        self._run('unpause', uuid, self._native_unpause)

    def save(self, uuid):
        """Have its memory on disk."""
        self._run('suspend', uuid, self._native_save)

    def statistics(self, uuid):
        """{name: number or text}, libvirt's names."""
        return self._run('look at', uuid, self._native_statistics)

    def copy_disk(self, uuid, device, path):
        """Begin to copy a disk of a running guest to `path`, a qcow2 of its size."""
        self._run('capture the disk of', uuid, self._native_copy_disk, device, path)

    def end_copy(self, uuid, device):
        """Have no copy going on; the guest stays on its own disk."""
        self._run('capture the disk of', uuid, self._native_end_copy, device)

    def attach_disk(self, uuid, text, serial):
        """Have a running guest use the disk of the XML `text`, which has that serial number."""
        self._run('attach a volume to', uuid, self._native_attach_disk, text, serial)

    def detach_disk(self, uuid, serial, timeout):
        """Have a guest not use the disk with a serial number."""
        deadline, ask = time.monotonic() + timeout, 0
        while True:
            again = time.monotonic() >= ask
            if again:
                # A guest that was still booting did not hear it.
                ask = time.monotonic() + _ASK_AGAIN_SECONDS
            if self._run('detach a volume from', uuid, self._native_detach_disk, serial, again):
                return
            if time.monotonic() > deadline:
                raise exception.HypervisorError(what='detach a volume from', instance_uuid=uuid, reason=(
                    f'the guest did not let go of it in {timeout} s. Unmount it there, or stop the server first'))
            concurrency.sleep(_POLL_SECONDS)

    def _run(self, what, uuid, function, *args):
        try:
            return self._connection.run(self._without_surprise, function, uuid, *args)
        except self._libvirt.libvirtError as error:
            raise exception.HypervisorFault(what=what, instance_uuid=uuid,
                                            reason=error.get_error_message()) from error

    # In a native thread

    def _without_surprise(self, connection, function, uuid, *args):
        """A domain that vanishes in the middle is a domain that is not there."""
        try:
            return function(connection, uuid, *args)
        except self._libvirt.libvirtError as error:
            if error.get_error_code() != self._libvirt.VIR_ERR_NO_DOMAIN:
                raise
            return None

    def _find(self, connection, uuid):
        try:
            domain = connection.lookupByUUIDString(uuid)
        except self._libvirt.libvirtError as error:
            if error.get_error_code() != self._libvirt.VIR_ERR_NO_DOMAIN:
                raise
            return None
        return domain if self._is_ours(domain) else None

    @staticmethod
    def _is_taken(connection, uuid):
        return any(domain.UUIDString() == uuid for domain in connection.listAllDomains())

    def _is_ours(self, domain):
        try:
            domain.metadata(self._libvirt.VIR_DOMAIN_METADATA_ELEMENT, xml.NAMESPACE)
        except self._libvirt.libvirtError as error:
            if error.get_error_code() in (self._libvirt.VIR_ERR_NO_DOMAIN_METADATA, self._libvirt.VIR_ERR_NO_DOMAIN):
                return False
            raise
        return True

    def _native_list(self, connection):
        found = {}
        for domain in connection.listAllDomains():
            info = self._without_surprise(connection, self._native_info, domain.UUIDString())
            if info is not None:
                found[domain.UUIDString()] = info
        return found

    def _native_info(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is None:
            return None
        state, _maximum, memory, _processors, cpu_time = domain.info()
        power_state = self._power_states.get(state, states.NOSTATE)
        if power_state == states.SHUTDOWN and domain.hasManagedSaveImage():
            power_state = states.POWER_SUSPENDED
        alive = power_state in (states.RUNNING, states.POWER_PAUSED)
        return InstanceInfo(state=power_state, cpu_time_ns=cpu_time if alive else 0,
                            memory_kb=memory if alive else 0)

    def _native_xml(self, connection, uuid):
        domain = self._find(connection, uuid)
        return domain.XMLDesc() if domain else None

    def _native_start(self, connection, uuid, text, keep_memory):
        """Whether it runs now; else the call is to be repeated."""
        domain = self._find(connection, uuid)
        if domain is None and self._is_taken(connection, uuid):
            raise exception.HypervisorError(what='start', instance_uuid=uuid, reason=(
                'a guest that is not one of this cloud has its uuid. Remove or rename that one'))
        if domain is None or not domain.isActive():
            if domain is not None and not keep_memory and domain.hasManagedSaveImage():
                domain.managedSaveRemove()
            domain = connection.defineXML(text)
            try:
                domain.create()
            except self._libvirt.libvirtError:
                # A try before libvirtd went away may have started it.
                if not domain.isActive():
                    raise
        return self._let_run(domain)

    def _let_run(self, domain):
        """Whether it runs. Not yet (or no more) when it was half started: a libvirtd that comes back kills those."""
        state, reason = domain.state()
        if state == self._libvirt.VIR_DOMAIN_PAUSED and reason != self._libvirt.VIR_DOMAIN_PAUSED_STARTING_UP:
            try:
                domain.resume()
            except self._libvirt.libvirtError:
                if domain.isActive():
                    raise
            state, reason = domain.state()
        return state in (self._libvirt.VIR_DOMAIN_RUNNING, self._libvirt.VIR_DOMAIN_BLOCKED)

    def _native_destroy(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is None:
            return
        if domain.isActive():
            try:
                domain.destroy()
            except self._libvirt.libvirtError:
                if domain.isActive():
                    raise
        if domain.hasManagedSaveImage():
            domain.managedSaveRemove()

    def _native_undefine(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is not None:
            domain.undefineFlags(self._libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
                                 | self._libvirt.VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA
                                 | self._libvirt.VIR_DOMAIN_UNDEFINE_NVRAM)

    def _native_ask_to_stop(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is not None and domain.isActive():
            domain.shutdownFlags(self._libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)

    def _native_pause(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is not None and domain.state()[0] != self._libvirt.VIR_DOMAIN_PAUSED:
            domain.suspend()

    def _native_unpause(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is not None and domain.state()[0] == self._libvirt.VIR_DOMAIN_PAUSED:
            domain.resume()

    def _native_save(self, connection, uuid):
        domain = self._find(connection, uuid)
        if domain is not None and domain.isActive():
            # It runs after a resume, even if it was paused before.
            domain.managedSave(self._libvirt.VIR_DOMAIN_SAVE_RUNNING)

    def _native_statistics(self, connection, uuid):
        domain = self._find(connection, uuid)
        return connection.domainListGetStats([domain])[0][1] if domain else {}

    def _native_copy_disk(self, connection, uuid, device, path):
        domain = self._find(connection, uuid)
        if domain is not None:
            domain.blockCopy(device, xml.copy_target(path),
                             flags=self._libvirt.VIR_DOMAIN_BLOCK_COPY_TRANSIENT_JOB
                             | self._libvirt.VIR_DOMAIN_BLOCK_COPY_REUSE_EXT)

    def _native_end_copy(self, connection, uuid, device):
        domain = self._find(connection, uuid)
        if domain is not None and domain.isActive() and domain.blockJobInfo(device):
            domain.blockJobAbort(device)


    def _native_attach_disk(self, connection, uuid, text, serial):
        domain = self._find(connection, uuid)
        if domain is not None and domain.isActive() and xml.disk_with(domain.XMLDesc(), serial) is None:
            domain.attachDeviceFlags(text, self._libvirt.VIR_DOMAIN_AFFECT_LIVE)

    def _native_detach_disk(self, connection, uuid, serial, ask):
        """Whether the guest is without the disk; asks it to let go of it."""
        domain = self._find(connection, uuid)
        if domain is None or not domain.isActive():
            return True
        disk = xml.disk_with(domain.XMLDesc(), serial)
        if disk is not None and ask:
            try:
                domain.detachDeviceFlags(disk, self._libvirt.VIR_DOMAIN_AFFECT_LIVE)
            except self._libvirt.libvirtError as error:
                if 'already in the process of unplug' not in error.get_error_message():
                    raise
        return disk is None or xml.disk_with(domain.XMLDesc(), serial) is None


def _power_states(libvirt):
    return {libvirt.VIR_DOMAIN_RUNNING: states.RUNNING, libvirt.VIR_DOMAIN_BLOCKED: states.RUNNING,
            libvirt.VIR_DOMAIN_PAUSED: states.POWER_PAUSED, libvirt.VIR_DOMAIN_SHUTDOWN: states.RUNNING,
            libvirt.VIR_DOMAIN_SHUTOFF: states.SHUTDOWN, libvirt.VIR_DOMAIN_CRASHED: states.CRASHED,
            libvirt.VIR_DOMAIN_PMSUSPENDED: states.POWER_SUSPENDED}
