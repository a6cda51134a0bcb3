"""Tables of endpoints and EC2 credentials."""
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from horizon.api import ec2
from horizon.ui.tables import Action, Button, Column, Table


class Endpoints(Table):
    """The catalog of this project and region."""

    name, caption = 'endpoints', _('Endpoints')
    columns = [Column('type', _('Service')), Column('name', _('Name')), Column('url', _('Address'), kind='code')]
    default_sort = 'type'
    searchable = False

    def key(self, row):
        return row['type']


class Delete(Action):
    """Programs that sign with it are refused then."""

    name, label, done, danger = 'delete', _('Delete'), _('Deleted: %s'), True
    question = _('Programs that sign their requests with it will be refused.')

    def act(self, request, key):
        ec2.delete(request.login, key)


class Ec2Credentials(Table):
    """Pairs of the user; secrets are shown once, when they are made."""

    name, caption = 'ec2_credentials', _('EC2 and S3 credentials')
    columns = [Column('access', _('Access key'), kind='code'), Column('project', _('Project'), 'project_name')]
    actions = [Delete()]
    buttons = [Button(_('Create EC2 credentials'), reverse_lazy('project:api_access:ec2_create'), primary=False)]
    searchable = False
    empty = _('No EC2 credentials yet.')
    empty_hint = _('Programs for the EC2 and S3 APIs, such as the AWS command line, sign their requests with a pair.')

    def key(self, row):
        return row['access']
