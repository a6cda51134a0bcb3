"""kill -9 in the middle of an import: what comes after goes on or undoes it; nothing is left in staging or a store."""
import os

import pytest

from essex import db, failpoint
from essex.db import engine
from glance.db import staging, uploads
from glance.db.journal import JOURNAL
from glance.image import fetch, lives, upload
from glance.image.importing.worker import runner_of
from tests.fixtures.web import WebServer

DATA = b'some data ' * 30000


@pytest.fixture
def live(rules, conf):
    """live(failpoint) does the imports that wait in a process of its own, as a daemon; returns its exit code."""
    def run(point=None):
        pid = os.fork()
        if not pid:
            status = 1
            try:
                _be_a_daemon(rules, conf.database.connection, point)
                status = 0
            finally:
                # Not the end of the tests' process.
                os._exit(status)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return run


def _be_a_daemon(rules, url, point):
    engine._engine = None   # the parent's connections are the parent's
    db.configure(url)
    failpoint._POINTS = {point: 'kill'} if point else {}
    runner = runner_of(rules)
    upload.recover(rules.stores)
    runner.release_dead()
    for operation_id in JOURNAL.ready(runner.owner, runner.queues):
        runner.run(operation_id)


@pytest.fixture(scope='module')
def web():
    made = WebServer()
    made.pages['/image'] = (200, {}, DATA)
    yield made
    made.stop()


def begin(cloud, image, method, **more):
    answer = cloud.owner('POST', f'/v2/images/{image["id"]}/import', {'method': {'name': method, **more}})
    assert answer.status_int == 202, answer.text


def left(tmp_path, *parts):
    return sorted(str(path) for path in tmp_path.joinpath(*parts).rglob('*') if path.is_file())


STEPS = [f'import.{step}.{when}' for step in ('fetch', 'prepare', 'store', 'clean')
         for when in ('before', 'during', 'after')]


@pytest.mark.parametrize('point', STEPS)
def test_the_next_process_goes_on(cloud, rules, web, conf, live, tmp_path, stored, point):
    conf.set('allowed_networks', ['127.0.0.0/8'], fetch.GROUP)
    conf.set('allowed_ports', [], fetch.GROUP)
    image = cloud.owner.create()
    begin(cloud, image, 'web-download', uri=web.url('/image'))
    assert live(point) == -9
    assert live() == 0
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'active' and cloud.owner('GET', image['file']).body == DATA
    upload.recover(rules.stores)
    assert left(tmp_path, 'staging') == [] and stored() == [image['id']] and staging.get(image['id']) is None


@pytest.mark.parametrize('point', ['import.fetch.during', 'import.store.during', 'import.store.before'])
def test_one_that_dies_each_time_is_undone(cloud, rules, conf, live, tmp_path, stored, point):
    image = cloud.owner.create()
    assert cloud.owner('PUT', f'/v2/images/{image["id"]}/stage', data=DATA).status_int == 204
    begin(cloud, image, 'glance-direct')
    for _ in range(3):
        assert live(point) == -9
    assert live() == 0
    now = cloud.owner('GET', f'/v2/images/{image["id"]}').json
    assert now['status'] == 'queued' and now['size'] is None and 'os_glance_import_task' not in now
    task, = cloud.owner('GET', f'/v2/images/{image["id"]}/tasks').json['tasks']
    assert task['status'] == 'failure' and 'died 3 times' in task['message']
    upload.recover(rules.stores)
    assert left(tmp_path, 'staging') == [] and stored() == []
    assert cloud.owner.upload(image, DATA)['status'] == 'active'


@pytest.mark.parametrize('point', ['import.undo_fetch.before', 'import.undo_fetch.during'])
def test_death_while_it_is_undone(cloud, rules, conf, live, tmp_path, stored, point):
    conf.set('image_import_plugins', ['image_decompression'], 'image_import_opts')
    image = cloud.owner.create(disk_format='qcow2', container_format='compressed')
    cloud.owner('PUT', f'/v2/images/{image["id"]}/stage', data=b'not compressed')
    begin(cloud, image, 'glance-direct')
    assert live(point) == -9
    assert live() == 0
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['status'] == 'queued'
    upload.recover(rules.stores)
    assert left(tmp_path, 'staging') == [] and stored() == []


def test_death_in_the_middle_of_the_copy(cloud, rules, conf, live, tmp_path, stored):
    """The note of an upload, and half a file, are there: both are undone before the copy begins again."""
    image = cloud.owner.create()
    cloud.owner('PUT', f'/v2/images/{image["id"]}/stage', data=DATA)
    begin(cloud, image, 'glance-direct')
    with db.writer():
        uploads.begin(id='dead', image_id=image['id'], host=conf.host, life='gone', store='file',
                      failed_status='importing')
    (tmp_path / 'images' / '.partial' / f'{image["id"]}.dead').write_bytes(b'half')
    assert lives.is_dead('gone')
    assert live() == 0
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').json['status'] == 'active'
    assert stored() == [image['id']]
