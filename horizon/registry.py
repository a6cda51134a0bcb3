"""Dashboards and their panels: what there is, where it is, and who sees it.

    registry.dashboard('project', _('Project'), order=10)
    registry.panel('project', 'instances', _('Instances'), group=_('Compute'), order=20, icon='server',
                   services=('compute',), urls='horizon.project.instances.urls')

`horizon.project`, `horizon.admin` and the others register theirs in `panels.py`; a site's own modules, named by the
option `plugins`, do the same in their `panels` module (or register when imported).
"""
import dataclasses
import functools
import importlib
import importlib.util

from django.urls import get_script_prefix, include, path, reverse

from horizon.options import CONF

# The dashboards of this package, each with a module `panels`.
OWN = ('horizon.project', 'horizon.admin', 'horizon.architecture', 'horizon.account')
_dashboards = {}
_loaded = []


@dataclasses.dataclass(frozen=True)
class Panel:
    """One entry of the navigation, with its own URLs below /<dashboard>/<slug>/; the view named `index` is its page.

    `services`: types of the catalog it needs, `roles`: of which the user has one. `group`: heading above it.
    """

    dashboard: str
    slug: str
    label: str
    urls: str
    group: str = ''
    order: int = 100
    icon: str = 'square'
    services: tuple = ()
    roles: tuple = ()
    shown: bool = True      # in the navigation

    @property
    def key(self):
        """dashboard/slug."""
        return f'{self.dashboard}/{self.slug}'

    @property
    def url(self):
        """Address of its page."""
        return _address(get_script_prefix(), f'{self.dashboard}:{self.slug}:index')

    def refusal(self, login):
        """Why this user may not see it: 'role', 'service', or None when he may."""
        roles = self.roles or _dashboards[self.dashboard].roles
        if roles and not login.has_role(*roles):
            return 'role'
        if any(not login.has_service(each) for each in self.services):
            return 'service'
        return None


@dataclasses.dataclass
class Dashboard:
    """Panels under one heading."""

    slug: str
    label: str
    order: int = 100
    roles: tuple = ()
    panels: dict = dataclasses.field(default_factory=dict)

    def visible(self, login):
        """[(group, [panel])] for a user, in order."""
        groups = {}
        for panel in sorted(self.panels.values(), key=lambda each: each.order):
            if panel.shown and panel.refusal(login) is None:
                groups.setdefault(panel.group, []).append(panel)
        return list(groups.items())


@functools.lru_cache(1000)
def _address(prefix, view):
    # Each page has some twenty-five of them, and they change with the prefix alone.
    return reverse(view)


def dashboard(slug, label, order=100, roles=()):
    """Register a dashboard; once more changes what it is called."""
    known = _dashboards.get(slug)
    _dashboards[slug] = Dashboard(slug, label, order, tuple(roles), known.panels if known else {})


def panel(dashboard, slug, label, urls, **options):
    """Register a panel (fields of Panel). A later one of the same name takes its place."""
    made = Panel(dashboard, slug, label, urls, **options)
    if made.key not in CONF.horizon.hidden_panels:
        _dashboards[dashboard].panels[slug] = made


def load():
    """Import what registers panels; does nothing the second time."""
    if _loaded:
        return
    _loaded.append(True)
    for name in (*OWN, *CONF.horizon.plugins):
        module = f'{name}.panels'
        importlib.import_module(module if importlib.util.find_spec(module) else name)


def dashboards():
    """All dashboards in order."""
    return sorted(_dashboards.values(), key=lambda each: each.order)


def find(dashboard, slug):
    """A Panel or None."""
    known = _dashboards.get(dashboard)
    return known and known.panels.get(slug)


def urlpatterns():
    """The URLs of every panel: /<dashboard>/<panel>/..., namespaces dashboard:panel."""
    load()
    return [path(f'{each.slug}/', include(([path(f'{one.slug}/', include((importlib.import_module(one.urls).urlpatterns,
                                                                          one.slug)))
                                            for one in each.panels.values()], each.slug)))
            for each in dashboards()]


def navigation(login):
    """[(dashboard, [(group, [panel])])] that a user sees."""
    found = ((each, each.visible(login)) for each in dashboards())
    return [(each, groups) for each, groups in found if groups]


def home(login):
    """Address of a user's first page."""
    if not login.project_id:
        return reverse('welcome')
    for _, groups in navigation(login):
        return groups[0][1][0].url
    return reverse('welcome')


def find_dashboard(slug):
    """A Dashboard; KeyError when there is none."""
    return _dashboards[slug]
