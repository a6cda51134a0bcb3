"""The project dashboard: what a user has and does in one project."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('project', _('Project'), order=10)
registry.panel('project', 'overview', _('Overview'), 'horizon.project.overview.urls', order=10, icon='gauge',
               services=('compute',))
registry.panel('project', 'instances', _('Instances'), 'horizon.project.instances.urls', group=_('Compute'), order=20,
               icon='server', services=('compute',))
for _order, _slug, _label, _group, _icon, _services in (
        (30, 'images', _('Images'), _('Compute'), 'image', ('image',)),
        (60, 'containers', _('Containers'), _('Object storage'), 'box', ('object-store',)),
        (34, 'volumes', _('Volumes'), _('Volumes'), 'disk', ('volumev3',)),
        (36, 'snapshots', _('Volume snapshots'), _('Volumes'), 'camera', ('volumev3',)),
        (40, 'networks', _('Networks'), _('Network'), 'network', ('compute',)),
        (42, 'floating_ips', _('Floating addresses'), _('Network'), 'globe', ('compute',)),
        (44, 'security_groups', _('Security groups'), _('Network'), 'shield', ('compute',)),
        (50, 'keypairs', _('Key pairs'), _('Access'), 'key', ('compute',)),
        (52, 'api_access', _('API access'), _('Access'), 'code', ('identity',))):
    registry.panel('project', _slug, _label, f'horizon.project.{_slug}.urls', group=_group, order=_order, icon=_icon,
                   services=_services)
