"""The etag column of a listing may carry more: `<md5>; slo_etag=...; symlink_target=...`, taken apart here."""
import json

from swift.middleware import copied


def split(value):
    """(hash, {parameter: value})."""
    first, *more = value.split(';')
    return first.strip(), dict(part.strip().partition('=')[::2] for part in more)


def join(value, params):
    """The text that `split` takes apart."""
    return '; '.join([value, *(f'{name}={text}' for name, text in params.items())])


def rewrite(response, change, sign):
    """Apply change(item, params), which moves what it knows out of `params`, to the objects of a JSON listing that has
    `sign` (bytes) in it at all: to read ten thousand items in vain takes longer than to list them.

    The response is changed in place; one that is no JSON listing stays as it is.
    """
    def change_item(item):
        if ';' in item.get('hash', ''):
            item['hash'], params = split(item['hash'])
            change(item, params)
            item['hash'] = join(item['hash'], params)
    return rewrite_items(response, change_item, sign)


def rewrite_items(response, change, sign=b'symlink_path'):
    """Apply change(item) to the items of a JSON listing, when it has `sign` in it at all."""
    if response.status_int != 200 or response.content_type != 'application/json':
        return response
    body = response.body
    if sign not in body:
        return response
    try:
        items = json.loads(body)
    except ValueError:
        return response
    for item in items:
        change(item)
    copied.close_body(response)
    response.body = json.dumps(items).encode()
    return response
