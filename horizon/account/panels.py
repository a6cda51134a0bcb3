"""The user's own settings."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('account', _('Settings'), order=90)
registry.panel('account', 'appearance', _('Appearance'), 'horizon.account.appearance.urls', order=10, icon='sun')
registry.panel('account', 'password', _('Change password'), 'horizon.account.password.urls', order=20, icon='lock')
