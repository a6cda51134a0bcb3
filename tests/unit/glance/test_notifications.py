"""What is told of images, and to whom."""
import json
import logging

import kombu
import pytest

from essex.exception import ConfigError
from glance import notifications

GROUP = 'oslo_messaging_notifications'


@pytest.fixture(autouse=True)
def fresh():
    notifications.notifier.cache_clear()
    yield
    notifications.notifier.cache_clear()


@pytest.fixture
def told(conf, caplog):
    """() -> [(event, priority, payload)] since the last call, by the log driver."""
    conf.set('driver', ['log'], GROUP)
    caplog.set_level(logging.INFO, 'essex.notification')

    def take():
        found = [json.loads(each.getMessage()) for each in caplog.records
                 if each.name.startswith('essex.notification.')]
        caplog.clear()
        return [(each['event_type'], each['priority'], each['payload']) for each in found]
    return take


def names(events):
    return [name for name, _, _ in events]


def test_the_life_of_an_image(cloud, told):
    image = cloud.owner.create(name='one', color='red')
    (event, priority, payload), = told()
    assert (event, priority) == ('image.create', 'INFO') and payload['id'] == image['id'] and payload['name'] == 'one'
    assert payload['properties'] == {'color': 'red'} and payload['is_public'] is False and payload['deleted'] is False
    assert 'locations' not in payload and 'location' not in payload
    cloud.owner.patch(image, ('replace', '/name', 'two'))
    assert names(told()) == ['image.update']
    cloud.owner.upload(image, b'x' * 100)
    events = told()
    assert names(events) == ['image.prepare', 'image.upload', 'image.activate']
    assert events[0][2]['status'] == 'queued' and events[1][2]['status'] == 'active' and events[1][2]['size'] == 100
    assert len(cloud.owner('GET', image['file']).body) == 100
    assert told() == [('image.send', 'INFO', {
        'bytes_sent': 100, 'image_id': image['id'], 'owner_id': 'alpha', 'receiver_tenant_id': 'alpha',
        'receiver_user_id': 'alice', 'destination_ip': None})]
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    (event, _, payload), = told()
    assert event == 'image.delete' and payload['status'] == 'deleted' and payload['deleted_at']


def test_what_fails(cloud, told, make, tmp_path):
    image = cloud.owner.create()
    told()
    cloud.owner('PUT', image['file'], data=b'x', headers={'Content-Length': '5'})
    cloud.owner('PUT', image['file'], data=b'QFI\xfb' + bytes(100))
    events = told()
    assert ('image.upload', 'ERROR') in [each[:2] for each in events] and image['id'] in events[1][2]
    found = make(data=b'x' * 100)
    (tmp_path / 'images' / found.id).write_bytes(b'x' * 10)
    told()
    answer = cloud.owner('GET', f'/v1/images/{found.id}')
    with pytest.raises(Exception, match='ended after 10'):
        list(answer.app_iter)
    answer.app_iter.close()
    (event, priority, payload), = told()
    assert (event, priority, payload['bytes_sent']) == ('image.send', 'ERROR', 10)


def test_memberships(cloud, told):
    image = cloud.owner.create(visibility='shared')
    url = f'/v2/images/{image["id"]}/members'
    told()
    cloud.owner('POST', url, {'member': 'beta'})
    cloud.stranger('PUT', f'{url}/beta', {'status': 'accepted'})
    cloud.owner('DELETE', f'{url}/beta')
    events = told()
    assert names(events) == ['image.member.create', 'image.member.update', 'image.member.delete']
    assert events[1][2]['status'] == 'accepted' and events[1][2]['member_id'] == 'beta'
    older = f'/v1/images/{image["id"]}/members'
    cloud.owner('PUT', f'{older}/gamma')
    cloud.owner('PUT', older, {'memberships': [{'member_id': 'beta', 'can_share': True}]})
    assert names(told()) == ['image.member.create', 'image.member.delete', 'image.member.create']


@pytest.mark.parametrize('disabled,left', [(['image'], ['image.member.create']), (['image.member'], ['image.create']),
                                           (['image.create', 'image.member.create'], [])])
def test_some_are_not_wanted(cloud, told, conf, disabled, left):
    conf.set('disabled_notifications', disabled)
    image = cloud.owner.create(visibility='shared')
    cloud.owner('POST', f'/v2/images/{image["id"]}/members', {'member': 'beta'})
    assert names(told()) == left


def test_nothing_is_done_while_they_are_off(cloud, make):
    chunks = iter(())
    assert notifications.sent(chunks, make(), 0, None, None) is chunks


def test_the_older_strategies(conf, caplog):
    conf.set('notifier_strategy', 'qpid')
    with pytest.raises(ConfigError, match='qpid'):
        notifications.notifier()
    conf.set('notifier_strategy', 'noop')
    assert not notifications.notifier().enabled


def test_the_older_way_to_a_broker_over_tls(conf):
    conf.set('rabbit_password', 'a/b@c')
    assert notifications._rabbit_url() == 'amqp://guest:a%2Fb%40c@localhost:5672/%2F'
    conf.set('rabbit_use_ssl', True)
    assert notifications._rabbit_url().startswith('amqps://guest:')


def test_the_older_way_to_a_broker(cloud, conf, rabbitmq):
    url = kombu.Connection(rabbitmq.url)
    conf.set('notifier_strategy', 'rabbit')
    for name, value in (('host', url.hostname), ('port', url.port), ('userid', url.userid), ('password', url.password),
                        ('virtual_host', url.virtual_host or '/')):
        conf.set(f'rabbit_{name}', value)
    image = cloud.owner.upload(cloud.owner.create())
    assert notifications.notifier().flush(20)
    with kombu.Connection(rabbitmq.url) as connection:
        exchange = kombu.Exchange('glance', type='topic', durable=False)
        queue = kombu.Queue('glance_notifications.info', exchange, 'glance_notifications.info', durable=False)(
            connection.channel())
        found = [json.loads(queue.get(no_ack=True).body) for _ in range(4)]
    notifications.notifier().close()
    assert [each['event_type'] for each in found] == ['image.create', 'image.prepare', 'image.upload',
                                                      'image.activate']
    assert found[2]['payload']['id'] == image['id'] and found[0]['publisher_id'] == f'image.{conf.host}'
