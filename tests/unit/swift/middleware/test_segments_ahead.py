"""The next segment is asked for while the one before it is still being sent."""
import webob

from essex import concurrency
from swift.middleware.segments import Body, Pace, Segment


def slowly(data):
    """An answer whose pieces let other green threads run in between, as a network does."""
    def pieces():
        for start in range(0, len(data), 2):
            concurrency.spawn(int).wait()
            yield data[start:start + 2]
    return webob.Response(app_iter=pieces(), content_length=len(data))


def test_a_segment_that_was_there_before_it_was_needed_is_not_skipped():
    stored = {'/c/1': b'aaaaaaaa', '/c/2': b'bbbbbbbb', '/c/3': b'cccccccc', '/c/4': b'dd'}

    def app(environ, start_response):
        name = environ['PATH_INFO'].removeprefix('/v1/a')
        return slowly(stored[name])(environ, start_response)
    body = Body(webob.Request.blank('/v1/a/c/large'), app,
                [[Segment(path, 0, len(data), len(data)) for path, data in stored.items()]], 'SLO', Pace())
    body.start()
    assert b''.join(body) == b''.join(stored.values())
