import pickle
import time

import pytest
import webob


def test_metadata_is_replaced(node):
    node.put(X_Object_Meta_Old='1', X_Object_Sysmeta_Kept='2', Content_Encoding='gzip')
    assert node.post(X_Object_Meta_New='3').status_int == 202
    headers = node.get().headers
    assert 'X-Object-Meta-Old' not in headers
    assert 'Content-Encoding' not in headers
    assert (headers['X-Object-Meta-New'], headers['X-Object-Sysmeta-Kept']) == ('3', '2')
    assert headers['Content-Type'] == 'text/plain'


def test_the_answer_tells_the_system_metadata_that_stays(node):
    node.put(X_Object_Sysmeta_Symlink_Target='c/o', X_Object_Meta_A='b')
    headers = node.post(X_Object_Meta_New='3').headers
    assert headers['X-Object-Sysmeta-Symlink-Target'] == 'c/o' and 'X-Object-Meta-A' not in headers


def test_the_content_type_is_changed_when_one_is_given(node):
    node.put()
    assert node.post(Content_Type='text/new').headers['X-Backend-Content-Type'] == 'text/new'
    assert node.get().headers['Content-Type'].startswith('text/new')
    node.post(X_Object_Meta_A='b')
    assert node.get().headers['Content-Type'].startswith('text/new')


def test_the_content_type_the_http_server_makes_up_is_none(node):
    node.put(Content_Type='text/mine')
    request = webob.Request.blank(f'/sda/{node.part()}/a/c/o', method='POST', headers={'X-Timestamp': node.now})
    request.environ.update({'CONTENT_TYPE': 'text/plain', 'headers_raw': (('X-Timestamp', 'x'),)})
    assert request.get_response(node.server).status_int == 202
    assert node.get().headers['Content-Type'].startswith('text/mine')


def test_metadata_of_a_manifest_does_not_make_a_manifest_of_other_data(node):
    node.put(X_Static_Large_Object='True')
    data, late = node.now, node.now
    node.post(X_Object_Meta_A='kept', X_Timestamp=late)
    # It was put before the POST, and arrives after it.
    assert node.put(X_Timestamp=data).status_int == 201
    headers = node.get().headers
    assert 'X-Static-Large-Object' not in headers and headers['X-Object-Meta-A'] == 'kept'


def test_an_older_post_is_a_conflict(node):
    older = node.now
    node.put()
    node.post(X_Object_Meta_A='new')
    answer = node.post(X_Object_Meta_A='old', X_Timestamp=older)
    assert answer.status_int == 409
    assert answer.headers['X-Backend-Timestamp']
    assert node.get().headers['X-Object-Meta-A'] == 'new'


def test_an_older_post_may_bring_a_newer_content_type(node):
    node.put()
    middle, late = node.now, node.now
    node.post(X_Object_Meta_A='kept', X_Timestamp=late)
    answer = node.post(X_Timestamp=middle, Content_Type='text/new', Content_Type_Timestamp=middle)
    assert answer.status_int == 202
    headers = node.get().headers
    assert (headers['X-Object-Meta-A'], headers['X-Timestamp']) == ('kept', late)
    assert headers['Content-Type'].startswith('text/new')


def test_a_post_to_nothing_is_404(node):
    assert node.post().status_int == 404
    node.put()
    node.delete()
    answer = node.post()
    assert answer.status_int == 404
    assert answer.headers['X-Backend-Timestamp']


def test_a_post_to_what_has_expired_is_404(node):
    node.put(X_Delete_At=int(time.time()) - 900)
    assert node.post(X_Timestamp=f'{time.time():.5f}').status_int == 404


def test_the_mark_of_a_large_object_survives_a_post(node):
    node.put(X_Static_Large_Object='True')
    node.post(X_Object_Meta_A='b')
    assert node.get().headers['X-Static-Large-Object'] == 'True'


@pytest.mark.parametrize('headers', [{'X-Timestamp': 'x'}, {'X-Delete-At': '1'}, {'X-Delete-At': 'soon'},
                                     {'Content-Type': 'a/b', 'Content-Type-Timestamp': 'x'}])
def test_a_bad_post_is_400(node, headers):
    node.put()
    assert node.post(headers=headers).status_int == 400


def test_a_deletion_leaves_a_tombstone_whether_or_not_something_was_there(node):
    assert node.delete().status_int == 404
    assert [name.rpartition('.')[2] for name in node.files()] == ['ts']
    node.put()
    moment = node.now
    answer = node.delete(X_Timestamp=moment)
    assert (answer.status_int, answer.headers['X-Backend-Timestamp']) == (204, moment)
    assert [name.rpartition('.')[2] for name in node.files()] == ['ts']
    assert node.delete().status_int == 404


def test_an_older_deletion_is_a_conflict(node):
    older, moment = node.now, node.now
    node.put(X_Timestamp=moment)
    for each in (older, moment):
        answer = node.delete(X_Timestamp=each)
        assert (answer.status_int, answer.headers['X-Backend-Timestamp']) == (409, moment)
    assert node.get().status_int == 200


def test_a_deletion_without_a_time_is_400(node):
    assert node.delete(X_Timestamp='').status_int == 400


def test_the_expirer_deletes_only_what_it_means(node):
    delete_at = int(time.time()) - 500
    late = f'{time.time():.5f}'
    assert node.delete(X_If_Delete_At=delete_at, X_Timestamp=late).status_int == 404
    assert node.files() == []
    node.put(X_Delete_At=delete_at)
    assert node.delete(X_If_Delete_At=delete_at + 1, X_Timestamp=late).status_int == 412
    assert node.delete(X_If_Delete_At='soon', X_Timestamp=late).status_int == 400
    assert node.delete(X_If_Delete_At=delete_at, X_Timestamp='1.00000').status_int == 409
    assert node.delete(X_If_Delete_At=delete_at, X_Timestamp=late).status_int == 204


def test_the_hashes_of_a_partition_are_told(node):
    node.put()
    answer = node.request('REPLICATE', path=f'/sda/{node.part()}')
    found = pickle.loads(answer.body)
    suffix = node.cluster.hash_path('a', 'c', 'o')[-3:]
    assert list(found) == [suffix]
    assert answer.body[:2] == b'\x80\x02'
    assert pickle.loads(node.request('REPLICATE', path=f'/sda/{node.part()}/{suffix}-abc').body) == found


@pytest.mark.parametrize(('path', 'status'), [
    ('/sda', 400), ('/sda/x', 400), ('/sda/1/../..', 400), ('/sda/1/xyz', 400), ('/sdz/1', 507), ('/../1', 507),
    ('/sda/1', 200)])
def test_replicate_of_strange_paths(node, path, status):
    assert node.request('REPLICATE', path=path).status_int == status
