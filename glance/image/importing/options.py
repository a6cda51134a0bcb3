"""Lists of names in configuration files, with or without the brackets that the original asks for."""
from oslo_config import cfg

from essex import config
from essex.exception import ConfigError

CONF = config.CONF


class Names(cfg.types.List):
    """A list of some of `choices`: `a,b` or `[a,b]`."""

    def __init__(self, choices):
        super().__init__(item_type=cfg.types.String(choices=choices))

    def __call__(self, value):
        if isinstance(value, str) and value.strip().startswith('[') and value.strip().endswith(']'):
            value = value.strip()[1:-1]
        return super().__call__(value)


def names(name, choices, **options):
    """An option that is a list of some of `choices`."""
    return cfg.Opt(name, type=Names(choices), **options)


def check():
    """Raise ConfigError when a list in the configuration names what there is not."""
    try:
        return CONF.enabled_import_methods, CONF.image_import_opts.image_import_plugins
    except (cfg.ConfigFileValueError, ValueError) as error:
        raise ConfigError(str(error)) from error
