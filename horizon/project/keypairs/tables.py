"""The table of key pairs."""
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import keypairs
from horizon.ui.tables import Action, Button, Column, Table


class Delete(Action):
    """Removes the public key; servers that have it keep it."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Servers that have the key already keep it; new ones cannot be given it.')

    def act(self, request, key):
        keypairs.delete(request.login.client, key)


class Keypairs(Table):
    """Key pairs of the user."""

    name, caption = 'keypairs', _('Key pairs')
    columns = [Column('name', _('Name')),
               Column('type', _('Type'), lambda row: row.get('type') or row.get('public_key', '').partition(' ')[0]),
               Column('fingerprint', _('Fingerprint'), kind='code')]
    actions = [Delete()]
    buttons = [Button(_('Create key pair'), reverse_lazy('project:keypairs:create')),
               Button(_('Import'), reverse_lazy('project:keypairs:import'), icon='upload', primary=False)]
    empty = _('No key pairs yet.')
    empty_hint = _('With a key pair you log in to your servers by SSH. Create one here, or import the one you have.')
    default_sort = 'name'

    def key(self, row):
        return row['name']
