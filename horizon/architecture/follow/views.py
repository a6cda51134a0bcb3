"""Follow a request: choose one, paste an id, or launch a server and watch."""
import re

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from essex import context
from essex.middleware.request_id import VALID_ID
from horizon.api import client, errors, operator, watched
from horizon.architecture.cloud.views import drawings
from horizon.architecture.follow.way import Way
from horizon.architecture.state import State
from horizon.ui import explain, views

_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')
# How often a page that watches asks again before it lets it be: some three minutes.
_MOST_LOOKS = 120


def _watch(request_id):
    """Where a request is followed while it goes on: from the dashboard on, where that gives its pages ids."""
    current = context.current()
    return f'{reverse("architecture:follow:show", args=[current.request_id if current else request_id])}?look=1'


class Index(views.Page):
    """The newest requests, a box for an id, and the button that launches."""

    template = 'architecture/follow/index.html'

    def context(self):
        """One call a host."""
        reads = self.request.GET.get('reads') == '1'
        try:
            recent, problem = operator.recent(self.cloud, changes=not reads), None
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            recent, problem = [], error
        return {'recent': recent, 'problem': problem, 'reads': reads}

    def get(self, request, *args, **kwargs):
        """The page, or the way to the id in ?id=."""
        wanted = request.GET.get('id', '').strip()
        if not wanted:
            return self.show()
        if not VALID_ID.fullmatch(wanted):
            return self.show(status=422, wanted=wanted, wrong=True)
        return HttpResponseRedirect(reverse('architecture:follow:show', args=[wanted]))


class Deed(views.Page):
    """Something that is done by POST alone."""

    def get(self, request, *args, **kwargs):
        """Nothing to see here."""
        return HttpResponseRedirect(reverse('architecture:follow:index'))


class Launch(Deed):
    """Begin a small server and follow that."""

    def post(self, request, *args, **kwargs):
        """Three calls at once, and one."""
        try:
            made = watched.launch(self.cloud)
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            explain.message(request, error, _('Launch a server to watch'))
            return HttpResponseRedirect(reverse('architecture:follow:index'))
        messages.success(request, _('Server %(name)s begins: %(flavor)s from image %(image)s.') % made)
        return HttpResponseRedirect(_watch(made['request_id']))


class Delete(Deed):
    """Delete the server that was watched, and follow that."""

    def post(self, request, *args, **kwargs):
        """One call."""
        server, back = kwargs['server'], reverse('architecture:follow:index')
        try:
            if _UUID.fullmatch(server):
                back = _watch(watched.delete(self.cloud, server))
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            explain.message(request, error, _('Delete the server'))
        return HttpResponseRedirect(back)


class Show(views.Page):
    """The way of one request. With ?look=N it is asked again until it has ended."""

    template = 'architecture/follow/show.html'

    def get_title(self):
        """What is followed."""
        return _('Request %s') % self.kwargs['request_id']

    def context(self):
        """Two calls a host and two of Nova."""
        request_id, look = self.kwargs['request_id'], self.request.GET.get('look', '')
        found = client.settled(spans=lambda: operator.trace(self.cloud, request_id),
                               state=lambda: State(operator.overview(self.cloud)))
        problem = found['spans'] if isinstance(found['spans'], errors.ApiError) else None
        spans = [] if problem else found['spans']
        way = Way(request_id, spans) if spans else None
        looks = min(int(look), _MOST_LOOKS) if look.isdecimal() and len(look) < 4 else 0
        values = {'request_id': request_id, 'way': way, 'problem': problem, 'drawings': [], 'hops': {},
                  'look': looks + 1 if 0 < looks < _MOST_LOOKS and not (way and way.done) else 0}
        if way:
            values['drawings'] = drawings(found['state'])
            seen = self.request.GET.get('seen', '')
            known = int(seen) if seen.isdecimal() and len(seen) < 4 else 0
            values['hops'] = {name: way.hops(drawing, known) for name, drawing in values['drawings']}
            values['seen'] = len(way.stations)
        return values

    def get(self, request, *args, **kwargs):
        """The page, or what is new of it."""
        if request.headers.get('HX-Request') and 'look' in request.GET:
            return render(request, 'architecture/follow/way.html', {'view': self, **self.context()})
        context = self.context()
        known = context['way'] or context['problem'] or context['look']
        return self.show(status=200 if known else 404, **context)
