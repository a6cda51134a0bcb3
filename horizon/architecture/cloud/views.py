"""The cloud drawn live, and its parts one by one."""
from django.http import Http404
from django.shortcuts import render

from horizon.api import errors, operator
from horizon.architecture import parts
from horizon.architecture.drawing import Drawing
from horizon.architecture.state import LEVELS, State
from horizon.ui import views


def drawings(state):
    """[(name, Drawing)]: the wide one and the one for phones."""
    return [('wide', Drawing(state.parts)), ('narrow', Drawing(state.parts, narrow=True))]


class Index(views.Page):
    """The drawing, and the same as a table. With ?live=, what changes in it."""

    template = 'architecture/cloud/index.html'

    def context(self):
        """One call a host and two of Nova."""
        state = State(operator.overview(self.cloud))
        order = sorted(state.daemons, key=lambda each: (-LEVELS.index(each['level']), each['host']))
        return {'state': state, 'drawings': drawings(state), 'daemons': order, 'live': 'live' in self.request.GET,
                'news': self.request.GET.get('live') != state.digest}

    def get(self, request, *args, **kwargs):
        """The page or what is new."""
        if 'live' in request.GET:
            return render(request, 'architecture/cloud/live.html', {'view': self, **self.context()})
        return self.show()


class Part(views.Page):
    """One part: what it is, its daemons, what it keeps, its last errors."""

    template = 'architecture/cloud/part.html'

    def get_title(self):
        """The part's name."""
        return parts.BY_KEY[self.kwargs['key']].title

    def context(self):
        """As the whole drawing, then one call a host and daemon's name."""
        key = self.kwargs['key']
        if key not in parts.BY_KEY:
            raise Http404('There is no such part.')
        state = State(operator.overview(self.cloud))
        seen = state.parts.get(key)
        names = sorted({each['name'] for each in seen.daemons if not each.get('recorded')}) if seen else []
        try:
            records, problem = (operator.errors_of(self.cloud, names) if names else []), None
        except errors.TokenExpired:
            raise
        except errors.ApiError as error:
            records, problem = [], error
        return {'state': state, 'seen': seen, 'part': parts.BY_KEY[key], 'records': records, 'problem': problem,
                'neighbours': [parts.BY_KEY[other] for other in _neighbours(key) if other in state.parts]}


def _neighbours(key):
    return [end if start == key else start for start, end in parts.EDGES if key in (start, end)]
