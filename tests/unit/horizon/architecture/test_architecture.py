"""The architecture dashboard before a fake cloud: the drawing, its parts, requests followed through it."""
import datetime
import re

import pytest

CLOUD, FOLLOW, IDEA = '/architecture/cloud/', '/architecture/follow/', '/architecture/idea/'
REQUEST = 'req-11111111-2222-3333-4444-555555555555'


def text(answer):
    return answer.content.decode()


def daemon(cloud, name):
    return next(each for each in cloud.operator_host['daemons'] if each['name'] == name)


def levels(answer):
    """{part: level} of the drawing."""
    return dict(re.findall(r'id="wide-([\w-]+)" class="part (\w+)', text(answer)))


def span(identity, daemon, name, at, kind='http', parent=None, ms=5.0, sql=0, **details):
    return {'id': identity, 'parent': parent, 'daemon': daemon, 'host': 'host-1', 'name': name, 'ms': ms, 'kind': kind,
            'request_id': REQUEST, 'at_ms': at, 'sql': sql, 'details': details}


LAUNCH = [
    span('1', 'horizon', 'POST /architecture/follow/launch/', 0, ms=60, status=302),
    span('2', 'horizon', 'GET image /v2/images', 1, 'client', '1', status=200),
    span('3', 'glance-api', 'GET /v2/images', 2, parent='2', status=200, sql=4),
    span('4', 'horizon', 'POST compute /servers', 10, 'client', '1', status=202),
    span('5', 'nova-api', 'POST /v2.1/servers', 11, parent='4', status=202, sql=9),
    span('6', 'nova-api', 'rpc.cast scheduler.work', 20, None, '5'),
    span('7', 'nova-scheduler', 'rpc scheduler.work', 21, None, '6'),
    span('8', 'nova-scheduler', 'boot: schedule', 25, 'step', resource='0b1c', sql=8),
    span('9', 'nova-compute', 'boot: network', 35, 'step'),
    span('10', 'nova-compute', 'rpc.call network.allocate_for_instance', 36, None, '9'),
    span('11', 'nova-network', 'rpc network.allocate_for_instance', 37, None, '10'),
    span('12', 'nova-compute', 'boot: spawn', 50, 'step'),
    span('13', 'nova-compute', 'boot: activate', 55, 'step')]


@pytest.fixture
def admin(browse):
    return browse('admin')


class TestDrawing:
    def test_every_part_is_there_and_well(self, admin, cloud):
        answer = admin.get(CLOUD)
        seen = levels(answer)
        assert {'horizon', 'operator', 'keystone-api', 'glance-api', 'nova-api', 'broker', 'nova-scheduler',
                'nova-compute', 'proxy-server', 'object-server', 'swift-background', 'keystone-db', 'image-store',
                'devices'} <= set(seen)
        assert set(seen.values()) <= {'good', 'idle'}
        assert 'All 11 daemons are up' in text(answer)
        assert 'SQLite' in text(answer) and '1.0/s · 12 ms' in text(answer)

    def test_three_calls_make_it(self, admin, cloud):
        admin.get(CLOUD)
        assert sorted((service, path) for _, service, path, _ in cloud.calls) == [
            ('compute', '/os-hypervisors/detail'), ('compute', '/os-services'), ('operator', '/hosts/self')]
        cloud.calls.clear()
        admin.get(f'{CLOUD}?live=x')
        assert len(cloud.calls) == 3

    def test_nothing_inline_and_every_part_a_link_with_words(self, admin):
        page = text(admin.get(CLOUD))
        assert not re.search(r'<script(?![^>]* src=)|<style| style=| on\w+=', page)
        drawn = re.search(r'<svg class="arch wide".*?\n</svg>', page, re.DOTALL)[0]
        for link in re.findall(r'<a [^>]*>', drawn):
            assert 'href="/architecture/cloud/' in link and re.search(r'aria-label="[^"]{3,}"', link)

    @pytest.mark.parametrize('state, level', [('dead', 'bad'), ('late', 'busy'), ('starting', 'busy'), ('up', 'good')])
    def test_a_part_looks_as_its_daemon_does(self, admin, cloud, state, level):
        daemon(cloud, 'nova-compute')['state'] = state
        answer = admin.get(CLOUD)
        assert levels(answer)['nova-compute'] == level
        assert ('nova-compute on host-1: ' in text(answer)) == (level != 'good')

    def test_one_that_died_and_came_back_stays_red_for_a_while(self, admin, cloud):
        back = daemon(cloud, 'nova-compute')
        for seconds, level in ((3, 'bad'), (60, 'busy'), (3600, 'good')):
            since = cloud.now() - datetime.timedelta(seconds=seconds)
            back.update(deaths=1, since=f'{since.isoformat()}Z')
            answer = admin.get(CLOUD)
            assert levels(answer)['nova-compute'] == level
            assert ('nova-compute on host-1: died, is back' in text(answer)) == (level != 'good')

    def test_several_in_trouble_are_one_sentence_that_does_not_change_with_time(self, admin, cloud):
        for name in ('nova-api', 'nova-network'):
            daemon(cloud, name).update(deaths=1, since=f'{cloud.now().isoformat()}Z')
        first = admin.get(CLOUD)
        assert 'nova-api, nova-network on host-1: died, is back' in text(first)
        cloud.advance(seconds=5)
        assert admin.get(CLOUD).context['state'].digest == first.context['state'].digest

    def test_a_hypervisor_keeps_its_place_while_nova_is_away(self, admin, cloud):
        cloud.fail('compute', 'GET', '*', 503)
        assert levels(admin.get(CLOUD))['hypervisor'] == 'idle'

    def test_the_live_part_tells_news_only_when_there_are_some(self, admin, cloud):
        digest = re.search(r'live=(\w+)', text(admin.get(CLOUD)))[1]
        assert 'id="news"' not in text(admin.get(f'{CLOUD}?live={digest}'))
        daemon(cloud, 'glance-api')['state'] = 'dead'
        answer = text(admin.get(f'{CLOUD}?live={digest}'))
        assert 'id="news"' in answer and 'glance-api on host-1: dead' in answer and '<html' not in answer

    def test_messages_that_nobody_reads_are_seen(self, admin, cloud):
        cloud.operator_host['broker']['queues'][0].update(depth=7, consumers=0)
        answer = admin.get(CLOUD)
        assert levels(answer)['broker'] == 'busy' and '7 messages wait' in text(answer)
        cloud.operator_host['broker']['reachable'] = False
        assert levels(admin.get(CLOUD))['broker'] == 'bad'
        cloud.operator_host['broker'].update(reachable=True)
        for queue in cloud.operator_host['broker']['queues']:
            queue['consumers'] = 0
        answer = admin.get(CLOUD)
        assert levels(answer)['broker'] == 'bad' and 'its process is dead' in text(answer)

    def test_full_stores_and_old_databases_are_seen(self, admin, cloud):
        cloud.operator_host['stores'][0]['free_bytes'] = 1 << 30
        cloud.operator_host['databases'][0].update(version=3)
        cloud.operator_host['databases'][1] = {'service': 'glance', 'known': False}
        seen = levels(admin.get(CLOUD))
        assert (seen['image-store'], seen['keystone-db'], seen['glance-db']) == ('bad', 'busy', 'busy')

    def test_without_the_operator_api_nova_s_records_are_shown(self, admin, cloud):
        cloud.fail('operator', 'GET', '/hosts/self', 503)
        answer = admin.get(CLOUD)
        assert answer.status_code == 200
        assert 'nova-compute' in levels(answer) and 'keystone-api' not in levels(answer)
        assert 'GET /hosts/self' in text(answer)

    def test_html_in_what_daemons_say_does_no_harm(self, admin, cloud):
        daemon(cloud, 'nova-compute').update(name='<b>x</b>', state='dead')
        assert '<b>x</b>' not in text(admin.get(CLOUD))


class TestPart:
    def test_what_it_is_and_its_last_errors(self, admin, cloud):
        cloud.daemon_errors['nova-compute'] = [
            {'time': '2026-11-28T10:00:00.000Z', 'level': 'ERROR', 'logger': 'nova', 'daemon': 'nova-compute',
             'request_id': REQUEST, 'message': 'disk <i>full</i>'}]
        page = text(admin.get(f'{CLOUD}nova-compute/'))
        assert 'One on each host that runs servers' in page
        assert 'disk &lt;i&gt;full&lt;/i&gt;' in page and f'href="{FOLLOW}{REQUEST}/"' in page

    @pytest.mark.parametrize('key, words', [
        ('broker', 'essex.scheduler'), ('devices', 'd1'), ('image-store', 'takes new uploads'), ('nova-db', 'sqlite'),
        ('hypervisor', 'Cores'), ('you', 'followed through everything'), ('nova-volume', 'not in this cloud'),
        ('swift-background', 'object-auditor'), ('nova-scheduler', 'None that anybody remembers')])
    def test_each_kind(self, admin, key, words):
        answer = admin.get(f'{CLOUD}{key}/')
        assert answer.status_code == 200 and words in text(answer)

    def test_one_there_is_not(self, admin):
        assert admin.get(f'{CLOUD}nothing/').status_code == 404


class TestFollow:
    def test_recent_requests_without_log_ins(self, admin, cloud):
        cloud.traces[REQUEST] = LAUNCH[4:]
        cloud.traces['req-2'] = [span('1', 'keystone-api', 'POST /v3/auth/tokens', 0, status=201)]
        cloud.traces['req-3'] = [span('1', 'nova-api', 'GET /v2.1/servers', 0, status=200)]
        page = text(admin.get(FOLLOW))
        assert f'href="{FOLLOW}{REQUEST}/"' in page and 'req-2' not in page and 'req-3' not in page
        assert 'req-3' in text(admin.get(f'{FOLLOW}?reads=1'))

    def test_a_pasted_id(self, admin):
        assert admin.get(FOLLOW, {'id': f' {REQUEST} '}).url == f'{FOLLOW}{REQUEST}/'
        answer = admin.get(FOLLOW, {'id': '"><script>'})
        assert answer.status_code == 422 and 'This is no request id' in text(answer)
        assert '"><script>' not in text(answer)

    def test_the_way_of_a_launch(self, admin, cloud):
        cloud.traces[REQUEST] = LAUNCH
        answer = admin.get(f'{FOLLOW}{REQUEST}/')
        way = answer.context['way']
        assert way.stations == [
            ('you', 'horizon'), ('horizon', 'nova-api'), ('nova-api', 'broker'), ('broker', 'nova-scheduler'),
            ('nova-scheduler', 'nova-compute'), ('nova-compute', 'broker'), ('broker', 'nova-network'),
            ('nova-compute', 'hypervisor')]
        assert (way.sql, way.rpc, way.http, way.ms) == (21, 2, 2, 60)
        page = text(answer)
        assert 'Step: choose a host' in page and 'leaves a message for scheduler.work' in page
        assert page.count('class="hop ') == 16   # in the wide and in the narrow drawing
        assert 'turn-1' in page and 'hx-get' not in page.split('id="way"')[1][:200]
        assert f'action="{FOLLOW}delete/0b1c/"' in page

    def test_what_was_seen_already_does_not_move_again(self, admin, cloud):
        cloud.traces[REQUEST] = LAUNCH[:8]
        answer = admin.get(f'{FOLLOW}{REQUEST}/?look=3&seen=3', headers={'HX-Request': 'true'})
        hops = answer.context['hops']['wide']
        assert [hop['turn'] for hop in hops] == [0, 0, 0, 1]
        assert 'look=4&amp;seen=4' in text(answer) and '<html' not in text(answer)

    def test_the_end_of_it_ends_the_asking(self, admin, cloud):
        cloud.traces[REQUEST] = LAUNCH
        assert 'hx-get' not in text(admin.get(f'{FOLLOW}{REQUEST}/?look=3', headers={'HX-Request': 'true'}))
        assert 'hx-get' not in text(admin.get(f'{FOLLOW}{REQUEST[:-1]}0/?look=120', headers={'HX-Request': 'true'}))

    def test_one_that_nobody_knows_and_one_that_has_just_begun(self, admin):
        assert admin.get(f'{FOLLOW}{REQUEST}/').status_code == 404
        answer = admin.get(f'{FOLLOW}{REQUEST}/?look=1')
        assert answer.status_code == 200 and 'It has just begun' in text(answer)

    def test_failures_are_named(self, admin, cloud):
        cloud.traces[REQUEST] = [*LAUNCH[:8], span('x', 'nova-compute', 'boot: image', 40, 'step', error='E: no room')]
        page = text(admin.get(f'{FOLLOW}{REQUEST}/'))
        assert 'E: no room' in page and 'fetch the image' in page

    def test_launch_and_watch_then_delete(self, admin, cloud):
        answer = admin.post(f'{FOLLOW}launch/')
        assert re.fullmatch(rf'{FOLLOW}req-[\w-]+/\?look=1', answer.url)
        server, = cloud.servers.values()
        assert re.fullmatch(r'watched-\w{4}', server['name'])
        assert len(cloud.calls) == 4
        cloud.finish()
        assert admin.post(f'{FOLLOW}delete/{server["id"]}/').url.endswith('/?look=1')
        cloud.finish()
        assert ('DELETE', f'/servers/{server["id"]}') in [(method, path) for method, _, path, _ in cloud.calls]

    def test_a_launch_that_is_refused_says_why(self, admin, cloud):
        cloud.fail('compute', 'POST', '/servers', 403)
        answer = admin.post(f'{FOLLOW}launch/', follow=True)
        assert 'Launch a server to watch' in text(answer) and 'POST /servers' in text(answer)
        cloud.images.clear()
        assert 'There is no image' in text(admin.post(f'{FOLLOW}launch/', follow=True))

    def test_nothing_is_launched_by_a_link(self, admin, cloud):
        assert admin.get(f'{FOLLOW}launch/').url == FOLLOW and not cloud.servers
        assert admin.get(f'{FOLLOW}delete/x/').url == FOLLOW


class TestWhoMaySee:
    @pytest.mark.parametrize('who', ['member', 'stranger'])
    @pytest.mark.parametrize('path', [CLOUD, f'{CLOUD}nova-api/', FOLLOW, f'{FOLLOW}{REQUEST}/', f'{FOLLOW}launch/'])
    def test_the_inside_is_for_administrators(self, browse, cloud, who, path):
        answer = browse(who).get(path)
        assert answer.status_code == 403 and not cloud.calls_of('operator')

    @pytest.mark.parametrize('who', ['admin', 'member', 'stranger'])
    def test_the_idea_is_for_everybody_and_costs_no_call(self, browse, cloud, who):
        answer = browse(who).get(IDEA)
        assert answer.status_code == 200 and cloud.calls == []
        page = text(answer)
        assert 'What happens when you launch a server' in page and 'http://compute.test/v2.1' in page
        assert (CLOUD in page) == (who == 'admin')

    def test_a_stranger_to_all_logs_in_first(self, stranger_to_all):
        assert '/auth/login/' in stranger_to_all.get(CLOUD).url
