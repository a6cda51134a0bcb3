"""The head of a request."""
import io

import pytest

from essex import http_head


def read(text):
    return http_head.read(io.BufferedReader(io.BytesIO(text)))


def test_headers_are_found_in_any_case_and_keep_their_order():
    headers = read(b'Host: a\r\nX-Foo:  b c \t\r\nx-foo: second\r\nEmpty:\r\n\r\nbody')
    assert headers.pairs == [('Host', 'a'), ('X-Foo', 'b c'), ('x-foo', 'second'), ('Empty', '')]
    assert (headers.get('x-FOO'), headers.get('Empty'), headers.get('None', 5)) == ('b c', '', 5)


def test_more_than_a_hundred_headers_are_no_problem():
    assert read(b''.join(b'X-%d: v\r\n' % number for number in range(200)) + b'\r\n').get('x-199') == 'v'


@pytest.mark.parametrize('text', [
    b'No colon\r\n\r\n', b'Space : x\r\n\r\n', b'A: b\r\n folded\r\n\r\n', b': x\r\n\r\n', b'A: b\rC: d\r\n\r\n',
    b'A: \0\r\n\r\n', b'Content-Length: 1\r\nContent-Length: 2\r\n\r\n', b'N\xe4me: x\r\n\r\n',
    b'Transfer-Encoding: gzip, chunked\r\n\r\n', b'Transfer-Encoding: \x0bchunked\r\n\r\n',
    b'Transfer-Encoding: identity\r\n\r\n'])
def test_what_could_be_understood_in_two_ways_is_refused(text):
    with pytest.raises(http_head.BadHead):
        read(text)


@pytest.mark.parametrize('line, words', [
    (b'GET /a HTTP/1.1\r\n', ('GET', '/a', 'HTTP/1.1')), (b'GET /a\r\n', None), (b'GET /a HTTP/2.0\r\n', None),
    (b'\r\n', None), (b'GET /a b HTTP/1.1\r\n', None)])
def test_the_first_line(line, words):
    assert http_head.request_line(line) == words
