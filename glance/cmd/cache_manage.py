"""glance-cache-manage: sees and changes what an image service has in its cache, over its API."""
import argparse
import datetime
import os
import sys
import time

import requests
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v2, v3

PROG = 'glance-cache-manage'


class Refused(Exception):
    """What the service or the user said no to."""


class Cache:
    """The cache of the service at `base`."""

    def __init__(self, options):
        scheme = 'https' if options.ssl else 'http'
        self._base = f'{scheme}://{options.host}:{options.port}/v2'
        self._verify = not options.insecure
        self._headers = {'X-Auth-Token': _token(options)} if _token_wanted(options) else {}

    def call(self, method, path):
        """The document that a call answers, {} without one. Raises Refused."""
        try:
            answer = requests.request(method, f'{self._base}/{path}', headers={**self._headers,
                                                                               'Accept': 'application/json'},
                                      verify=self._verify, timeout=60)
        except requests.RequestException as error:
            raise Refused(f'{self._base} cannot be reached: {type(error).__name__}.') from error
        if answer.status_code == 404:
            raise Refused('The service has no such image, or no cache that can be managed: its flavor must have '
                          'cachemanagement.')
        if answer.status_code >= 400:
            raise Refused(f'The service answered {answer.status_code}: {_message(answer)}')
        return answer.json() if answer.content else {}


def _message(answer):
    try:
        return answer.json()['message']
    except (ValueError, KeyError, TypeError):
        return answer.reason


def _token_wanted(options):
    return options.os_auth_token or options.os_auth_url


def _token(options):
    if options.os_auth_token:
        return options.os_auth_token
    names = {'username': options.os_username, 'password': options.os_password}
    if options.os_auth_url.rstrip('/').endswith('v2.0'):
        plugin = v2.Password(options.os_auth_url, tenant_name=options.os_tenant_name, **names)
    else:
        plugin = v3.Password(options.os_auth_url, project_name=options.os_tenant_name, user_domain_id='default',
                             project_domain_id='default', **names)
    try:
        return session.Session(auth=plugin, verify=not options.insecure).get_token()
    except exceptions.ClientException as error:
        raise Refused(f'No token from {options.os_auth_url}: {error}') from error


def list_cached(cache, options):
    """List the images in the cache."""
    images = cache.call('GET', 'cached_images')['cached_images']
    print(f'Found {len(images)} cached images...')
    if images:
        print(f'{"ID":36} {"Last Accessed (UTC)":19} {"Last Modified (UTC)":19} {"Size":>14} {"Hits":>10}')
    for each in images:
        print(f'{each["image_id"]:36} {_moment(each["last_accessed"]):19} {_moment(each["last_modified"]):19} '
              f'{each["size"]:14} {each["hits"]:10}')


def _moment(seconds):
    return f'{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%dT%H:%M:%S}' if seconds else 'N/A'


def list_queued(cache, options):
    """List the images that are wanted in the cache."""
    images = cache.call('GET', 'queued_images')['queued_images']
    print(f'Found {len(images)} queued images...')
    for each in images:
        print(each)


def queue_image(cache, options):
    """Want an image in the cache."""
    _confirm(options, f'Queue image {options.image} for caching?')
    cache.call('PUT', f'queued_images/{options.image}')
    _say(options, f'Queued image {options.image} for caching')


def delete_cached_image(cache, options):
    """Take an image out of the cache."""
    _confirm(options, f'Delete cached image {options.image}?')
    cache.call('DELETE', f'cached_images/{options.image}')
    _say(options, f'Deleted cached image {options.image}')


def delete_all_cached_images(cache, options):
    """Empty the cache."""
    _confirm(options, 'Delete all cached images?')
    _say(options, f'Deleted {cache.call("DELETE", "cached_images")["num_deleted"]} cached images')


def delete_queued_image(cache, options):
    """Want an image no more."""
    _confirm(options, f'Delete queued image {options.image}?')
    cache.call('DELETE', f'queued_images/{options.image}')
    _say(options, f'Deleted queued image {options.image}')


def delete_all_queued_images(cache, options):
    """Empty the queue."""
    _confirm(options, 'Delete all queued images?')
    _say(options, f'Deleted {cache.call("DELETE", "queued_images")["num_deleted"]} queued images')


def _say(options, text):
    if options.verbose:
        print(text)


def _confirm(options, question):
    if options.force:
        return
    try:
        answer = input(f'{question} [y/N] ')
    except EOFError as error:
        raise Refused('Nobody is there to confirm: use --force.') from error
    if answer.strip().lower() not in ('y', 'yes'):
        raise Refused('Not done.')


COMMANDS = (list_cached, list_queued, queue_image, delete_cached_image, delete_all_cached_images, delete_queued_image,
            delete_all_queued_images)
_OF_ONE = (queue_image, delete_cached_image, delete_queued_image)


def _parser():
    env = os.environ.get
    parser = argparse.ArgumentParser(prog=PROG, description=__doc__)
    add = parser.add_argument
    add('-v', '--verbose', action='store_true', help='Say what was done and how long it took.')
    add('-d', '--debug', action='store_true', help='Show the traceback of what goes wrong.')
    add('-H', '--host', default='0.0.0.0', help='Host of the image service.')
    add('-p', '--port', type=int, default=9292, help='Its port.')
    add('--ssl', action='store_true', help='Speak HTTPS.')
    add('-k', '--insecure', action='store_true', help='Check no certificate.')
    add('-f', '--force', action='store_true', help='Ask nothing.')
    for short, name, variable, text in (
            ('-A', 'os-auth-token', 'OS_AUTH_TOKEN', 'A token.'), ('-I', 'os-username', 'OS_USERNAME', 'User.'),
            ('-K', 'os-password', 'OS_PASSWORD', 'Password.'), ('-R', 'os-region-name', 'OS_REGION_NAME', 'Region.'),
            ('-T', 'os-tenant-name', 'OS_TENANT_NAME', 'Project.'),
            ('-N', 'os-auth-url', 'OS_AUTH_URL', 'Where a token is had.'),
            ('-S', 'os-auth-strategy', 'OS_AUTH_STRATEGY', 'keystone, or noauth for none.')):
        value = env(variable) or (env('OS_PROJECT_NAME') if variable == 'OS_TENANT_NAME' else None)
        add(short, f'--{name}', default=value, help=f'{text} Else ${variable}.')
    commands = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for function in COMMANDS:
        made = commands.add_parser(function.__name__.replace('_', '-'), help=function.__doc__)
        made.set_defaults(run=function)
        if function in _OF_ONE:
            made.add_argument('image', help='ID of the image.')
    made = commands.add_parser('help', help='Show this, or how a command is called.')
    made.add_argument('about', nargs='?', metavar='COMMAND', choices=tuple(commands.choices), help='The command.')
    made.set_defaults(run=lambda cache, options: commands.choices.get(options.about, parser).print_help())
    return parser


def main(argv=None):
    """Run one command; returns the exit status."""
    options = _parser().parse_args(argv)
    if options.os_auth_strategy == 'noauth':
        options.os_auth_token = options.os_auth_url = None
    began = time.monotonic()
    try:
        options.run(None if options.command == 'help' else Cache(options), options)
    except Refused as error:
        if options.debug:
            raise
        sys.stderr.write(f'{PROG}: {error}\n')
        return 1
    _say(options, f'Completed in {time.monotonic() - began:.4f} sec.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
