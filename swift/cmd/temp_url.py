"""swift-temp-url: sign a temporary URL with the key of an account or a container.

The path is that of the object, `/v1/AUTH_account/container/object`; add it to the address of the proxy.
"""
import argparse
import hashlib
import hmac
import sys
import time
from urllib.parse import quote

from swift.cmd._help import description

DIGESTS = ('sha1', 'sha256', 'sha512')


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-temp-url', description=description(__doc__))
    parser.add_argument('method', help='GET, HEAD, PUT, POST or DELETE')
    parser.add_argument('seconds', type=int, help='how long it is good for')
    parser.add_argument('path', help='/v1/AUTH_account/container/object')
    parser.add_argument('key', help='X-Account-Meta-Temp-URL-Key, or that of the container')
    parser.add_argument('--digest', choices=DIGESTS, default='sha256', help='default: %(default)s')
    args = parser.parse_args(argv)
    if args.seconds < 0:
        parser.error('seconds: a number from 0')
    if len(args.path.split('/', 4)) < 5 or not all(args.path.split('/', 4)[1:]):
        print('swift-temp-url: WARNING: this is no path of an object, /v1/account/container/object', file=sys.stderr)
    print(signed(args.method.upper(), int(time.time()) + args.seconds, args.path, args.key, args.digest))
    return 0


def signed(method, expires, path, key, digest='sha256'):
    """The path (text) with its signature."""
    message = f'{method}\n{expires}\n{path}'.encode()
    signature = hmac.new(key.encode(), message, getattr(hashlib, digest)).hexdigest()
    return f'{quote(path)}?temp_url_sig={signature}&temp_url_expires={expires}'


if __name__ == '__main__':
    sys.exit(main())
