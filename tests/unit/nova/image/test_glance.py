"""The image service through Nova's eyes: whose rights, which endpoint, which errors."""
import pytest

from essex import exception as errors
from essex.client.image import ImageClient
from nova import exception
from nova.image import glance
from tests.unit.nova.conftest import caller

DOCUMENT = {'id': 'i', 'name': 'n', 'status': 'active', 'size': 5, 'min_ram': None, 'min_disk': 1, 'tags': [],
            'hw_disk_bus': 'virtio', 'kernel_id': 'k', 'file': '/v2/images/i/file', 'disk_format': 'raw'}


@pytest.fixture
def client(monkeypatch, conf):
    """Calls made, as (whose rights, endpoint, method, arguments); answers come from client.answers."""
    class Client:
        def __init__(self, whose, endpoint):
            self.whose, self.endpoint = whose, endpoint

        def __getattr__(self, name):
            def call(*arguments, **more):
                Client.calls.append((self.whose, self.endpoint, name, arguments, more))
                answer = Client.answers.get(name)
                if isinstance(answer, Exception):
                    raise answer
                return answer
            return call
    Client.calls, Client.answers = [], {'show': dict(DOCUMENT), 'create': {'id': 'new'}}
    monkeypatch.setattr(ImageClient, 'of_user', lambda context, endpoint=None: Client(context.user_id, endpoint))
    monkeypatch.setattr(ImageClient, 'of_service', lambda endpoint=None: Client('nova', endpoint))
    return Client


def test_describe_tells_properties_from_the_rest(client):
    image = glance.describe(caller(), 'i')
    assert image['properties'] == {'hw_disk_bus': 'virtio', 'kernel_id': 'k'}
    assert (image['min_ram'], image['min_disk'], image['size'], image['owner']) == (0, 1, 5, None)
    assert client.calls[0][:3] == ('alice', None, 'show')


@pytest.mark.parametrize('url', ['http://g:9292', 'http://g:9292/', 'http://g:9292/v2', 'http://g:9292/v2/'])
def test_an_endpoint_may_name_its_version(client, conf, url):
    conf.set('endpoint_override', url, 'glance')
    glance.status('i')
    assert client.calls[0][:2] == ('nova', 'http://g:9292')


@pytest.mark.parametrize(('raised', 'error'), [
    (errors.NotFound(), exception.ImageNotFound), (errors.Forbidden(), exception.ImageForbidden),
    (errors.ServiceUnavailable('away'), errors.ServiceUnavailable)])
def test_errors_name_the_image(client, raised, error):
    client.answers['show'] = raised
    with pytest.raises(error):
        glance.describe(caller(), 'i')


def test_without_an_endpoint_it_says_what_to_do(conf):
    with pytest.raises(exception.ImageServiceUnavailable, match='endpoint_override'):
        glance.describe(caller(service_catalog=[], auth_token='t'), 'i')


def test_data_moves_with_novas_own_account(client):
    glance.upload('i', '/tmp/x')
    glance.download('i', '/tmp/x')
    glance.set_format('i', 'raw')
    assert {call[0] for call in client.calls} == {'nova'}
    client.answers['download'] = errors.BadGateway('digest')
    with pytest.raises(exception.ImageDownloadFailed, match='digest'):
        glance.download('i', '/tmp/x')


def test_what_is_gone_need_not_be_deleted(client):
    client.answers['delete'] = client.answers['show'] = errors.NotFound()
    glance.delete('i')
    assert glance.status('i') is None


def test_what_is_protected_can_be_deleted_too(client):
    # Its user asked for a protected image, and there is no image after all.
    client.answers['show'] = {'id': 'i', 'status': 'queued', 'protected': True}
    glance.delete('i')
    assert [(call[2], call[4]) for call in client.calls if call[2] != 'show'] == [
        ('update', {'protected': False}), ('delete', {})]


def test_backups_are_those_of_the_server_that_may_go(client):
    client.answers['list'] = [{'id': 'new', 'protected': False}, {'id': 'kept', 'protected': True}, {'id': 'old'}]
    assert glance.backups('alpha', 'server', 'daily') == ['new', 'old']
    (whose, _endpoint, name, _arguments, asked), = client.calls
    assert (whose, name, asked['sort'], asked['status']) == ('nova', 'list', 'created_at:desc', 'active')
    wanted = {'owner': 'alpha', 'instance_uuid': 'server', 'image_type': 'backup', 'backup_type': 'daily'}
    assert wanted.items() <= asked.items()


def test_create_is_the_users(client):
    assert glance.create(caller(), 'shot', 'qcow2', 'bare', 1, 0, {'name': 'no', 'a': 'b'}) == 'new'
    whose, _endpoint, name, _arguments, values = client.calls[0]
    assert (whose, name, values['name'], values['a']) == ('alice', 'create', 'shot', 'b')
    client.answers['create'] = errors.TooLarge(limit=5)
    with pytest.raises(exception.ImageQuotaExceeded):
        glance.create(caller(), 'shot', 'qcow2', 'bare')
