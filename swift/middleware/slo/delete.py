"""Deleting a static large object with its segments."""
import webob

from essex import concurrency
from swift import cluster, expiring
from swift.middleware import copied, names
from swift.middleware.bulk import answers, outcome
from swift.middleware.bulk.delete import Deletion
from swift.middleware.segments import text
from swift.middleware.slo import manifest
from swift.middleware.slo.get import is_slo
from swift.proxy.info import get_container_info
from swift.proxy.subrequest import make_env, make_subrequest
from swift.timestamp import Timestamp

_DEPTH = 10


class Delete:
    """DELETE ?multipart-manifest=delete, with &async=yes by way of the expirer."""

    def __init__(self, app, limits):
        self._app, self._limits = app, limits

    def __call__(self, req):
        base = names.of(req.environ)
        if base is None:
            return text(412, 'Bad URL')
        if names.query(req.environ).get('async', '').lower() in ('true', '1', 'yes', 'on', 't', 'y'):
            if not self._limits.async_delete:
                return text(405, 'Deleting segments later is switched off here.\n')
            return self._later(req, base)
        content_type = answers.wanted_type(req)
        if content_type is None:
            return text(406, 'Not Acceptable: text/plain, application/json, application/xml or text/xml.\n')
        deletion = Deletion(req, self._app, base, 'SLO', self._limits.delete_workers, every=self._limits.every)
        listed = self._names(req, base, f'/{base.container}/{base.obj}', 1)
        return outcome(deletion, deletion.run(listed), content_type, 'delete')

    def _names(self, req, base, path, depth):
        """(name, error) of everything a manifest is made of, itself last: what is cut short can be taken up again."""
        status, records = self._manifest(req, base, path)
        if records is None:
            yield path, None if status == '404 Not Found' else status
            return
        for record in records:
            if 'data' in record:
                continue
            name = '/' + record['name'].lstrip('/')
            if not record.get('sub_slo'):
                yield name, None
            elif depth >= _DEPTH:
                yield name, '400 Bad Request'
            else:
                yield from self._names(req, base, name, depth + 1)
        yield path, None

    def _manifest(self, req, base, path):
        """(status line, records or None) of the manifest at `/container/object`."""
        container, obj = names.container_and_object(path)
        sub = make_subrequest(req.environ, 'GET', base.path(container, obj), query='multipart-manifest=get',
                              source='SLO', headers={'X-Newest': 'true'})
        response = sub.get_response(self._app)
        if response.status_int != 200 or not is_slo(response.headers):
            copied.close_body(response)
            return '400 Not an SLO manifest' if response.status_int == 200 else response.status, None
        body = copied.read_small(response, 64 << 20)
        try:
            return response.status, manifest.read(body or b'')
        except manifest.ManifestError:
            return '409 Conflict', None

    def _later(self, req, base):
        status, records = self._manifest(req, base, f'/{base.container}/{base.obj}')
        if records is None:
            code = int(status.split(' ', 1)[0])
            return text(code, status.partition(' ')[2] + '\n')
        segments = [manifest.segment_of(record) for record in records if 'data' not in record]
        containers = {names.container_and_object(segment.path)[0] for segment in segments}
        if len(containers) != 1:
            return text(400, 'All segments must be in one container. Found segments in '
                             f'{", ".join(sorted(containers))}\n')
        if any(segment.manifest for segment in segments):
            return text(400, 'Segments that are large objects themselves cannot be deleted later.\n')
        refused = self._may_not_delete(req, base, *containers)
        if refused is not None:
            return refused
        if not self._enqueue(base, [segment.path for segment in segments]):
            return text(503, 'The segments cannot be marked for deletion now.\n')
        return make_subrequest(req.environ, 'DELETE', source='SLO').get_response(self._app)

    def _may_not_delete(self, req, base, container):
        """The answer of the authentication when this user may not delete objects of a container."""
        authorize = req.environ.get('swift.authorize')
        if not authorize:
            return None
        env = make_env(req.environ, 'DELETE', base.path(container, 'segment'), source='SLO')
        sub = webob.Request(env)
        info = get_container_info(env, self._app)
        sub.acl = env['swift.acl'] = info['write_acl']
        return authorize(sub)

    def _enqueue(self, base, paths):
        """Tell the expirer's container of each segment; whether most of its replicas know of them all."""
        known = cluster.load(self._limits.swift_dir)
        now = Timestamp.now()
        pool = concurrency.Pool(8)
        return all(pool.imap(lambda path: expiring.delete_later(
            known, now, base.account, *names.container_and_object(path)), dict.fromkeys(paths)))
