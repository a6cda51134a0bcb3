"""The project dashboard: what a user has and does in one project."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('project', _('Project'), order=10)
registry.panel('project', 'overview', _('Overview'), 'horizon.project.overview.urls', order=10, icon='gauge',
               services=('compute',))
registry.panel('project', 'instances', _('Instances'), 'horizon.project.instances.urls', group=_('Compute'), order=20,
               icon='server', services=('compute',))
registry.panel('project', 'keypairs', _('Key pairs'), 'horizon.project.keypairs.urls', group=_('Access'), order=50,
               icon='key', services=('compute',))
