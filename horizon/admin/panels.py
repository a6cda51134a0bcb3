"""The admin dashboard: the whole cloud, for those who run it."""
from django.utils.translation import gettext_lazy as _

from horizon import registry

registry.dashboard('admin', _('Admin'), order=20, roles=('admin',))


def _panel(slug, label, order, icon, group='', services=('compute',)):
    registry.panel('admin', slug, label, f'horizon.admin.{slug}.urls', group=group, order=order, icon=icon,
                   services=services)


_panel('overview', _('Overview'), 10, 'gauge')
_panel('attention', _('Stuck or failed'), 11, 'warning', services=())
_panel('instances', _('Instances'), 20, 'server', _('Compute'))
_panel('flavors', _('Flavors'), 21, 'flavor', _('Compute'))
_panel('images', _('Images'), 22, 'image', _('Compute'), services=('image',))
_panel('hypervisors', _('Hypervisors'), 23, 'host', _('Compute'))
_panel('aggregates', _('Aggregates'), 24, 'box', _('Compute'))
_panel('projects', _('Projects'), 40, 'folder', _('Identity'), services=('identity',))
_panel('users', _('Users'), 41, 'user', _('Identity'), services=('identity',))
_panel('groups', _('Groups'), 42, 'users', _('Identity'), services=('identity',))
_panel('roles', _('Roles'), 43, 'shield', _('Identity'), services=('identity',))
_panel('domains', _('Domains'), 44, 'globe', _('Identity'), services=('identity',))
_panel('quotas', _('Default quotas'), 60, 'settings', _('System'))
_panel('services', _('Services'), 61, 'chart', _('System'))
_panel('system', _('System information'), 62, 'cloud', _('System'), services=())
