"""swift-form-signature: sign a form by which browsers upload files (FormPost)."""
import argparse
import hashlib
import hmac
import sys
import time

from swift.cmd._help import description
from swift.cmd.temp_url import DIGESTS


def main(argv=None):
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(prog='swift-form-signature', description=description(__doc__))
    parser.add_argument('path', help='/v1/AUTH_account/container, with a beginning of names if need be')
    parser.add_argument('redirect', help="where the browser goes afterwards; '' for nowhere")
    parser.add_argument('max_file_size', type=_whole, help='bytes')
    parser.add_argument('max_file_count', type=_positive)
    parser.add_argument('seconds', type=_positive, help='how long the form is good for')
    parser.add_argument('key', help='X-Account-Meta-Temp-URL-Key, or that of the container')
    parser.add_argument('--digest', choices=DIGESTS, default='sha256', help='default: %(default)s')
    args = parser.parse_args(argv)
    expires = int(time.time()) + args.seconds
    message = '\n'.join(map(str, (args.path, args.redirect, args.max_file_size, args.max_file_count, expires)))
    signature = hmac.new(args.key.encode(), message.encode(), getattr(hashlib, args.digest)).hexdigest()
    print(f'  Expires: {expires}\nSignature: {signature}')
    return 0


def _whole(text):
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def _positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == '__main__':
    sys.exit(main())
