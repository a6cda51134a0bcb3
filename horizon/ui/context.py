"""What every page knows: the site, the user, the navigation."""
import dataclasses

from django.utils.functional import SimpleLazyObject

from horizon import registry
from horizon.options import CONF

# A dashboard of more panels than this is folded in the navigation while one is elsewhere.
_LONG = 6


@dataclasses.dataclass(frozen=True)
class Section:
    """A dashboard in the navigation; `open` unless it is long and one is in another."""

    dashboard: registry.Dashboard
    groups: list
    open: bool


def _sections(login, here):
    found = registry.navigation(login) if login else []
    inside = any(dashboard.slug == here for dashboard, _ in found)
    return [Section(dashboard, groups, open=dashboard.slug == here or not inside and number == 0
                    or sum(len(panels) for _, panels in groups) <= _LONG)
            for number, (dashboard, groups) in enumerate(found)]


def _place(match):
    """What stands behind a page's own title in the window's: its panel, and that it is the administrators'."""
    panel = registry.find(*match.namespaces[:2]) if match and len(match.namespaces) > 1 else None
    if panel is None:
        return []
    dashboard = [registry.find_dashboard(panel.dashboard).label] if panel.dashboard == 'admin' else []
    return dashboard if match.url_name == 'index' else [panel.label, *dashboard]


def site(request):
    """A Django context processor."""
    login = getattr(request, 'login', None)
    match = request.resolver_match
    here = '/'.join(match.namespaces[:2]) if match else ''
    dashboard = match.namespaces[0] if match and match.namespaces else ''
    return {'site_name': CONF.horizon.site_name, 'login': login, 'here': here, 'place': _place(match),
            'theme': request.COOKIES.get('theme') if request.COOKIES.get('theme') in ('light', 'dark') else 'auto',
            'navigation': SimpleLazyObject(lambda: _sections(login, dashboard))}
