"""What all pages share: the navigation, titles of the window, pages of errors, questions before a danger."""
import re
import uuid

import pytest


def shown(answer):
    return answer.content.decode()


def window(answer):
    """The title of the window."""
    return re.search('<title>(.*?)</title>', shown(answer), re.DOTALL)[1]


def sections(answer):
    """{heading of the navigation: whether it is open}."""
    return {label: bool(unfolded) for unfolded, label in re.findall(
        r'<details class="section"( open)?>\s*<summary><h2>(.*?)</h2>', shown(answer))}


@pytest.mark.parametrize(('who', 'path', 'expected'), [
    ('admin', '/project/keypairs/', {'Project': True, 'Admin': False, 'Architecture': True, 'Settings': True}),
    ('admin', '/admin/flavors/', {'Project': False, 'Admin': True, 'Architecture': True, 'Settings': True}),
    ('admin', '/there/is/none/', {'Project': True, 'Admin': False, 'Architecture': True, 'Settings': True}),
    ('member', '/project/keypairs/', {'Project': True, 'Architecture': True, 'Settings': True})])
def test_long_dashboards_that_one_is_not_in_are_folded(browse, who, path, expected):
    assert sections(browse(who).get(path)) == expected


@pytest.mark.parametrize(('path', 'expected'), [
    ('/project/keypairs/', 'Key pairs · Essex'), ('/project/keypairs/create/', 'Create key pair · Key pairs · Essex'),
    ('/admin/flavors/', 'Flavors · Admin · Essex'),
    ('/admin/flavors/create/', 'Create flavor · Flavors · Admin · Essex')])
def test_the_window_says_where_one_is(browse, path, expected):
    assert window(browse('admin').get(path)) == expected


def test_tabs_of_an_instance_are_told_apart(browse, cloud):
    member, page = browse('member'), f'/project/instances/{cloud.add_server("web")["id"]}/'
    assert window(member.get(page)) == 'web · Instances · Essex'
    assert window(member.get(f'{page}log/')) == 'web · Log · Instances · Essex'


def test_what_is_not_there_says_so_once_and_leads_back(browse):
    answer = browse('member').get(f'/project/instances/{uuid.uuid4()}/')
    assert answer.status_code == 404
    page = shown(answer)
    assert '<h1>There is nothing here</h1>' in page
    assert '<a class="button" href="/project/instances/">Back to Instances</a>' in page
    assert page.count('GET /servers/') == 1
    assert 'Try again' not in page


def test_a_service_that_is_down_can_be_asked_again(browse, cloud):
    server, member = cloud.add_server('web'), browse('member')
    cloud.refuse('compute')
    answer = member.get(f'/project/instances/{server["id"]}/')
    assert answer.status_code == 503
    assert f'<a class="button" href="/project/instances/{server["id"]}/">Try again</a>' in shown(answer)


def test_a_danger_names_what_it_concerns_in_its_title(browse, cloud):
    member = browse('member')
    member.post('/project/keypairs/create/', {'name': 'mine'})
    page = shown(member.post('/project/keypairs/', {'table': 'keypairs', 'action': 'delete', 'keys': ['mine']}))
    assert '<h1>Delete: mine</h1>' in page
    assert '<li><a href="/project/keypairs/">Key pairs</a></li>' in page


def test_a_table_without_pages_offers_none(browse):
    assert 'First page' not in shown(browse('member').get('/project/api_access/'))


@pytest.mark.parametrize(('used', 'unit', 'expected'), [
    (128, 'MB', ('128 MB', '50 GB', '')), (0, 'MB', ('0 MB', '50 GB', '')), (3, 'GB', ('3', '51200', 'GB'))])
def test_memory_in_the_unit_that_fits(cloud, used, unit, expected):
    from horizon.ui.templatetags import ui
    found = ui.meter('Memory', used, 51200, unit=unit)
    assert (found['total'], found['limit'], found['unit']) == expected


def test_what_did_not_answer_is_not_said_to_have_answered(browse, cloud):
    cloud.refuse('compute')
    page = shown(browse('member').get('/project/keypairs/'))
    assert 'Compute: The service does not answer.' in page
    assert 'Compute answered' not in page


def test_an_error_that_came_as_a_page_is_told_without_its_headings():
    import requests

    from horizon.api import errors
    answer = requests.Response()
    answer.status_code, answer.reason = 400, 'Bad Request'
    answer._content = (b'<html><head><title>400 Bad Request</title></head><body><h1>400 Bad Request</h1>'
                       b'The port of &quot;x&quot; is not allowed.<br/></body></html>')
    assert errors.from_response('image', 'POST /v2/images', answer).message == 'The port of "x" is not allowed.'


def test_a_list_that_became_empty_loads_its_page_anew(browse, cloud):
    answer = browse('member').get('/project/instances/', {'poll': f'{uuid.uuid4()}:0', 'table': 'servers'})
    assert answer.status_code == 200
    assert answer['HX-Refresh'] == 'true'


@pytest.mark.parametrize(('page', 'title'), [('edit', 'Edit mine'), ('share', 'Share mine')])
def test_pages_below_an_image_lead_back_to_it(browse, cloud, page, title):
    image = cloud.add_image('mine')
    answer = shown(browse('member').get(f'/project/images/{image["id"]}/{page}/'))
    assert f'<h1>{title}</h1>' in answer
    assert f'<li><a href="/project/images/{image["id"]}/">mine</a></li>' in answer


def test_a_page_waits_a_moment_only_for_the_names_of_images(cloud, monkeypatch):
    from horizon.api import client, images
    waits, call = [], client.Client.call

    def watched(self, *args, **kwargs):
        waits.append(kwargs.get('timeout'))
        return call(self, *args, **kwargs)
    monkeypatch.setattr(client.Client, 'call', watched)
    image, token = cloud.add_image('mine'), cloud.token('member')
    services = [{'type': 'image', 'endpoints': [{'interface': 'public', 'region': None, 'url': 'http://image.test'}]}]
    assert images.names(client.Client(token, services), [image['id']]) == {image['id']: 'mine'}
    assert waits == [3]


def test_a_server_without_free_volumes_is_told_so(browse, cloud):
    answer = browse('member').get(f'/project/instances/{cloud.add_server("web")["id"]}/attach/')
    assert 'No volume is free: create one first' in shown(answer)
