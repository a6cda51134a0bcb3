"""Encryption at rest without servers: ciphers, what is told beside what they made, keys, what a stock proxy wrote."""
import base64
import io
import itertools
import json

import pytest
import webob
from hypothesis import given
from hypothesis import strategies as st

from swift import ranges
from swift.exceptions import ConfigurationError
from swift.middleware import encryption
from swift.middleware.encryption import ciphers, decrypter, encrypter, external, keys, listing, metadata
from swift.middleware.encryption.errors import CryptoError, UnknownSecret

FIRST, SECOND = bytes(range(32)), bytes(range(40, 80))
CONF = {'encryption_root_secret': base64.b64encode(FIRST).decode(),
        'encryption_root_secret_second': base64.b64encode(SECOND).decode()}
KEY, IV = bytes(range(100, 132)), b'\xff' * 15 + b'\xfe'


def test_the_published_vectors():
    # NIST SP 800-38A, F.5.5: CTR-AES256
    key = bytes.fromhex('603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4')
    iv = bytes.fromhex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
    plain = bytes.fromhex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51'
                          '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710')
    sealed = bytes.fromhex('601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5'
                           '2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6')
    assert ciphers.apply(key, iv, plain) == sealed and ciphers.apply(key, iv, sealed) == plain
    for offset in range(len(plain)):
        assert ciphers.stream(key, iv, offset).update(sealed[offset:]) == plain[offset:]


@given(st.binary(max_size=200), st.integers(0, 200))
def test_any_byte_can_be_read_without_those_before(data, offset):
    # The vector is near its end: the counter begins anew.
    sealed = ciphers.apply(KEY, IV, data)
    assert ciphers.stream(KEY, IV, offset).update(sealed[offset:]) == data[offset:]


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_values_are_sealed_with_what_opens_them(text):
    value = metadata.seal(KEY, text, {'path': '/a/c/o', 'v': '2'})
    data, meta = metadata.split(value)
    assert metadata.unseal(KEY, data, meta) == text and meta['key_id'] == {'path': '/a/c/o', 'v': '2'}
    assert value.isascii() and (len(text) < 8 or text not in value)


@pytest.mark.parametrize('value', [
    '', 'abc', '; swift_meta=', 'AAAA; swift_meta=%7B', '!; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%7D',
    'AAAA; swift_meta=%5B%5D', 'AAAA; swift_meta=%7B%22cipher%22%3A+%22ROT13%22%7D',
    'AAAA; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22%21%22%7D',
    'AAAA; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+5%7D',
    'AAAA; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22body_key%22%3A+5%7D',
    'AAAA; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%7D',
    'AAAA; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22AAAA%22%7D'])
def test_damaged_values_are_told_from_good_ones(value):
    with pytest.raises(CryptoError):
        metadata.unseal(KEY, *metadata.split(value))


# Keys

def fetch(path='/v1/AUTH_test/c/o', **more):
    return keys.RequestKeys(keys.from_conf({**CONF, **more}), path)


def test_keys_belong_to_paths_and_secrets():
    found = [fetch(path, active_root_secret_id=secret)() for path in ('/v1/a/c/o', '/v1/a/c/p', '/v1/a/d/o')
             for secret in ('', 'second')]
    assert len({each.object for each in found}) == 6 and len({each.container for each in found}) == 4
    assert found[0].id == {'path': '/a/c/o', 'v': '2'}
    assert found[1].id == {'path': '/a/c/o', 'v': '2', 'secret_id': 'second'}
    # Whoever asks for it, the key of a path is the same.
    assert fetch('/v1/other/c/o')(found[1].id).object == found[1].object


@pytest.mark.parametrize('key_id', [
    {}, [], {'v': None}, {'v': '2'}, {'v': '4', 'path': '/a/c/o'}, {'v': 2, 'path': '/a/c/o'}, {'v': '2', 'path': 5},
    {'v': '2', 'path': '/a/c/\u0142'}, {'v': '3', 'path': '/a/c/\ud800'}, {'v': '2', 'path': '/a', 'secret_id': []},
    {'v': '2', 'path': '/a/c/o', 'secret_id': 'third'}])
def test_ids_of_no_key(key_id):
    with pytest.raises(CryptoError):
        fetch()(key_id)


@pytest.mark.parametrize(('conf', 'words'), [
    ({}, 'encryption_root_secret is missing'),
    ({'encryption_root_secret': 'not base64!'}, 'no base64'),
    ({'encryption_root_secret': base64.b64encode(bytes(31)).decode()}, 'has 31 bytes, at least 32'),
    ({'encryption_root_secret_a': base64.b64encode(bytes(32)).decode()}, 'active_root_secret_id must say'),
    ({**CONF, 'active_root_secret_id': 'third'}, 'no encryption_root_secret_third'),
    ({**CONF, 'meta_version_to_write': '9'}, 'meta_version_to_write = 9'),
    ({**CONF, 'keymaster_config_path': '/x'}, 'not beside it'),
    ({'keymaster_config_path': '/nowhere/at/all'}, 'No such file')])
def test_what_is_configured_wrongly_is_said_at_start(conf, words):
    with pytest.raises(ConfigurationError, match=words) as caught:
        keys.filter_factory({}, **conf)
    assert not any(value in str(caught.value) for name, value in conf.items() if 'root_secret' in name and value[8:])


def test_secrets_come_from_a_file_of_the_proxy_alone(tmp_path):
    path = tmp_path / 'keymaster.conf'
    path.write_text(f'[keymaster]\nencryption_root_secret = {CONF["encryption_root_secret"]}\n')
    for mode, is_fine in ((0o600, True), (0o640, True), (0o644, False), (0o660, False), (0o604, False)):
        path.chmod(mode)
        if is_fine:
            assert keys.from_conf({'keymaster_config_path': str(path)}).get(None) == FIRST
        else:
            with pytest.raises(ConfigurationError, match=f'mode {mode:04o}.*chmod 600'):
                keys.from_conf({'keymaster_config_path': str(path)})


def test_nothing_secret_is_in_what_is_printed():
    found, master = fetch(), keys.from_conf(CONF)
    text = repr((found, found(), master, vars(keys.KeyMaster(None, master))))
    secrets = (FIRST, SECOND, found().object, found().container)
    assert not any(repr(each)[2:-1] in text or each.hex() in text or base64.b64encode(each).decode() in text
                   for each in secrets)


@pytest.mark.parametrize('factory', [external.kms_filter_factory, external.kmip_filter_factory])
def test_key_managers_that_are_not_there_are_refused(factory):
    with pytest.raises(ConfigurationError, match='not supported: use keymaster'):
        factory({}, api_class='barbican')


def test_encryption_says_when_the_keymaster_is_missing():
    answer = webob.Request.blank('/v1/a/c/o').get_response(encryption.filter_factory({})(None))
    assert answer.status_int == 500 and 'needs keymaster' in answer.text


# What a stock proxy (2.38) wrote with these secrets, as it is on disk

STOCK = [
    ('/v1/AUTH_test/c/o', b'}E\xbc\xfd\xd5\x9cF\xe5R\xf6R', {
        'X-Object-Sysmeta-Container-Update-Override-Etag': '82lKr4+5AvA7ptSIjUt/M+Lc8wv7Ey/67T3Yj8wMO5U=; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%220MrfADlKVmtcqlYyAWIPPw%3D%3D%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2FAUTH_test%2Fc%2Fo%22%2C+%22v%22%3A+%222%22%7D%7D',  # noqa: E501
        'X-Object-Sysmeta-Crypto-Body-Meta': '%7B%22body_key%22%3A+%7B%22iv%22%3A+%22eiN2%2F84d5Z%2F%2FSkYWNckrwA%3D%3D%22%2C+%22key%22%3A+%22yWZvye7xgl6OJngz4IHpu9lb488Y3gH51xqQ%2FDnBiYY%3D%22%7D%2C+%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22%2B1rtBlJ4s1GiYU%2FzoCZ2Uw%3D%3D%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2FAUTH_test%2Fc%2Fo%22%2C+%22v%22%3A+%222%22%7D%7D',  # noqa: E501
        'X-Object-Sysmeta-Crypto-Etag': 'mDIbkzcuQZdveixhh/IZ89Nzjy6Vm4CIuZniyHbaT4U=; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%222e1oypw0Lb%2BENUt2UH2%2FlQ%3D%3D%22%7D',  # noqa: E501
        'X-Object-Sysmeta-Crypto-Etag-Mac': 'aagVHBQz5KL1HPzpNTUMJUWfKVitoXOH/YIVO6b+WO8=',
        'X-Object-Transient-Sysmeta-Crypto-Meta': '%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2FAUTH_test%2Fc%2Fo%22%2C+%22v%22%3A+%222%22%7D%7D',  # noqa: E501
        'X-Object-Transient-Sysmeta-Crypto-Meta-Color': 'kLQ9jxfRREkBxg==; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22JJ2wz1x6j%2BqxcaF59h4UrA%3D%3D%22%7D'},  # noqa: E501
     b'hello world', '5eb63bbbe01eeed093cb22bb8f5acdc3'),
    # Version 2 has the path as WSGI does,
    ('/v1/AUTH_test/c//lead\xc3\xbc', b'2', {
        'X-Object-Sysmeta-Crypto-Body-Meta': '%7B%22body_key%22%3A+%7B%22iv%22%3A+%225RgwFYVnjRsegVdWsGzcuw%3D%3D%22%2C+%22key%22%3A+%22bZLHUtNUInUIGy6kem3C83tth3pfEg3AJ1gF2%2F4AMSA%3D%22%7D%2C+%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22dSF3okIvTrSR97EFNRV24g%3D%3D%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2FAUTH_test%2Fc%2F%2Flead%5Cu00c3%5Cu00bc%22%2C+%22v%22%3A+%222%22%7D%7D',  # noqa: E501
        'X-Object-Sysmeta-Crypto-Etag': '5NZr3iplRw6xuxnPA4LXtidALU6E5tb0dqiwg6bjiQw=; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22cx%2FEulPc2ReftpVc4g2yUg%3D%3D%22%7D',  # noqa: E501
        'X-Object-Sysmeta-Crypto-Etag-Mac': 'kIWdpgmr+3KdGaUZ48X/MZfmm5FEPvVazpuC0x7XgHI='},
     b'x', '9dd4e461268c8034f5c8564e155c67a6'),
]
ROWS = [
    # of versions 1 (an object `/...` has the path `/...` then), 2 and 3,
    ('/v1/AUTH_test/c1', 'Fdv4CE2DLyeTR3SY2HqpYvoqe+6sNofeuq0IlmDhFx4=; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22vznIK81h80KoZGL3CUmo0w%3D%3D%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2Flead%5Cu00c3%5Cu00bc%22%2C+%22secret_id%22%3A+%22second%22%2C+%22v%22%3A+%221%22%7D%7D'),  # noqa: E501
    ('/v1/AUTH_test/c', '7ssUixLeTWJ7cw2v16RLGSNmBAGlaS/GY+uXQzqr+e8=; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%22MeBETQP62jeFVVg3WtptOQ%3D%3D%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2FAUTH_test%2Fc%2F%2Flead%5Cu00c3%5Cu00bc%22%2C+%22v%22%3A+%222%22%7D%7D'),  # noqa: E501
    ('/v1/AUTH_test/c3', 'Lx68xP7FuTp8SM5xRLo6UrtBi2A0fYaFpv/gydBBWhA=; swift_meta=%7B%22cipher%22%3A+%22AES_CTR_256%22%2C+%22iv%22%3A+%226l%2BzMV6NaDccynyyxYNz6Q%3D%3D%22%2C+%22key_id%22%3A+%7B%22path%22%3A+%22%2FAUTH_test%2Fc3%2F%2Flead%5Cu00fc%22%2C+%22secret_id%22%3A+%22second%22%2C+%22v%22%3A+%223%22%7D%7D'),  # noqa: E501
]


def opened(path, body, headers, conf=CONF, method='GET', **sent):
    """What is answered for an object that is stored like this."""
    def app(environ, start_response):
        start_response('200 OK', [('Etag', 'f' * 32), ('Content-Type', 'a/b'), ('Content-Length', str(len(body))),
                                  *headers.items()])
        return [body]
    made = keys.filter_factory({}, **conf)(encryption.filter_factory({})(app))
    request = webob.Request.blank('/', method=method, headers=sent)
    request.environ['PATH_INFO'] = path
    return request.get_response(made)


@pytest.mark.parametrize(('path', 'body', 'headers', 'plain', 'etag'), STOCK)
def test_what_a_stock_proxy_wrote_is_read(path, body, headers, plain, etag):
    answer = opened(path, body, headers)
    assert (answer.status_int, answer.body, answer.headers['Etag']) == (200, plain, etag)
    color = {'X-Object-Meta-Color': 'bl\xc3\xbce \xc3\xa4\xc3\xb6'} if len(headers) > 3 else {}
    assert {name: value for name, value in answer.headers.items() if name.startswith('X-')} == color
    # And what of an ETag is compared is what it compares.
    assert ciphers.mac(fetch(path)().object, etag) == headers['X-Object-Sysmeta-Crypto-Etag-Mac']


@pytest.mark.parametrize(('path', 'value'), ROWS)
def test_rows_of_a_stock_proxy_are_read(path, value):
    assert listing.Hashes(fetch(path)).decrypted(value) == '9dd4e461268c8034f5c8564e155c67a6'
    assert listing.Hashes(fetch('/v1/AUTH_test/c', encryption_root_secret_second=CONF['encryption_root_secret'],
                                encryption_root_secret=CONF['encryption_root_secret_second'])
                          ).decrypted(value) != '9dd4e461268c8034f5c8564e155c67a6'


def test_what_is_written_looks_like_what_a_stock_proxy_writes():
    stock = STOCK[0][2]['X-Object-Sysmeta-Crypto-Body-Meta']
    meta = metadata.load(stock)
    assert metadata.dump(meta['iv'], meta['key_id'], (meta['body_key']['key'], meta['body_key']['iv'])) == stock
    odd = metadata.dump(IV, {'path': '/a/c/%22\xff +&', 'v': '2'})
    assert metadata.load(odd)['key_id']['path'] == '/a/c/%22\xff +&' and metadata.load(odd)['iv'] == IV


@pytest.mark.parametrize('headers', [
    {**STOCK[0][2], 'X-Object-Sysmeta-Crypto-Body-Meta': 'x'},
    {**STOCK[0][2], 'X-Object-Sysmeta-Crypto-Etag': 'x'},
    {**STOCK[0][2], 'X-Object-Transient-Sysmeta-Crypto-Meta-Color': 'x'},
    {**STOCK[0][2], 'X-Object-Sysmeta-Container-Update-Override-Etag': 'x; swift_meta=y'},
    {name: value for name, value in STOCK[0][2].items() if name != 'X-Object-Transient-Sysmeta-Crypto-Meta'},
    {name: value for name, value in STOCK[0][2].items() if name != 'X-Object-Sysmeta-Crypto-Body-Meta'},
    {'X-Object-Sysmeta-Crypto-Body-Meta': metadata.dump(IV, {'path': '/a/c/o', 'v': '2'})},
    {'X-Object-Sysmeta-Crypto-Body-Meta': metadata.dump(IV, {'path': '/a/c/o', 'v': '2'}, (KEY[:5], IV))}])
def test_damaged_metadata_is_an_error_and_no_gibberish(headers):
    answer = opened('/v1/AUTH_test/c/o', STOCK[0][1], headers)
    assert answer.status_int == 500 and answer.text.startswith('This object cannot be decrypted: ')


def test_a_secret_that_is_gone_is_named():
    path, body, headers, *_ = STOCK[0]
    conf = {'encryption_root_secret_second': CONF['encryption_root_secret_second'], 'active_root_secret_id': 'second'}
    answer = opened(path, body, headers, conf)
    assert answer.status_int == 500 and 'the root secret without an id is not configured here' in answer.text
    with pytest.raises(UnknownSecret, match="'third'"):
        fetch()({'v': '2', 'path': '/a/c/o', 'secret_id': 'third'})


# Ranges

@given(st.binary(min_size=1, max_size=300), st.lists(st.tuples(st.integers(0, 299), st.integers(0, 299)), min_size=1,
                                                     max_size=4), st.integers(1, 70))
def test_each_part_of_many_is_decrypted_from_where_it_begins(data, spans, size):
    header = 'bytes=' + ','.join(f'{min(each)}-{max(each)}' for each in spans)
    wanted = ranges.parse(header, len(data))
    if not wanted:
        return
    sealed = ciphers.apply(KEY, IV, data)
    made = ranges.Multipart(wanted, len(data), 'a/b')
    whole = b''.join(made.body([sealed[start:stop]] for start, stop in wanted))
    pieces = [whole[start:start + size] for start in range(0, len(whole), size)]
    got = b''.join(decrypter._of_parts(pieces, KEY, IV))
    assert got == b''.join(made.body([data[start:stop]] for start, stop in wanted))


def test_parts_that_are_none_do_not_take_all_memory():
    with pytest.raises(CryptoError):
        list(decrypter._of_parts(itertools.repeat(b'x' * 1000), KEY, IV))


# Bodies

@given(st.binary(max_size=5000), st.integers(1, 700))
def test_however_a_body_is_read_it_is_encrypted_once(data, size):
    bodies = [encrypter.Body(io.BytesIO(data), {}, fetch()()) for _ in range(2)]
    read = b''.join(iter(lambda: bodies[0].read(size), b''))
    view, filled = memoryview(bytearray(size)), b''
    while count := bodies[1].read_some(view, size):
        filled += view[:count]
    for body, sealed in zip(bodies, (read, filled)):
        told = {}
        body.finish(told)
        answer = opened('/v1/AUTH_test/c/o', sealed, told)
        assert answer.body == data and (not data or answer.headers['Etag'] == body.etag)
    assert len(read) == len(data) and (len(data) < 16 or read != filled != data)


def test_a_listing_of_ten_thousand():
    found = fetch('/v1/a/c')
    rows = [{'name': f'o{number}', 'hash': metadata.seal(found.container_key({'path': '/a/c/o', 'v': '2'}),
                                                         f'{number:032x}', {'path': f'/a/c/o{number}', 'v': '2'})}
            for number in range(10000)]
    rows += [{'subdir': 'x/'}, {'name': 'plain', 'hash': '5' * 32}, {'name': 'z', 'hash': 'x; swift_meta=y'}]
    got = json.loads(listing.rewritten(json.dumps(rows).encode(), found))
    assert [row['hash'] for row in got[:10000]] == [f'{number:032x}' for number in range(10000)]
    assert got[10000:] == [*rows[10000:-1], {'name': 'z', 'hash': '<unknown>'}]
    assert listing.rewritten(b'no JSON swift_meta=', found) == b'no JSON swift_meta='
    assert json.loads(listing.rewritten(b'{"swift_meta=": 1}', found)) == {'swift_meta=': 1}
