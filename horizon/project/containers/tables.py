"""Tables of containers and of what is in one."""
from urllib.parse import urlencode

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import objects
from horizon.ui.tables import Action, Button, Column, Table


def inside(container, prefix=''):
    """Address of a container's page, or of a folder in it."""
    there = reverse('project:containers:objects', args=[container])
    return f'{there}?{urlencode({"prefix": prefix})}' if prefix else there


def of_object(view, container, name):
    """Address of a page of an object."""
    return f'{reverse(f"project:containers:{view}", args=[container])}?{urlencode({"name": name})}'


class Settings(Action):
    """Who may read it."""

    name, label = 'settings', _('Access')

    def url(self, row):
        return reverse('project:containers:settings', args=[row['name']])


class Empty(Action):
    """Deletes what is in it. Always offered: the counts in the list lag behind."""

    name, label, done, danger = 'empty', _('Empty'), _('Emptied: %s'), True
    question = _('Every object in it is gone for good.')

    def act(self, request, key):
        objects.delete_all(request.login.client, key)


class Delete(Action):
    """Removes an empty container; Swift refuses one that is not."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True

    def act(self, request, key):
        objects.delete_container(request.login.client, key)


class Containers(Table):
    """Containers of the project."""

    name, caption = 'containers', _('Containers')
    columns = [Column('name', _('Name'), link=lambda row: inside(row['name']), sortable=False),
               Column('count', _('Objects'), kind='number', sortable=False),
               Column('bytes', _('Size'), kind='size', sortable=False),
               Column('last_modified', _('Changed'), kind='time', sortable=False)]
    actions = [Settings(), Empty(), Delete()]
    buttons = [Button(_('Create container'), reverse_lazy('project:containers:create'))]
    empty = _('No containers yet.')
    empty_hint = _('A container holds files of any size, for programs and people.')

    def key(self, row):
        return row['name']

    def status(self, row):
        return None


class Download(Action):
    """The object's bytes."""

    name, label = 'download', _('Download')

    def allowed(self, login, row):
        return not row['folder']

    def url(self, row):
        return of_object('download', row['container'], row['name'])


class Details(Download):
    """Everything about it."""

    name, label = 'details', _('Details')

    def url(self, row):
        return of_object('object', row['container'], row['name'])


class DeleteObject(Action):
    """Removes an object, or a folder with all that is in it."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Of a folder, everything in it goes. There is no way back.')

    def act(self, request, key):
        container = request.resolver_match.kwargs['container']
        if key.endswith('/'):
            objects.delete_all(request.login.client, container, key)
        else:
            objects.delete(request.login.client, container, key)


class Objects(Table):
    """One level of a container: folders (`folder`) and objects. Rows have `container` beside the API's."""

    name, caption = 'objects', _('Objects')
    columns = [Column('label', _('Name'), link=lambda row: inside(row['container'], row['name']) if row['folder'] else
                      of_object('object', row['container'], row['name']), kind='text', sortable=False),
               Column('content_type', _('Type'), lambda row: _('Folder') if row['folder'] else row.get('content_type'),
                      wide_only=True, sortable=False),
               Column('bytes', _('Size'), lambda row: None if row['folder'] else row['bytes'], kind='size',
                      sortable=False),
               Column('last_modified', _('Changed'), kind='time', sortable=False)]
    actions = [Download(), Details(), DeleteObject()]
    empty = _('Nothing here yet.')
    empty_hint = _('Drop files above, or choose them.')

    def key(self, row):
        return row['name']

    def title(self, row):
        return row['label']

    def status(self, row):
        return None
