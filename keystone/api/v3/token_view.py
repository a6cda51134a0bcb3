"""A token as v3 shows it. Rendered once and put together from bytes: the hot path of every service."""
import orjson
import webob

from keystone.changes import FACTS
from keystone.resource.names import is_admin_project
from keystone.token.cache import Cache
from keystone.token.manager import is_domain
from keystone.token.model import iso


def fields(token):
    """The token's document as a dict, without its catalog."""
    claims, user = token.claims, token.user
    expires = user['password_expires_at']
    shown = {'methods': claims.methods,
             'user': {'id': user['id'], 'name': user['name'],
                      'domain': {'id': user['domain_id'], 'name': user['domain_name']},
                      'password_expires_at': expires.isoformat(timespec='microseconds') if expires else None},
             'audit_ids': claims.audit_ids, 'expires_at': iso(claims.expires_at), 'issued_at': iso(claims.issued_at)}
    if token.project:
        domain = token.project_domain
        shown['project'] = {'id': token.project['id'], 'name': token.project['name'],
                            'domain': {'id': domain['id'], 'name': domain['name']}}
        if not claims.trust_id:     # of these the original does not say so
            shown['is_domain'] = is_domain(token.project)
        if is_admin_project(token.project, domain) is not None:
            shown['is_admin_project'] = is_admin_project(token.project, domain)
    elif token.domain:
        shown['domain'] = {'id': token.domain['id'], 'name': token.domain['name']}
    elif claims.system:
        shown['system'] = {'all': True}
    if token.scoped:
        shown['roles'] = token.roles
    if claims.idp_id is not None:
        shown['user']['OS-FEDERATION'] = {'groups': [{'id': group_id} for group_id in claims.group_ids],
                                          'identity_provider': {'id': claims.idp_id},
                                          'protocol': {'id': claims.protocol_id}}
    if claims.thumbprint is not None:
        shown['oauth2_credential'] = {'x5t#S256': claims.thumbprint}
    return {**shown, **token.shown}


class TokenView:
    """Renders tokens; keeps the catalog of each project as bytes until something changes."""

    def __init__(self, managers):
        self.managers = managers
        self._catalogs = Cache(500)
        self._providers = None
        managers.changes.listen(FACTS, self._forget)

    def _forget(self):
        self._catalogs.clear()
        self._providers = None

    def catalog(self, token):
        """The catalog of the token's scope, as JSON bytes."""
        self.managers.changes.check()
        manager, generation = self.managers.catalog, self.managers.changes.generation
        project_id = token.claims.project_id
        key = (project_id, token.user['id'] if manager.depends_on_user() else None)
        rendered = self._catalogs.get(key)
        if rendered is None:
            rendered = orjson.dumps(manager.catalog(token.user['id'], project_id))
            if generation == self.managers.changes.generation:
                self._catalogs.put(key, rendered)
        return rendered

    def _service_providers(self, token):
        """What a scoped token says of the clouds that believe this one, if there are any."""
        if not token.scoped:
            return {}
        if self._providers is None:
            self._providers = self.managers.service_providers.enabled()
        return {'service_providers': self._providers} if self._providers else {}

    def document(self, token, with_catalog=True):
        """{"token": {...}} as JSON bytes."""
        if token.document is None:
            token.document = orjson.dumps({**fields(token), **self._service_providers(token)})
        if not with_catalog or not token.scoped:
            return b'{"token":' + token.document + b'}'
        return b'{"token":' + token.document[:-1] + b',"catalog":' + self.catalog(token) + b'}}'

    def reply(self, req, token, status=200):
        """The answer that gives a token away: its document, and its text in X-Subject-Token."""
        body = self.document(token, with_catalog='nocatalog' not in req.query_string)
        return webob.Response(status=status, body=body, content_type='application/json', charset=None,
                              headerlist=[('Content-Type', 'application/json'), ('X-Subject-Token', token.id),
                                          ('Vary', 'X-Auth-Token')])
