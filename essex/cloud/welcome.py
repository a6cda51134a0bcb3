"""What a new user is told at the end of tools/start."""


def text(layout, settings, demo, server, address, seconds):
    """Endpoints, credentials, how to log in, how to stop."""
    lines = ['', 'Your cloud is up.', '']
    for name, url in (('Identity', settings.url('keystone', '/v3')), ('Image', settings.url('glance')),
                      ('Compute', settings.url('nova', '/v2.1')), ('Consoles', settings.url('novncproxy'))):
        lines.append(f'  {name:<10} {url}')
    lines += ['', '  Accounts:  admin, password ' + settings.password('admin'),
              '             demo,  password ' + settings.password('demo'),
              f'  Shell:     . {layout.openrc}          (admin; demo: . {layout.root}/openrc-demo)',
              '             openstack server list --all-projects', '']
    if settings.hypervisor == 'fake':
        lines += [f'  First server: {server["name"]} ({server["id"]}), a record only: '
                  'the fake hypervisor runs no guests.']
    else:
        took = f', {seconds:.1f} s after the request' if seconds else ''
        lines += [f'  First server: {server["name"]} at {address} answers over SSH{took}. Log in:',
                  f'             ssh -i {demo.key} cirros@{address}']
    lines += ['', '  What runs: bin/essex status        Stop: bin/essex down        Start again: bin/essex up', '']
    return '\n'.join(lines)
