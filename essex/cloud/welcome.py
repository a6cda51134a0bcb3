"""What a new user is told at the end of tools/start and of `essex up --only swift`."""


def text(layout, settings, demo, server, address, seconds):
    """Endpoints, credentials, how to log in, how to stop."""
    lines = ['', 'Your cloud is up.', '']
    for name, url in (('Dashboard', settings.url('horizon', '/')), ('Identity', settings.url('keystone', '/v3')),
                      ('Image', settings.url('glance')), ('Compute', settings.url('nova', '/v2.1')),
                      ('Objects', settings.url('swift', '/v1')), ('Consoles', settings.url('novncproxy'))):
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


def object_storage(layout, settings):
    """How to use object storage that runs alone."""
    auth, key = settings.url('swift', '/auth/v1.0'), settings.password('demo')
    ca = f' --cacert {layout.pki / "ca.pem"}' if settings.secure else ''
    cacert = f' --os-cacert {layout.pki / "ca.pem"}' if settings.secure else ''
    more = f'\n             # and --ca-cert {layout.pki / "ca.pem"} on its command line' if settings.secure else ''
    return f"""
Your object storage is up: 3 replicas of everything over 4 devices in {layout.state('swift') / 'devices'}.

  Auth URL:  {auth}      (version 1)
  User:      demo:demo            Key: {key}
  All of it: admin:admin          Key: {settings.password('admin')}

  curl:      curl -i{ca} -H 'X-Auth-User: demo:demo' -H 'X-Auth-Key: {key}' {auth}
             curl{ca} -H 'X-Auth-Token: TOKEN' -X PUT STORAGE_URL/photos
             curl{ca} -H 'X-Auth-Token: TOKEN' -T cat.jpg STORAGE_URL/photos/cat.jpg

  swift:     export ST_AUTH={auth} ST_USER=demo:demo ST_KEY={key}
             .venv/bin/swift{cacert} upload photos cat.jpg

  rclone:    in ~/.config/rclone/rclone.conf{more}
             [essex]
             type = swift
             auth = {auth}
             auth_version = 1
             user = demo:demo
             key = {key}

  What runs: bin/essex status        Stop: bin/essex down        Start again: bin/essex up --only swift
"""
