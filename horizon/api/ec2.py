"""Keystone's EC2 credentials: with which the EC2 and S3 APIs are signed."""
from urllib.parse import quote


def all_of(login):
    """[{access, secret, tenant_id}] of the user: one call."""
    return login.identity('GET', f'/users/{login.user_id}/credentials/OS-EC2')['credentials']


def create(login):
    """A new pair for the present project."""
    return login.identity('POST', f'/users/{login.user_id}/credentials/OS-EC2', {'tenant_id': login.project_id})[
        'credential']


def delete(login, access):
    """Remove a pair."""
    login.client.call('identity', 'DELETE', f'/users/{login.user_id}/credentials/OS-EC2/{quote(access, safe="")}',
                      base=login.identity_url)
