"""What can go wrong between a caller and a handler. Errors of the handler itself cross by their own type."""
from essex import exception


class MessagingError(exception.EssexError):
    """Root of the errors of messaging."""

    reason = 'messaging'
    message = 'The daemons of the service could not talk to each other.'


class Timeout(MessagingError):
    """No answer in time. `kwargs`: topic, method, host, seconds, last_heartbeat (datetime or None)."""

    code, title, reason = 504, 'Gateway Timeout', 'messagingTimeout'


class BrokerUnavailable(MessagingError):
    """The broker was not reached, or did not confirm, in time. `kwargs`: topic, method, host, seconds."""

    code, title, reason = 503, 'Service Unavailable', 'brokerUnavailable'


class UnknownMethod(MessagingError):
    """The server has no such method: it is older or newer than its caller."""

    message = 'The %(topic)s daemon has no method %(method)s.'


class WrongArguments(MessagingError):
    message = 'The method %(method)s of the %(topic)s daemon refuses its arguments: %(problem)s.'


class SerializationError(MessagingError):
    """A value of a type that cannot be sent."""

    message = '%(what)s cannot be sent: %(path)s %(problem)s.'


class MessageTooLarge(MessagingError):
    message = '%(what)s is %(size)d bytes; more than %(limit)d (rpc_max_message_bytes) are not sent.'


class RemoteError(MessagingError):
    """The handler raised something without a meaning here: `exc_type`, `value` and `traceback` are text."""

    def __init__(self, exc_type, value, traceback=''):
        super().__init__(f'A daemon failed with {exc_type}: {value}'.replace('\x00', ' '))
        self.exc_type = exc_type
        self.value = value
        self.traceback = traceback
