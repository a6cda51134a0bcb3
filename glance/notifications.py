"""What happens to images, as notifications: image.create, image.upload, image.delete ..., and image.send for each read.

With `notifier_strategy` of the Essex era the options of that era are read, and messages go where its listeners wait.
"""
import functools
import urllib.parse

from oslo_config import cfg

from essex import config, notifications
from essex.exception import ConfigError
from glance.image.model import OWN

OPTS = [
    cfg.ListOpt('disabled_notifications', default=[],
                help='What is not notified: single events (image.send) or whole kinds (image, image.member, task).'),
    cfg.StrOpt('notifier_strategy', default='default',
               help='The Essex era\'s way to say how notifications are sent: noop, logging or rabbit. default: as '
                    '[oslo_messaging_notifications] says.'),
    cfg.StrOpt('rabbit_host', default='localhost', help='With notifier_strategy rabbit: the broker\'s host.'),
    cfg.PortOpt('rabbit_port', default=5672, help='Its port.'),
    cfg.StrOpt('rabbit_userid', default='guest', help='The user.'),
    cfg.StrOpt('rabbit_password', default='guest', secret=True, help='The password.'),
    cfg.StrOpt('rabbit_virtual_host', default='/', help='The virtual host.'),
    cfg.BoolOpt('rabbit_use_ssl', default=False, help='Speak TLS with it.'),
    cfg.StrOpt('rabbit_notification_topic', default='glance_notifications', help='Queues are named TOPIC.PRIORITY.'),
]
CONF = config.register(OPTS)

_GROUP = 'oslo_messaging_notifications'
_DRIVERS = {'default': None, 'noop': 'noop', 'logging': 'log', 'rabbit': 'messaging'}


@functools.cache
def notifier():
    """The Notifier of this process. Raises ConfigError."""
    strategy = CONF.notifier_strategy
    if strategy not in _DRIVERS:
        raise ConfigError(f'notifier_strategy {strategy!r} is not known here. There are: {", ".join(_DRIVERS)}.')
    if _DRIVERS[strategy] and not CONF[_GROUP].driver:
        CONF.set_default('driver', [_DRIVERS[strategy]], _GROUP)
        CONF.set_default('topics', [CONF.rabbit_notification_topic], _GROUP)
        if strategy == 'rabbit':
            CONF.set_default('transport_url', _rabbit_url(), _GROUP)
    return notifications.Notifier('image', 'glance')


def _rabbit_url():
    user, password, host = (urllib.parse.quote(text, safe='') for text in (
        CONF.rabbit_userid, CONF.rabbit_password, CONF.rabbit_virtual_host))
    scheme = 'amqps' if CONF.rabbit_use_ssl else 'amqp'
    return f'{scheme}://{user}:{password}@{CONF.rabbit_host}:{CONF.rabbit_port}/{host}'


def tell(event, payload, priority='INFO'):
    """Tell of an event, a name such as image.create, unless it or its kind is disabled."""
    sender = notifier()
    if sender.enabled and not {event, event.rpartition('.')[0]} & {*CONF.disabled_notifications}:
        sender.emit(event, payload() if callable(payload) else payload, priority)


def image(verb, record):
    """An image was created, updated, deleted, is about to take its data (prepare), has it (upload, activate)."""
    tell(f'image.{verb}', lambda: _document(record))


def upload_failed(record, error):
    """The data of an image could not be taken."""
    tell('image.upload', lambda: f'Image {record.id}: {error}', 'ERROR')


def member(verb, record):
    """A membership was created, updated or deleted."""
    tell(f'image.member.{verb}', lambda: {
        'image_id': record.image_id, 'member_id': record.member, 'status': record.status,
        'created_at': _stamp(record.created_at), 'updated_at': _stamp(record.updated_at), 'deleted': verb == 'delete',
        'deleted_at': None})


def _document(record):
    return {'id': record.id, 'name': record.name, 'status': record.status, 'owner': record.owner,
            'created_at': _stamp(record.created_at), 'updated_at': _stamp(record.updated_at),
            'min_disk': record.min_disk, 'min_ram': record.min_ram, 'protected': record.protected,
            'checksum': record.checksum, 'disk_format': record.disk_format,
            'container_format': record.container_format, 'size': record.size, 'virtual_size': record.virtual_size,
            'is_public': record.visibility == 'public', 'visibility': record.visibility, 'deleted': record.deleted,
            'deleted_at': _stamp(record.deleted_at), 'tags': record.tags,
            'properties': {name: value for name, value in record.properties.items()
                           if not name.startswith(OWN)}}


def _stamp(moment):
    return f'{moment:%Y-%m-%dT%H:%M:%SZ}' if moment else None


class Sent:
    """An iterator over the data that is sent to a reader; tells how many bytes it was when it ends, however it does."""

    def __init__(self, chunks, record, expected, caller, address):
        self._chunks, self._image, self._expected = chunks, record, expected
        self._caller, self._address, self._count, self._told = caller, address, 0, False

    def __iter__(self):
        return self

    def __next__(self):
        chunk = next(self._chunks)
        self._count += len(chunk)
        return chunk

    def send_next(self, send):
        """See essex.http_protocol."""
        count = self._chunks.send_next(send) if hasattr(self._chunks, 'send_next') else None
        self._count += count or 0
        return count

    def close(self):
        """Let go of the data, and tell."""
        self._chunks.close()
        if self._told:
            return
        self._told = True
        short = self._expected is not None and self._count != self._expected
        tell('image.send', {
            'bytes_sent': self._count, 'image_id': self._image.id, 'owner_id': self._image.owner,
            'receiver_tenant_id': self._caller.project_id, 'receiver_user_id': self._caller.user_id,
            'destination_ip': self._address}, 'ERROR' if short else 'INFO')


def sent(chunks, record, expected, caller, address):
    """`chunks`, which will be told of when something is notified at all."""
    return Sent(chunks, record, expected, caller, address) if notifier().enabled else chunks
