"""What can go wrong in the identity service, each with its sentence."""
from essex import exception


class NoSuchObject(exception.NotFound):
    """Root of "could not find" errors; `kind` is the word for the user."""

    kind = 'object'
    message = 'Could not find %(kind)s: %(id)s.'

    def __init__(self, key):
        super().__init__(kind=self.kind, id=str(key)[:255])


class DomainNotFound(NoSuchObject):
    kind = 'domain'


class ProjectNotFound(NoSuchObject):
    kind = 'project'


class UserNotFound(NoSuchObject):
    kind = 'user'


class GroupNotFound(NoSuchObject):
    kind = 'group'


class RoleNotFound(NoSuchObject):
    kind = 'role'


class ServiceNotFound(NoSuchObject):
    kind = 'service'


class EndpointNotFound(NoSuchObject):
    kind = 'endpoint'


class RegionNotFound(NoSuchObject):
    kind = 'region'


class CredentialNotFound(NoSuchObject):
    kind = 'credential'


class AssignmentNotFound(exception.NotFound):
    message = 'Could not find role assignment with role: %(role)s, %(actor)s, %(target)s.'


class ImpliedRoleNotFound(exception.NotFound):
    message = '%(prior)s does not imply %(implied)s.'


class MembershipNotFound(exception.NotFound):
    message = 'User %(user)s is not a member of group %(group)s.'


class TagNotFound(exception.NotFound):
    message = 'Could not find project tag %(tag)s on this project.'


class TokenNotFound(exception.NotFound):
    """Malformed, expired or revoked: the same words, since a validator must not learn which."""

    message = 'Could not find token.'


class NameConflict(exception.Conflict):
    message = 'Conflict occurred attempting to store %(kind)s - there is already one named %(name)s here.'


class IdConflict(exception.Conflict):
    message = 'Conflict occurred attempting to store %(kind)s - there is already one with the id %(id)s.'


class Immutable(exception.Forbidden):
    message = 'The %(kind)s %(id)s is immutable (options.immutable is true): clear that option first.'


class AuthFailed(exception.Unauthorized):
    """The credentials do not fit. Unknown user and wrong password read and take the same."""

    message = 'The request you have made requires authentication.'


class ScopeDenied(exception.Unauthorized):
    message = ('You are authenticated, but cannot use that %(kind)s: it does not exist, is disabled, or you have no '
               'role there.')


class AuthMethodNotSupported(exception.Unauthorized):
    message = 'An unsupported authentication method was named. Supported: %(methods)s.'

    def __init__(self, methods):
        self.methods = list(methods)
        super().__init__(methods=', '.join(methods))


class KeysMissing(exception.ConfigError):
    message = ('%(path)s holds no key: run `keystone-manage %(command)s` as the user this daemon runs as.')
