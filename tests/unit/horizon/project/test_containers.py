"""Object storage: containers, folders, uploads, downloads, links, and names that are hard on URLs."""
import io
from urllib.parse import quote

import pytest
import requests

INDEX = '/project/containers/'
NAMES = ['plain', 'with space', 'per%cent', 'quest?ion', 'ha#sh', 'ünï/cödé', '<script>alert(1)</script>', 'a&b=c',
         "it's", '"quoted"', 'semi;colon', 'a//b', '+plus', 'back\\slash']


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


@pytest.fixture
def box(member):
    """Address of a container named box."""
    return member.post(INDEX + 'create/', {'name': 'box'}).url


def put(browser, name, data=b'data', kind='text/plain'):
    return browser.put(f'{INDEX}in/box/data/?name={quote(name)}', data, content_type=kind,
                       CONTENT_LENGTH=str(len(data)))


def page(view, name):
    return f'{INDEX}in/box/{view}/?name={quote(name)}'


def names(browser, where):
    return [row.key for row in browser.get(where).context['table'].rows]


class TestContainers:
    def test_the_list_takes_two_calls(self, member, box, cloud):
        cloud.calls.clear()
        assert names(member, INDEX) == ['box']
        assert len(cloud.calls) == 2

    def test_there_are_no_two_of_a_name(self, member, box):
        answer = member.post(INDEX + 'create/', {'name': 'box'})
        assert answer.status_code == 409
        assert 'already' in text(answer)

    @pytest.mark.parametrize('name', ['', 'a/b', 'ü' * 129, '..'])
    def test_names_that_cannot_be(self, member, name):
        assert member.post(INDEX + 'create/', {'name': name}).status_code == 422

    @pytest.mark.parametrize('name', [each for each in NAMES if '/' not in each])
    def test_odd_names(self, member, name):
        where = member.post(INDEX + 'create/', {'name': name}).url
        assert member.get(where).context['container'] == name
        assert name in names(member, INDEX)

    def test_public_and_back(self, member, box, cloud):
        member.post(f'{INDEX}in/box/access/', {'public': 'on'})
        assert member.get(f'{INDEX}in/box/access/').context['form'].initial['public']
        member.post(f'{INDEX}in/box/access/', {})
        assert not member.get(f'{INDEX}in/box/access/').context['form'].initial['public']

    def test_a_full_one_is_emptied_first(self, member, box):
        put(member, 'a')
        for action, left in (('delete', ['box']), ('empty', ['box']), ('delete', [])):
            member.post(INDEX, {'table': 'containers', 'action': action, 'keys': 'box', 'confirmed': '1'})
            assert names(member, INDEX) == left


class TestObjects:
    @pytest.mark.parametrize('name', NAMES)
    def test_odd_names_go_in_and_come_out(self, member, box, name):
        assert put(member, name, name.encode()).status_code == 200
        down = member.get(page('download', name))
        assert b''.join(down.streaming_content) == name.encode()
        assert down['Content-Disposition'].startswith('attachment')
        assert '\n' not in down['Content-Disposition']
        shown = member.get(page('object', name))
        assert shown.context['name'] == name
        assert '<script>alert' not in text(shown)

    @pytest.mark.parametrize('name', ['../other/x', 'a/./b', '..'])
    def test_names_that_would_be_another_address(self, member, box, cloud, name):
        cloud.calls.clear()
        answer = put(member, name)
        assert answer.status_code == 400
        assert 'cannot be addressed' in answer.json()['message']
        assert cloud.calls == []

    def test_folders(self, member, box):
        assert member.post(box, {'folder': 'photos'}).status_code == 302
        put(member, 'photos/cat.txt')
        put(member, 'photos/2026/dog.txt')
        assert names(member, box) == ['photos/']
        inner = f'{box}?prefix=photos/'
        assert names(member, inner) == ['photos/2026/', 'photos/cat.txt']
        assert member.get(f'{box}?prefix=photos/2026/').context['breadcrumbs'][-1] == (
            'photos', f'{box}?prefix=photos%2F')
        member.post(box, {'table': 'objects', 'action': 'delete', 'keys': 'photos/', 'confirmed': '1'})
        assert names(member, box) == []

    def test_a_page_takes_one_call(self, member, box, cloud):
        for index in range(5):
            put(member, f'{index}')
        cloud.calls.clear()
        member.get(box)
        assert len(cloud.calls) == 1

    def test_pages(self, member, box, conf):
        conf.set('page_size', 5, 'horizon')
        for index in range(7):
            put(member, f'{index}')
        first = member.get(box).context['table']
        second = member.get(box + first.page.next).context['table']
        assert [row.key for row in (*first.rows, *second.rows)] == [str(each) for each in range(7)]

    def test_without_scripts(self, member, box):
        file = io.BytesIO(b'hello')
        file.name = 'hello.txt'
        assert member.post(f'{box}?prefix=in/', {'file': file}).url == f'{box}?prefix=in%2F'
        assert names(member, f'{box}?prefix=in/') == ['in/hello.txt']

    def test_an_empty_file(self, member, box):
        assert put(member, 'empty', b'').status_code == 200
        assert b''.join(member.get(page('download', 'empty')).streaming_content) == b''

    def test_a_refusal_is_told_to_the_script(self, member, box, cloud):
        cloud.fail('object-store', 'PUT', '/box/*', 413)
        answer = put(member, 'large')
        assert answer.status_code == 413
        assert answer.json()['advice']


class TestOne:
    def test_text_is_shown_as_text(self, member, box):
        put(member, 'a.txt', b'<b>bold</b> \xff' + b'x' * 100_000)
        answer = member.get(page('object', 'a.txt'))
        assert '&lt;b&gt;bold' in text(answer)
        assert len(answer.context['preview']) == 65536

    def test_what_may_hold_scripts_is_never_a_page(self, member, box):
        for kind in ('image/svg+xml', 'text/html'):
            put(member, 'evil', b'<svg onload="alert(1)"/>', kind)
            assert member.get(page('picture', 'evil')).status_code == 404
            down = member.get(page('download', 'evil'))
            assert down['Content-Type'] == 'application/octet-stream'
            assert down['Content-Security-Policy'] == "default-src 'none'; sandbox"
            assert down['X-Content-Type-Options'] == 'nosniff'

    def test_pictures(self, member, box):
        put(member, 'cat.png', b'\x89PNG', 'image/png')
        assert member.get(page('object', 'cat.png')).context['picture']
        assert member.get(page('picture', 'cat.png'))['Content-Type'] == 'image/png'

    def test_copy_and_move(self, member, box):
        put(member, 'a b', b'content')
        where = member.post(page('object', 'a b'), {'do_copy': '', 'into': 'box', 'as_name': 'c/d?'}).url
        assert member.get(where).context['name'] == 'c/d?'
        member.post(page('object', 'a b'), {'do_copy': '', 'into': 'box', 'as_name': 'e', 'move': 'on'})
        assert names(member, box) == ['c/', 'e']

    def test_onto_itself_is_no_move(self, member, box):
        put(member, 'a')
        assert member.post(page('object', 'a'), {'do_copy': '', 'into': 'box', 'as_name': 'a', 'move': 'on'}
                           ).status_code == 422
        assert names(member, box) == ['a']

    def test_a_link_works_for_everybody(self, member, box, cloud):
        put(member, 'for you?', b'secret')
        link = member.post(page('object', 'for you?'), {'do_link': '', 'seconds': '3600'}).context['link']
        anybody = requests.Session()
        cloud.mount(anybody)
        assert anybody.get(link, timeout=5).content == b'secret'
        assert anybody.get(link.replace('for%20you', 'for%20me'), timeout=5).status_code in (401, 403, 404)

    def test_metadata(self, member, box):
        put(member, 'a')
        member.post(page('object', 'a'), {'do_metadata': '', 'metadata': 'Colour = red\nsize=<b>', 'days': '2'})
        answer = member.get(page('object', 'a'))
        assert answer.context['given'] == [('colour', 'red'), ('size', '<b>')]
        assert answer.context['kind'] == 'text/plain'
        assert answer.context['delete_at']
        bad = member.post(page('object', 'a'), {'do_metadata': '', 'metadata': 'no equals'})
        assert bad.status_code == 422


def test_strangers(browse, box, member):
    put(member, 'a')
    stranger = browse('stranger')
    assert names(stranger, INDEX) == []
    assert stranger.get(page('object', 'a')).status_code == 404
    assert stranger.get(page('download', 'a')).status_code == 404
    assert put(stranger, 'b').status_code == 404


def test_nobody(browse, stranger_to_all):
    assert browse('nobody').get(INDEX).status_code == 404
    assert stranger_to_all.get(INDEX).status_code == 302
