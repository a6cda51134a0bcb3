"""The cloud's APIs as its own commands use them: as one account, by name, like any client."""
from keystoneauth1 import adapter, session
from keystoneauth1.identity import v3


class Api:
    """Calls as one account of the settings. Raises keystoneauth1's exceptions."""

    def __init__(self, settings, account):
        values = settings.environment(account)
        plugin = v3.Password(auth_url=values['OS_AUTH_URL'], username=account, password=values['OS_PASSWORD'],
                             project_name=values['OS_PROJECT_NAME'], user_domain_name='Default',
                             project_domain_name='Default')
        self._session = session.Session(auth=plugin, verify=values.get('OS_CACERT', True), timeout=600)
        self._plugin = plugin
        self.identity = self._adapter(values['OS_AUTH_URL'])
        self.image = self._adapter(settings.url('glance', '/v2'))
        self.compute = self._adapter(settings.url('nova', '/v2.1'))
        self._volume_url = settings.url('volume', '/v3')

    @property
    def volume(self):
        """Block storage of the account's project."""
        return self._adapter(f'{self._volume_url}/{self.project_id}')

    def _adapter(self, url):
        # A daemon that is just being started again is waited for, with growing pauses: some 30 s in all.
        return adapter.Adapter(self._session, endpoint_override=url, connect_retries=6, status_code_retries=6,
                               retriable_status_codes=(503,))

    @property
    def project_id(self):
        """The id of the account's project."""
        return self._plugin.get_project_id(self._session)

    @property
    def user_id(self):
        """The id of the account."""
        return self._plugin.get_user_id(self._session)


def ensure(api, collection, name, values, path=None):
    """The resource called `name` in `collection` (users, projects ...), made with `values` when it is missing."""
    path, singular = path or f'/{collection}', collection[:-1]
    for found in api.get(path, params={'name': name}).json()[collection]:
        if found['name'] == name:
            return found
    return api.post(path, json={singular: {'name': name, **values}}).json()[singular]
