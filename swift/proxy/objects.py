"""Objects: GET, HEAD, PUT, POST and DELETE."""
import functools
import mimetypes

import webob

from swift import digests, expiring
from swift.exceptions import BackendError
from swift.headers import true_value, whole
from swift.proxy import base, body, checks, erasure_get, erasure_put, fanout, footers, putting, reading, responses
from swift.proxy.container import told
from swift.proxy.errors import refuse
from swift.proxy.paths import quoted


class ObjectController(base.Controller):
    """One request about an object."""

    kind = 'object'
    methods = ('GET', 'HEAD', 'PUT', 'POST', 'DELETE')
    delays_denial = methods

    def allowed(self):
        """Objects are copied where the filter is that does it."""
        return super().allowed() | ({'COPY'} if self.environ.get('swift.copies') else set())

    def _prepare(self, acl):
        """Authorise by an ACL of the container; find where the object is kept."""
        app = self.app
        self.info = app.container_info(self.environ, self.account, self.container)
        self.authorize(self.info[acl])
        self.policy = self._policy()
        self.placement = app.options.placement(self.policy.idx)
        self.ring = app.cluster.ring('object', self.policy)
        self.part = self.ring.get_part(self.account, self.container, self.obj)
        self.target = quoted((self.account, self.container, self.obj))

    def _policy(self):
        index = self.header('X_BACKEND_STORAGE_POLICY_INDEX') or self.info['storage_policy']
        policy = self.app.cluster.policies.by_index(index)
        if policy is None:
            raise refuse(503, f'The container has a storage policy that is not configured here: {index}')
        return policy

    def _need_container(self):
        status = self.info['status']
        if status in (404, 410):
            raise refuse(404)
        if status >= 300:
            raise refuse(503, 'Too few storage nodes could tell of the container.\n')

    def _backend_headers(self, method):
        made = {name: value for name, value in self.sent_headers() if base.passes(name)}
        made.update(self.app.headers(self.environ, method))
        made['X-Backend-Storage-Policy-Index'] = str(self.policy.idx)
        if (self.app.options.allow_open_expired and self.environ.get('swift_owner')
                and true_value(self.header('X_OPEN_EXPIRED', ''))):
            made['X-Backend-Open-Expired'] = 'true'
        return made

    # Reading

    def get(self):
        return self._read('GET')

    def head(self):
        return self._read('HEAD')

    def _read(self, method):
        self._prepare('read_acl')
        headers = self._backend_headers(method)
        headers['X-Timestamp'] = self.timestamp().internal
        headers.pop('Content-Type', None)
        if self.policy.code:
            return self._with_ranges(erasure_get.read(self, method, headers))
        reader = reading.Reader(self.app, self.app.nodes(self.ring, self.part, self.placement), self.part, method,
                                self.target, headers, self._query(), self.is_newest(), self.placement,
                                self.app.options.recoverable_node_timeout)
        answer = reader.find()
        if answer is None:
            answer = reader.verdict
            if answer is None:
                return self.unavailable(method, reader.problems)
            return self.relayed(answer)
        if answer.status >= 300:
            answer.body = answer.read()
            response = self.relayed(answer)
            if answer.status in (304, 416):
                # It is still about the object; caches renew what they know by this.
                response.headers['Content-Type'] = answer.headers['content-type']
            return self._with_ranges(response)
        return self._with_ranges(self._whole(answer, reader, headers, method))

    def _query(self):
        # Which parts of a manifest or link are wanted is the business of filters.
        return ''

    def _with_ranges(self, response):
        response.headerlist += [('Accept-Ranges', 'bytes'), ('X-Backend-Storage-Policy-Index', str(self.policy.idx))]
        return response

    def _whole(self, answer, reader, headers, method):
        status = responses.status_line(answer.status, answer.reason)
        length = answer.headers.get('content-length')
        if method == 'HEAD':
            return webob.Response(status=status, headerlist=base.client_headers(answer), app_iter=[])
        if length is not None and int(length) <= putting.SMALL and answer.status == 200:
            data, answer = self._small(answer, reader)
            return webob.Response(status=status, headerlist=base.client_headers(answer), app_iter=[data])
        resume = functools.partial(self._another, reader, headers, answer)
        stream, changed = body.of(answer, self.header('RANGE'), self.app.options.object_chunk_size, resume)
        shown = [(name, changed.get(name, value)) for name, value in base.client_headers(answer)]
        return webob.Response(status=status, headerlist=shown, app_iter=stream)

    def _small(self, answer, reader):
        """(the bytes, the answer they are of): nothing has been told to the client, so any node will do."""
        while True:
            try:
                return answer.read(), answer
            except BackendError as error:
                reader.problems.append(self.app.order_failed(answer.node, error))
            answer = reader.find(reader.headers)
            if answer is None or answer.status != 200:
                raise refuse(503, f'Object GET failed: {"; ".join(reader.problems)}.\n')

    @staticmethod
    def _another(reader, headers, before, wanted):
        """A Response with what is left of the same object, or None."""
        left = ','.join(f'{start}-{stop - 1}' for start, stop in wanted)
        plain = {name: value for name, value in headers.items() if not name.startswith('If-')}
        while True:
            answer = reader.find({**plain, 'Range': f'bytes={left}'})
            if answer is None:
                return None
            same = all(answer.headers.get(name) == before.headers.get(name) for name in ('etag', 'x-timestamp'))
            if answer.status == 206 and same:
                return answer
            answer.close()

    # Writing

    def put(self):
        none_match = self.header('IF_NONE_MATCH')
        self._prepare('write_acl')
        self._need_container()
        if none_match is not None and none_match.strip() != '*':
            return responses.error(400, 'If-None-Match only supports *')
        length = self._length()
        limits = self.app.cluster.constraints
        checks.name('Object', self.obj, limits.max_object_name_length)
        content_type = self._content_type()
        sent = self.sent_headers()
        checks.metadata('object', sent, limits)
        timestamp = self.timestamp()
        headers = self._backend_headers('PUT')
        headers.update({'X-Timestamp': timestamp.internal, 'Content-Type': content_type})
        if 'Etag' in headers:
            headers['Etag'] = headers['Etag'].strip().strip('"').lower()
        headers.update(self._expiry())
        source = putting.Source(self.environ, length, self.app.options, limits.max_file_size)
        if self.policy.code:
            return erasure_put.put(self, headers, source, length, timestamp)
        done = self._store(headers, source, length)
        return self._stored(done, timestamp)

    def _length(self):
        """Content-Length, None of a chunked body. Raises Refusal."""
        encoding = self.header('TRANSFER_ENCODING')
        text = self.environ.get('CONTENT_LENGTH')
        if encoding:
            if encoding.strip().lower() != 'chunked':
                raise refuse(400, 'Invalid Transfer-Encoding header value')
            return None
        if not text:
            raise refuse(411, 'Missing Content-Length header.')
        length = whole(text)
        if length > self.app.cluster.constraints.max_file_size:
            raise refuse(413, 'Your request is too large.')
        return length

    def _content_type(self):
        given = base.content_type_of(self.environ)
        if not given or true_value(self.header('X_DETECT_CONTENT_TYPE', '')):
            return mimetypes.guess_type(self.obj, strict=False)[0] or 'application/octet-stream'
        self._check_content_type(given)
        return given

    def _check_content_type(self, given):
        if not self.environ.get('swift.content_type_overridden') and any(
                part.lstrip().lower().startswith('swift_') for part in given.split(';')[1:]):
            raise refuse(400, 'Invalid Content-Type, swift_* is not a valid parameter name.')
        try:
            given.encode('latin-1').decode()
        except UnicodeError:
            raise refuse(400, 'Please specify content-type as valid UTF-8') from None

    def _expiry(self):
        """X-Delete-At and the queue that hears of it, {} for an object that stays."""
        at = checks.expiry(_Sent(self.environ))
        if at is None:
            return {}
        options, cluster = self.app.options, self.app.cluster
        container = expiring.container(cluster, at, self.account, self.container, self.obj, options.expirer_divisor)
        self.queue = cluster.ring('container').get_nodes(expiring.ACCOUNT, container)
        return {'X-Delete-At': at, 'X-Delete-At-Container': container}

    queue = None

    def header_sets(self, headers, count):
        """Headers for each of `count` copies: which container replica, and which of the queue, it is to tell."""
        part, nodes = self.app.cluster.ring('container').get_nodes(self.account, self.container)
        # Any one of the nodes of fragments may be the only one that hears that they are to be kept.
        least = count if self.policy.code else min(self.policy.quorum(count) + 1, count)
        sets = told('X-Container', part, nodes, count, least)
        queues = told('X-Delete-At', *self.queue, count, least) \
            if self.queue else [{}] * count
        return [{**headers, **first, **second} for first, second in zip(sets, queues)]

    def nodes_for_writing(self):
        """(NodeIter, how many of them an object is written to)."""
        nodes = self.app.nodes(self.ring, self.part, self.placement, reading_order=False, writing_locally=True)
        return nodes, len(nodes.primaries)

    def _store(self, headers, source, length):
        """Send headers and body to the nodes; the Fanout that has their answers. Raises Refusal."""
        nodes, count = self.nodes_for_writing()
        quorum = self.policy.quorum(count)
        if length is not None and length <= putting.SMALL:
            data = source.all()
            headers.update(footers.of(self.environ))
            headers['Content-Length'] = str(length)
            return fanout.Fanout(self.app, nodes, self.part, 'PUT', self.target, self.header_sets(headers, count),
                                 data, quorum=quorum).run()
        headers.update({'Expect': '100-continue', 'Transfer-Encoding': 'chunked', digests.OFFER: 'yes'})
        if length is not None:
            headers[digests.LENGTH] = str(length)
        frame = footers.frame(self.environ)
        if frame:
            headers.update(frame.headers)
        ready = putting.Connecting(self.app, nodes, self.part, 'PUT', self.target,
                                   self.header_sets(headers, count), quorum=quorum, frame=frame).run()
        if _superseded(ready.answers) or len(ready.connected) < quorum:
            ready.abandon()
            return ready
        return ready.stream(source)

    def _stored(self, done, timestamp):
        if self.header('IF_NONE_MATCH') and any(each.status == 412 for each in done.answers):
            return responses.error(412)
        if any(each.status == 409 for each in done.answers):
            # A newer version is there already, this one would not be seen: taken, and of no effect.
            return responses.empty(202)
        answer = done.best()
        if answer is None:
            written = sum(each.status < 300 for each in done.answers)
            return self.unavailable('PUT', done.problems, f' (copies written: {written})')
        if answer.status >= 300:
            return self.relayed(answer)
        etags = {each.headers.get('etag', '').strip('"') for each in done.answers if each.status < 300}
        if len(etags) > 1:
            return responses.error(500, 'The storage nodes wrote different data.\n')
        return responses.empty(201, [('Etag', etags.pop()), ('Last-Modified', timestamp.http_date)])

    def post(self):
        self._prepare('write_acl')
        self._need_container()
        checks.metadata('object', self.sent_headers(), self.app.cluster.constraints)
        headers = self._backend_headers('POST')
        given = base.content_type_of(self.environ)
        headers.pop('Content-Type', None)
        if given:
            self._check_content_type(given)
            headers['Content-Type'] = given
        headers.update({'X-Timestamp': self.timestamp().internal, 'Content-Length': '0', **self._expiry()})
        done = self._change('POST', headers)
        answer = done.best()
        if answer is None:
            return self.unavailable('POST', done.problems)
        return self.relayed(answer)

    def delete(self):
        self._prepare('write_acl')
        self._need_container()
        headers = self._backend_headers('DELETE')
        headers.pop('Content-Type', None)
        headers.update({'X-Timestamp': self.timestamp().internal, 'Content-Length': '0'})
        done = self._change('DELETE', headers)
        answer = done.best({404: 204})
        if answer is None:
            return self.unavailable('DELETE', done.problems)
        return self.relayed(answer)

    def _change(self, method, headers):
        """Send a change without a body to the nodes, with write affinity also to local stand-ins; the Fanout."""
        nodes, count = self.nodes_for_writing()
        more = self._local_stand_ins(count) if method == 'DELETE' else 0
        return fanout.Fanout(self.app, nodes, self.part, method, self.target,
                             self.header_sets(headers, count + more), quorum=self.policy.quorum(count + more)).run()

    def _local_stand_ins(self, count):
        is_local = self.placement.write_affinity
        if is_local is None:
            return 0
        if self.placement.handoff_deletes is not None:
            return self.placement.handoff_deletes
        return count - sum(1 for node in self.ring.get_part_nodes(self.part) if is_local(node))


class _Sent:
    """The headers of a request, looked up by name."""

    def __init__(self, environ):
        self._environ = environ

    def get(self, name):
        return self._environ.get('HTTP_' + name.upper().replace('-', '_'))


def _superseded(answers):
    return any(each.status in (409, 412) for each in answers)
