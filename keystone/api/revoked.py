"""What PKI tokens needed: their revocation list, and the certificates they were signed with."""
from oslo_config import cfg

from essex import config
from essex.exception import Forbidden, Gone

CONF = config.register([
    cfg.BoolOpt('revoke_by_id', default=True,
                help='Whether the list of revoked PKI tokens is refused (403) or gone (410): there is none.'),
], 'token')


def refuse_revocation_list():
    """There are no PKI tokens, hence no signed list of revoked ones. Raises Forbidden or Gone."""
    if not CONF.token.revoke_by_id:
        raise Gone('The list of revoked tokens is gone: services ask for each token.')
    raise Forbidden('There is no list of revoked tokens: only PKI tokens had one. Services ask for each token.')
