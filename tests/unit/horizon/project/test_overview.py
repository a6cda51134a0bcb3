"""The first page of a project: what matters, quota, usage; its CSV."""
import csv
import datetime
import io

import pytest

from horizon.project.overview import chart, period

INDEX, CSV = '/project/overview/', '/project/overview/usage.csv'
HTMX = {'HX-Request': 'true'}
EVIL = '<script>alert(1)</script>'
NOW = datetime.datetime(2026, 11, 28, 15, 30)


def text(answer):
    return answer.content.decode()


@pytest.fixture
def member(browse):
    return browse('member')


def test_it_is_the_first_page(browse):
    assert browse('member').get('/').url == INDEX


def test_who_may(browse, stranger_to_all):
    assert browse('admin').get(INDEX).status_code == 200
    assert browse('nobody').get(INDEX).status_code == browse('nobody').get(CSV).status_code == 404
    assert '/auth/login/' in stranger_to_all.get(CSV).url


def test_five_calls(member, cloud):
    cloud.add_servers(20)
    member.get(INDEX)
    project = cloud.cast['member'].project_id
    assert sorted((service, path) for _, service, path, _ in cloud.calls) == [
        ('block-storage', '/limits'), ('compute', '/limits'), ('compute', f'/os-simple-tenant-usage/{project}'),
        ('compute', '/servers/detail'), ('compute', '/servers/detail')]


def test_an_empty_project_says_what_to_do(member):
    shown = text(member.get(INDEX))
    assert 'No servers yet.' in shown
    assert '/project/instances/launch/' in shown
    assert 'No server ran in this period.' in shown


def test_what_matters(member, cloud):
    cloud.add_servers(3)
    cloud.add_server('off', status='SHUTOFF')
    cloud.add_server('broken', status='ERROR')
    cloud.add_server('new', status='BUILD')
    answer = member.get(INDEX)
    now = answer.context['now']
    assert [(each['status'], each['count']) for each in now.by_status] == [
        ('ACTIVE', 3), ('SHUTOFF', 1), ('ERROR', 1), ('BUILD', 1)]
    assert [each['name'] for each in now.failed] == ['broken']
    assert [each['server']['name'] for each in now.under_way] == ['new']
    assert 'No valid host was found.' in text(answer)
    assert 'every 3s' in text(answer)


def test_numbers_of_a_large_project(member, cloud):
    cloud.add_servers(120)
    cloud.add_servers(5, status='SHUTOFF')
    now = member.get(INDEX).context['now']
    assert [(each['status'], each['count']) for each in now.by_status] == [('ACTIVE', 120), ('SHUTOFF', 5)]


def test_it_follows(member, cloud):
    cloud.add_server('new', status='BUILD')
    address = f'{INDEX}?part=now&seen={member.get(INDEX).context["digest"]}'
    cloud.calls.clear()
    assert member.get(address, headers=HTMX).status_code == 204
    assert len(cloud.calls) == 2
    cloud.finish()
    changed = text(member.get(address, headers=HTMX))
    assert 'active' in changed
    assert 'Under way' not in changed
    assert '<html' not in changed


def test_quota_as_bars(member, cloud):
    cloud.add_servers(2)
    cloud.set_quota('demo', instances=2, cores=-1)
    shown = text(member.get(INDEX))
    for each in ('2 / 2', 'no limit', '1 GB / 50 GB', 'Floating addresses', 'Volume storage'):
        assert each in shown


def test_usage(member, cloud):
    server = cloud.add_server('web', flavor='3')
    server['launched'] = cloud.now() - datetime.timedelta(hours=2)
    answer = member.get(INDEX)
    assert answer.context['usage']['total_vcpus_usage'] == pytest.approx(4, abs=.01)
    assert 'role="img"' in text(answer)
    assert 'As a table' in text(answer)
    row = answer.context['table'].rows[0]
    assert row.title == 'web'
    assert f'/project/instances/{server["id"]}/' in row.html


def test_a_server_that_is_gone_is_no_link(member, cloud):
    server = cloud.add_server('web')
    cloud.services['compute'].remove_server(server)
    assert 'href' not in member.get(INDEX).context['table'].rows[0].html


@pytest.mark.parametrize(('query', 'says'), [
    ('start=tomorrow', 'Dates look like'), ('start=2999-01-01', 'lies in the future'),
    ('start=2026-02-01&end=2026-01-01', 'must not come after'), ('start=1999-01-01', 'longest period'),
    ('end=2026-01-01', 'Dates look like')])
def test_periods_that_cannot_be(member, query, says):
    answer = member.get(f'{INDEX}?{query}')
    assert answer.status_code == 200
    assert says in text(answer)


def test_html_does_no_harm(member, cloud):
    cloud.add_server(EVIL)
    cloud.break_server(cloud.add_server(EVIL)['id'], EVIL)
    cloud.add_server(EVIL, status='BUILD')
    assert EVIL not in text(member.get(INDEX))


@pytest.mark.parametrize('path', ['/limits', '/servers/detail', '/os-simple-tenant-usage/*'])
def test_what_fails_is_said_in_its_place(member, cloud, path):
    cloud.add_server('web')
    cloud.fail('compute', 'GET', path, 500)
    answer = member.get(INDEX)
    assert answer.status_code == 200
    assert f'GET {path.removesuffix("*")}' in text(answer)


# CSV

def test_the_csv(member, cloud):
    cloud.add_server('b')
    cloud.add_server('=HYPERLINK("http://x")', flavor='3')
    answer = member.get(f'{CSV}?period=today')
    assert answer['Content-Disposition'] == 'attachment; filename="usage.csv"'
    assert answer['Content-Type'] == 'text/csv; charset=utf-8'
    lines = list(csv.reader(io.StringIO(text(answer))))
    assert lines[2] == ['Project ID', cloud.cast['member'].project_id]
    assert lines[3] == ['Active instances', '2']
    assert lines[5] == ['Active memory (MB)', '4608']
    assert lines[10] == ['Instance Name', 'vCPUs', 'RAM (MB)', 'Disk (GB)', 'Usage (Hours)', 'Age (Seconds)', 'State']
    assert [line[0] for line in lines[11:]] == ['\'=HYPERLINK("http://x")', 'b']
    assert lines[12][1:4] == ['1', '512', '1']
    assert len(cloud.calls) == 1


def test_a_stranger_gets_a_report_of_his_own(browse, cloud):
    cloud.add_server('secret')
    assert 'secret' not in text(browse('stranger').get(CSV))


# Periods and charts, alone

@pytest.mark.parametrize(('query', 'first', 'last', 'bins'), [
    ({'period': 'today'}, '2026-11-28', '2026-11-28', 16), ({}, '2026-11-22', '2026-11-28', 7),
    ({'period': 'nonsense'}, '2026-11-22', '2026-11-28', 7), ({'period': 'days30'}, '2026-10-30', '2026-11-28', 30),
    ({'period': 'month'}, '2026-11-01', '2026-11-28', 28), ({'period': 'last_month'}, '2026-10-01', '2026-10-31', 31),
    ({'start': '2026-01-05', 'end': '2026-01-05'}, '2026-01-05', '2026-01-05', 24),
    ({'start': '2026-01-01', 'end': '2026-12-31'}, '2026-01-01', '2026-11-28', 48)])
def test_periods(query, first, last, bins):
    found = period.of(query, NOW)
    assert (str(found.first), str(found.last), len(found.bins())) == (first, last, bins)
    assert found.problem is None


def test_averages():
    bins = [(NOW, NOW + datetime.timedelta(hours=2)), (NOW + datetime.timedelta(hours=2), NOW +
                                                       datetime.timedelta(hours=4))]
    half = {'vcpus': 4, 'started_at': '2026-11-28T16:30:00.000000', 'ended_at': None}
    over = {'vcpus': 2, 'started_at': '2026-11-01T00:00:00.000000', 'ended_at': '2026-11-28T17:30:00.000000'}
    later = {'vcpus': 9, 'started_at': '2026-11-29T00:00:00.000000', 'ended_at': None}
    assert chart.averages([half, over, later], bins, 'vcpus') == [4, 4]


@pytest.mark.parametrize(('values', 'top'), [([], 1), ([.3], 1), ([3], 5), ([5], 5), ([17, 2], 20), ([120], 200),
                                             ([999], 1000)])
def test_scales_end_at_round_numbers(values, top):
    assert chart.top_of(values) == top


def test_what_is_not_yet_counts_for_nothing():
    running = {'vcpus': 1, 'started_at': '2026-11-28T00:00:00.000000', 'ended_at': None}
    found = period.of({'period': 'today'}, NOW)
    assert chart.averages([running], found.bins(), 'vcpus') == [1] * 16
