"""Trusts by which the store's account acts as the owner of an image for as long as an upload takes.

The owner's own token may expire long before the last segment is sent; by the trust there is always another one. Where
none can be had (an application credential may make none, nor may a trust's token) the store's account uses what the
lists of the container allow it.
"""
import datetime
import logging

from keystoneauth1 import exceptions as ks_exceptions

from essex.client import session

LOG = logging.getLogger(__name__)

# No upload takes longer; a trust that nobody ended ends then.
_LIFE = datetime.timedelta(days=7)
_PATH = '/OS-TRUST/trusts'


class Trust:
    """A trust for an Account. `session` is keystoneauth's, logged in by it."""

    def __init__(self, trust_id, account, made):
        self.id, self.session, self._address = trust_id, made, account.auth_address

    def is_good(self):
        """Whether one can still log in by it."""
        try:
            self.session.get_token()
        except ks_exceptions.ClientException as error:
            LOG.info('Trust %s is of no use any more: %s', self.id, error)
            return False
        return True

    def end(self):
        """Take it back, with a token by itself. One that cannot be taken back expires."""
        try:
            session.adapter_of(self.session, 'identity', self._address).delete(f'{_PATH}/{self.id}')
        except ks_exceptions.ClientException as error:
            LOG.warning('Trust %s stays until it expires: %s', self.id, error)


def create(address, trustee_id, caller):
    """The id of a new trust of the RequestContext `caller` for a user, at Keystone's address; None where there is none
    to be had."""
    end = datetime.datetime.now(datetime.UTC) + _LIFE
    wanted = {'trustor_user_id': caller.user_id, 'trustee_user_id': trustee_id, 'project_id': caller.project_id,
              'impersonation': True, 'roles': [{'name': name} for name in caller.roles],
              'expires_at': end.strftime('%Y-%m-%dT%H:%M:%S.000000Z')}
    try:
        answer = session.user_adapter(caller, 'identity', address).post(_PATH, json={'trust': wanted})
        return answer.json()['trust']['id']
    except (ks_exceptions.ClientException, ValueError, KeyError) as error:
        LOG.info('User %s gives the store no trust for this upload: %s', caller.user_id, error)
        return None
