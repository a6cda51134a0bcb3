"""Before the first start: schemas, signing keys, the first account. Every part may be repeated."""
import importlib
import os

from essex.cloud import processes


def run(layout, settings, say, only=None):
    """Migrate the databases, make the keys, bootstrap Keystone and make the rings. `say(text)` reports progress."""
    say('rings of object storage')
    _rings(layout, settings)
    if only is None:
        _services(layout, settings, say)


def _rings(layout, settings):
    ports = [f'--{kind}-port={settings.port(f"swift_{kind}")}' for kind in ('account', 'container', 'object')]
    arguments = [str(layout.etc / 'swift'), str(layout.state('swift') / 'devices'), *ports]
    processes.run_in_child(_main, 'swift.cmd.lay_out', arguments, {}, log=layout.log / 'setup.log')


def _services(layout, settings, say):
    say('databases (by migration)')
    for service, name in (('keystone', 'keystone'), ('glance', 'glance-api'), ('nova', 'nova')):
        manage(layout, service, 'db_sync' if service != 'nova' else 'db sync', name)
    manage(layout, 'glance', 'db_load_metadefs', 'glance-api')
    say('token signing keys')
    manage(layout, 'keystone', 'fernet_setup')
    manage(layout, 'keystone', 'credential_setup')
    say('first account: admin')
    manage(layout, 'keystone', 'bootstrap', environment={
        'OS_BOOTSTRAP_USERNAME': 'admin', 'OS_BOOTSTRAP_PASSWORD': settings.password('admin'),
        'OS_BOOTSTRAP_PROJECT_NAME': 'admin', 'OS_BOOTSTRAP_REGION_ID': settings.region,
        'OS_BOOTSTRAP_PUBLIC_URL': settings.url('keystone'), 'OS_BOOTSTRAP_INTERNAL_URL': settings.url('keystone'),
        'OS_BOOTSTRAP_ADMIN_URL': settings.url('keystone_admin')})


def manage(layout, service, command, name=None, environment=None):
    """Run `<service>-manage command` in a child process."""
    arguments = ['--config-file', str(layout.config(service, name)), *command.split()]
    processes.run_in_child(_main, f'{service}.cmd.manage', arguments, environment or {},
                           log=layout.log / 'setup.log')


def _main(module, arguments, environment):
    # In the environment, not on a command line that everybody can see.
    os.environ.update(environment)
    result = importlib.import_module(module).main(arguments)
    if result:
        raise SystemExit(result)
