"""Reading *.conf: one ini file a server, sections a filter, an application or a daemon each, in the Paste format."""
import configparser
import os

from swift.exceptions import ConfigurationError
from swift.headers import true_value


def parse(path):
    """The file (or every *.conf of a directory) as a ConfigParser without interpolation; keys keep their case."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str
    try:
        names = ([os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith('.conf')]
                 if os.path.isdir(path) else [path])
        read = parser.read(names, encoding='utf-8')
    except (OSError, configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f'{path} cannot be read: {error}') from error
    if not read:
        raise ConfigurationError(f'{path} cannot be read: is the name right, and may this user read it?')
    return parser


def section(path, name, required=True):
    """A section's options over those of [DEFAULT], with `__file__`. Raises ConfigurationError."""
    parser = parse(path)
    if not parser.has_section(name):
        if required:
            raise ConfigurationError(f'{path} has no section [{name}]')
        return {**parser.defaults(), '__file__': path}
    return {**dict(parser.items(name)), '__file__': path}


def integer(conf, name, default, minimum=None):
    """The option as an int. Raises ConfigurationError."""
    return _number(conf, name, default, minimum, int)


def number(conf, name, default, minimum=None):
    """The option as a float. Raises ConfigurationError."""
    return _number(conf, name, default, minimum, float)


def boolean(conf, name, default):
    """The option as a bool."""
    value = conf.get(name, default)
    return value if isinstance(value, bool) else true_value(value.strip())


def words(conf, name, default=''):
    """The option as a list: separated by commas or spaces."""
    return conf.get(name, default).replace(',', ' ').split()


def _number(conf, name, default, minimum, kind):
    try:
        value = kind(conf.get(name, default))
    except (TypeError, ValueError):
        raise ConfigurationError(f'{name} = {conf.get(name)}: a number is needed') from None
    if minimum is not None and value < minimum:
        raise ConfigurationError(f'{name} = {value}: at least {minimum}')
    return value
