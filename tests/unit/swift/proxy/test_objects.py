"""Objects through the proxy, over real storage servers."""
import hashlib


def test_what_was_put_is_read(client, container):
    put = client('PUT', f'{container}/o', b'hello', content_type='text/plain', x_object_meta_color='blue')
    assert put.status_int == 201
    assert put.headers['Etag'] == hashlib.md5(b'hello').hexdigest()
    got = client('GET', f'{container}/o')
    assert (got.status_int, got.body) == (200, b'hello')
    assert got.headers['Content-Type'] == 'text/plain'
    assert got.headers['X-Object-Meta-Color'] == 'blue'
    assert got.headers['Last-Modified'] == put.headers['Last-Modified']
    head = client('HEAD', f'{container}/o')
    assert (head.status_int, head.body, head.headers['Content-Length']) == (200, b'', '5')
    assert client('DELETE', f'{container}/o').status_int == 204
    assert client('GET', f'{container}/o').status_int == 404
    assert client('DELETE', f'{container}/o').status_int == 404
