"""Files that clients read, without the password."""
import shlex

import yaml

from horizon.options import CONF


def _auth_url(login):
    return CONF.horizon.public_auth_url or login.auth_url


def openrc(login):
    """Text of an openrc for shells, which asks for the password."""
    values = {'OS_AUTH_URL': _auth_url(login), 'OS_PROJECT_ID': login.project_id,
              'OS_PROJECT_NAME': login.project_name, 'OS_USER_DOMAIN_NAME': login.user_domain_name,
              'OS_PROJECT_DOMAIN_ID': login.project_domain_id or 'default', 'OS_USERNAME': login.user_name,
              'OS_REGION_NAME': login.region or '', 'OS_INTERFACE': CONF.horizon.interface,
              'OS_IDENTITY_API_VERSION': login.version}
    lines = ['#!/usr/bin/env bash', '# Use it with:  . this-file', 'unset OS_TENANT_ID OS_TENANT_NAME OS_TOKEN']
    lines += [f'export {name}={shlex.quote(value)}' for name, value in values.items() if value]
    # Unquoted text of a user in a script would be code.
    lines += [f'printf %s {shlex.quote(f"Password of {login.user_name} for project {login.project_name}: ")}',
              'read -rs OS_PASSWORD', 'echo', 'export OS_PASSWORD']
    return '\n'.join(lines) + '\n'


def clouds_yaml(login):
    """Text of a clouds.yaml for the SDK and its clients."""
    cloud = {'auth': {'auth_url': _auth_url(login), 'username': login.user_name, 'project_id': login.project_id,
                      'project_name': login.project_name, 'user_domain_name': login.user_domain_name},
             'region_name': login.region, 'interface': CONF.horizon.interface,
             'identity_api_version': int(float(login.version))}
    head = '# In ~/.config/openstack/clouds.yaml; the password goes into secure.yaml beside it, or is asked for.\n'
    return head + yaml.safe_dump({'clouds': {CONF.horizon.site_name.lower(): cloud}}, sort_keys=False)


def ec2rc(login, pair):
    """Text of a file for EC2 and S3 clients; `pair` is {access, secret}."""
    lines = ['#!/usr/bin/env bash', f'export AWS_ACCESS_KEY_ID={shlex.quote(pair["access"])}',
             f'export AWS_SECRET_ACCESS_KEY={shlex.quote(pair["secret"])}']
    for name, kind in (('AWS_ENDPOINT_URL_EC2', 'ec2'), ('AWS_ENDPOINT_URL_S3', 's3')):
        if login.has_service(kind):
            lines.append(f'export {name}={shlex.quote(login.client.endpoint(kind))}')
    return '\n'.join(lines) + '\n'
