"""The user's own settings."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('account', _('Settings'), order=90)
