"""Checks signed OAuth 1.0a requests (RFC 5849) with oauthlib, against the consumers and tokens kept here."""
import hashlib
import hmac

from oauthlib.common import to_unicode
from oauthlib.oauth1 import SIGNATURE_HMAC, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512, RequestValidator

from essex import db
from keystone.db import oauth1
from keystone.db.models import AccessToken, RequestToken
from keystone.exception import ConsumerNotFound


def nonce_key(request):
    """What names a signed request: it may be used once."""
    parts = (request.client_key, request.resource_owner_key or '', request.timestamp, request.nonce)
    return hashlib.sha256('\n'.join(to_unicode(part) for part in parts).encode()).hexdigest()


def is_over(token):
    """Whether a request or access token has expired."""
    return token['expires_at'] is not None and token['expires_at'] <= db.utcnow()


class Validator(RequestValidator):
    """What oauthlib asks. `vault` opens secrets; `save_request_token`, `save_access_token(token, request)` are the
    manager's.

    An unknown consumer raises ConsumerNotFound. An unknown token is checked against a dummy, so that time tells
    nothing.
    """

    client_key_length = request_token_length = access_token_length = verifier_length = nonce_length = (1, 64)
    # A front may end TLS, and a cloud of one host has none.
    enforce_ssl = False
    allowed_signature_methods = (SIGNATURE_HMAC, SIGNATURE_HMAC_SHA256, SIGNATURE_HMAC_SHA512)
    dummy_client = dummy_request_token = dummy_access_token = 'dummy'  # noqa: S105 - names nothing

    def __init__(self, vault, save_request_token, save_access_token):
        super().__init__()
        self.vault = vault
        self.save_request_token, self.save_access_token = save_request_token, save_access_token

    def check_nonce(self, nonce):
        return 0 < len(nonce) <= 255

    @staticmethod
    def _token(model, client_key, key):
        with db.reader() as session:
            token = oauth1.get_token(session, model, key)
        fits = token is not None and token['consumer_id'] == client_key and not is_over(token)
        return token if fits else None

    def _secret(self, row, dummy):
        return self.vault.open({'id': row['id'], 'encrypted_blob': row['secret']}) if row else dummy

    def get_client_secret(self, client_key, request):
        with db.reader() as session:
            consumer = oauth1.get_consumer(session, client_key)
        return self._secret(consumer, self.dummy_client)

    def get_request_token_secret(self, client_key, token, request):
        return self._secret(self._token(RequestToken, client_key, token), self.dummy_request_token)

    def get_access_token_secret(self, client_key, token, request):
        return self._secret(self._token(AccessToken, client_key, token), self.dummy_access_token)

    def validate_client_key(self, client_key, request):
        with db.reader() as session:
            if oauth1.get_consumer(session, client_key) is None:
                raise ConsumerNotFound(client_key)
        return True

    def validate_request_token(self, client_key, token, request):
        return self._token(RequestToken, client_key, token) is not None

    def validate_access_token(self, client_key, token, request):
        return self._token(AccessToken, client_key, token) is not None

    def validate_verifier(self, client_key, token, verifier, request):
        found = self._token(RequestToken, client_key, token)
        return found is not None and found['verifier'] is not None and hmac.compare_digest(found['verifier'], verifier)

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None,
                                     access_token=None):
        # Counted once the signature is known to fit: who has no secret fills no table.
        return True

    def validate_redirect_uri(self, client_key, redirect_uri, request):
        return True

    def validate_requested_realms(self, client_key, realms, request):
        return True

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return True

    def check_realms(self, realms):
        return True

    def get_default_realms(self, client_key, request):
        return []

    def get_realms(self, token, request):
        return []

    def invalidate_request_token(self, client_key, request_token, request):
        """The exchange took it."""
