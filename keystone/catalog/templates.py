"""URLs of endpoints with values put in: http://host/v1/AUTH_$(project_id)s."""
import re

# $(name)s of the Essex era and %(name)s.
_FIELD = re.compile(r'[$%]\((\w+)\)s')


def fields(url):
    """Names of the values a URL asks for."""
    return set(_FIELD.findall(url))


def fill(url, values):
    """The URL with its values; None when one is not there (the endpoint is then left out)."""
    missing = [name for name in fields(url) if values.get(name) is None]
    if missing:
        return None
    return _FIELD.sub(lambda match: str(values[match[1]]), url)
