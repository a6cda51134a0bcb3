"""The architecture dashboard: the idea of the cloud for everybody; its inside, alive, for those who run it."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('architecture', _('Architecture'), order=30)
registry.panel('architecture', 'cloud', _('This cloud, live'), 'horizon.architecture.cloud.urls', order=10, icon='map',
               services=('operator',), roles=('admin',))
registry.panel('architecture', 'follow', _('Follow a request'), 'horizon.architecture.follow.urls', order=20,
               icon='route', services=('operator',), roles=('admin',))
registry.panel('architecture', 'idea', _('How it works'), 'horizon.architecture.idea.urls', order=30, icon='eye')
