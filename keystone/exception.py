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


class TrustNotFound(NoSuchObject):
    kind = 'trust'


class AppCredNotFound(NoSuchObject):
    kind = 'application credential'


class AccessRuleNotFound(NoSuchObject):
    kind = 'access rule'


class ConsumerNotFound(NoSuchObject):
    kind = 'consumer'


class RequestTokenNotFound(NoSuchObject):
    kind = 'request token'


class AccessTokenNotFound(NoSuchObject):
    kind = 'access token'


class PolicyNotFound(NoSuchObject):
    kind = 'policy'


class EndpointGroupNotFound(NoSuchObject):
    kind = 'endpoint group'


class RegisteredLimitNotFound(NoSuchObject):
    kind = 'registered limit'


class LimitNotFound(NoSuchObject):
    kind = 'limit'


class PolicyAssociationNotFound(exception.NotFound):
    message = 'Policy %(policy)s is not associated with that.'


class EndpointFilterNotFound(exception.NotFound):
    message = 'Project %(project)s is not associated with %(key)s.'


class EndpointFilterConflict(exception.Conflict):
    message = 'Project %(project)s is associated with %(key)s already.'


class EndpointGlobal(exception.Conflict):
    message = 'Endpoint template %(key)s is global: every tenant has it.'


class NoLimitReference(exception.Forbidden):
    message = 'Nothing is registered for that service, region and resource: create a registered limit first.'


class InvalidLimit(exception.Forbidden):
    message = 'Invalid resource limit: %(reason)s.'


class DomainConfigNotFound(exception.NotFound):
    message = 'Could not find %(what)s in domain configuration for domain %(domain)s.'


class InvalidDomainConfig(exception.Forbidden):
    message = 'Invalid domain specific configuration: %(reason)s.'


class CredentialLimitExceeded(exception.Forbidden):
    message = 'Unable to create additional credentials, maximum of %(limit)d already exceeded for user.'


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


class WrongPassword(AuthFailed):
    """As AuthFailed to who asked; `user_id` tells the service whose password was tried."""

    def __init__(self, user_id):
        super().__init__()
        self.user_id = user_id


class AccountDisabled(AuthFailed):
    """The password fits, the account is off."""

    message = 'The account is disabled for user: %(user_id)s.'


class PasswordExpired(AuthFailed):
    """The password fits, but has to be changed first. Clients read the user's id in these words."""

    message = 'The password is expired and needs to be changed for user: %(user_id)s.'


class ValueTooLong(exception.TooLarge):
    message = '%(name)s is longer than the %(limit)d characters that are read of it.'


class PasswordTooLong(exception.Forbidden):
    message = ('The password length must be less than or equal to %(size)d. The server could not comply with the '
               'request because the password is invalid.')


class PasswordTooWeak(exception.BadRequest):
    message = 'The password does not match the requirements: %(detail)s.'


class PasswordUsedBefore(exception.BadRequest):
    message = ('The new password cannot be identical to a previous password. The total number which includes the new '
               'password must be unique is %(unique_count)d.')


class PasswordTooYoung(exception.BadRequest):
    message = ('You cannot change your password at this time due to the minimum password age. Once you change your '
               'password, it must be used for %(min_age_days)d day(s) before it can be changed. Please try again in '
               '%(days_left)d day(s) or contact your administrator to reset your password.')


class PasswordLocked(exception.BadRequest):
    message = ('You cannot change your password at this time due to password policy disallowing password changes. '
               'Please contact your administrator to reset your password.')


class MoreFactorsNeeded(AuthFailed):
    """What was proved fits, but the user's rules ask for more. `body` is what the API answers instead of an error."""

    def __init__(self, refusal):
        receipt_id, self.body = refusal
        super().__init__()
        self.headers = {'Openstack-Auth-Receipt': receipt_id}


class AttemptsExceeded(exception.OverLimit):
    """Too many failed log-ins of late."""

    code, title, reason = 429, 'Too Many Requests', 'tooManyRequests'
    message = 'Too many failed authentications: try again in %(seconds)d seconds.'

    def __init__(self, seconds):
        super().__init__(retry_after=seconds, seconds=seconds)
