"""The page of what is stuck or failed."""
from django.utils.translation import gettext as _

from horizon.admin.attention import search, tables
from horizon.admin.instances.tables import with_names
from horizon.api import errors
from horizon.ui.views import TablePage, TablePaging


class Index(TablePage):
    """A table a kind of trouble; those without any are left out. The calls are those of search.everything()."""

    template = 'admin/attention/index.html'

    def make_tables(self):
        found = search.once(search.everything(self.cloud))
        rows = {**found, 'volumes': _merged(found), 'daemons': _daemons(found['daemons'])}
        names = found['projects'] if isinstance(found['projects'], dict) else {}
        for kind in ('failed', 'busy', 'resized'):
            if isinstance(rows.get(kind), list):
                rows[kind] = with_names(rows[kind], names)
        for kind, owner in (('images', 'owner'), ('volumes', 'os-vol-tenant-attr:tenant_id')):
            if isinstance(rows.get(kind), list):
                rows[kind] = [{**each, 'project': names.get(each.get(owner), each.get(owner) or '-')}
                              for each in rows[kind]]
        if isinstance(rows.get('operations'), list):
            rows['operations'] = self._operations(found)
        return {kind.name: self._table(kind, rows[kind.name]) for kind in tables.ALL if kind.name in rows}

    def _operations(self, found):
        known = [row for kind in ('failed', 'busy', 'resized') if isinstance(found.get(kind), list)
                 for row in found[kind]]
        names = search.names_of_servers(self.cloud, found['operations'], known)
        return [{**each, 'gone': names.get(each['server_id'], '') is None,
                 'server_name': names.get(each['server_id']) or each['server_id'] or each.get('volume_id')
                 or each.get('snapshot_id') or '-'}
                for each in found['operations']]

    def _table(self, kind, rows):
        if isinstance(rows, errors.ApiError):
            return kind([], self.request.login, problem=rows)
        blank = kind([], self.request.login)
        page = TablePaging(self.request, kind, total=len(rows))
        return kind(blank.sort(rows, kind.default_sort or ''), self.request.login, page=page)

    def context(self):
        found = [each for each in self.make_tables().values() if each.rows or each.problem]
        return {'tables': found, 'table': None, 'is_calm': not found}


def _merged(found):
    """The volumes of all states; the first ApiError when there is any."""
    parts = [value for name, value in found.items() if name.startswith('volumes ')]
    return next((each for each in parts if isinstance(each, errors.ApiError)), [row for part in parts for row in part])


def _daemons(found):
    """Those that are down or disabled, of all services that answer; the first ApiError when none does."""
    if isinstance(found, errors.ApiError):
        return found
    if found and all(isinstance(rows, errors.ApiError) for rows in found.values()):
        return next(iter(found.values()))
    return [{**each, 'kind': kind, 'why': _why(each)} for kind, rows in found.items() if isinstance(rows, list)
            for each in rows if each['state'] == 'down' or each['status'] == 'disabled']


def _why(daemon):
    if daemon['status'] == 'disabled':
        return daemon.get('disabled_reason') or _('Disabled without a reason: it is given no new work.')
    return _('No heartbeat: it was stopped, it died, or it does not reach the database.')
