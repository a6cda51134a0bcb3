"""The token of this service that goes along with its users' tokens, as X-Service-Token.

The service that is called then knows that another one asks on a user's behalf: it takes a user's token that has expired
since, and does not hold the call to the access rules of an application credential.
"""
import logging

from keystoneauth1 import exceptions as ks_exceptions
from keystoneauth1 import loading
from oslo_config import cfg

from essex import config
from essex.client import account
from essex.exception import ServiceUnavailable

LOG = logging.getLogger(__name__)
GROUP = 'service_user'

OPTS = [
    cfg.BoolOpt('send_service_user_token', default=False,
                help="Send a token of this service along with users' tokens to other services. They take the user's "
                     'token then even when it has expired since, and one of an application credential with access '
                     'rules though these name other services only. The account needs the role service.'),
    *loading.get_auth_common_conf_options(),
    # Not required as the plugin has them: the account may be that of another section.
    *(cfg.StrOpt(option.dest, secret=option.secret, help=option.help)
      for option in loading.get_plugin_loader('password').get_options()),
]
CONF = config.register(OPTS, GROUP)


def companion(own):
    """The keystoneauth plugin of the account whose token goes along, None where none does.

    `own()` gives that of [keystone_authtoken], which it is when [service_user] names no other account, or that section.
    Raises ServiceUnavailable when the account is wrongly configured.
    """
    options = CONF[GROUP]
    if not options.send_service_user_token:
        return None
    section = options.auth_section or GROUP
    if section == account.GROUP or (section == GROUP and not options.auth_type):
        return own()
    try:
        config.register(loading.get_auth_common_conf_options(), section)
        name = CONF[section].auth_type
        if not name:
            raise ValueError('it has no auth_type')
        loader = account.register_plugin(name, section)
        return loader.load_from_options_getter(lambda option: CONF[section][option.dest])
    except (ValueError, ks_exceptions.ClientException) as error:
        LOG.error('The account of this service in [%s] is of no use: %s', section, error)
        raise ServiceUnavailable("This service's own account for calls to other services is not set up. Its operator "
                                 'finds more in the log.') from error
