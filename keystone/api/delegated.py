"""What a caller with a delegated token may not do, lest he gives himself more than he was given."""
from essex.exception import Forbidden
from keystone.credential.ec2_drivers import DELEGATIONS
from keystone.exception import TokenNotFound

# A service that enforces access rules says so, and which version of them.
ACCESS_RULES_HEADER, ACCESS_RULES_VERSION = 'OpenStack-Identity-Access-Rules', 1.0


def refuse_restricted(req):
    """Raise Forbidden when the caller's token is by an application credential that is not unrestricted."""
    token = req.environ.get('keystone.token')
    if token is not None and token.shown.get('application_credential', {}).get('restricted'):
        raise Forbidden('A token by an application credential manages no further credentials, unless that one was '
                        'created with unrestricted.')


def refuse_trusted(req):
    """Raise Forbidden when the caller acts for somebody else, by a trust or an OAuth1 access token."""
    token = req.environ.get('keystone.token')
    if token is not None and (token.claims.trust_id or token.claims.access_token_id):
        raise Forbidden('A token that was itself delegated manages no application credentials.')


def refuse_app_cred(req):
    """Raise Forbidden when the caller's token is by an application credential, of either kind: a trust may be worth
    more than its roles, and would outlive it."""
    token = req.environ.get('keystone.token')
    if token is not None and token.claims.app_cred_id:
        raise Forbidden('A token by an application credential manages no trusts.')


def refuse_delegated(req):
    """Raise Forbidden when the caller's token is by a trust, an OAuth1 access token, or as `refuse_restricted`."""
    token = req.environ.get('keystone.token')
    if token is not None and (token.claims.trust_id or token.claims.access_token_id):
        raise Forbidden('A token that was itself delegated cannot be used to delegate or to make credentials.')
    refuse_restricted(req)


def delegation(req):
    """{name of DELEGATIONS: id} of what the caller's token is by; empty when it may do what its user may.

    That an application credential is unrestricted says that it makes others of its kind: it is no less delegated.
    """
    token = req.environ.get('keystone.token')
    if token is None:
        return {}
    found = {name: getattr(token.claims, name) for name in DELEGATIONS}
    return {name: key for name, key in found.items() if key is not None}


def within_delegation(controller, req, rule, secrets, bound):
    """Of a list of secrets those the caller's token reaches: a delegated one only what was made with the same
    delegation, as another secret would be worth more. `bound(secret)` is what it was made with, as `delegation`."""
    own = delegation(req)
    if not own or controller.allowed(req, rule):
        return secrets
    return [secret for secret in secrets if bound(secret) == own]


def refuse_beyond(controller, req, rule, secret, bound):
    """Raise Forbidden when `within_delegation` leaves a secret out."""
    if not within_delegation(controller, req, rule, [secret], bound):
        raise Forbidden('A delegated token reaches only credentials that were made with the same delegation.')


def check_understood(req, token):
    """Raise TokenNotFound when the token has access rules and whoever validates it would not enforce them."""
    if token.shown.get('application_credential', {}).get('access_rules'):
        try:
            understood = float(req.headers.get(ACCESS_RULES_HEADER, '0'))
        except ValueError:
            understood = 0
        if not understood >= ACCESS_RULES_VERSION:
            raise TokenNotFound()
