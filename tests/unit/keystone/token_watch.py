"""Looks at tokens as a service does, and as another process would."""
from keystone.exception import TokenNotFound
from keystone.managers import Managers


class TokenWatch:
    """Base of kits that have `api` and `cloud`."""

    def validate(self, token_id, rules='1.0'):
        """The answer to the administrator who validates a token; `rules`: the version of access rules he enforces."""
        return self.api('GET', '/v3/auth/tokens', token=self.cloud.admin_token, subject=token_id,
                        headers={'OpenStack-Identity-Access-Rules': rules} if rules else {})

    @staticmethod
    def alive(token_id):
        """Whether another process takes the token."""
        try:
            return bool(Managers().tokens.validate(token_id))
        except TokenNotFound:
            return False
