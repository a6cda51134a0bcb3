"""API versions: microversions in headers, version documents."""
import functools
import re
from typing import NamedTuple

from essex.exception import BadRequest, NotAcceptable


class APIVersion(NamedTuple):
    """A microversion such as 2.15; compares as numbers do."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text):
        """The version in `text`. Raises BadRequest."""
        match = re.fullmatch(r'([1-9]\d{0,2})\.(0|[1-9]\d{0,3})', text)
        if not match:
            raise BadRequest(f'API Version String {text[:40]} is of invalid format. '
                             'Must be of format MajorNum.MinorNum.')
        return cls(int(match[1]), int(match[2]))

    def __str__(self):
        return f'{self.major}.{self.minor}'


class Microversions:
    """The range of one service's microversions and how clients ask for one.

    `service` is the word in the header OpenStack-API-Version (`compute 2.1`); `legacy_header` the older
    header of this service alone.
    """

    def __init__(self, service, minimum, maximum, legacy_header=None):
        self.service = service
        self.minimum, self.maximum = APIVersion.parse(minimum), APIVersion.parse(maximum)
        self.legacy_header = legacy_header

    def of(self, req):
        """The version `req` asks for. Raises BadRequest (malformed) or NotAcceptable (unsupported)."""
        text = self._asked(req.headers)
        if text is None:
            return self.minimum
        if text == 'latest':
            return self.maximum
        version = APIVersion.parse(text)
        if not self.minimum <= version <= self.maximum:
            raise NotAcceptable(f'Version {version} is not supported by the API. Minimum is {self.minimum} and '
                                f'maximum is {self.maximum}.')
        return version

    def _asked(self, headers):
        for part in headers.get('OpenStack-API-Version', '').split(','):
            service, _, text = part.strip().partition(' ')
            if service.lower() == self.service and text:
                return text.strip()
        return headers.get(self.legacy_header) if self.legacy_header else None

    def mark(self, response, version):
        """Say in `response` which version answered."""
        response.headers['OpenStack-API-Version'] = f'{self.service} {version}'
        vary = ['OpenStack-API-Version']
        if self.legacy_header:
            response.headers[self.legacy_header] = str(version)
            vary.append(self.legacy_header)
        response.vary = (*(response.vary or ()), *vary)


@functools.lru_cache(maxsize=64)
def media_type(base, vendor):
    """An entry of a version document's media-types."""
    return {'base': base, 'type': vendor}


def version_entry(version_id, status, href, updated, media=None, **more):
    """One entry of a version document; `more` holds version, min_version where there are microversions."""
    entry = {'id': version_id, 'status': status, 'updated': updated, 'links': [{'rel': 'self', 'href': href}]}
    if media:
        entry['media-types'] = [media_type('application/json', media)]
    entry.update(more)
    return entry
