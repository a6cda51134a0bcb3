"""The list of servers, and the page of one with its tabs."""
import hashlib
import json
import re
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from horizon.api import client, errors, flavors, images, servers, volumes
from horizon.options import CONF
from horizon.project.instances import states, tables
from horizon.project.instances.progress import Operation
from horizon.ui import explain
from horizon.ui.views import Page, TableAnswers, TablePage

_LENGTHS = (50, 100, 500, 2000)
# Colours and movements of a terminal, and other control characters but tabs and line ends.
_ESCAPES = re.compile(r'\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-_]|[\x00-\x08\x0b-\x1f\x7f]')


class Index(TablePage):
    """All servers of the project: one call for them, one for flavors, one for the images they have."""

    table_class, paged, template = tables.Servers, True, 'project/instances/index.html'

    def load_page(self, marker, limit, search, sort):
        cloud = self.cloud
        found = client.together(
            sizes=lambda: flavors_by_id(cloud), page=lambda: servers.page(cloud, limit, marker, search, sort))
        rows, following = found['page']
        return tables.with_names(rows, found['sizes'], image_names(cloud, rows)), following


def flavors_by_id(cloud):
    """{id: flavor}; none of them when they cannot be had: a list without names is better than no list."""
    try:
        return {each['id']: each for each in flavors.all_of(cloud)}
    except errors.TokenExpired:
        raise
    except errors.ApiError:
        return {}


def image_names(cloud, rows):
    """{id: name} of the images of these servers, as far as they can be had."""
    try:
        return images.names(cloud, [row['image']['id'] for row in rows if row.get('image')])
    except errors.TokenExpired:
        raise
    except errors.ApiError:
        return {}


class ServerPage(TableAnswers, Page):
    """A tab of one server's page. Its buttons are the actions of the table, of which it is the only row.

    What changes by itself is the part `live` (a template); htmx asks for it again, and gets 204 while it looks the
    same. Subclasses define `calls` (for `found`, the server among it) and `seen`, what one sees change.
    """

    tab = None
    live = None

    @property
    def server_id(self):
        """Of the address."""
        return str(self.kwargs['server_id'])

    def calls(self):
        """{name: function} of what is asked for beside the server."""
        return {}

    @cached_property
    def found(self):
        """Answers of `calls` (ApiErrors among them) and `server`. Raises ApiError without a server."""
        cloud, key = self.cloud, self.server_id
        found = client.settled(**self.calls(), server=lambda: servers.get(cloud, key))
        if isinstance(found['server'], errors.ApiError):
            raise found['server']
        return found

    @property
    def server(self):
        """As the API shows it."""
        return self.found['server']

    def seen(self):
        """What one sees change: anything that JSON can hold."""
        return []

    @cached_property
    def digest(self):
        """A short text that changes when something one sees does."""
        text = json.dumps([_changing(self.server), self.seen()], sort_keys=True, default=str)
        return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()

    def get_title(self):
        return self.server['name']

    def make_tables(self):
        return {'servers': tables.Servers(tables.with_names([self.server], {}, {}), self.request.login)}

    def after_action(self, request):
        """Back to the tab; to the list from a server that goes."""
        name = request.POST.get('action', '').partition(':')[0]
        return HttpResponseRedirect(self.panel.url if name == 'delete' else request.get_full_path())

    def tabs(self):
        """[(label, address, whether it is this one)]."""
        names = {'detail': _('Overview'), 'log': _('Log'), 'console': _('Console'), 'actions': _('Actions')}
        return [(label, reverse(f'project:instances:{name}', args=[self.server_id]), name == self.tab)
                for name, label in names.items()]

    def context(self):
        row = self.make_tables()['servers'].rows[0]
        # The console and the log are tabs here.
        buttons = [each for each in row.action_links if each[0].name not in ('console', 'log')]
        return {'row': row, 'buttons': buttons, 'server': self.server, 'state': states.shown(self.server),
                'tabs': self.tabs(), 'interval': 2 if row.pending else 15, 'live_address': self._live_address()}

    def _live_address(self):
        query = self.request.GET.copy()
        query['part'], query['seen'] = 'live', self.digest
        return f'{self.request.path}?{query.urlencode()}'

    def get(self, request, *args, **kwargs):
        if request.htmx and request.GET.get('part') == 'live' and self.live:
            return self.answer_live(request)
        return self.show()

    def post(self, request, *args, **kwargs):
        return self.answer_action(request)

    def answer_live(self, request):
        """The live part, or 204 when it is as the browser has it."""
        try:
            if self.digest == request.GET.get('seen'):
                return HttpResponse(status=204)
        except errors.ApiError as error:
            if error.status != 404:
                raise
            messages.info(request, _('The server is gone.'))
            answer = HttpResponse(status=204)
            answer['HX-Redirect'] = self.panel.url
            return answer
        return render(request, self.live, {'view': self, 'is_update': True, **self.context()})


def _changing(server):
    """What of a server one sees change."""
    names = ('name', 'status', 'progress', 'addresses', 'flavor', 'image', 'locked', 'fault', 'security_groups',
             'metadata', 'OS-EXT-STS:task_state', 'OS-EXT-STS:power_state', 'os-extended-volumes:volumes_attached')
    return [server.get(name) for name in names]


class Overview(ServerPage):
    """What it is, and how it is doing. Two calls, then at once: steps of what was done last, flavor, image, security
    groups, volumes. While nothing changes the live part costs three."""

    tab, template, live = 'detail', 'project/instances/overview.html', 'project/instances/_overview.html'

    def calls(self):
        return {'actions': lambda cloud=self.cloud: servers.actions(cloud, self.server_id)}

    @cached_property
    def operation(self):
        """The newest Operation with its steps; None without one, or when it cannot be had."""
        actions = self.found['actions']
        if isinstance(actions, errors.ApiError) or not actions:
            return None
        try:
            detail = servers.action(self.cloud, self.server_id, actions[0]['request_id'])
        except errors.TokenExpired:
            raise
        except errors.ApiError:
            detail = actions[0]
        return Operation(detail, states.is_pending(self.server))

    def seen(self):
        return self.operation and self.operation.digest

    def context(self):
        cloud, key, server = self.cloud, self.server_id, self.server
        attached = server.get('os-extended-volumes:volumes_attached') or []
        image = server.get('image')
        more = client.settled(
            operation=lambda: self.operation, flavor=lambda: _flavor(cloud, server),
            image=lambda: images.get(cloud, image['id']) if image else None,
            groups=lambda: servers.security_groups(cloud, key), volumes=lambda: _volumes(cloud, attached))
        return {**super().context(), **more, 'facts': _facts(server), 'fault_advice': _advice(server)}


def _flavor(cloud, server):
    # Later versions of the API have all of it in the server.
    inside = server['flavor']
    return flavors.get(cloud, inside['id']) if 'id' in inside else {**inside, 'name': inside['original_name']}


def _volumes(cloud, attached):
    """[volume] that are attached: none, or one call."""
    if not attached or not cloud.has('volumev3'):
        return []
    wanted = {each['id'] for each in attached}
    return [each for each in volumes.all_of(cloud) if each['id'] in wanted]


def _facts(server):
    """[(label, value)] that need no call."""
    ext = 'OS-EXT-SRV-ATTR:'
    return [(label, value) for label, value in [
        (_('Zone'), server.get('OS-EXT-AZ:availability_zone')), (_('Host'), server.get(f'{ext}host')),
        (_('Name at the host'), server.get(f'{ext}instance_name'))] if value]


def _advice(server):
    """What one can do about its fault."""
    message = (server.get('fault') or {}).get('message', '').lower()
    if 'no valid host' in message or 'quota' in message:
        return _('No host had room for it. Delete it and launch a smaller one, or another zone; an administrator sees '
                 'under Hypervisors what is free.')
    if 'image' in message:
        return _('Look whether the image is fine, then rebuild from another one, or delete it and launch again.')
    if not server.get('OS-SRV-USG:launched_at'):
        return _('It never started. When the reason is gone, delete it and launch again.')
    return _('The tab Actions shows at which step. Try a hard reboot or a rebuild, or delete it and launch again.')


class Log(ServerPage):
    """What it wrote to its console; follows by itself. Two calls."""

    tab, template, live = 'log', 'project/instances/log.html', 'project/instances/_log.html'

    @property
    def lines(self):
        """How many of them, from ?lines=."""
        text = self.request.GET.get('lines', '')
        return min(int(text), 100000) if text.isdecimal() and len(text) < 7 and int(text) else CONF.horizon.log_lines

    def calls(self):
        return {'output': lambda cloud=self.cloud: servers.console_output(cloud, self.server_id, self.lines)}

    def seen(self):
        return str(self.found['output'])

    def context(self):
        output, lines = self.found['output'], self.lines
        failed = isinstance(output, errors.ApiError)
        return {**super().context(), 'failure': output if failed else None,
                'output': None if failed else _ESCAPES.sub('', output), 'lines': lines, 'interval': 3,
                'lengths': sorted({*_LENGTHS, lines}), 'follow': self.request.GET.get('follow') != '0'}


def log_text(request, server_id):
    """The whole log as plain text."""
    output = servers.console_output(request.login.client, str(server_id))
    answer = HttpResponse(output, content_type='text/plain; charset=utf-8')
    answer['Content-Disposition'] = f'inline; filename="{server_id}.log"'
    return answer


class Console(ServerPage):
    """Its screen in the page, from the proxy Nova names. Two calls."""

    tab, template = 'console', 'project/instances/console.html'

    def calls(self):
        return {'url': lambda cloud=self.cloud: servers.console_url(cloud, self.server_id)}

    @property
    def url(self):
        """Address of the console; None when it has none, or one no page should frame."""
        found = self.found['url']
        return found if isinstance(found, str) and _is_web(found) else None

    def context(self):
        found = self.found['url']
        return {**super().context(), 'url': self.url, 'failure':
                explain.Explained(found, _('Open the console')) if isinstance(found, errors.ApiError) else None}

    def show(self, status=200, template=None, **more):
        answer = super().show(status, template, **more)
        if self.url:
            # The one place that frames another origin: the proxy of this console, and those the operator named.
            parts = urlsplit(self.url)
            answer._csp_update = {'frame-src': [f'{parts.scheme}://{parts.netloc}', *CONF.horizon.console_hosts]}
            # The address opens the console for whoever has it.
            answer['Cache-Control'] = 'no-store'
        return answer


def _is_web(url):
    """Whether an address may be framed at all: no javascript:, no data:, no second directive in its host."""
    parts = urlsplit(url)
    return parts.scheme in ('http', 'https') and bool(re.fullmatch(r'[A-Za-z0-9.:\[\]-]+', parts.netloc))


class Actions(ServerPage):
    """What was done to it. Steps of the newest one come along, those of others when one opens it. Three calls, a
    fourth for one that is opened."""

    tab, template, live = 'actions', 'project/instances/actions.html', 'project/instances/_actions.html'

    def calls(self):
        return {'actions': lambda cloud=self.cloud: servers.actions(cloud, self.server_id)}

    @cached_property
    def operations(self):
        """All of them, newest first."""
        actions = self.found['actions']
        if isinstance(actions, errors.ApiError):
            raise actions
        asked, pending, cloud = self.request.GET.get('open'), states.is_pending(self.server), self.cloud
        wanted = {each['request_id'] for number, each in enumerate(actions)
                  if number == 0 or each['request_id'] == asked}
        details = client.settled(**{each: lambda each=each: servers.action(cloud, self.server_id, each)
                                    for each in wanted})
        known = {key: value for key, value in details.items() if not isinstance(value, errors.ApiError)}
        return [Operation(known.get(each['request_id'], each), pending and number == 0)
                for number, each in enumerate(actions)]

    def seen(self):
        return [each.digest for each in self.operations]

    def context(self):
        return {**super().context(), 'operations': self.operations}
