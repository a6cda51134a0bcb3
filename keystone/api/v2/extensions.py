"""/v2.0/extensions"""
from essex import wsgi
from essex.exception import NotFound
from keystone.api.v2.base import Controller

_DOCS = 'https://docs.openstack.org/api-ref/identity/v2-ext/'


def _extension(alias, name, updated, description):
    return {'alias': alias, 'name': name, 'updated': updated, 'description': description,
            'namespace': f'http://docs.openstack.org/identity/api/ext/{alias}/v1.0',
            'links': [{'rel': 'describedby', 'type': 'text/html', 'href': _DOCS}]}


PUBLIC = [
    _extension('OS-KSCRUD', 'OpenStack Keystone User CRUD', '2013-07-07T12:00:00Z',
               "A user's own change of password."),
    _extension('OS-EC2', 'OpenStack EC2 API', '2013-07-07T12:00:00Z',
               'Access and secret keys for the EC2 API, tokens for requests signed with them.'),
    _extension('s3tokens', 'OpenStack S3 API', '2013-07-07T12:00:00Z', 'Tokens for requests to the S3 API.'),
]
ADMIN = [
    _extension('OS-KSADM', 'OpenStack Keystone Admin', '2011-08-19T13:25:27-06:00',
               'Create, change and delete users, tenants, roles, services and endpoints.'),
    _extension('OS-KSCATALOG', 'OpenStack Keystone Catalog', '2011-08-19T13:25:27-06:00',
               'Endpoint templates, and which of them a tenant has.'),
    _extension('OS-KSS3', 'OpenStack S3 authentication', '2011-08-25T09:50:00-00:00',
               'S3 credentials of users, kept by an administrator.'),
    _extension('OS-KSEC2', 'OpenStack EC2 authentication', '2011-08-25T09:50:00-00:00',
               'EC2 credentials of users, kept by an administrator.'),
    _extension('OS-KSVALIDATE', 'OpenStack Keystone Token Validation', '2012-01-12T12:17:00-06:00',
               'Tokens are named in a header, which no log of requests holds.'),
    _extension('HP-IDM', 'HP Token Validation Extension', '2011-12-06T19:00:00-00:00',
               'Roles of a validated token that belong to given services.'),
    _extension('OS-STATS', 'OpenStack Keystone Statistics', '2012-08-01T12:00:00Z', 'Counts of requests.'),
    *PUBLIC,
]


class ExtensionController(Controller):

    @property
    def known(self):
        """The extensions of this port."""
        return ADMIN if self.admin else PUBLIC

    @wsgi.route('GET', '/extensions', no_auth=True)
    def index(self, req):
        return {'extensions': {'values': self.known}}

    @wsgi.route('GET', '/extensions/<alias>', no_auth=True)
    def show(self, req, alias):
        for extension in self.known:
            if extension['alias'] == alias:
                return {'extension': extension}
        raise NotFound(f'Could not find extension: {alias[:64]}.')
