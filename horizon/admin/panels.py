"""The admin dashboard: the whole cloud, for those who run it."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('admin', _('Admin'), order=20, roles=('admin',))
