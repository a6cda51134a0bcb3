"""Credentials in the forms clients read: openrc for shells, clouds.yaml for the SDK."""
import os
import shlex

import yaml

from essex.cloud.layout import ROOT


def text(settings, account):
    """An openrc file: OS_* variables, and the virtual environment's commands in PATH."""
    lines = [f'# Account {account} of the Essex cloud at {settings.url("keystone")}. Use: . this-file']
    lines += [f'export {name}={shlex.quote(value)}' for name, value in settings.environment(account).items()]
    commands = ROOT / '.venv' / 'bin'
    lines.append(f'case ":$PATH:" in *":{commands}:"*) ;; *) export PATH={shlex.quote(str(commands))}:"$PATH" ;; esac')
    return '\n'.join(lines) + '\n'


def write(layout, settings):
    """Write openrc (admin), openrc-demo and clouds.yaml, readable by the owner alone."""
    _write(layout.openrc, text(settings, 'admin'))
    _write(layout.root / 'openrc-demo', text(settings, 'demo'))
    clouds = {account: _cloud(settings, account) for account in ('admin', 'demo')}
    _write(layout.root / 'clouds.yaml', yaml.safe_dump({'clouds': clouds}, sort_keys=False))


def _cloud(settings, account):
    values = settings.environment(account)
    cloud = {'auth': {'auth_url': values['OS_AUTH_URL'], 'username': account, 'password': values['OS_PASSWORD'],
                      'project_name': values['OS_PROJECT_NAME'], 'user_domain_name': 'Default',
                      'project_domain_name': 'Default'},
             'region_name': values['OS_REGION_NAME'], 'identity_api_version': 3}
    if 'OS_CACERT' in values:
        cloud['cacert'] = values['OS_CACERT']
    return cloud


def _write(path, content):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w', encoding='utf-8') as file:
        file.write(content)
