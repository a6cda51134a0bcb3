"""Refuses names that the operator forbids: characters, lengths, patterns (400)."""
import re

from swift import conf as options
from swift.exceptions import ConfigurationError
from swift.proxy import registry, responses

_CHARACTERS = '\'"`<>'
_LENGTH = 255
_PATTERN = r'/\./|/\.\./|/\.$|/\.\.$'


class NameCheck:
    """WSGI filter. Options: forbidden_chars, maximum_length, forbidden_regexp."""

    def __init__(self, app, conf):
        self.app = app
        self._characters = conf.get('forbidden_chars', _CHARACTERS)
        self._length = options.integer(conf, 'maximum_length', _LENGTH, 1)
        pattern = conf.get('forbidden_regexp', _PATTERN)
        try:
            self._pattern = re.compile(pattern) if pattern else None
        except re.error as error:
            raise ConfigurationError(f'forbidden_regexp = {pattern}: {error}') from error
        registry.register('name_check', forbidden_chars=self._characters, maximum_length=self._length,
                          forbidden_regexp=pattern or None)

    def __call__(self, environ, start_response):
        problem = self._problem(environ['PATH_INFO'])
        if problem is None:
            return self.app(environ, start_response)
        return responses.error(400, f'Object/Container/Account name contains {problem}')(environ, start_response)

    def _problem(self, path):
        if any(character in path for character in self._characters):
            return f'forbidden chars from {self._characters}'
        if len(path) > self._length:
            return f'more than the {self._length} bytes that are allowed'
        if self._pattern and self._pattern.search(path):
            return f'a forbidden substring from regular expression {self._pattern.pattern}'
        return None


def filter_factory(global_conf, **local_conf):
    """Paste."""
    conf = {**global_conf, **local_conf}
    return lambda app: NameCheck(app, conf)
