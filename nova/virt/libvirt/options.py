"""Options of the libvirt driver."""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.StrOpt('instances_path', default='$state_path/instances',
               help='Where disks of servers are kept, and in _base the images they are made from. One file system.'),
    cfg.StrOpt('vncserver_listen', default='127.0.0.1',
               help="Address the guests' VNC servers listen on. They have no password: keep it where only console "
                    'proxies reach it.'),
    cfg.StrOpt('vncserver_proxyclient_address', default='$vncserver_listen',
               help='Address under which console proxies reach the VNC servers of this host.'),
    cfg.BoolOpt('force_raw_images', default=True,
                help='Keep images raw in the cache, whatever they were: guests read faster, and no guest can be '
                     'led elsewhere by an image header.'),
    cfg.BoolOpt('remove_unused_base_images', default=True, help='Remove images from the cache that no server uses.'),
    cfg.IntOpt('remove_unused_original_minimum_age_seconds', default=86400, min=0,
               help='How long an unused image stays in the cache.'),
]
LIBVIRT_OPTS = [
    cfg.StrOpt('connection_uri', default='qemu:///system', help='The libvirtd to talk to.'),
    cfg.StrOpt('virt_type', default='auto', choices=('auto', 'kvm', 'qemu'),
               help='kvm: hardware virtualisation; qemu: software emulation, much slower; auto: kvm where it works.'),
    cfg.StrOpt('cpu_mode', default='auto',
               choices=('auto', 'none', 'host-model', 'host-passthrough', 'maximum', 'custom'),
               help='The processor guests see. auto: host-model with kvm; with qemu maximum, all that can be emulated: '
                    'a guest boots with a sixth less work than on the default model.'),
    cfg.StrOpt('cpu_model', default='Nehalem', help='The model when cpu_mode is custom.'),
    cfg.StrOpt('machine_type', default='pc', help='Machine type unless the image has hw_machine_type: pc or q35.'),
    cfg.StrOpt('video_model', default='vga', help='Graphics card unless the image has hw_video_model.'),
    cfg.BoolOpt('use_usb_tablet', default=True, help='A tablet makes the mouse follow exactly in consoles.'),
    cfg.IntOpt('tb_cache_mb', default=32, min=0,
               help="Cache of translated code of an emulated guest, in MB; QEMU's own default when 0. Small ones "
                    'save memory, large ones time.'),
    cfg.StrOpt('disk_cache', default='auto', choices=('auto', 'none', 'writethrough', 'writeback', 'unsafe'),
               help='How disks are cached by the host. auto: none, or writethrough where the file system has no '
                    'direct access.'),
    cfg.StrOpt('kernel_cmdline', default='root=/dev/vda console=tty0 console=ttyS0',
               help='Kernel command line of images with a kernel, unless they have os_command_line.'),
    cfg.IntOpt('connect_timeout', default=30, min=1,
               help='Seconds an operation waits for a libvirtd that went away before it fails.'),
    cfg.IntOpt('console_log_mb', default=4, min=1, help='Size at which a console log is cut to its last quarter.'),
]
CONF = config.register(OPTS)
config.register(LIBVIRT_OPTS, 'libvirt')
