"""Numbers, times and answers that are none, wherever Swift reads them."""
import pytest

from swift import backend
from swift.exceptions import BackendError
from swift.headers import whole
from swift.timestamp import Timestamp
from tests.unit.swift.proxy.bad_node import BadNode


@pytest.mark.parametrize(('text', 'number'), [
    ('0', 0), ('17', 17), ('0' * 5000 + '5', 5), ('0' * 30, 0), (None, None), ('', None), ('-1', None), ('1.0', None),
    ('\xb2', None), ('\u0661', None), (' 1', None), ('1_0', None)])
def test_whole_numbers(text, number):
    assert whole(text) == number


def test_more_digits_than_anybody_counts_are_a_large_number():
    assert whole('9' * 5000) > 2 ** 64


@pytest.mark.parametrize('text', ['1e305', 'nan', 'inf', '-1', '9' * 5000, '', '1_zz', '1' + '0' * 400 + '.5'])
def test_what_is_no_time_is_a_value_error(text):
    with pytest.raises(ValueError):
        Timestamp(text)


@pytest.mark.parametrize('answer', [
    b'HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n', b'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
    b'HTTP/1.1 ' + b'9' * 5000 + b' OK\r\n\r\n', b'SMTP\r\n\r\n', b'HTTP/1.1 200 OK\r\nX: ' + b'x' * 140000,
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhallo\r\n',
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' + b'0' * 200000,
    b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'])
def test_a_node_that_speaks_no_http_is_a_node_that_fails(answer):
    node = BadNode(lambda *request: answer)
    try:
        with pytest.raises(BackendError):
            backend.request({'ip': '127.0.0.1', 'port': node.port, 'device': 'd'}, 'GET', '/d/0/a', timeout=5)
    finally:
        node.close()
        backend.forget()


@pytest.mark.parametrize(('ip', 'port'), [('a' * 300 + '.example', 80), ('\xe9' * 70, 80), ('127.0.0.1', 99999999)])
def test_an_address_that_cannot_be_is_a_node_that_fails(ip, port):
    with pytest.raises(BackendError):
        backend.request({'ip': ip, 'port': port, 'device': 'd'}, 'GET', '/d/0/a')
