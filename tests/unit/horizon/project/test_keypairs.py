"""Key pairs: listed, made with a one-time download, imported, deleted."""
import pytest

KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGfLHyRGvXIkzFnI9sSLGFHkG2pjXU2eXxWwnCMuTjZq me@here'
INDEX, CREATE, IMPORT = '/project/keypairs/', '/project/keypairs/create/', '/project/keypairs/import/'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def names(browser):
    return [row.key for row in browser.get(INDEX).context['table'].rows]


def test_an_empty_list_says_what_to_do(member, cloud):
    assert 'No key pairs yet.' in text(member.get(INDEX))
    assert [(method, path) for method, _, path, _ in cloud.calls] == [('GET', '/os-keypairs')]


def test_the_private_key_is_given_once(member):
    answer = member.post(CREATE, {'name': 'mine'})
    assert 'PRIVATE KEY' in text(answer)
    assert answer['Cache-Control'] == 'no-store'
    assert names(member) == ['mine']
    assert 'PRIVATE KEY' not in text(member.get(INDEX))


def test_import(member):
    assert member.post(IMPORT, {'name': 'theirs', 'public_key': KEY}).url == INDEX
    assert names(member) == ['theirs']


def test_a_private_key_does_not_travel(member, cloud):
    answer = member.post(IMPORT, {'name': 'x', 'public_key': '-----BEGIN OPENSSH PRIVATE KEY-----'})
    assert answer.status_code == 422
    assert 'keep it to yourself' in text(answer)
    assert cloud.calls == []


@pytest.mark.parametrize('name', ['', '<script>', 'a/b', 'x' * 256])
def test_names_that_cannot_be(member, cloud, name):
    assert member.post(CREATE, {'name': name}).status_code == 422
    assert cloud.calls == []


def test_a_refusal_is_explained_in_the_form(member):
    member.post(CREATE, {'name': 'mine'})
    answer = member.post(CREATE, {'name': 'mine'})
    assert answer.status_code == 409
    assert 'Create key pair' in text(answer)
    assert 'POST /os-keypairs' in text(answer)
    assert 'value="mine"' in text(answer)
    assert 'req-' in text(answer)


def test_delete_is_asked_for_first(member):
    member.post(CREATE, {'name': 'mine'})
    asked = member.post(INDEX, {'table': 'keypairs', 'action': 'delete:mine'})
    assert asked.status_code == 200
    assert 'mine' in text(asked)
    assert names(member) == ['mine']
    confirmed = {'table': 'keypairs', 'action': 'delete', 'keys': ['mine'], 'confirmed': '1'}
    done = member.post(INDEX, confirmed, follow=True)
    assert 'Deleted: mine' in text(done)
    assert names(member) == []


def test_a_service_that_is_down_shows_in_place_of_the_table(member, cloud):
    cloud.refuse('compute')
    answer = member.get(INDEX)
    assert answer.status_code == 200
    assert 'The service does not answer.' in text(answer)


def test_names_with_html_do_no_harm(member, cloud):
    cloud.add_keypair('<img src=x onerror=alert(1)>')
    page = text(member.get(INDEX))
    assert '<img' not in page
    assert '&lt;img' in page


def test_everybody_sees_the_own_ones_alone(browse):
    browse('member').post(CREATE, {'name': 'mine'})
    assert names(browse('stranger')) == []
    assert names(browse('admin')) == []


def test_nobody_without_a_project(browse):
    answer = browse('nobody').get(INDEX)
    assert answer.status_code == 404
    assert 'no compute service' in text(answer)


def test_who_is_not_logged_in(stranger_to_all):
    assert stranger_to_all.get(INDEX).url.startswith('/auth/login/')
    assert stranger_to_all.post(CREATE, {'name': 'x'}).status_code == 401
