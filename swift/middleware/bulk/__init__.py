"""Bulk operations: PUT ?extract-archive=tar|tar.gz|tar.bz2 and POST (or DELETE) ?bulk-delete."""
import dataclasses

import webob

from swift import cluster
from swift import conf as options
from swift.middleware import names
from swift.middleware.bulk import answers, archive
from swift.middleware.bulk.body import Body
from swift.middleware.bulk.delete import Deletion, names_of_body
from swift.middleware.bulk.extract import Extraction
from swift.middleware.segments import text
from swift.proxy import registry


@dataclasses.dataclass(frozen=True)
class Limits:
    """Counts; `every` is the seconds between signs of life, `max_file_size` bytes."""

    max_containers: int
    max_failed_extractions: int
    max_deletes: int
    max_failed_deletes: int
    workers: int
    every: float
    max_file_size: int


def filter_factory(global_conf, **local_conf):
    """Paste's entry."""
    conf = {**global_conf, **local_conf}
    limits = Limits(options.integer(conf, 'max_containers_per_extraction', 10000, 1),
                    options.integer(conf, 'max_failed_extractions', 1000, 1),
                    options.integer(conf, 'max_deletes_per_request', 10000, 1),
                    options.integer(conf, 'max_failed_deletes', 1000, 1),
                    options.integer(conf, 'delete_concurrency', 2, 1),
                    options.number(conf, 'yield_frequency', 10, 0.01),
                    options.integer(conf, 'max_file_size', 0) or
                    cluster.load(conf.get('swift_dir', '/etc/swift')).constraints.max_file_size)
    registry.register('bulk_upload', max_containers_per_extraction=limits.max_containers,
                      max_failed_extractions=limits.max_failed_extractions)
    registry.register('bulk_delete', max_deletes_per_request=limits.max_deletes,
                      max_failed_deletes=limits.max_failed_deletes)
    return lambda app: Bulk(app, limits)


class Bulk:
    """Filter: left of the authentication, since every name is a request of its own."""

    def __init__(self, app, limits):
        self.app, self._limits = app, limits

    def __call__(self, environ, start_response):
        query = environ.get('QUERY_STRING')
        if not query or ('extract-archive' not in query and 'bulk-delete' not in query):
            return self.app(environ, start_response)
        req, base = webob.Request(environ), names.of(environ)
        handle = None
        if base and req.method == 'PUT' and 'extract-archive' in names.query(req.environ):
            handle = self._extract
        elif base and req.method in ('POST', 'DELETE') and 'bulk-delete' in names.query(req.environ):
            handle = self._delete
        return (handle(req, base) if handle else self.app)(environ, start_response)

    def _extract(self, req, base):
        kind = names.query(req.environ)['extract-archive'].lower().strip('. ')
        kind = {'tgz': 'tar.gz', 'tbz2': 'tar.bz2', 'gz': 'tar.gz', 'bz2': 'tar.bz2'}.get(kind, kind)
        if kind not in archive.KINDS:
            return text(400, f'Unsupported archive format: only {", ".join(archive.KINDS)}.\n')
        extraction = Extraction(req, self.app, base, self._limits)
        return self._answer(req, extraction, extraction.run(kind), 'extract')

    def _delete(self, req, base):
        deletion = Deletion(req, self.app, base, 'BD', self._limits.workers, self._limits.max_failed_deletes,
                            self._limits.every)
        listed = names_of_body(Body(req.environ), self._limits.max_deletes)
        return self._answer(req, deletion, deletion.run(listed), 'delete')

    @staticmethod
    def _answer(req, task, running, root):
        content_type = answers.wanted_type(req)
        if content_type is None:
            return text(406, 'Not Acceptable: text/plain, application/json, application/xml or text/xml.\n')
        if req.content_length is None and 'chunked' not in req.headers.get('Transfer-Encoding', '').lower():
            return text(411, 'Content-Length or chunked encoding is required.\n')
        return outcome(task, running, content_type, root)


def outcome(task, running, content_type, root):
    """The answer whose body tells how `task` went, with white space while it is `running`."""
    def events():
        yield from running
        yield answers.render(content_type, task.fields, task.errors, root)
    return webob.Response(status=200, headerlist=[('Content-Type', f'{content_type}; charset=utf-8')],
                          app_iter=answers.beating(content_type, events()))
