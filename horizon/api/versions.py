"""What services answer when they are asked who they are."""
import re
from urllib.parse import urlsplit, urlunsplit

# Object storage tells its version at /info beside its API; others at their endpoint.
_PATHS = {'object-store': '/info'}


def of(cloud, kind, url):
    """The versions a service tells at `url`, newest first, as one text; '' when it tells none: one call."""
    base, path = _root(url), _PATHS.get(kind)
    if path is None:
        base, path = url.split('%(')[0].split('$(')[0].rstrip('/'), '/'
    answer = cloud.call(kind, 'GET', path, base=base, headers={'Accept': 'application/json'})
    try:
        return ', '.join(dict.fromkeys(_versions(answer.json())))
    except ValueError:
        return ''


def _root(url):
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, '', '', ''))


def _versions(body):
    """Texts of any of the forms version documents have."""
    if not isinstance(body, dict):
        return []
    if 'swift' in body:
        return [str(body['swift'].get('version', ''))]
    one = body.get('version')
    found = [one] if isinstance(one, dict) else body.get('versions', [])
    if isinstance(found, dict):
        found = found.get('values', [])
    shown = [_shown(each) for each in found if isinstance(each, dict) and each.get('id')]
    return sorted(shown, key=lambda text: [int(part) for part in re.findall(r'\d+', text)[:2]], reverse=True)


def _shown(entry):
    """v2.1 up to 2.12, when it has microversions."""
    newest = entry.get('version')
    return f'{entry["id"]} ({newest})' if newest else str(entry['id'])
