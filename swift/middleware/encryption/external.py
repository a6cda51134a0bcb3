"""The filters `kms_keymaster` and `kmip_keymaster`: root secrets from a key management system. There is none here."""
from swift.exceptions import ConfigurationError


def kms_filter_factory(global_conf, **local_conf):
    """Paste: refused."""
    _refuse('kms_keymaster', 'Barbican')


def kmip_filter_factory(global_conf, **local_conf):
    """Paste: refused."""
    _refuse('kmip_keymaster', 'a KMIP server')


def _refuse(name, source):
    raise ConfigurationError(f'{name} would take the root secret from {source}, which is not supported: use keymaster '
                             'with keymaster_config_path, a file that only the proxy may read')
