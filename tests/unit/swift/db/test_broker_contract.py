"""What holds for the databases of accounts and of containers alike."""
import contextlib
import json
import os
import sqlite3
import time

import pytest

from swift.db import files, pending
from swift.db import sqlite as sqlite_files
from swift.db.errors import DatabaseCorrupt, DatabaseExists, DatabaseMissing
from swift.exceptions import DriveFull, LockTimeout


def at(second):
    return f'{second:010d}.00000'


class BrokerContract:
    kind = None

    @pytest.fixture
    def broker(self, make):
        return make(self.kind)

    def put(self, broker, name, second):
        raise NotImplementedError

    def delete(self, broker, name, second):
        raise NotImplementedError

    def count(self, broker):
        return broker.get_replication_info()['count']

    def test_a_new_one_lives_and_is_empty(self, broker):
        assert not broker.is_deleted() and broker.empty()
        info = broker.get_info()
        assert (info['put_timestamp'], info['hash']) == (at(1), '0' * 32)
        assert len(info['id']) == 36

    def test_it_is_created_once(self, broker):
        with pytest.raises(DatabaseExists):
            broker.initialize(at(2))

    def test_rows_are_counted_when_they_are_merged_and_not_before(self, broker):
        self.put(broker, 'x', 2)
        assert pending.size(broker.pending_path) > 0
        assert self.count(broker) == 1
        assert pending.size(broker.pending_path) == 0

    def test_the_hash_depends_on_rows_and_not_on_their_order(self, make):
        first, second = make(self.kind), make(self.kind)
        for name in ('x', 'y'):
            self.put(first, name, 2)
        for name in ('y', 'x'):
            self.put(second, name, 2)
        assert first.get_info()['hash'] == second.get_info()['hash'] != '0' * 32

    def test_an_older_row_changes_nothing(self, broker):
        self.put(broker, 'x', 5)
        before = broker.get_replication_info()
        self.put(broker, 'x', 4)
        assert broker.get_replication_info() == before
        self.delete(broker, 'x', 3)
        assert self.count(broker) == 1 and not broker.empty()

    def test_a_deleted_row_stays_as_such_and_is_not_counted(self, broker):
        self.put(broker, 'x', 2)
        self.delete(broker, 'x', 3)
        assert self.count(broker) == 0 and broker.empty()
        assert [row['deleted'] for row in broker.get_items_since(-1, 10)] == [1]

    def test_rows_that_were_merged_twice_count_once(self, broker):
        self.put(broker, 'x', 2)
        with open(broker.pending_path, 'rb') as file:
            lines = file.read()
        before = broker.get_replication_info()
        with open(broker.pending_path, 'wb') as file:
            file.write(lines)
        assert broker.get_replication_info() == before

    def test_rows_are_merged_when_many_wait(self, broker, monkeypatch):
        monkeypatch.setattr('swift.db.broker.PENDING_CAP', 1000)
        for number in range(20):
            self.put(broker, f'name{number}', 2)
        assert broker.max_row() > 0
        assert self.count(broker) == 20

    def test_a_line_cut_by_a_crash_hides_no_other(self, broker):
        self.put(broker, 'x', 2)
        with open(broker.pending_path, 'ab') as file:
            file.write(b':gAJ')
        self.put(broker, 'y', 2)
        assert self.count(broker) == 2

    def test_a_line_that_names_a_class_is_not_loaded(self, broker):
        with open(broker.pending_path, 'wb') as file:
            file.write(b':Y29zCnN5c3RlbQooUydlY2hvIGhpJwp0Ui4=')     # os.system('echo hi')
        assert self.count(broker) == 0

    def test_rows_since_come_in_the_order_they_came(self, broker):
        for name in ('b', 'a', 'c'):
            self.put(broker, name, 2)
        rows = broker.get_items_since(-1, 2)
        assert [row['name'] for row in rows] == ['b', 'a']
        assert [row['name'] for row in broker.get_items_since(rows[-1]['ROWID'], 9)] == ['c']

    def test_rows_from_a_replica_move_its_sync_point(self, make):
        source, target = make(self.kind), make(self.kind)
        self.put(source, 'x', 2)
        items = source.get_items_since(-1, 10)
        target.merge_items([target.checked_item(item) for item in items], 'their-id')
        assert target.get_sync('their-id') == items[-1]['ROWID']
        assert target.get_info()['hash'] == source.get_info()['hash']

    def test_sync_points_never_go_back(self, broker):
        broker.merge_syncs([{'remote_id': 'r', 'sync_point': 7}])
        broker.merge_syncs([{'remote_id': 'r', 'sync_point': 5}])
        assert broker.get_sync('r') == 7 and broker.get_sync('r', incoming=False) == -1

    def test_a_deletion_newer_than_the_put_deletes_it(self, broker):
        broker.delete_db(at(2))
        assert broker.is_deleted()
        assert broker.get_info()['status_changed_at'] == at(2)

    def test_an_older_deletion_does_nothing(self, broker):
        broker.update_put_timestamp(at(5))
        broker.delete_db(at(0))
        assert not broker.is_deleted()

    def test_replicas_take_the_latest_times_of_each_other(self, broker):
        broker.merge_timestamps(at(0), at(7), at(8))
        info = broker.get_info()
        assert (info['created_at'], info['put_timestamp'], info['delete_timestamp']) == (at(0), at(7), at(8))
        assert broker.is_deleted()

    def test_of_metadata_the_newer_stays_key_by_key(self, broker):
        broker.update_metadata({'X-A': ('1', at(2)), 'X-B': ('1', at(4))})
        broker.update_metadata({'X-A': ('2', at(3)), 'X-B': ('2', at(3))})
        assert broker.metadata == {'X-A': ['2', at(3)], 'X-B': ['1', at(4)]}

    def test_a_deletion_forgets_metadata(self, broker):
        broker.update_metadata({'X-A': ('1', at(2))})
        broker.delete_db(at(3))
        assert broker.metadata == {'X-A': ['', at(3)]}

    def test_a_refused_change_of_metadata_changes_nothing(self, broker):
        def refuse(merged):
            raise ValueError
        with pytest.raises(ValueError):
            broker.update_metadata({'X-A': ('1', at(2))}, refuse)
        assert broker.metadata == {}

    def test_reclaim_forgets_old_deletions_and_nothing_else(self, broker, monkeypatch):
        monkeypatch.setattr('swift.db.reclaim._BATCH', 3)
        for number in range(10):
            self.put(broker, f'gone{number}', 2)
            self.delete(broker, f'gone{number}', 3)
        self.delete(broker, 'young', 9)
        self.put(broker, 'live', 2)
        broker.update_metadata({'X-Old': ('', at(2)), 'X-Young': ('', at(9)), 'X-Live': ('1', at(2))})
        broker.merge_syncs([{'remote_id': 'r', 'sync_point': 7}])
        broker.reclaim(at(8), '100')
        assert sorted(row['name'] for row in broker.get_items_since(-1, 99)) == ['live', 'young']
        assert set(broker.metadata) == {'X-Young', 'X-Live'}
        assert broker.get_sync('r') == 7
        broker.reclaim(at(8), '9999999999')
        assert broker.get_sync('r') == -1

    def test_a_row_of_a_database_that_is_not_there_is_refused(self, broker):
        files.remove(broker.path)
        with pytest.raises(DatabaseMissing):
            self.put(broker, 'x', 2)
        assert not os.path.exists(broker.directory)

    @pytest.mark.parametrize('damage', ['head', 'middle', 'cut', 'empty'])
    def test_a_broken_file_is_quarantined_with_its_directory(self, broker, damage):
        for number in range(60):
            self.put(broker, f'{number}' * 100, 2)
        broker.commit_pending()
        broker.forget()
        _damage(broker.path, damage)
        with pytest.raises(DatabaseCorrupt):
            broker.get_replication_info()
            from swift.db.auditor import check
            check(broker)
        assert not os.path.exists(broker.directory) and broker.is_deleted()
        quarantined = os.path.join(broker.device_path(), 'quarantined', f'{self.kind}s')
        assert os.listdir(quarantined) == [os.path.basename(broker.directory)]

    def test_a_second_broken_file_does_not_replace_the_first(self, broker):
        for _ in range(2):
            broker.forget()
            with open(broker.path, 'wb') as file:
                file.write(b'rubbish' * 2000)
            with pytest.raises(DatabaseCorrupt):
                broker.get_info()
            broker.initialize(at(3))
        assert len(os.listdir(os.path.join(broker.device_path(), 'quarantined', f'{self.kind}s'))) == 2

    def test_who_waits_too_long_for_the_lock_is_told(self, broker):
        broker.lock_timeout = 0.01
        with files.locked(broker.directory, 1), pytest.raises(LockTimeout):
            self.put(broker, 'x', 2)

    def test_rows_wait_in_the_pending_file_while_the_database_is_read_whole(self, broker, monkeypatch):
        monkeypatch.setattr('swift.db.broker.PENDING_CAP', 1)
        self.put(broker, 'x', 2)
        with contextlib.closing(sqlite3.connect(broker.path, isolation_level=None)) as other:
            other.execute('BEGIN')
            other.execute(f'SELECT * FROM {broker.stat_table}').fetchall()
            began = time.monotonic()
            self.put(broker, 'y', 2)
            broker.commit_pending(hurry=True)
            assert time.monotonic() - began < 5 and pending.size(broker.pending_path)
        assert self.count(broker) == 2

    def test_when_the_disk_is_full_rows_stay_safe_and_readers_read(self, broker, monkeypatch):
        self.put(broker, 'x', 2)
        assert self.count(broker) == 1
        broker.forget()
        opening = sqlite_files._open

        def full(path):
            opened = opening(path)
            opened.execute(f'PRAGMA max_page_count = {opened.execute("PRAGMA page_count").fetchone()[0]}')
            return opened
        with monkeypatch.context() as patch:
            patch.setattr(sqlite_files, '_open', full)
            for number in range(50):
                self.put(broker, f'{number}' * 200, 2)
            broker.commit_pending(hurry=True)
            assert broker.look()[0]['hash'] != '0' * 32
            with pytest.raises(DriveFull):
                broker.get_info()
        broker.forget()
        assert self.count(broker) == 51

    def test_stock_tools_find_the_columns_they_know(self, broker):
        broker.update_metadata({'X-A': ('1', at(2))})
        with sqlite3.connect(broker.path) as opened:
            row = opened.execute(f'SELECT hash, id, metadata FROM {broker.stat_table}').fetchone()
        assert json.loads(row[2]) == {'X-A': ['1', at(2)]}


def _damage(path, how):
    size = os.path.getsize(path)
    if how == 'cut':
        os.truncate(path, size // 2)
    elif how == 'empty':
        os.truncate(path, 0)
    else:
        with open(path, 'r+b') as file:
            file.seek(0 if how == 'head' else 4096)
            file.write(b'\xff' * (100 if how == 'head' else size - 4096))


class TestContainerBroker(BrokerContract):
    kind = 'container'

    def put(self, broker, name, second):
        broker.put_object(name, at(second), 10, 'text/plain', 'etag')

    def delete(self, broker, name, second):
        broker.delete_object(name, at(second))


class TestAccountBroker(BrokerContract):
    kind = 'account'

    def put(self, broker, name, second):
        broker.put_container(name, at(second), at(0), 0, 0, 0)

    def delete(self, broker, name, second):
        broker.put_container(name, at(1), at(second), 0, 0, 0)
