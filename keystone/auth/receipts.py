"""Rules of several factors, and receipts: who has proved some of them so far.

A receipt is a Fernet token of its own kind, [user, methods, expiry] in msgpack, and good for nothing but to go on
authenticating with.
"""
import base64
import binascii
import dataclasses
import struct
import time

import msgpack
from cryptography.fernet import InvalidToken
from oslo_config import cfg

from essex import config
from keystone.exception import AuthFailed, MoreFactorsNeeded
from keystone.token import payload
from keystone.token.keys import KeyRepository
from keystone.token.model import iso

CONF = config.register([
    cfg.IntOpt('expiration', default=300, min=1, max=86400, help='Seconds an authentication receipt is good for.'),
    cfg.StrOpt('provider', default='fernet', choices=['fernet'], help='How receipts are written.'),
], 'receipt')
config.register([
    cfg.StrOpt('key_repository', help='Directory of the keys receipts are made with. Unset: that of [fernet_tokens].'),
    cfg.IntOpt('max_active_keys', default=3, min=2, help='Keys kept.'),
], 'fernet_receipts')


@dataclasses.dataclass
class Receipt:
    """Times are seconds since 1970."""

    id: str
    user_id: str
    methods: list
    issued_at: int
    expires_at: float


def keys():
    """The KeyRepository of receipts."""
    options = CONF.fernet_receipts
    return KeyRepository(options.key_repository or CONF.fernet_tokens.key_repository, 'receipt_setup',
                         options.max_active_keys)


class Factors:
    """Decides whether the methods somebody proved are enough for him."""

    def __init__(self):
        self.keys = keys()

    def check(self, user, methods, receipt_id=None):
        """The methods proved, those of the receipt included. Raises MoreFactorsNeeded, AuthFailed (bad receipt)."""
        if receipt_id is not None:
            receipt = self.read(receipt_id)
            if receipt.user_id != user['id']:
                raise AuthFailed()
            methods = [*receipt.methods, *methods]
        rules = required(user)
        if rules and not any({*rule} <= {*methods} for rule in rules):
            raise MoreFactorsNeeded(self._refusal(user, methods, rules))
        return methods

    def _refusal(self, user, methods, rules):
        """(receipt's text, body of the answer)."""
        receipt = self._issue(user['id'], methods)
        shown = {'methods': receipt.methods, 'issued_at': iso(receipt.issued_at), 'expires_at': iso(receipt.expires_at),
                 'user': {'id': user['id'], 'name': user['name'],
                          'domain': {'id': user['domain_id'], 'name': user['domain_name']}}}
        return receipt.id, {'receipt': shown, 'required_auth_methods': rules}

    def _issue(self, user_id, methods):
        now = int(time.time())
        expires_at = float(now + CONF.receipt.expiration)
        mask = payload.pack_methods(methods)
        packed = msgpack.packb([payload.pack_id(user_id), mask, expires_at])
        text = self.keys.crypto().encrypt_at_time(packed, now).rstrip(b'=').decode()
        return Receipt(text, user_id, payload.unpack_methods(mask), now, expires_at)

    def read(self, receipt_id):
        """The Receipt of a text. Raises AuthFailed: malformed, expired, or none of ours."""
        try:
            padded = receipt_id.encode('ascii') + b'=' * (-len(receipt_id) % 4)
            user, mask, expires_at = msgpack.unpackb(self.keys.crypto().decrypt(padded))
            (issued_at,) = struct.unpack('>Q', base64.urlsafe_b64decode(padded)[1:9])
            receipt = Receipt(receipt_id, payload.unpack_id(user), payload.unpack_methods(mask), issued_at, expires_at)
        except (InvalidToken, ValueError, TypeError, binascii.Error, msgpack.UnpackException) as error:
            raise AuthFailed() from error
        if receipt.expires_at <= time.time():
            raise AuthFailed()
        return receipt


def required(user):
    """The lists of methods of which the user has to prove one whole; empty: any method will do.

    Methods that this service does not offer drop out of a rule, as an operator may have taken one away since.
    """
    options = user.get('options') or {}
    if options.get('multi_factor_auth_enabled') is False:
        return []
    rules = [[name for name in dict.fromkeys(rule) if name in CONF.auth.methods]
             for rule in options.get('multi_factor_auth_rules') or ()]
    return [rule for rule in rules if rule]
