"""The domain XML of a server. Built as a tree, so that no name or property can break out of its place."""
import platform
import xml.etree.ElementTree as ET

from defusedxml.ElementTree import fromstring as parse

from nova.virt.libvirt.options import CONF

NAMESPACE = 'urn:essex:nova:server:1'
ET.register_namespace('essex', NAMESPACE)

_DISK_BUSES = {'virtio': 'vd', 'scsi': 'sd', 'sata': 'sd', 'ide': 'hd', 'usb': 'sd'}
_NO_READONLY_DISKS = ('ide', 'sata')
_VIF_MODELS = ('virtio', 'e1000', 'e1000e', 'rtl8139', 'ne2k_pci', 'pcnet')
_VIDEO_MODELS = ('vga', 'cirrus', 'virtio', 'qxl', 'vmvga', 'bochs', 'none')
_MACHINES = ('pc', 'q35')
# Where volumes are plugged in while a guest of machine type q35 runs.
_SPARE_PORTS = 8


def properties(instance):
    """What the image says of the guest it wants."""
    return instance.image_meta.get('properties') or {}


def domain(instance, network_info, disks, virt_type, cache, owner=None, volume_caches=()):
    """The XML of a server's domain.

    `disks` is a list of disks.Disk, `volume_caches` the cache mode of each of instance.volumes; `cache` the
    host's disk cache mode; `owner` (user id, group id) runs it and has its files already. What the image asks for
    and nobody knows is replaced by the default.
    """
    root = ET.Element('domain', type=virt_type)
    _text(root, 'name', instance.name)
    _text(root, 'uuid', instance.uuid)
    _metadata(root, instance)
    _text(root, 'memory', instance.memory_mb, unit='MiB')
    _text(root, 'vcpu', instance.vcpus)
    _sysinfo(root, instance)
    machine = _one_of(properties(instance).get('hw_machine_type'), _MACHINES, CONF.libvirt.machine_type)
    _boot(root, instance, disks, machine)
    _features(root, virt_type)
    _cpu(root, virt_type)
    _clock(root, virt_type)
    for event, action in (('on_poweroff', 'destroy'), ('on_reboot', 'restart'), ('on_crash', 'destroy')):
        _text(root, event, action)
    _devices(root, instance, network_info, disks, cache, machine, volume_caches)
    if owner:
        # libvirt would else give the guest's user the shared images too: one guest could change the others'.
        label = ET.SubElement(root, 'seclabel', type='static', model='dac', relabel='no')
        _text(label, 'label', f'+{owner[0]}:+{owner[1]}')
    return ET.tostring(root, encoding='unicode')


def is_ours(text):
    """Whether a domain's XML carries our mark."""
    return parse(text).find(f'metadata/{{{NAMESPACE}}}server') is not None


def graphics(text):
    """(listen address, port) of the VNC server in the XML of a running domain, or None."""
    element = parse(text).find("devices/graphics[@type='vnc']")
    if element is None or int(element.get('port', '-1')) <= 0:
        return None
    return element.get('listen'), int(element.get('port'))


def taps(text):
    """The tap devices that a domain's XML names."""
    return [target.get('dev') for target in parse(text).findall('devices/interface/target')]


def root_device(text):
    """The name of the first disk."""
    return parse(text).find("devices/disk[@device='disk']/target").get('dev')


def mirror_is_ready(text, device):
    """Whether the copy of a disk has caught up; None when there is no copy."""
    for disk in parse(text).findall('devices/disk'):
        mirror = disk.find('mirror')
        if disk.find('target').get('dev') == device and mirror is not None:
            return mirror.get('ready') == 'yes'
    return None


def copy_target(path):
    """The XML of a file that a running disk is copied to."""
    disk = ET.Element('disk', type='file')
    ET.SubElement(disk, 'driver', type='qcow2')
    ET.SubElement(disk, 'source', file=path)
    return ET.tostring(disk, encoding='unicode')


def _text(parent, tag, value, **attributes):
    element = ET.SubElement(parent, tag, **attributes)
    element.text = str(value)
    return element


def _one_of(value, allowed, default):
    return value if value in allowed else default


def _metadata(root, instance):
    server = ET.SubElement(ET.SubElement(root, 'metadata'), f'{{{NAMESPACE}}}server')
    for tag, value in (('project', instance.project_id), ('user', instance.user_id), ('image', instance.image_ref)):
        if value:
            _text(server, f'{{{NAMESPACE}}}{tag}', value)


def _sysinfo(root, instance):
    # cloud-init looks for a metadata service when the product has this name.
    sysinfo = ET.SubElement(root, 'sysinfo', type='smbios')
    system = ET.SubElement(sysinfo, 'system')
    for name, value in (('manufacturer', 'OpenStack Foundation'), ('product', 'OpenStack Nova'),
                        ('serial', instance.uuid), ('uuid', instance.uuid), ('family', 'Virtual Machine')):
        _text(system, 'entry', value, name=name)


def _boot(root, instance, disks, machine):
    system = ET.SubElement(root, 'os')
    _text(system, 'type', 'hvm', arch=platform.machine(), machine=machine)
    kernel = next((disk.path for disk in disks if disk.role == 'kernel'), None)
    ramdisk = next((disk.path for disk in disks if disk.role == 'ramdisk'), None)
    if kernel:
        wanted = properties(instance)
        _text(system, 'kernel', kernel)
        if ramdisk:
            _text(system, 'initrd', ramdisk)
        line = wanted.get('os_command_line') or wanted.get('kernel_args') or CONF.libvirt.kernel_cmdline
        # Control characters have no place in XML, nor on a command line.
        _text(system, 'cmdline', ''.join(letter for letter in str(line) if letter.isprintable()))
    else:
        for device in ('cdrom', 'hd') if any(disk.role == 'iso' for disk in disks) else ('hd',):
            ET.SubElement(system, 'boot', dev=device)
    ET.SubElement(system, 'smbios', mode='sysinfo')


def _features(root, virt_type):
    features = ET.SubElement(root, 'features')
    ET.SubElement(features, 'acpi')
    ET.SubElement(features, 'apic')
    if virt_type == 'qemu' and CONF.libvirt.tb_cache_mb:
        _text(ET.SubElement(features, 'tcg'), 'tb-cache', CONF.libvirt.tb_cache_mb, unit='MiB')


def _cpu(root, virt_type):
    mode = CONF.libvirt.cpu_mode
    if mode == 'auto':
        mode = 'host-model' if virt_type == 'kvm' else 'maximum'
    if mode == 'none':
        return
    if mode == 'custom':
        # Unchecked: where the host lacks a feature of the model the guest does without it.
        cpu = ET.SubElement(root, 'cpu', mode='custom', match='exact', check='none')
        _text(cpu, 'model', CONF.libvirt.cpu_model, fallback='allow')
    else:
        ET.SubElement(root, 'cpu', mode=mode)


def _clock(root, virt_type):
    clock = ET.SubElement(root, 'clock', offset='utc')
    if virt_type == 'kvm':
        ET.SubElement(clock, 'timer', name='pit', tickpolicy='delay')
        ET.SubElement(clock, 'timer', name='rtc', tickpolicy='catchup')
        ET.SubElement(clock, 'timer', name='hpet', present='no')


def _devices(root, instance, network_info, disks, cache, machine, volume_caches):
    devices = ET.SubElement(root, 'devices')
    wanted = properties(instance)
    bus = _one_of(wanted.get('hw_disk_bus'), _DISK_BUSES, 'virtio')
    if bus == 'ide' and machine == 'q35':
        bus = 'sata'
    if bus == 'scsi':
        ET.SubElement(devices, 'controller', type='scsi', model='virtio-scsi')
    if machine == 'q35':
        for _ in range(_SPARE_PORTS):
            ET.SubElement(devices, 'controller', type='pci', model='pcie-root-port')
    _disks(devices, disks, bus, cache, machine, {disk.device for disk in instance.volumes})
    for disk, volume_cache in zip(instance.volumes, volume_caches, strict=True):
        _volume(devices, disk, volume_cache)
    model = _one_of(wanted.get('hw_vif_model'), _VIF_MODELS, 'virtio')
    for vif in network_info:
        _interface(devices, vif, model)
    log = next(disk.path for disk in disks if disk.role == 'console')
    serial = ET.SubElement(devices, 'serial', type='pty')
    # Appending: QEMU then writes at the end, also after we cut the file.
    ET.SubElement(serial, 'log', file=log, append='on')
    ET.SubElement(serial, 'target', port='0')
    if CONF.libvirt.use_usb_tablet:
        ET.SubElement(devices, 'input', type='tablet', bus='usb')
    ET.SubElement(devices, 'graphics', type='vnc', port='-1', autoport='yes', listen=CONF.vncserver_listen)
    video = ET.SubElement(devices, 'video')
    ET.SubElement(video, 'model', type=_one_of(wanted.get('hw_video_model'), _VIDEO_MODELS, CONF.libvirt.video_model))
    ET.SubElement(ET.SubElement(devices, 'memballoon', model='virtio'), 'stats', period='10')
    if wanted.get('hw_rng_model') == 'virtio':
        rng = ET.SubElement(devices, 'rng', model='virtio')
        _text(rng, 'backend', '/dev/urandom', model='random')


def _disks(devices, disks, bus, cache, machine, taken):
    letters = (letter for letter in 'abcdefghijklmnopqrstuvwxyz' if f'/dev/{_DISK_BUSES[bus]}{letter}' not in taken)
    cdroms = iter('abcd')
    cdrom_bus, cdrom_prefix = ('sata', 'sd') if machine == 'q35' else ('ide', 'hd')
    if cdrom_prefix == _DISK_BUSES[bus]:
        cdroms = iter('wxyz') if cdrom_bus == 'sata' else iter('dcb')
    for disk in disks:
        if disk.role == 'iso' or disk.role == 'config' and bus in _NO_READONLY_DISKS:
            element = _disk(devices, disk, 'cdrom', cdrom_prefix + next(cdroms), cdrom_bus, None)
            ET.SubElement(element, 'readonly')
        elif disk.role == 'config':
            # Found by its label, whatever it is; a disk like the others needs no further driver in the guest.
            element = _disk(devices, disk, 'disk', _DISK_BUSES[bus] + next(letters), bus, None)
            ET.SubElement(element, 'readonly')
        elif disk.format:
            _disk(devices, disk, 'disk', _DISK_BUSES[bus] + next(letters), bus, cache)


def _disk(devices, disk, device, name, bus, cache):
    element = ET.SubElement(devices, 'disk', type='file', device=device)
    driver = {'name': 'qemu', 'type': disk.format}
    if cache:
        driver['cache'] = cache
    ET.SubElement(element, 'driver', **driver)
    ET.SubElement(element, 'source', file=disk.path)
    ET.SubElement(element, 'target', dev=name, bus=bus)
    return element


def volume(disk, cache):
    """The XML of the VolumeDisk of a server, to be plugged in."""
    return ET.tostring(_volume(ET.Element('devices'), disk, cache), encoding='unicode')


def _volume(devices, disk, cache):
    # What the image wants of its own disks may not be able to come and go: volumes are always virtio or SCSI.
    name = disk.device.removeprefix('/dev/')
    element = ET.SubElement(devices, 'disk', type='file', device='disk')
    ET.SubElement(element, 'driver', name='qemu', type=disk.connection['format'], cache=cache, discard='unmap')
    ET.SubElement(element, 'source', file=disk.connection['path'])
    ET.SubElement(element, 'target', dev=name, bus='scsi' if name.startswith('sd') else 'virtio')
    # The guest finds it by this: /dev/disk/by-id/virtio-<the first 20 characters>.
    _text(element, 'serial', disk.volume_id)
    if disk.readonly:
        ET.SubElement(element, 'readonly')
    return element


def disk_with(text, serial):
    """The XML of the disk with a serial number in the XML of a domain, or None."""
    for disk in parse(text).findall('devices/disk'):
        if disk.findtext('serial') == serial:
            return ET.tostring(disk, encoding='unicode')
    return None


def _interface(devices, vif, model):
    interface = ET.SubElement(devices, 'interface', type='bridge')
    ET.SubElement(interface, 'mac', address=vif['address'])
    ET.SubElement(interface, 'source', bridge=vif['network']['bridge'])
    ET.SubElement(interface, 'model', type=model)
    ET.SubElement(interface, 'target', dev=vif['devname'])
    if vif['network'].get('mtu'):
        ET.SubElement(interface, 'mtu', size=str(vif['network']['mtu']))
    # No boot from the network: its ROM would run before every boot.
    ET.SubElement(interface, 'rom', enabled='no')
