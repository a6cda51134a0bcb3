"""A directory of a container as a page for people: no script, names escaped, light or dark as the reader likes it."""
import html
import urllib.parse

_UNITS = ('B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB')
# Nothing on the page may run or be sent anywhere, whatever a name or a style sheet holds.
POLICY = "default-src 'none'; style-src * 'unsafe-inline'; img-src *; font-src *; base-uri 'none'; form-action 'none'"
_STYLE = """
:root { color-scheme: light dark; --text: #1d2430; --soft: #667085; --line: #e4e7ec; --back: #fff; --link: #175cd3 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e9ef; --soft: #98a2b3; --line: #2b3240; --back: #12161d; --link: #84adff } }
body { margin: 0 auto; padding: 2.5rem 1.25rem; max-width: 60rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.35rem; font-weight: 600; overflow-wrap: anywhere; margin: 0 0 1.25rem }
table { width: 100%; border-collapse: collapse }
th { text-align: left; font-weight: 500; font-size: .85rem; color: var(--soft) }
th, td { padding: .5rem .75rem; border-bottom: 1px solid var(--line) }
td.name { overflow-wrap: anywhere; width: 99% }
.size, .date { white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; color: var(--soft) }
tr:hover td { background: color-mix(in srgb, var(--link) 6%, transparent) }
a { color: var(--link); text-decoration: none } a:hover, a:focus { text-decoration: underline }
p { color: var(--soft) }
@media (max-width: 40rem) { .date { display: none } }
"""


def size(count):
    """`0 B`, `999 B`, `1.5 KiB`: bytes for people."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f'{count} B' if unit == 0 else f'{value:.1f} {_UNITS[unit]}'


def date(stamp):
    """`2026-01-02 03:04` of a listing's last_modified."""
    return stamp[:16].replace('T', ' ')


def _href(name, query=''):
    # With ./ no name is a scheme or a host.
    return html.escape('./' + urllib.parse.quote(name, safe='/') + query)


def _row(kind, href, name, amount='', when=''):
    return (f'<tr class="{kind}"><td class="name"><a href="{href}">{html.escape(name)}</a></td>'
            f'<td class="size">{html.escape(amount)}</td><td class="date">{html.escape(when)}</td></tr>')


def _type_class(content_type):
    kept = ''.join(character if character.isalnum() else '-' for character in content_type.split(';')[0].lower())
    return f'item type-{kept}'


def page(title, prefix, entries, up=True, css=None, query='', more=None):
    """The page (text) of what a listing with delimiter `/` gave.

    `entries`: dicts of a container's listing below `prefix`; `query` is added to every link (`?...`), `more` is the
    query of the next page, `css` the URL of a style sheet instead of ours.
    """
    style = (f'<link rel="stylesheet" type="text/css" href="{html.escape(css)}" />' if css
             else f'<style>{_STYLE}</style>')
    rows = [_row('item up', '../' + html.escape(query), '../')] if up else []
    for entry in entries:
        if 'subdir' in entry:
            name = entry['subdir'][len(prefix):]
            rows.append(_row('item subdir', _href(name, query), name))
        else:
            name = entry['name'][len(prefix):]
            # The directory's own marker is where the reader is.
            if name:
                rows.append(_row(_type_class(entry.get('content_type', '')), _href(name, query), name,
                                 size(entry['bytes']), date(entry.get('last_modified', ''))))
    following = f'<p><a rel="next" href="{html.escape(more)}">Next page</a></p>' if more else ''
    return (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">{style}</head>\n'
            f'<body><h1 id="title">{html.escape(title)}</h1>\n<table id="listing"><thead><tr>'
            '<th class="name">Name</th><th class="size">Size</th><th class="date">Date</th></tr></thead>\n<tbody>\n'
            + '\n'.join(rows) + f'\n</tbody></table>{following}</body></html>\n')
