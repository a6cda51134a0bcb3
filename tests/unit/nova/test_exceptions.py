"""What users are told of errors that name hosts and paths."""
import re

import pytest
import webob

from essex.context import RequestContext
from essex.exception import EssexError, public_text
from essex.wsgi import Application, Controller, route
from nova import exception
from nova.db import faults
from nova.virt.exception import ProcessFailed
from nova.volume import exception as volume_exception
from tests.unit.nova.rows import server

HOST, PATH = 'rack7-node3', '/srv/secret/place'


class _Values(dict):
    def __missing__(self, key):
        return PATH if key in ('path', 'output') else HOST if 'host' in key else 7


def classes():
    found, waiting = set(), [EssexError]
    while waiting:
        for each in waiting.pop().__subclasses__():
            if each.__module__ in (exception.__name__, volume_exception.__name__, ProcessFailed.__module__):
                found.add(each)
            waiting.append(each)
    return sorted(found, key=lambda each: each.__name__)


@pytest.mark.parametrize('kind', [each for each in classes() if each.public_message or re.search(
    r'%\((\w*host\w*|path|output)\)', each.message)], ids=lambda kind: kind.__name__)
def test_names_of_hosts_and_paths_are_for_administrators(kind):
    if kind.public_message is None:
        # About a host that the caller has named, who is an administrator.
        assert kind.code in (400, 403, 404, 409) and not re.search(r'%\((path|output)\)', kind.message)
        return
    told = kind.public_message % _Values()
    assert HOST not in told and PATH not in told


def test_an_unexpected_error_tells_its_class_alone():
    told = public_text(FileNotFoundError(2, 'No such file', PATH))
    assert 'FileNotFoundError' in told and PATH not in told
    assert public_text(exception.HypervisorError('The guest does not answer.')) == 'The guest does not answer.'


class Failing(Controller):
    @route('GET', '/')
    def index(self, req):
        raise exception.HypervisorFault(what='start', instance_uuid='i', reason=f'{PATH} on {HOST}')


@pytest.mark.parametrize('is_admin', [True, False])
def test_the_api_tells_administrators_more(is_admin):
    req = webob.Request.blank('/')
    req.environ['essex.context'] = RequestContext(user_id='u', is_admin=is_admin)
    answer = req.get_response(Application([Failing()], faults=_faults))
    assert answer.status_int == 500 and (HOST in answer.text) is is_admin


def _faults(status, title, message, error, req):
    return webob.Response(message, status=status)


def test_faults_keep_the_rest_as_details(nova_sqlite):
    row = server()
    error = exception.InsufficientDisk(host=HOST, free_mb=1, path=PATH, needed_mb=2)
    kept = faults.add(row.uuid, error)
    assert kept.message == 'The host has too little disk free: 2 MB are needed.' and kept.details == str(error)
    assert faults.add(row.uuid, exception.ImageUnacceptable(image_id='i', reason='bad')).details is None
