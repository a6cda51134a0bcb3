"""environ['keystone.token_auth']: the caller as a plugin of keystoneauth, for applications that call on its behalf."""
import functools

from keystoneauth1 import access, plugin


class Caller(plugin.BaseAuthPlugin):
    """Logs in with the request's own token. `user` and `service` tell who that is, as keystoneauth's AccessInfo;
    None where there is none."""

    def __init__(self, raw, validated, service_raw=None, service=None):
        super().__init__()
        self._raw, self._validated, self._service_raw, self._service = raw, validated, service_raw, service

    @functools.cached_property
    def user(self):
        """Whose token it is."""
        return self._validated and access.create(body=self._validated.document, auth_token=self._raw)

    @functools.cached_property
    def service(self):
        """Whose X-Service-Token it is."""
        return self._service and access.create(body=self._service.document, auth_token=self._service_raw)

    has_user_token = property(lambda self: bool(self._validated))
    has_service_token = property(lambda self: bool(self._service))

    def get_token(self, session):
        """The user's token; None when there is none."""
        return self._raw if self._validated else None

    def get_headers(self, session):
        """Those that log in, the service's token with them."""
        if not self._validated:
            return None
        return {'X-Auth-Token': self._raw, **({'X-Service-Token': self._service_raw} if self._service else {})}

    def get_endpoint(self, session, service_type=None, interface=None, region_name=None, service_name=None, **kwargs):
        """A URL of the catalog in the token, None when it has none."""
        if not self.user or not self.user.has_service_catalog():
            return None
        return self.user.service_catalog.url_for(service_type=service_type, interface=interface,
                                                 region_name=region_name, service_name=service_name)

    def get_user_id(self, session, **kwargs):
        """The user's id."""
        return self.user and self.user.user_id

    def get_project_id(self, session, **kwargs):
        """The id of the project the token is for."""
        return self.user and self.user.project_id
