"""What is stuck or failed: found, explained, ended."""
import datetime

import pytest

PAGE = '/admin/attention/'


def text(answer):
    return answer.content.decode()


@pytest.fixture
def admin(browse):
    return browse('admin')


def act(admin, table, action, key):
    return admin.post(PAGE, {'table': table, 'action': action, 'keys': [key], 'confirmed': '1'}, follow=True)


def tables(answer):
    """{name: [title]} of the tables shown."""
    return {table.name: [row.title for row in table.rows] for table in answer.context['tables']}


@pytest.fixture
def old(cloud):
    """Lets what is there be an hour old."""
    def age(*rows):
        for row in rows:
            for name in ('updated', 'updated_at', 'created_at'):
                if isinstance(row.get(name), datetime.datetime):
                    row[name] -= datetime.timedelta(hours=1)
                elif isinstance(row.get(name), str):
                    row[name] = '2026-01-01T00:00:00Z'
    return age


def test_a_calm_cloud_says_so(admin, cloud):
    cloud.add_servers(3)
    cloud.calls.clear()
    answer = admin.get(PAGE)
    assert 'Nothing is stuck, and nothing has failed.' in text(answer)
    assert len(cloud.calls) == 14


def test_failed_servers_say_why_and_are_ended(admin, cloud):
    server = cloud.add_server('web', 'other')
    cloud.break_server(server['id'], 'The disk is full.')
    answer = admin.get(PAGE)
    assert tables(answer) == {'failed': ['web']}
    assert 'The disk is full.' in text(answer)
    assert 'other' in text(answer)
    assert 'Being deleted: web' in text(act(admin, 'failed', 'force-delete', server['id']))


def test_servers_that_hang_in_a_task(admin, cloud, old):
    fresh, stuck = cloud.add_server('fresh', status='BUILD'), cloud.add_server('stuck', status='BUILD')
    old(stuck)
    assert fresh['task_state']
    answer = admin.get(PAGE)
    assert tables(answer) == {'busy': ['stuck']}
    assert 'minutes' in text(answer)
    act(admin, 'busy', 'reset-error', stuck['id'])
    assert tables(admin.get(PAGE)) == {'failed': ['stuck']}


def test_a_resize_is_confirmed(admin, cloud):
    server = cloud.add_server('big', status='VERIFY_RESIZE')
    assert tables(admin.get(PAGE)) == {'resized': ['big']}
    assert 'Resize confirmed: big' in text(act(admin, 'resized', 'confirm', server['id']))


def test_images_without_data(admin, cloud, old):
    fresh, stuck = cloud.add_image('fresh', data=None), cloud.add_image('stuck', data=None)
    old(stuck)
    assert fresh['status'] == 'queued'
    answer = admin.get(PAGE)
    assert tables(answer) == {'images': ['stuck']}
    assert 'Nobody has sent its data.' in text(answer)
    assert 'Deleted: stuck' in text(act(admin, 'images', 'delete', stuck['id']))


def test_daemons_that_are_down_or_disabled(admin, cloud):
    cloud.add_host('node9')
    cloud.service_down('node9')
    answer = admin.get(PAGE)
    assert tables(answer) == {'daemons': ['nova-compute @ node9']}
    assert 'No heartbeat' in text(answer)


def test_work_that_does_not_get_on_is_tried_again_or_undone(admin, cloud):
    fine, stuck = cloud.add_server('fine', status='BUILD'), cloud.add_server('web', status='BUILD')
    cloud.stick(stuck['id'], 'nova-compute on host node9 is away.')
    answer = admin.get(PAGE)
    assert tables(answer) == {'operations': ['create: web']}
    assert 'nova-compute on host node9 is away.' in text(answer)
    key = answer.context['tables'][0].rows[0].key
    assert 'Tried again: create: web' in text(act(admin, 'operations', 'finish', key))
    cloud.stick(stuck['id'])
    assert 'Being undone: create: web' in text(act(admin, 'operations', 'undo', key))
    assert (cloud.servers[stuck['id']]['vm_state'], cloud.servers[fine['id']]['vm_state']) == ('error', 'building')


def test_what_hangs_and_what_failed_is_listed_once(admin, cloud, old):
    stuck, broken = cloud.add_server('web', status='BUILD'), cloud.add_server('db', status='BUILD')
    old(stuck)
    cloud.stick(stuck['id'])
    cloud.break_server(broken['id'])
    assert tables(admin.get(PAGE)) == {'operations': ['create: web'], 'failed': ['db']}


def test_a_compute_service_without_a_journal_is_fine(admin, cloud):
    cloud.fail('compute', 'GET', '/os-essex-operations', 404)
    assert 'Nothing is stuck' in text(admin.get(PAGE))


def test_a_service_that_is_down_is_named_and_keeps_nothing_else_away(admin, cloud):
    cloud.add_image('stuck', data=None, status='killed')
    cloud.refuse('compute')
    answer = admin.get(PAGE)
    assert answer.status_code == 200
    assert 'The service does not answer.' in text(answer)
    assert 'Images without data' in text(answer)
