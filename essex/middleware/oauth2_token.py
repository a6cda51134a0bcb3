"""auth_token for clients of OAuth 2.0: the token is named in `Authorization: Bearer TOKEN` (RFC 6750), nowhere else.

Everything else is as in essex.middleware.auth_token: the same options, headers and answers.
"""
from essex.middleware import auth_token


class BearerToken(auth_token.AuthToken):
    """WSGI filter."""

    @staticmethod
    def _token_of(environ):
        # Whoever hands the caller's token on finds it where others have it; what a client put there was not checked.
        for name in ('HTTP_X_AUTH_TOKEN', 'HTTP_X_STORAGE_TOKEN'):
            environ.pop(name, None)
        kind, _, token = environ.get('HTTP_AUTHORIZATION', '').partition(' ')
        token = token.strip()
        if kind.lower() != 'bearer' or not token:
            return None
        environ['HTTP_X_AUTH_TOKEN'] = token
        return token


filter_factory = auth_token.factory(BearerToken)
