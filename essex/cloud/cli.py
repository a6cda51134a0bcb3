"""The command `essex`."""
import argparse
import os
import sys
import time

from essex.cloud.layout import Layout
from essex.exception import EssexError


def _say(text):
    print(f'  {text}', flush=True)


def _init(args, layout):
    from essex.cloud import lifecycle, settings
    options = {'address': args.address, 'hypervisor': args.hypervisor,
               'tls': args.tls or not args.address.startswith('127.')}
    if args.network:
        options['network_cidr'] = args.network
    if args.floating:
        options['floating_cidr'] = args.floating
    if args.free_ports:
        options['ports'] = dict(zip(settings.PORTS, settings.free_ports(len(settings.PORTS), args.address)))
    lifecycle.init(layout, _say, only=[args.only] if args.only else None, encrypt_objects=_wanted(args), **options)


def _wanted(args):
    return None if args.encrypt_objects is None else args.encrypt_objects == 'on'


def _up(args, layout):
    from essex import concurrency
    # Before anything imports urllib3: it keeps the class of TLS contexts it finds, and one kept from before recurses.
    concurrency.patch()
    from essex.cloud import lifecycle
    only = args.only.split(',') if args.only else None
    if only == ['swift'] and not layout.settings.exists():
        lifecycle.init(layout, _say, only=only, encrypt_objects=_wanted(args))
    elif args.encrypt_objects:
        lifecycle.encrypt_objects(layout, _say, _wanted(args))
    took = lifecycle.up(layout, _say, args.foreground, only, args.timeout)
    if took:
        print(f'up and healthy after {took:.1f} s')
    if only == ['swift']:
        from essex.cloud import welcome
        from essex.cloud.settings import Settings
        print(welcome.object_storage(layout, Settings.load(layout)))


def _down(args, layout):
    from essex.cloud import lifecycle
    lifecycle.down(layout, _say, args.guests)


def _status(args, layout):
    from essex.cloud import status
    from essex.cloud.settings import Settings
    lines, well = status.lines(layout, Settings.load(layout))
    print('\n'.join(lines))
    return 0 if well else 1


def _openrc(args, layout):
    from essex.cloud import openrc
    from essex.cloud.settings import Settings
    sys.stdout.write(openrc.text(Settings.load(layout), args.account))


def _trace(args, layout):
    from essex.cloud import timeline
    lines = timeline.lines(layout.trace, args.request_id)
    if not lines:
        print(f'Nothing is known of {args.request_id}: ids look like req-<uuid>, or tx... in object storage, as '
              'in the header X-Openstack-Request-Id of every answer.', file=sys.stderr)
        return 1
    print('\n'.join(lines))
    return 0


def _furnish(args, layout):
    from essex.cloud import furnish
    from essex.cloud.settings import Settings
    furnish.run(layout, Settings.load(layout), _say)


def _demo(args, layout):
    from essex.cloud import welcome
    from essex.cloud.demo import Demo
    from essex.cloud.settings import Settings
    settings = Settings.load(layout)
    demo = Demo(layout, settings, _say)
    server, address, seconds = demo.run(args.name, args.timeout)
    print(welcome.text(layout, settings, demo, server, address, seconds))


def _encrypt_objects(command):
    command.add_argument('--encrypt-objects', choices=('on', 'off'), help='whether object storage encrypts new objects '
                         '(default: as before; off in a new cloud). What is encrypted stays readable')


def parser():
    """The command line."""
    top = argparse.ArgumentParser(prog='essex', description='A private cloud on one host.')
    top.add_argument('--state-dir', help='directory of everything the cloud keeps (default: var/ in the checkout, '
                                         'or $ESSEX_STATE_DIR)')
    commands = top.add_subparsers(dest='command', required=True, metavar='COMMAND')

    def command(name, function, text):
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + '.')
        made.set_defaults(function=function)
        return made

    init = command('init', _init, 'make the configuration, databases and keys of a new cloud')
    init.add_argument('--address', default='127.0.0.1', help='address the APIs listen on and clients use; beyond '
                                                             'loopback they speak HTTPS (default: %(default)s)')
    init.add_argument('--hypervisor', choices=('auto', 'libvirt', 'fake'), default='auto',
                      help='libvirt: real guests; fake: none, the records alone (default: libvirt where it can run)')
    init.add_argument('--network', help='addresses of the servers (default: 10.100.0.0/24)')
    init.add_argument('--floating', help='floating addresses (default: 172.24.4.0/28)')
    init.add_argument('--free-ports', action='store_true', help='take free ports instead of the usual ones')
    init.add_argument('--only', choices=('swift',), help='object storage alone; the rest can be made later')
    init.add_argument('--tls', action='store_true', help='HTTPS also on loopback')
    _encrypt_objects(init)
    up = command('up', _up, 'start the cloud and wait until it is healthy')
    up.add_argument('--foreground', action='store_true', help='stay in the foreground (for a service manager)')
    up.add_argument('--only', help='start only these, separated by commas: keystone, swift, glance, nova, '
                                   'novncproxy. Object storage without Keystone has users of its own; it is made '
                                   'if nothing is there yet')
    _encrypt_objects(up)
    up.add_argument('--timeout', type=float, default=60, help='seconds to wait (default: %(default)s)')
    down = command('down', _down, 'stop the cloud; guests go on running')
    down.add_argument('--guests', action='store_true', help='shut down the guests too and remove their networks')
    command('status', _status, 'show each daemon: state, since when, address, heartbeat, memory')
    openrc = command('openrc', _openrc, 'print the credentials of an account for a shell')
    openrc.add_argument('account', choices=('admin', 'demo'), nargs='?', default='admin')
    trace = command('trace', _trace, 'show the way of a request through every daemon')
    trace.add_argument('request_id', metavar='REQUEST_ID')
    command('furnish', _furnish, 'make the accounts, catalog, flavors, network and images of a new cloud')
    demo = command('demo', _demo, 'boot a first server and wait until it answers over SSH')
    demo.add_argument('--name', default='first', help='its name (default: %(default)s)')
    demo.add_argument('--timeout', type=float, default=180, help='seconds to wait (default: %(default)s)')
    return top


def main(argv=None):
    """Run a command; returns the exit status."""
    args = parser().parse_args(argv)
    began = time.monotonic()
    try:
        return args.function(args, Layout(args.state_dir)) or 0
    except Exception as error:
        # What an API of the cloud answered is for the user as well; anything else is a fault of ours.
        ours = isinstance(error, (EssexError, RuntimeError, OSError))
        known = ours or type(error).__module__.startswith('keystoneauth1')
        if not known or os.environ.get('ESSEX_DEBUG'):
            raise
        print(f'essex {args.command}: {error}', file=sys.stderr)
        return 1
    finally:
        if os.environ.get('ESSEX_DEBUG'):
            print(f'essex {args.command}: {time.monotonic() - began:.2f} s', file=sys.stderr)
