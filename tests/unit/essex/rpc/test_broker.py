"""The broker's address."""
import pytest

from essex import exception
from essex.rpc import broker


@pytest.mark.parametrize(('url', 'shown'), [
    ('amqp://nova:s3cret@rabbit:5672/nova', 'amqp://nova:***@rabbit:5672/nova'),
    ('amqp://nova:s3c%40ret@a//;amqp://nova:s3cret@b//', 'amqp://nova:***@a//;amqp://nova:***@b//'),
    ('amqps://nova:s3cret@[::1]:5671/', 'amqps://nova:***@[::1]:5671/'),
    ('amqp://nova:s3cret@x@rabbit/', 'amqp://nova:***@rabbit/'),
    ('amqp://rabbit:5672/', 'amqp://rabbit:5672/'),
    ('memory://', 'memory://')])
def test_a_password_is_never_shown(url, shown):
    there = broker.Broker(url)
    assert there.name == shown
    assert 's3c' not in repr(there)


@pytest.mark.parametrize('url', ['', None, 'rabbit', 'http://x', 'redis://x', 'memory://;amqp://x', 'filesystem://'])
def test_another_transport_is_refused_with_a_sentence(url):
    with pytest.raises(exception.ConfigError, match='transport_url must be memory:// or amqp://'):
        broker.Broker(url)


def test_a_refusal_does_not_show_the_password():
    with pytest.raises(exception.ConfigError) as caught:
        broker.Broker('rabbit://nova:s3cret@rabbit/')
    assert 's3cret' not in str(caught.value)


def test_names_of_queues(conf):
    assert broker.topic_queue('compute').name == 'essex.compute'
    assert broker.topic_queue('compute', 'node1').name == 'essex.compute.node1'
    conf.set('control_exchange', 'blue')
    assert broker.topic_queue('compute', 'node1').name == 'blue.compute.node1'
    queue = broker.fanout_queue('compute', 'x')
    assert (queue.name, queue.exchange.name, queue.exchange.type) == \
        ('blue.compute.fanout.x', 'blue.compute.fanout', 'fanout')


def test_queues_survive_a_restart_of_the_broker():
    for queue in (broker.topic_queue('a'), broker.reply_queue('b'), broker.fanout_queue('c', 'd')):
        assert (queue.durable, queue.auto_delete, queue.exclusive) == (True, False, False)
