"""Tables of collections that Keystone pages: searched and sorted by it, or here when all rows fit a page."""
import copy

from horizon.api import client, identity
from horizon.ui.views import TablePage


class IdentityPage(TablePage):
    """A table of projects, users, groups ... Subclasses set `kind` and `table_class`. One call; one more, at the same
    time, for the names of domains when `with_domains`."""

    paged = True
    kind = None
    with_domains = True
    complete = False        # whether the rows are all there are

    def load_page(self, marker, limit, search, sort):
        calls = {'page': lambda: identity.page(self.cloud, self.kind, marker, limit, search, sort)}
        if self.with_domains:
            calls['domains'] = lambda: identity.names(self.cloud, 'domains')
        found = client.together(**calls)
        rows, following = found['page']
        for row in rows:
            row['domain'] = found.get('domains', {}).get(row.get('domain_id'), row.get('domain_id'))
        if not marker and not following:
            self.complete = True
            rows = self.table_class([], self.request.login).sort(rows, sort)
        return rows, following

    def make_table(self, kind):
        table = super().make_table(kind)
        if self.complete:
            table.page.total = len(table.rows)
        else:
            # Keystone sorts by name alone; one page of many sorted by anything else would mislead.
            table.columns = [copy.copy(each) for each in table.columns]
            for column in table.columns:
                column.sortable = column.sortable and column.name == 'name'
        return table
