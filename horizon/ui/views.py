"""Views: a page, a table with actions, a form. Panels subclass them."""
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from horizon import registry
from horizon.api import client, errors
from horizon.options import CONF
from horizon.ui import explain


class Page(View):
    """A page: `title`, `template`, and what `context` returns. Breadcrumbs are [(label, address)] above the title."""

    template = 'ui/page.html'
    title = ''

    @property
    def cloud(self):
        """Calls as the user (horizon.api.client.Client)."""
        return self.request.login.client

    @property
    def panel(self):
        """The Panel this view belongs to."""
        return registry.find(*self.request.resolver_match.namespaces[:2])

    def breadcrumbs(self):
        """Above the title; the panel's page on all pages below it."""
        on_index = self.request.resolver_match.url_name == 'index'
        return [] if on_index or self.panel is None else [(self.panel.label, self.panel.url)]

    def get_title(self):
        """The page's one h1."""
        return self.title or (self.panel.label if self.panel else '')

    def context(self):
        """What the template needs beside title and breadcrumbs."""
        return {}

    def show(self, status=200, template=None, **more):
        """The page as a response."""
        # First what calls services: the title may name what they answered.
        values = self.context() | more
        values = {'title': self.get_title(), 'breadcrumbs': self.breadcrumbs(), 'view': self, **values}
        return render(self.request, template or self.template, values, status=status)

    def get(self, request, *args, **kwargs):
        """Show it."""
        return self.show()


class TableAnswers:
    """GET and POST of tables: polls, actions, confirmations. `make_tables` returns {name: Table}."""

    confirm_template = 'ui/confirm.html'

    def make_tables(self):
        """All tables of the page."""
        raise TypeError(f'{type(self).__name__} has no make_tables()')

    def answer_poll(self, request):
        """The rows of a table that look different than they did, and when to ask again."""
        seen = dict(part.split(':', 1) for part in request.GET['poll'].split(',') if ':' in part)
        table = self.make_tables().get(request.GET.get('table'))
        if table is None:
            raise Http404('There is no such table.')
        if table.problem is not None:
            return render(request, 'ui/poll.html', {'table': table, 'poll': request.GET['poll'], 'delay': 10})
        there = {row.key: row for row in table.rows}
        gone = [key for key in seen if key not in there]
        if gone and not table.rows:
            # What an empty list says is told by the page.
            return HttpResponse(headers={'HX-Refresh': 'true'})
        return render(request, 'ui/poll.html', {
            'table': table, 'poll': table.poll, 'delay': 2, 'gone': gone,
            'changed': [there[key] for key in seen if key in there and there[key].digest != seen[key]]})

    def answer_action(self, request):
        """Do what a button says to the rows chosen; a danger is asked for first."""
        name, _colon, key = request.POST.get('action', '').partition(':')
        table = self.make_tables().get(request.POST.get('table'))
        action = table and table.action(name)
        if not action:
            raise Http404('There is no such action.')
        keys = [key] if key else request.POST.getlist('keys')
        rows = [row for row in table.rows if row.key in keys]
        if not rows:
            messages.info(request, _('Nothing was chosen, or it is gone.'))
            return self.after_action(request)
        fit = [row for row in rows if any(each.name == name for each in row.actions)]
        for row in rows:
            if row not in fit:
                messages.warning(request, _('%(name)s: not possible now (%(action)s).')
                                 % {'name': row.title, 'action': action.label})
        if action.danger and fit and 'confirmed' not in request.POST:
            return self.show_confirm(request, table, action, fit)
        self._do(request, action, fit)
        return self.after_action(request)

    def show_confirm(self, request, table, action, rows):
        """Ask once more, naming what it concerns."""
        title = action.label
        if len(rows) == 1:
            title = _('%(action)s: %(name)s') % {'action': title, 'name': rows[0].title}
        return render(request, self.confirm_template, {
            'title': title, 'table': table, 'action': action, 'rows': rows,
            'breadcrumbs': self.breadcrumbs() or ([(self.panel.label, self.panel.url)] if self.panel else [])})

    def _do(self, request, action, rows):
        results = client.settled(**{row.key: lambda row=row: action.act(request, row.key) for row in rows})
        names = [row.title for row in rows if not isinstance(results[row.key], errors.ApiError)]
        if names:
            messages.success(request, action.done % ', '.join(names))
        for row in rows:
            if isinstance(results[row.key], errors.ApiError):
                explain.message(request, results[row.key], f'{action.label}: {row.title}')

    def after_action(self, request):
        """Back to the page."""
        return HttpResponseRedirect(request.get_full_path())


class TablePage(TableAnswers, Page):
    """A page with one table or several. Subclasses set `table_class` and define `load` (all rows; the page searches,
    sorts and cuts), or set `paged` and define `load_page`; or override `make_tables`."""

    template = 'ui/table_page.html'
    table_class = None
    paged = False

    def load(self):
        """All rows. Raises ApiError, which is shown in place of the table."""
        raise TypeError(f'{type(self).__name__} has no load()')

    def load_page(self, marker, limit, search, sort):
        """(rows, marker of the next page or None)."""
        raise TypeError(f'{type(self).__name__} has no load_page()')

    def make_tables(self):
        """{name: table}; what is asked for once."""
        return {self.table_class.name: self.make_table(self.table_class)}

    def make_table(self, kind):
        """The table of this page's query (?q=, ?sort=, ?marker= or ?page=)."""
        query = self.request.GET
        try:
            rows, page = self._paged(query, kind) if self.paged else self._whole(query, kind)
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            return kind([], self.request.login, problem=error, page=TablePaging(self.request, kind))
        return kind(rows, self.request.login, page=page)

    def _paged(self, query, kind):
        marker, sort = query.get('marker'), query.get('sort') or kind.default_sort
        rows, following = self.load_page(marker, CONF.horizon.page_size, query.get('q', '').strip(), sort)
        return rows, TablePaging(self.request, kind, after={'marker': following} if following else None,
                                 is_first=not marker)

    def _whole(self, query, kind):
        rows, blank = self.load(), kind([], self.request.login)
        if query.get('q', '').strip() and kind.searchable:
            rows = blank.search(rows, query['q'].strip())
        rows = blank.sort(rows, query.get('sort') or kind.default_sort)
        size = CONF.horizon.page_size
        asked = query.get('page', '')
        number = int(asked) if asked.isdecimal() and len(asked) < 7 else 1
        number = max(1, min(number, -(-len(rows) // size) or 1))
        after = {'page': number + 1} if number * size < len(rows) else None
        before = {'page': number - 1} if number > 1 else None
        paging = TablePaging(self.request, kind, after, before, is_first=number == 1, total=len(rows))
        return rows[(number - 1) * size:number * size], paging

    def context(self):
        """The tables, by name and in order."""
        tables = self.make_tables()
        return {'tables': list(tables.values()), 'table': next(iter(tables.values()), None)}

    def get(self, request, *args, **kwargs):
        """The page, or what changed in it."""
        return self.answer_poll(request) if 'poll' in request.GET else self.show()

    def post(self, request, *args, **kwargs):
        """An action."""
        return self.answer_action(request)


class TablePaging:
    """Where a table's page is among its pages, and the addresses of the others."""

    def __init__(self, request, table, after=None, before=None, is_first=True, total=None):
        self._query, self.is_first, self.total = request.GET, is_first, total
        self.search = request.GET.get('q', '')
        self.sort = request.GET.get('sort') or table.default_sort or ''
        self.next, self.previous = after and self._with(**after), before and self._with(**before)
        self.first = self._with()

    def _with(self, **values):
        query = self._query.copy()
        for name in ('marker', 'page', 'poll', 'table'):
            query.pop(name, None)
        for name, value in values.items():
            query[name] = str(value)
        return '?' + query.urlencode()

    def sorted_by(self, column):
        """Address of the same, sorted by a column; once more: the other way round."""
        return self._with(sort=f'-{column.name}' if self.sort == column.name else column.name)

    def direction(self, column):
        """'ascending', 'descending' or None, for aria-sort."""
        return {column.name: 'ascending', f'-{column.name}': 'descending'}.get(self.sort)


class FormPage(Page):
    """A page with one form. Subclasses set `form_class` and define `save`; what that raises is shown in the form.

    Choices that need calls come from `form_arguments`. A form that was interrupted by a log-in comes back filled in.
    """

    template = 'ui/form_page.html'
    form_class = None
    success = gettext_lazy('Saved.')

    def initial(self):
        """What the fields hold at first."""
        return {name: self.request.GET[name] for name in self.form_class.base_fields if name in self.request.GET}

    def form_arguments(self):
        """Further arguments of the form."""
        return {}

    def typed(self):
        """What was sent, as initial values of a form that shows it again without checking it."""
        fields, sent = self.form_class.base_fields, self.request.POST
        return {name: field.widget.value_from_datadict(sent, {}, name) for name, field in fields.items()
                if not field.widget.value_omitted_from_data(sent, {}, name)}

    def save(self, form):
        """Do what the form asks for, with form.cleaned_data. Raises ApiError. What it returns is given to `done`."""
        raise TypeError(f'{type(self).__name__} has no save()')

    def success_url(self, result):
        """Where to go after."""
        return self.panel.url

    def success_message(self, result, form):
        """What is said after; '' for nothing."""
        return self.success % {'name': form.cleaned_data.get('name', '')} if '%' in str(self.success) else self.success

    def get(self, request, *args, **kwargs):
        """The empty form."""
        return self.show(form=self.form_class(initial=self.initial(), **self.form_arguments()))

    def post(self, request, *args, **kwargs):
        """Save, or show again with what is wrong."""
        restored = '_restore' in request.POST
        form = self.form_class(None if restored else request.POST, None if restored else request.FILES or None,
                               initial=self.typed() if restored else None, **self.form_arguments())
        if restored:
            return self.show(form=form)
        if form.is_valid():
            try:
                result = self.save(form)
            except errors.TokenExpired:
                raise
            except errors.ApiError as error:
                return self.show(form=form, error=explain.Explained(error, self.get_title()),
                                 status=explain.status(error))
            if result is not None and hasattr(result, 'status_code'):
                return result
            return self.done(result, form)
        return self.show(form=form, status=422)

    def done(self, result, form):
        """After success."""
        text = self.success_message(result, form)
        if text:
            messages.success(self.request, text)
        return HttpResponseRedirect(self.success_url(result))
