"""FormPost: files of a browser's form become objects."""
import hashlib
import hmac
import io
import tracemalloc

import pytest
import webob
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from swift.middleware import formpost, multipart_form, tempauth
from tests.unit.swift.middleware.kit import Store, call

# Fixed: it is part of the names of tests, which every worker must see alike.
LATER = 4_000_000_000
PATH = '/v1/AUTH_test/c/pre_'
BOUNDARY = '----WebKitFormBoundaryX'


def signature(path=PATH, redirect='', size=100, count=2, expires=LATER, key='key', digest='sha256'):
    message = f'{path}\n{redirect}\n{size}\n{count}\n{expires}'
    return hmac.new(key.encode(), message.encode(), digest).hexdigest()


def fields(path=PATH, redirect='', size=100, count=2, expires=LATER, **more):
    made = {'redirect': redirect, 'max_file_size': size, 'max_file_count': count, 'expires': expires,
            'signature': signature(path, redirect, size, count, expires)}
    return {**made, **more}


def body(named, *files, end='--'):
    """A form; files are (filename, bytes[, headers])."""
    made = b''
    for name, value in named.items():
        made += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for index, (filename, content, *headers) in enumerate(files):
        lines = ''.join(f'{line}\r\n' for line in headers)
        head = f'Content-Disposition: form-data; name="file{index}"; filename="{filename}"\r\n{lines}'
        made += f'--{BOUNDARY}\r\n{head}\r\n'.encode() + content + b'\r\n'
    return made + f'--{BOUNDARY}{end}\r\n'.encode() if end is not None else made


class Service:
    def __init__(self, **conf):
        self.store = Store('c', X_Account_Meta_Temp_URL_Key='key')
        self.store.add_container('c', X_Container_Meta_Temp_URL_Key_2='ckey')
        self.app = formpost.filter_factory({}, **conf)(tempauth.filter_factory({}, user_a_b='k')(self.store))

    def post(self, form, path=PATH, boundary=BOUNDARY, **headers):
        return call(self.app, path, 'POST', form,
                    **{'Content_Type': f'multipart/form-data; boundary={boundary}', **headers})

    def stored(self):
        return {path.rpartition('/')[2]: content for path, content in self.store.bodies.items()}


@pytest.fixture
def service():
    return Service()


class TestUpload:
    def test_files_become_objects_below_the_path(self, service):
        response = service.post(body(fields(), ('a.txt', b'one', 'Content-Type: text/x'), ('b', b'two\r\n--')))
        assert response.status_int == 201
        assert service.stored() == {'pre_a.txt': b'one', 'pre_b': b'two\r\n--'}
        assert service.store.objects[PATH + 'a.txt']['Content-Type'] == 'text/x'
        assert service.store.objects[PATH + 'b']['Content-Type'] == 'application/octet-stream'
        assert not service.store.last('PUT')['swift_owner']

    def test_a_container_without_a_prefix(self, service):
        path = '/v1/AUTH_test/c'
        assert service.post(body(fields(path), ('a', b'1')), path).status_int == 201
        assert '/v1/AUTH_test/c/a' in service.store.objects

    def test_a_containers_key_and_other_digests(self, service):
        for more in ({'key': 'ckey'}, {'digest': 'sha512'}):
            form = body(fields(signature=signature(**more)), ('a', b'1'))
            assert service.post(form).status_int == 201

    def test_names_beyond_ascii(self, service):
        service.post(body(fields(), ('é.txt', b'1')))
        assert 'pre_é.txt'.encode().decode('latin-1') in service.stored()

    def test_a_browser_is_sent_on(self, service):
        there = 'https://site.example/done?x=1'
        response = service.post(body(fields(redirect=there), ('a', b'1')))
        assert response.status_int == 303
        assert response.headers['Location'] == there + '&status=201&message='

    def test_times_of_deletion(self, service):
        service.post(body(fields(x_delete_after=60), ('a', b'1')))
        assert service.store.objects[PATH + 'a']['X-Delete-After'] == '60'
        assert service.post(body(fields(x_delete_at='soon'), ('a', b'1'))).status_int == 400

    def test_a_field_without_a_chosen_file_is_skipped(self, service):
        assert service.post(body(fields(), ('', b''), ('a', b'1'))).status_int == 201
        assert service.stored() == {'pre_a': b'1'}

    def test_another_kind_of_post_passes(self, service):
        assert call(service.app, PATH, 'POST', b'x').status_int == 401
        assert 'FormPost' not in call(service.app, PATH, 'POST', b'x').text


class TestRefused:
    @pytest.mark.parametrize('wrong, status', [
        (fields(signature='0' * 64), 401), (fields(signature=''), 401),
        (fields(signature=signature(digest='sha1')), 401), (fields(signature=signature(key='wrong')), 401),
        ({**fields(), 'max_file_size': 1000}, 401),
        ({**fields(), 'max_file_count': 9}, 401), ({**fields(), 'redirect': 'https://evil.example/'}, 401),
        (fields(expires=1), 401), ({**fields(), 'expires': LATER + 5}, 401), ({}, 401),
        (fields(size='many'), 400), (fields(count='-1'), 400), (fields(expires='never'), 400),
        (fields(redirect='javascript:alert(1)'), 400), (fields(redirect='//evil.example'), 400),
        (fields(redirect='https://a.example/\tSet-Cookie'), 400), (fields(redirect='data:text/html,x'), 400)])
    def test_nothing_is_stored(self, service, wrong, status):
        response = service.post(body(wrong, ('a', b'1')))
        assert response.status_int == status
        assert 'Location' not in response.headers
        assert service.stored() == {}

    @pytest.mark.parametrize('wrong, message', [
        (fields(expires=1), 'FormPost: Form Expired'), (fields(signature='0' * 64), 'FormPost: Invalid Signature')])
    def test_the_page_says_why_in_the_words_that_clients_look_for(self, service, wrong, message):
        assert message in service.post(body(wrong, ('a', b'1'))).text

    @pytest.mark.parametrize('path', ['/v1/AUTH_test/d/pre_', '/v1/AUTH_test/c/pre', '/v1/AUTH_other/c/pre_',
                                      '/v1/AUTH_test', '/v1', '/v1/AUTH_test/c/../c/pre_'])
    def test_the_signature_is_for_its_path(self, service, path):
        assert service.post(body(fields(), ('a', b'1')), path).status_int == 401

    def test_an_account_alone_takes_no_files(self, service):
        assert service.post(body(fields('/v1/AUTH_test'), ('a', b'1')), '/v1/AUTH_test').status_int == 401

    def test_fields_after_the_first_file_change_nothing(self, service):
        form = body({}, ('a', b'1'), end=None) + body(fields())
        assert service.post(form).status_int == 401

    def test_a_file_that_is_too_large(self, service):
        response = service.post(body(fields(size=3), ('a', b'123'), ('b', b'1234')))
        assert response.status_int == 413
        assert 'max_file_size exceeded' in response.text
        assert service.stored() == {'pre_a': b'123'}

    def test_more_files_than_allowed(self, service):
        response = service.post(body(fields(count=1), ('a', b'1'), ('b', b'2')))
        assert response.status_int == 400
        assert 'max_file_count exceeded' in response.text
        assert service.stored() == {'pre_a': b'1'}

    def test_the_browser_learns_of_it_where_it_is_sent(self, service):
        response = service.post(body(fields(redirect='http://s.example/', size=1), ('a', b'12')))
        assert response.headers['Location'] == 'http://s.example/?status=413&message=max_file_size%20exceeded'

    def test_a_form_that_ends_early_leaves_no_object(self, service):
        whole = body(fields(), ('a', b'1' * 50))
        for cut in (len(whole) - 2 - len(BOUNDARY), len(whole) - 30, 10, len(whole) // 2, 0):
            assert service.post(whole[:cut]).status_int == 400, cut
            assert service.stored() == {}

    def test_without_a_file_there_is_nothing_to_do(self, service):
        assert service.post(body(fields())).status_int == 400

    def test_sha1_counts_where_it_is_allowed(self):
        form = body(fields(signature=signature(digest='sha1')), ('a', b'1'))
        assert Service(allowed_digests='sha1').post(form).status_int == 201


NEAR = [b'\r', b'\n', b'-', b'--', BOUNDARY.encode(), b'x', b'\r\n--' + BOUNDARY.encode()[:-1],
        b'\r\n--' + BOUNDARY.encode() + b'x']


class TestBoundaries:
    @pytest.mark.parametrize('boundary', ['', 'x' * 71, 'a;b"', 'é', '"'])
    def test_one_that_is_none(self, service, boundary):
        assert service.post(body(fields()), boundary=boundary).status_int == 400
        assert service.post(b'', Content_Type='multipart/form-data').status_int == 400

    def test_another_boundary_within_a_file_is_content(self, service):
        content = f'--{BOUNDARY}\r\n--{BOUNDARY[:-1]}\r\n\r\n--{BOUNDARY}x\r\n'.encode()
        assert service.post(body(fields(size=500), ('a', b'x' + content))).status_int == 201
        assert service.stored() == {'pre_a': b'x' + content}

    @pytest.mark.parametrize('form', [
        b'x' * 400000, f'--{BOUNDARY}\r\n'.encode() + b'A: ' + b'x' * 400000,
        f'--{BOUNDARY}\r\n\r\nno head\r\n'.encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name=\xff\r\n\r\n'.encode('latin-1'), b'\r\n' * 9,
        f'--{BOUNDARY}--'.encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--'.encode()])
    def test_no_form_is_refused(self, service, form):
        assert service.post(form).status_int == 400

    def test_headers_of_a_part_cannot_become_others(self, service):
        service.post(body(fields(), ('a', b'1', 'X-Object-Manifest: d/x', 'X-Symlink-Target: d/x',
                                     'Content-Type: a\x0bb', 'Content-Encoding: gzip')))
        headers = service.store.objects[PATH + 'a']
        assert headers['Content-Encoding'] == 'gzip'
        assert headers['Content-Type'] == 'application/octet-stream'
        assert not {'X-Object-Manifest', 'X-Symlink-Target'} & set(headers)

    def test_too_many_fields(self, service):
        assert service.post(body({f'f{index}': '' for index in range(1100)})).status_int == 400

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.sampled_from(NEAR), max_size=30).map(b''.join), st.integers(1, 40))
    def test_what_goes_in_comes_out_however_it_arrives(self, content, step):
        for after in (b'--', b'\r\n'):
            # This would be a boundary; browsers choose theirs so that there is none.
            assume(b'\r\n--' + BOUNDARY.encode() + after not in b'\r\n' + content + b'\r\n')

        class Slow(io.BytesIO):
            def read(self, size=-1):
                return super().read(min(size, step))
        form = multipart_form.Form(Slow(body({}, ('f', content))), BOUNDARY.encode())
        assert [part.read() for part in form.files()] == [content]


class TestMemory:
    def test_a_large_file_is_never_kept_whole(self):
        piece = b'0123456789abcdef\n' * 60000
        count, path = 30, '/v1/AUTH_test/c/x'
        head = body(fields(path, size=10 ** 9), end=None) + (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n').encode()

        class Source:
            def __init__(self):
                self.pieces = iter([head, *[piece] * count, f'\r\n--{BOUNDARY}--\r\n'.encode()])
                self.left = b''

            def read(self, size):
                self.left = self.left or next(self.pieces, b'')
                out, self.left = self.left[:size], self.left[size:]
                return out

        class Counting(Store):
            def _put(self, request, path, place):
                digest, size = hashlib.md5(), 0
                while data := request.environ['wsgi.input'].read(65536):
                    digest.update(data)
                    size += len(data)
                self.seen = size, digest.hexdigest()
                return webob.Response(status=201)
        service = Service()
        service.store.__class__ = Counting
        tracemalloc.start()
        request = webob.Request.blank(path, method='POST', content_type=f'multipart/form-data; boundary={BOUNDARY}',
                                      environ={'wsgi.input': Source(), 'HTTP_TRANSFER_ENCODING': 'chunked'})
        assert request.get_response(service.app).status_int == 201
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert service.store.seen == (len(piece) * count, hashlib.md5(piece * count).hexdigest())
        assert peak < 3 * 1024 ** 2
