"""What can go wrong with federation, each with its sentence."""
from essex import exception
from keystone.exception import NoSuchObject


class IdentityProviderNotFound(NoSuchObject):
    kind = 'Identity Provider'


class MappingNotFound(NoSuchObject):
    kind = 'mapping'


class ServiceProviderNotFound(NoSuchObject):
    kind = 'Service Provider'


class ProtocolNotFound(exception.NotFound):
    message = 'Could not find federated protocol %(protocol)s for Identity Provider: %(idp)s.'


class DuplicateId(exception.Conflict):
    message = 'Conflict occurred attempting to store %(kind)s - Duplicate entry found with ID %(id)s.'


class DuplicateRemoteId(exception.Conflict):
    message = 'Duplicate remote ID: %(id)s.'


class ProviderDisabled(exception.Forbidden):
    message = '%(kind)s %(id)s is disabled.'


class AssertionRefused(exception.Unauthorized):
    """Who was authenticated elsewhere is not let in here; the message says what an operator has to look at."""

    message = 'The assertion does not lead to a user of this cloud: %(reason)s.'


class NotTrustedDashboard(exception.Unauthorized):
    message = '%(host)s is not a trusted dashboard host.'
