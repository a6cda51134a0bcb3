"""What every page knows: the site, the user, the navigation."""
from django.utils.functional import SimpleLazyObject

from horizon import registry
from horizon.options import CONF


def site(request):
    """A Django context processor."""
    login = getattr(request, 'login', None)
    match = request.resolver_match
    here = '/'.join(match.namespaces[:2]) if match else ''
    return {'site_name': CONF.horizon.site_name, 'login': login, 'here': here,
            'theme': request.COOKIES.get('theme') if request.COOKIES.get('theme') in ('light', 'dark') else 'auto',
            'navigation': SimpleLazyObject(lambda: registry.navigation(login) if login else [])}
