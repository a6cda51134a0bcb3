"""Is an endpoint up? A plain GET of its healthcheck, without a token."""
import http.client
import ssl
import time


def check(settings, name, timeout=2):
    """None when the endpoint answers its health check, else a sentence."""
    host, port = settings.host_of(name), settings.port(name)
    try:
        if settings.secure and not settings.is_inside(name):
            tls = ssl.create_default_context(cafile=str(settings.layout.pki / 'ca.pem'))
            connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=tls)
        else:
            connection = http.client.HTTPConnection(host, port, timeout=timeout)
        connection.request('GET', '/healthcheck')
        status = connection.getresponse().status
        connection.close()
    except OSError as error:
        return f'{name} does not answer on {host}:{port}: {error}'
    return None if status == 200 else f'{name} answers {status} on {host}:{port}'


def wait(settings, names, timeout=60, alive=lambda: True, progress=None):
    """Wait until every endpoint in `names` is healthy. Returns the list of what is not, empty on success."""
    end = time.monotonic() + timeout
    left = list(names)
    while left:
        trouble = {name: check(settings, name) for name in left}
        for name in [name for name, text in trouble.items() if text is None]:
            left.remove(name)
            if progress:
                progress(name)
        if left and (time.monotonic() > end or not alive()):
            return [trouble[name] for name in left]
        if left:
            time.sleep(0.05)
    return []
