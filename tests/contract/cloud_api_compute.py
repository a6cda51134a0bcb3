"""What a fake and a real cloud have in common, as tests: compute. See cloud_api.py."""
import pytest

from tests.contract.cloud_api import booted, gone, image_of, settled

NEW = {'OpenStack_API_Version': 'compute 2.12'}


class ComputeContract:
    """Servers and what belongs to them."""

    def test_a_server_s_life(self, site):
        member, image = site.member, image_of(site)
        body = {'server': {'name': site.name('server'), 'imageRef': image, 'flavorRef': '42', 'metadata': {'a': 'b'}}}
        answer = member('POST', 'compute', '/servers', body, status=202)
        server = answer.json()['server']['id']
        assert answer.headers['Location'].endswith(server)
        settled(site, server, 'ACTIVE')
        for person in (member, site.admin):
            shown = person('GET', 'compute', f'/servers/{server}', status=200).json()['server']
            assert (shown['status'], shown['OS-EXT-STS:power_state'], shown['progress']) == ('ACTIVE', 1, 100)
            assert ('OS-EXT-SRV-ATTR:host' in shown) is (person is site.admin)
            person('GET', 'compute', f'/servers/{server}', status=200, **NEW)
        for path in ('/ips', '/metadata', '/os-security-groups', '/os-volume_attachments', '/os-instance-actions'):
            member('GET', 'compute', f'/servers/{server}{path}', status=200)
        renamed = member('PUT', 'compute', f'/servers/{server}', {'server': {'name': 'renamed'}}, status=200)
        assert renamed.json()['server']['name'] == 'renamed'
        site.stranger('GET', 'compute', f'/servers/{server}', status=404)
        site.stranger('DELETE', 'compute', f'/servers/{server}', status=404)
        site.stranger('POST', 'compute', f'/servers/{server}/action', {'os-stop': None}, status=404)
        member('DELETE', 'compute', f'/servers/{server}', status=204)
        site.until(lambda: member.quiet('GET', 'compute', f'/servers/{server}').status_code == 404)
        member('GET', 'compute', f'/servers/{server}/os-instance-actions', status=200)
        member('GET', 'compute', f'/os-simple-tenant-usage/{member.project_id}', status=200)
        site.admin('GET', 'compute', '/os-simple-tenant-usage?detailed=1', status=200)

    @pytest.mark.parametrize('change, status', [
        ({'imageRef': 'nope'}, 400), ({'imageRef': '00000000-0000-0000-0000-000000000000'}, 400),
        ({'imageRef': None}, 400), ({'flavorRef': '99'}, 400), ({'name': ''}, 400), ({'key_name': 'nope'}, 400),
        ({'security_groups': [{'name': 'nope'}]}, 400), ({'availability_zone': 'nope'}, 400), ({'bogus': 1}, 400),
        ({'networks': [{'uuid': '00000000-0000-0000-0000-000000000000'}]}, 400), ({'min_count': 100}, 403)])
    def test_what_cannot_be_booted(self, site, change, status):
        server = {'name': 'x', 'imageRef': image_of(site), 'flavorRef': '42', **change}
        site.member('POST', 'compute', '/servers', {'server': {
            key: value for key, value in server.items() if value is not None}}, status=status)

    def test_actions_change_the_state(self, site):
        member, server = site.member, booted(site)
        path = f'/servers/{server}/action'
        for name, ends in (('pause', 'PAUSED'), ('unpause', 'ACTIVE'), ('suspend', 'SUSPENDED'), ('resume', 'ACTIVE'),
                           ('os-stop', 'SHUTOFF'), ('os-start', 'ACTIVE')):
            member('POST', 'compute', path, {name: None}, status=202)
            settled(site, server, ends)
        member('POST', 'compute', path, {'reboot': {'type': 'HARD'}}, status=202)
        settled(site, server, 'ACTIVE')
        member('POST', 'compute', path, {'unpause': None}, status=409)
        for body in ({'reboot': {'type': 'x'}}, {'nope': None}, {}):
            member('POST', 'compute', path, body, status=400)
        member('POST', 'compute', path, {'lock': None}, status=202)
        member('POST', 'compute', path, {'os-stop': None}, status=409)
        member('DELETE', 'compute', f'/servers/{server}', status=409)
        assert member('GET', 'compute', f'/servers/{server}', status=200, **NEW).json()['server']['locked'] is True
        member('POST', 'compute', path, {'unlock': None}, status=202)
        member('POST', 'compute', path, {'os-resetState': {'state': 'error'}}, status=403)
        site.admin('POST', 'compute', path, {'os-resetState': {'state': 'error'}}, status=202)
        assert member('GET', 'compute', f'/servers/{server}', status=200).json()['server']['status'] == 'ERROR'
        gone(site, server)

    def test_a_rebuilt_server_has_its_id_and_another_image(self, site):
        member, server = site.member, booted(site)
        path = f'/servers/{server}/action'
        answer = member('POST', 'compute', path, {'rebuild': {'imageRef': image_of(site), 'name': 'again'}}, status=202)
        assert answer.json()['server']['id'] == server
        settled(site, server, 'ACTIVE')
        assert member('GET', 'compute', f'/servers/{server}', status=200).json()['server']['name'] == 'again'
        member('POST', 'compute', path, {'rebuild': {'imageRef': 'nope'}}, status=400)
        gone(site, server)

    def test_a_resized_server_is_confirmed_or_goes_back(self, site):
        member, server = site.member, booted(site)
        path = f'/servers/{server}/action'
        for flavor, status in (('99', 400), ('42', 400)):
            member('POST', 'compute', path, {'resize': {'flavorRef': flavor}}, status=status)
        for name in ('confirmResize', 'revertResize'):
            member('POST', 'compute', path, {name: None}, status=409)
        for name, status, flavor in (('revertResize', 202, '42'), ('confirmResize', 204, '84')):
            member('POST', 'compute', path, {'resize': {'flavorRef': '84'}}, status=202)
            settled(site, server, 'VERIFY_RESIZE')
            assert member('GET', 'compute', f'/servers/{server}', status=200).json()['server']['flavor']['id'] == '84'
            member('POST', 'compute', path, {name: None}, status=status)
            settled(site, server, 'ACTIVE')
            assert member('GET', 'compute', f'/servers/{server}', status=200).json()['server']['flavor']['id'] == flavor
        site.admin('GET', 'compute', f'/os-migrations?instance_uuid={server}', status=200)
        gone(site, server)

    def test_what_was_done_is_told_step_by_step(self, site):
        member, server = site.member, booted(site)
        actions = member('GET', 'compute', f'/servers/{server}/os-instance-actions', status=200).json()
        assert [each['action'] for each in actions['instanceActions']] == ['create']
        request_id = actions['instanceActions'][0]['request_id']
        for person in (member, site.admin):
            action = person('GET', 'compute', f'/servers/{server}/os-instance-actions/{request_id}',
                            status=200).json()['instanceAction']
            assert [each['event'] for each in action['events']] == [
                'boot_schedule', 'boot_network', 'boot_image', 'boot_disk', 'boot_spawn', 'boot_activate']
        member('GET', 'compute', f'/servers/{server}/os-instance-actions/nope', status=404)
        member('POST', 'compute', f'/servers/{server}/action', {'os-getConsoleOutput': {'length': 5}}, status=200)
        member('POST', 'compute', f'/servers/{server}/action', {'os-getConsoleOutput': {}}, status=200)
        gone(site, server)

    def test_a_snapshot_is_an_image(self, site):
        member, server, name = site.member, booted(site), site.name('snapshot')
        answer = member('POST', 'compute', f'/servers/{server}/action', {'createImage': {'name': name}}, status=202)
        image = answer.headers['Location'].rsplit('/', 1)[-1]
        site.until(lambda: member.quiet('GET', 'image', f'/v2/images/{image}').json()['status'] == 'active')
        shown = member('GET', 'image', f'/v2/images/{image}', status=200).json()
        assert (shown['name'], shown['image_type'], shown['instance_uuid']) == (name, 'snapshot', server)
        settled(site, server, 'ACTIVE')
        member('DELETE', 'image', f'/v2/images/{image}', status=204)
        gone(site, server)

    def test_pages_and_filters(self, site):
        member = site.member
        servers = [booted(site, name=site.name('page')) for _ in range(3)]
        first = member('GET', 'compute', '/servers/detail?limit=2&name=^page-', status=200).json()
        assert [each['id'] for each in first['servers']] == servers[:0:-1]
        following = first['servers_links'][0]['href'].partition('/v2.1')[2]
        assert [each['id'] for each in member('GET', 'compute', '/servers/detail?name=^page-&limit=2'
                                              f'&marker={servers[1]}', status=200).json()['servers']] == servers[:1]
        assert servers[0] in member.quiet('GET', 'compute', following).text
        assert not member('GET', 'compute', '/servers?name=^page-&status=SHUTOFF', status=200).json()['servers']
        names = [each['name'] for each in member.quiet(
            'GET', 'compute', '/servers?name=^page-&sort_key=display_name&sort_dir=asc').json()['servers']]
        assert names == sorted(names) and len(names) == 3
        for server in servers:
            gone(site, server)

    def test_metadata_of_a_server(self, site):
        member, server = site.member, booted(site)
        path = f'/servers/{server}/metadata'
        member('POST', 'compute', path, {'metadata': {'a': 'b'}}, status=200)
        member('PUT', 'compute', f'{path}/a', {'meta': {'a': 'c'}}, status=200)
        assert member('GET', 'compute', path, status=200).json() == {'metadata': {'a': 'c'}}
        member('DELETE', 'compute', f'{path}/a', status=204)
        member('DELETE', 'compute', f'{path}/a', status=404)
        gone(site, server)

    def test_key_pairs(self, site):
        member, name = site.member, site.name('key')
        made = member('POST', 'compute', '/os-keypairs', {'keypair': {'name': name}}, status=200).json()['keypair']
        assert made['private_key'].startswith('-----BEGIN')
        member('POST', 'compute', '/os-keypairs', {'keypair': {'name': name}}, status=409)
        member('POST', 'compute', '/os-keypairs', {'keypair': {'name': 'x', 'public_key': 'junk'}}, status=400)
        member('POST', 'compute', '/os-keypairs', {'keypair': {}}, status=400)
        again = site.name('key')
        imported = member('POST', 'compute', '/os-keypairs', {'keypair': {
            'name': again, 'public_key': made['public_key']}}, status=201, **NEW).json()['keypair']
        assert imported['fingerprint'] == made['fingerprint'] and 'private_key' not in imported
        member('GET', 'compute', '/os-keypairs', status=200)
        member('GET', 'compute', f'/os-keypairs/{name}', status=200)
        site.stranger('GET', 'compute', f'/os-keypairs/{name}', status=404)
        member('DELETE', 'compute', f'/os-keypairs/{again}', status=204, **NEW)
        member('DELETE', 'compute', f'/os-keypairs/{name}', status=202)
        member('DELETE', 'compute', f'/os-keypairs/{name}', status=404)

    def test_security_groups(self, site):
        member, name = site.member, site.name('group')
        body = {'security_group': {'name': name, 'description': 'd'}}
        group = member('POST', 'compute', '/os-security-groups', body, status=200).json()['security_group']['id']
        member('POST', 'compute', '/os-security-groups', body, status=400)
        rule = {'parent_group_id': group, 'ip_protocol': 'tcp', 'from_port': 22, 'to_port': 22, 'cidr': '10.0.0.0/8'}
        first = member('POST', 'compute', '/os-security-group-rules', {'security_group_rule': rule}, status=200).json()
        for change in ({}, {'from_port': 23}):
            member('POST', 'compute', '/os-security-group-rules', {'security_group_rule': {**rule, **change}},
                   status=400)
        by_group = {key: value for key, value in rule.items() if key != 'cidr'}
        member('POST', 'compute', '/os-security-group-rules', {'security_group_rule': {**by_group, 'group_id': group}},
               status=200)
        member('GET', 'compute', f'/os-security-groups/{group}', status=200)
        member('GET', 'compute', '/os-security-groups', status=200)
        site.stranger('GET', 'compute', f'/os-security-groups/{group}', status=404)
        member('PUT', 'compute', f'/os-security-groups/{group}', {'security_group': {
            'name': f'{name}-2', 'description': 'e'}}, status=200)
        path = f'/os-security-group-rules/{first["security_group_rule"]["id"]}'
        site.stranger('DELETE', 'compute', path, status=404)
        member('DELETE', 'compute', path, status=202)
        member('DELETE', 'compute', path, status=404)
        server = booted(site)
        action = f'/servers/{server}/action'
        for name_of, status in ((f'{name}-2', 202), (f'{name}-2', 400), ('nope', 404)):
            member('POST', 'compute', action, {'addSecurityGroup': {'name': name_of}}, status=status)
        member('DELETE', 'compute', f'/os-security-groups/{group}', status=400)
        member('POST', 'compute', action, {'removeSecurityGroup': {'name': f'{name}-2'}}, status=202)
        gone(site, server)
        member('DELETE', 'compute', f'/os-security-groups/{group}', status=202)
        default = next(each['id'] for each in member.quiet('GET', 'compute', '/os-security-groups').json()[
            'security_groups'] if each['name'] == 'default')
        member('DELETE', 'compute', f'/os-security-groups/{default}', status=400)
        member('PUT', 'compute', f'/os-security-groups/{default}', {'security_group': {
            'name': 'x', 'description': 'y'}}, status=400)

    def test_floating_addresses(self, site):
        member, server = site.member, booted(site)
        address = member('POST', 'compute', '/os-floating-ips', {'pool': 'nova'}, status=200).json()['floating_ip']
        path, action = f'/os-floating-ips/{address["id"]}', f'/servers/{server}/action'
        member('POST', 'compute', '/os-floating-ips', {'pool': 'nope'}, status=404)
        member('GET', 'compute', path, status=200)
        site.stranger('GET', 'compute', path, status=404)
        member('POST', 'compute', action, {'addFloatingIp': {'address': '9.9.9.9'}}, status=404)
        member('POST', 'compute', action, {'addFloatingIp': {'address': address['ip']}}, status=202)
        shown = member('GET', 'compute', '/os-floating-ips', status=200).json()['floating_ips']
        assert [each['instance_id'] for each in shown] == [server]
        addresses = member('GET', 'compute', f'/servers/{server}/ips', status=200).json()['addresses']['private']
        assert [each['OS-EXT-IPS:type'] for each in addresses] == ['fixed', 'floating']
        member('POST', 'compute', action, {'removeFloatingIp': {'address': address['ip']}}, status=202)
        member('DELETE', 'compute', path, status=202)
        member('DELETE', 'compute', path, status=404)
        gone(site, server)

    # For administrators

    def test_flavors(self, site):
        admin, name, project = site.admin, site.name('flavor'), site.member.project_id
        body = {'flavor': {'name': name, 'ram': 64, 'vcpus': 1, 'disk': 0, 'os-flavor-access:is_public': False}}
        path = f'/flavors/{admin("POST", "compute", "/flavors", body, status=200).json()["flavor"]["id"]}'
        admin('POST', 'compute', '/flavors', body, status=409)
        admin('POST', 'compute', '/flavors', {'flavor': {**body['flavor'], 'name': 'x', 'id': '1'}}, status=409)
        admin('POST', 'compute', '/flavors', {'flavor': {**body['flavor'], 'name': 'x', 'ram': 0}}, status=400)
        site.member('GET', 'compute', path, status=404)
        access = {'tenant': project}
        for action, status in (('addTenantAccess', 200), ('addTenantAccess', 409), ('removeTenantAccess', 200),
                               ('removeTenantAccess', 404), ('addTenantAccess', 200)):
            admin('POST', 'compute', f'{path}/action', {action: access}, status=status)
        admin('GET', 'compute', f'{path}/os-flavor-access', status=200)
        site.member('GET', 'compute', path, status=200)
        specs = f'{path}/os-extra_specs'
        admin('POST', 'compute', specs, {'extra_specs': {'a:b': 'c'}}, status=200)
        admin('PUT', 'compute', f'{specs}/a:b', {'a:b': 'd'}, status=200)
        assert admin('GET', 'compute', specs, status=200).json() == {'extra_specs': {'a:b': 'd'}}
        admin('GET', 'compute', f'{specs}/a:b', status=200)
        admin('DELETE', 'compute', f'{specs}/a:b', status=200)
        admin('DELETE', 'compute', f'{specs}/a:b', status=404)
        admin('DELETE', 'compute', path, status=202)
        admin('DELETE', 'compute', path, status=404)

    def test_quotas(self, site):
        admin, path = site.admin, f'/os-quota-sets/{site.member.project_id}'
        assert admin('PUT', 'compute', path, {'quota_set': {'cores': 25}}, status=200).json()[
            'quota_set']['cores'] == 25
        assert site.member('GET', 'compute', '/limits', status=200).json()['limits']['absolute'][
            'maxTotalCores'] == 25
        for body in ({'core': 1}, {'cores': -2}):
            admin('PUT', 'compute', path, {'quota_set': body}, status=400)
        admin('DELETE', 'compute', path, status=202)
        assert site.member('GET', 'compute', path, status=200).json()['quota_set']['cores'] == 20

    def test_aggregates_and_daemons(self, site):
        admin = site.admin
        host = admin.quiet('GET', 'compute', '/os-hypervisors').json()['hypervisors'][0]
        admin('GET', 'compute', f'/os-hypervisors/{host["id"]}', status=200)
        admin('GET', 'compute', f'/os-hypervisors/{host["id"]}/uptime', status=200)
        name = host['hypervisor_hostname']
        made = admin('POST', 'compute', '/os-aggregates', {'aggregate': {
            'name': site.name('aggregate'), 'availability_zone': 'east'}}, status=200).json()['aggregate']
        path = f'/os-aggregates/{made["id"]}'
        admin('POST', 'compute', f'{path}/action', {'add_host': {'host': name}}, status=200)
        admin('POST', 'compute', f'{path}/action', {'add_host': {'host': name}}, status=409)
        admin('POST', 'compute', f'{path}/action', {'add_host': {'host': 'nope'}}, status=404)
        admin('POST', 'compute', f'{path}/action', {'set_metadata': {'metadata': {'a': 'b'}}}, status=200)
        assert [each['zoneName'] for each in site.member('GET', 'compute', '/os-availability-zone', status=200).json()[
            'availabilityZoneInfo']] == ['east']
        admin('GET', 'compute', '/os-aggregates', status=200)
        admin('DELETE', 'compute', path, status=400)
        admin('POST', 'compute', f'{path}/action', {'remove_host': {'host': name}}, status=200)
        admin('PUT', 'compute', path, {'aggregate': {'name': site.name('aggregate')}}, status=200)
        admin('DELETE', 'compute', path, status=200)
        daemon = {'host': name, 'binary': 'nova-compute'}
        admin('PUT', 'compute', '/os-services/disable-log-reason', {**daemon, 'disabled_reason': 'why'}, status=200)
        admin('GET', 'compute', '/os-services?binary=nova-compute', status=200, **NEW)
        admin('PUT', 'compute', '/os-services/disable', daemon, status=200)
        admin('PUT', 'compute', '/os-services/enable', daemon, status=200)
        admin('PUT', 'compute', '/os-services/enable', {**daemon, 'host': 'nope'}, status=404)

    @pytest.mark.parametrize('asked, status', [('2.1', 200), ('2.12', 200), ('2.99', 406), ('2.x', 400)])
    def test_microversions(self, site, asked, status):
        answer = site.member('GET', 'compute', '/servers', status=status, OpenStack_API_Version=f'compute {asked}')
        assert status != 200 or answer.headers['OpenStack-API-Version'] == f'compute {asked}'

    def test_the_method_and_the_body_have_to_fit(self, site):
        site.member('PATCH', 'compute', '/flavors', status=405)
        site.member('POST', 'compute', '/servers', data=b'{', status=400)
        site.member('PUT', 'identity', '/users', status=405)

    def test_the_journal_tells_administrators_of_all_operations(self, site):
        admin, server = site.admin, booted(site)
        site.member('GET', 'compute', '/os-essex-operations', status=403)
        operations = admin('GET', 'compute', '/os-essex-operations?state=all&limit=1', status=200).json()['operations']
        assert [(each['server_id'], each['action'], each['state'], each['can']) for each in operations] == [
            (server, 'create', 'done', [])]
        path = f'/os-essex-operations/{operations[0]["id"]}'
        shown = admin('GET', 'compute', path, status=200).json()['operation']
        assert [each['step'] for each in shown['events']] == shown['steps']
        for action in ('finish', 'undo'):
            admin('POST', 'compute', f'{path}/action', {action: None}, status=409)
        admin('POST', 'compute', f'{path}/action', {'nope': None}, status=400)
        admin('GET', 'compute', '/os-essex-operations?state=nope', status=400)
        admin('GET', 'compute', '/os-essex-operations/99999', status=404)
        gone(site, server)
