"""Notifications as a listener on the broker gets them; a broker that is away disturbs nobody."""
import json
import logging
import time

import kombu
import pytest

from essex import notifications
from essex.exception import ConfigError
from essex.rpc import memory


def listen(url, exchange='keystone', name='notifications.info', durable=False, seconds=10, count=1):
    """The next `count` bodies of that queue."""
    got = []
    queue = kombu.Queue(name, kombu.Exchange(exchange, type='topic', durable=durable), name, durable=durable)
    with kombu.Connection(transport=memory.NAME) if url == 'memory://' else kombu.Connection(url) as connection:
        def take(body, message):
            got.append((body, message))
            message.ack()
        with connection.Consumer(queue, callbacks=[take], accept=['json']):
            end = time.monotonic() + seconds
            while len(got) < count and time.monotonic() < end:
                try:
                    connection.drain_events(timeout=0.5)
                except TimeoutError:
                    continue
    return got


@pytest.fixture
def notifier(conf):
    made = []

    def make(*drivers, url='memory://', **options):
        conf.set('driver', list(drivers), 'oslo_messaging_notifications')
        conf.set('transport_url', url, 'oslo_messaging_notifications')
        for name, value in options.items():
            conf.set(name, value, 'oslo_messaging_notifications')
        made.append(notifications.Notifier('identity', 'keystone'))
        return made[-1]
    yield make
    for each in made:
        each.close()
    memory.clear()


def test_off_by_default(conf):
    made = notifications.Notifier('identity', 'keystone')
    assert not made.enabled and made.emit('a.b', {}) is None and made.flush(0)
    conf.set('driver', ['noop', ''], 'oslo_messaging_notifications')
    assert not notifications.Notifier('identity', 'keystone').enabled


def test_an_unknown_driver_or_broker_stops_the_start(notifier):
    with pytest.raises(ConfigError, match='pigeon'):
        notifier('pigeon')
    for url in ('http://x', None):
        with pytest.raises(ConfigError, match='transport_url'):
            notifier('messaging', url=url)


def test_both_forms_over_memory(notifier, conf):
    made = notifier('messaging', topics=['notifications', 'audit'])
    made.emit('identity.user.created', {'resource_info': 'u'})
    assert made.flush(5)
    (((body, _),), ((other, _),)) = listen('memory://'), listen('memory://', name='audit.info')
    assert body == other and set(body) == {'message_id', 'publisher_id', 'event_type', 'priority', 'payload',
                                           'timestamp', '_unique_id'}
    assert (body['event_type'], body['priority'], body['payload']) == ('identity.user.created', 'INFO',
                                                                       {'resource_info': 'u'})
    assert body['publisher_id'] == f'identity.{conf.host}'
    made = notifier('messagingv2')
    made.emit('identity.user.deleted', {'resource_info': 'u'}, 'ERROR')
    assert made.flush(5)
    ((body, _),) = listen('memory://', name='notifications.error')
    assert body['oslo.version'] == '2.0'
    assert json.loads(body['oslo.message'])['event_type'] == 'identity.user.deleted'


def test_the_log_as_a_driver(notifier, caplog):
    caplog.set_level(logging.INFO)
    notifier('log').emit('identity.user.created', {'resource_info': 'u'})
    (record,) = [each for each in caplog.records if each.name == 'essex.notification.identity.user.created']
    assert json.loads(record.message)['payload'] == {'resource_info': 'u'}


def test_what_cannot_be_told_fails_nobody(notifier, caplog):
    notifier('log').emit('identity.user.created', {'resource_info': 2 ** 70, '\ud800': 1})
    assert 'identity.user.created is lost' in caplog.text


def test_a_broker_that_is_away_delays_nobody_and_the_queue_has_an_end(notifier, monkeypatch, caplog):
    monkeypatch.setattr(notifications, 'QUEUE_SIZE', 50)
    made = notifier('messagingv2', url='amqp://guest:the-password@127.0.0.1:1//')
    began = time.monotonic()
    for number in range(100):
        made.emit('identity.user.created', {'resource_info': str(number)})
    assert time.monotonic() - began < 1 and not made.flush(0.05)
    assert 'further ones are lost' in caplog.text and 'the-password' not in caplog.text


def test_over_rabbitmq_in_order_and_after_an_outage(notifier, rabbitmq, conf):
    conf.set('rpc_retry_interval_max', 0.5)
    made = notifier('messagingv2', url=rabbitmq.url)
    made.emit('identity.user.created', {'resource_info': 'first'})
    assert made.flush(20)
    assert json.loads(listen(rabbitmq.url)[0][0]['oslo.message'])['payload'] == {'resource_info': 'first'}
    rabbitmq.stop()
    for number in range(20):
        made.emit('identity.user.created', {'resource_info': str(number)})
    rabbitmq.start()
    assert made.flush(60)
    got = listen(rabbitmq.url, count=20)
    assert [json.loads(body['oslo.message'])['payload']['resource_info'] for body, _ in got] == [
        str(number) for number in range(20)]
    assert all(message.content_type == 'application/json' for _, message in got)
