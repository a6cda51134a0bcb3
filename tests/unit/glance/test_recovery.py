"""What a dead process left behind is undone by whoever comes back."""
import datetime
import io
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from sqlalchemy import select, update

from essex import db
from essex.db import engine
from glance.db import images, uploads
from glance.db.models import Upload as Row
from glance.db.visibility import EVERYONE
from glance.exception import (
    DeletedDuringUpload,
    DuplicateData,
    ImageNotFound,
    NotRestorable,
    StoreUnavailable,
)
from glance.image import lives, status, upload


class Source:
    """Data that ends after three pieces; with `dies`, the process does then."""

    def __init__(self, dies):
        self._dies, self._left = dies, 3

    def readinto(self, view):
        if not self._left and self._dies:
            _kill_me()
        data = b'x' * 100000 if self._left else b''
        self._left = max(0, self._left - 1)
        view[:len(data)] = data
        return len(data)


def _kill_me(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


# Where a process dies: what it would do next is replaced.
_NEXT = {'begun': (upload.Upload, '_transfer'), 'syncing': (os, 'fsync'), 'linked': (os, 'unlink'),
         'stored': (upload.Upload, '_finish')}


def die(rules, where, image_id, conf, host=None, failed='queued'):
    """Upload in a process of its own, which dies at `where`."""
    pid = os.fork()
    if not pid:
        try:
            engine._engine = None   # the parent's connections are the parent's
            db.configure(conf.database.connection)
            conf.set('host', host or conf.host)
            if where in _NEXT:
                setattr(*_NEXT[where], _kill_me)
            rules.upload(None, rules.get(EVERYONE, image_id), Source(where == 'reading'), failed_status=failed)
        finally:
            # Not the end of the tests' process.
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


def state(cloud, image):
    return cloud.admin('GET', f'/v2/images/{image["id"]}').json['status']


@pytest.mark.parametrize('where', ['begun', 'reading', 'syncing', 'linked', 'stored'])
@pytest.mark.parametrize('failed', ['queued', 'killed'])
def test_kill_9_at_every_step(cloud, rules, stored, tmp_path, conf, where, failed):
    image = cloud.owner.create()
    die(rules, where, image['id'], conf, failed=failed)
    assert state(cloud, image) == 'saving'
    assert upload.recover(rules.stores) == 1
    assert state(cloud, image) == failed and stored() == []
    assert upload.recover(rules.stores) == 0
    if failed == 'queued':
        assert cloud.owner.upload(image)['status'] == 'active'


def test_deleted_before_it_is_recovered(cloud, rules, stored, tmp_path, conf):
    image = cloud.owner.create()
    die(rules, 'reading', image['id'], conf)
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
    upload.recover(rules.stores)
    assert stored() == [] and images.status_of(image['id']) is None


def test_the_living_are_left_alone(cloud, rules):
    image = cloud.owner.create()
    context = cloud.context('owner')

    class Source(io.BytesIO):
        def readinto(self, view):
            assert upload.recover(rules.stores) == 0
            return super().readinto(view)
    rules.upload(context, rules.get(context, image['id']), Source(b'data'))
    assert cloud.owner('GET', image['file']).body == b'data'


def test_another_nodes_uploads_are_its_own_while_it_gives_signs_of_life(cloud, rules, tmp_path, conf):
    image = cloud.owner.create()
    die(rules, 'reading', image['id'], conf, 'another-node')
    assert upload.recover(rules.stores) == 0 and state(cloud, image) == 'saving'
    with db.writer() as session:
        silence = datetime.timedelta(seconds=conf.upload_dead_after + 1)
        session.execute(update(Row).values(alive_at=db.utcnow() - silence))
    assert upload.recover(rules.stores) == 1 and state(cloud, image) == 'queued'


def test_one_given_up_by_another_node_ends_without_harm(cloud, rules, stored):
    image = cloud.owner.create()
    context = cloud.context('owner')

    class Source(io.BytesIO):
        given_up = False

        def readinto(self, view):
            count = super().readinto(view)
            if not count and not self.given_up:
                self.given_up = True
                with db.reader() as session:
                    upload_id = session.execute(select(Row.id)).scalar()
                assert uploads.claim(upload_id, 'claim', 'another-node', 'life')
                upload.release('claim', image['id'], status.QUEUED)
                cloud.owner.upload(image, b'second')
            return count
    with pytest.raises(DuplicateData):
        rules.upload(context, rules.get(context, image['id']), Source(b'first'))
    assert cloud.owner('GET', image['file']).body == b'second' and stored() == [image['id']]


def test_a_beat_notices_that_it_was_given_up(cloud, rules, monkeypatch):
    monkeypatch.setattr(upload, 'BEAT', -1)
    image = cloud.owner.create()
    context = cloud.context('owner')

    class Source(io.BytesIO):
        def readinto(self, view):
            with db.writer() as session:
                session.execute(Row.__table__.delete())
            return super().readinto(view)
    with pytest.raises(DeletedDuringUpload):
        rules.upload(context, rules.get(context, image['id']), Source(b'data'))


def test_half_written_data_nobody_knows_is_swept(rules, stored, tmp_path):
    partial = tmp_path / 'images' / '.partial'
    (partial / 'image.upload').write_text('x')
    (partial / 'not-ours').write_text('x')
    assert upload.recover(rules.stores) == 1
    assert stored() == ['.partial/not-ours']


def test_a_store_that_is_away_keeps_nothing_else_waiting(cloud, rules, stored, tmp_path, conf, monkeypatch):
    image = cloud.owner.create()
    die(rules, 'reading', image['id'], conf)

    def away(*args):
        raise StoreUnavailable(store='file', problem='away')
    with monkeypatch.context() as patch:
        patch.setattr(rules.stores.default, 'abandon', away)
        patch.setattr(rules.stores.default, 'leftovers', away)
        assert upload.recover(rules.stores) == 0 and state(cloud, image) == 'saving'
    assert upload.recover(rules.stores) == 2 and state(cloud, image) == 'queued' and stored() == []


def test_a_sweep_tells_the_store_whether_the_image_has_data(cloud, rules, monkeypatch):
    whole, empty = cloud.owner.upload(cloud.owner.create())['id'], cloud.owner.create()['id']
    told = []
    monkeypatch.setattr(rules.stores.default, 'leftovers', lambda: [(whole, 'a'), (empty, 'b')])
    monkeypatch.setattr(rules.stores.default, 'discard_leftover',
                        lambda image_id, upload_id, whole: told.append((image_id, upload_id, whole)))
    assert upload.recover(rules.stores) == 2
    assert told == [(whole, 'a', False), (empty, 'b', True)]


def test_a_store_that_is_away_delays_the_deletion_of_data(cloud, rules, stored, monkeypatch):
    image = cloud.owner.upload(cloud.owner.create())
    with monkeypatch.context() as patch:
        def away(url):
            raise StoreUnavailable(store='file', problem='away')
        patch.setattr(rules.stores.default, 'delete', away)
        # The image is gone all the same: only its data waits.
        assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
        assert cloud.owner('GET', f'/v2/images/{image["id"]}').status_int == 404
        assert rules.finish_deletes(db.utcnow()) == 0
    assert stored() == [image['id']]
    assert rules.finish_deletes(db.utcnow()) == 1
    assert stored() == [] and rules.finish_deletes(db.utcnow()) == 0


def test_delayed_delete(cloud, rules, stored, conf):
    conf.set('delayed_delete', True)
    image = cloud.owner.upload(cloud.owner.create())
    assert cloud.owner('DELETE', f'/v2/images/{image["id"]}').status_int == 204
    assert cloud.owner('GET', f'/v2/images/{image["id"]}').status_int == 404
    assert stored() == [image['id']]
    assert rules.finish_deletes(db.utcnow() - datetime.timedelta(seconds=60)) == 0
    assert rules.finish_deletes(db.utcnow()) == 1 and stored() == []


def test_a_deleted_image_is_restored_until_it_is_scrubbed(cloud, rules, conf, monkeypatch):
    conf.set('delayed_delete', True)
    image = cloud.owner.upload(cloud.owner.create(), b'data')
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    rules.restore(image['id'])
    assert cloud.owner('GET', image['file']).body == b'data'
    for wrong in (image['id'], cloud.owner.create()['id']):
        with pytest.raises(NotRestorable):
            rules.restore(wrong)
    for missing in ('nope', '0' * 8 + '-0000-0000-0000-' + '0' * 12):
        with pytest.raises(ImageNotFound):
            rules.restore(missing)
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    with monkeypatch.context() as patch:
        patch.setattr(type(rules.stores.default), 'delete', lambda self, url: 1 / 0)
        assert rules.finish_deletes(db.utcnow()) == 0
    with pytest.raises(NotRestorable):
        rules.restore(image['id'])
    assert rules.finish_deletes(db.utcnow()) == 1


def test_purging_leaves_the_ids(cloud, rules):
    image = cloud.owner.upload(cloud.owner.create(a='b'))
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    later = db.utcnow() + datetime.timedelta(days=1)
    assert images.purge(later, 10, rows=False) == 1 and images.purge(later, 10, rows=False) == 0
    assert images.exists_id(image['id']) and images.purge(later, 10) == 1 and not images.exists_id(image['id'])


def test_purging(cloud, rules):
    image = cloud.owner.upload(cloud.owner.create(a='b', tags=['t']))
    kept = cloud.owner.create()
    cloud.owner('DELETE', f'/v2/images/{image["id"]}')
    assert images.purge(db.utcnow() - datetime.timedelta(days=1), 10) == 0
    assert images.purge(db.utcnow() + datetime.timedelta(days=1), 10) == 1
    assert not images.exists_id(image['id']) and images.exists_id(kept['id'])


def test_lives(conf, tmp_path):
    assert not lives.is_dead(lives.mine())
    assert lives.is_dead('never-lived')
    child = subprocess.Popen([sys.executable, '-c', textwrap.dedent('''
        import sys
        from essex import config
        config.CONF([], project='x', default_config_files=[])
        config.CONF.set_override('state_path', sys.argv[1])
        from glance.image import lives
        print(lives.mine(), flush=True)
        sys.stdin.read()
    '''), str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    life = child.stdout.readline().strip()
    assert not lives.is_dead(life)
    child.kill()
    child.communicate()
    assert lives.is_dead(life) and lives.is_dead(life)
    assert not os.path.exists(tmp_path / 'lives' / life)


def test_data_that_came_in_between_is_deleted_too(cloud, rules, stored):
    image = cloud.owner.create()
    seen = rules.get(cloud.context('owner'), image['id'])
    cloud.owner.upload(image)
    rules.delete(cloud.context('owner'), seen)
    assert stored() == []
