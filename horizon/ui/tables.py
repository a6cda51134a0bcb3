"""Tables of things: columns, actions on rows, what is under way.

    class Servers(Table):
        name, caption = 'servers', _('Instances')
        columns = [Column('name', _('Name'), link=lambda row: ...), Column('status', _('Status'), kind='status')]
        actions = [Start(), Delete()]

Rows are the dicts of the API. Templates: ui/table.html; ui/cells/<kind>.html for cells of a kind rows.py lacks.
"""
import hashlib

from django.utils.functional import cached_property
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from horizon.ui import rows

# What a status means to the eye. Whatever is not here is under way.
GOOD, BAD, IDLE, BUSY = 'good', 'bad', 'idle', 'busy'


class Column:
    """One column. `value`: key of the row, or a function of it; `link`: function of the row to an address or None.

    kind: text, status, size (bytes), megabytes, time (ISO text), number, flag, list, code.
    """

    def __init__(self, name, label, value=None, link=None, kind='text', sortable=True, wide_only=False):
        self.name, self.label, self.link, self.kind = name, label, link, kind
        self._value = value or name
        self.sortable, self.wide_only = sortable, wide_only

    def value(self, row):
        """The value of a row's cell, or None."""
        return self._value(row) if callable(self._value) else row.get(self._value)

    def sort_key(self, row):
        """Sorts None first and text without case."""
        value = self.value(row)
        if isinstance(value, str):
            return (1, value.lower())
        return (0, '') if value is None else (1, value)

    @property
    def template(self):
        """Template of its cells, for a kind that rows.py does not know."""
        return f'ui/cells/{self.kind}.html'


class Action:
    """Something to do with a row, or with several. Subclasses set names and define `act`, or `url` for a page of it.

    A `danger` is asked for once more, naming what it concerns.
    """

    name = label = None
    done = _('Done: %s')            # message with the names
    icon = None
    danger = False
    bulk = True                     # for several rows at once
    question = _('This cannot be undone.')

    def allowed(self, login, row):
        """Whether the user may do it to this row in its state."""
        return True

    def url(self, row):
        """Address of the page that does it; None: `act` does."""
        return

    def act(self, request, key):
        """Do it to the row with this key. Raises ApiError."""
        raise TypeError(f'{type(self).__name__} has neither act() nor url()')


class Button:
    """A link above a table. `url`: address or a function without arguments."""

    def __init__(self, label, url, icon='plus', primary=True, allowed=lambda login: True):
        self.label, self._url, self.icon, self.primary, self.allowed = label, url, icon, primary, allowed

    @property
    def url(self):
        """Where it leads."""
        return self._url() if callable(self._url) else self._url


class Table:
    """A table with its rows for one user. Subclasses describe it; `problem` is an ApiError shown in place of rows."""

    name = caption = None
    columns = actions = buttons = ()
    empty = _('Nothing here yet.')
    empty_hint = ''
    searchable = True
    search_columns = ()             # names; all text columns when empty
    default_sort = None             # 'name' or '-name'
    status_levels = {}              # {status: GOOD, BAD or IDLE}; others are BUSY

    def __init__(self, rows, login, problem=None, page=None):
        self.login, self.problem, self.page = login, problem, page
        self.rows = [Row(self, each) for each in rows]
        self._words = {}

    def key(self, row):
        """What identifies a row in addresses and forms."""
        return row['id']

    def title(self, row):
        """What people call it."""
        return row.get('name') or self.key(row)

    def status(self, row):
        """The status to show, or None for a table without."""
        return row.get('status')

    def level(self, row):
        """GOOD, BAD, IDLE or BUSY; None without a status."""
        status = self.status(row)
        return None if status is None else self.status_levels.get(str(status).lower(), BUSY)

    def is_pending(self, row):
        """Whether the row will change by itself: it is looked at again."""
        return self.level(row) == BUSY

    def words(self, label):
        """A label as HTML: translated once a table, not once a row."""
        # By identity, as the hash of a lazy text translates it; the label is kept, so that its id stays its own.
        found = self._words.get(id(label))
        if found is None:
            found = self._words[id(label)] = (label, conditional_escape(label))
        return found[1]

    @property
    def visible_buttons(self):
        """Those above the table that this user may use."""
        return [each for each in self.buttons if each.allowed(self.login)]

    @cached_property
    def bulk_actions(self):
        """Actions for several rows, of those any row here allows."""
        wanted = {action.name for row in self.rows for action in row.actions if action.bulk and not row.url_of(action)}
        return [each for each in self.actions if each.name in wanted]

    def action(self, name):
        """The action of a name, or None."""
        return next((each for each in self.actions if each.name == name), None)

    @property
    def poll(self):
        """What of it is looked at again: 'key:digest,...'; '' when nothing is under way."""
        return ','.join(f'{row.key}:{row.digest}' for row in self.rows if row.pending)

    def search(self, rows, text):
        """The rows in which a text occurs."""
        text = text.lower()
        columns = [each for each in self.columns if each.name in self.search_columns or not self.search_columns]
        return [row for row in rows if text in str(self.key(row)).lower()
                or any(text in str(column.value(row) or '').lower() for column in columns)]

    def sort(self, rows, wanted):
        """The rows by a column: 'name', or '-name' for the other way round."""
        name = (wanted or '').lstrip('-')
        column = next((each for each in self.columns if each.name == name and each.sortable), None)
        return sorted(rows, key=column.sort_key, reverse=wanted.startswith('-')) if column else rows


class Row:
    """One row: `data` is the API's dict."""

    def __init__(self, table, data):
        self.table, self.data = table, data

    @cached_property
    def key(self):
        """What identifies it."""
        return str(self.table.key(self.data))

    @property
    def title(self):
        """What people call it."""
        return self.table.title(self.data)

    @property
    def pending(self):
        """Whether it is under way."""
        return self.table.is_pending(self.data)

    @property
    def level(self):
        """Of its status."""
        return self.table.level(self.data)

    @property
    def cells(self):
        """[(column, value, address)]."""
        return [(each, each.value(self.data), each.link and each.link(self.data)) for each in self.table.columns]

    @cached_property
    def actions(self):
        """What this user can do with it now."""
        return [each for each in self.table.actions if each.allowed(self.table.login, self.data)]

    def url_of(self, action):
        """Address of the page of an action, None when a button does it."""
        return action.url(self.data)

    @property
    def action_links(self):
        """[(action, address or None)]."""
        return [(each, each.url(self.data)) for each in self.actions]

    @cached_property
    def html(self):
        """The row as text."""
        return rows.html(self)

    @property
    def actions_html(self):
        """Its actions as text, for a form around them."""
        return rows.actions(self)

    @property
    def oob(self):
        """The row as htmx puts it in the place of the one on the page."""
        return mark_safe(self.html.replace('<tr ', '<tr hx-swap-oob="true" ', 1))  # noqa: S308 - made by a template

    @cached_property
    def digest(self):
        """Changes when what one sees of the row changes."""
        return hashlib.blake2s(self.html.encode(), digest_size=6).hexdigest()
