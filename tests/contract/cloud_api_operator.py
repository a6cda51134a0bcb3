"""What a fake and a real cloud have in common, as tests: the operator API. See cloud_api.py."""
import pytest


class OperatorContract:
    """How the host is doing."""

    @pytest.mark.parametrize('role, path, status', [
        ('admin', '', 200), ('admin', '/traces/nope', 404), ('admin', '/daemons/nope/errors', 404),
        ('member', '/hosts/self', 403), ('member', '/traces', 403), ('member', '/traces/nope', 403),
        ('member', '/daemons/nova-api/errors', 403), ('nobody', '/hosts/self', 403)])
    def test_looks(self, site, role, path, status):
        site.cast[role]('GET', 'operator', path, status=status)

    def test_a_host(self, site):
        site.busy()
        shown = site.admin('GET', 'operator', '/hosts/self', status=200).json()
        assert {'keystone-api', 'nova-api', 'nova-compute', 'glance-api'} <= {each['name'] for each in shown['daemons']}

    def test_errors_of_a_daemon(self, site):
        site.busy()
        answer = site.admin('GET', 'operator', '/daemons/nova-compute/errors', status=200)
        assert answer.json()['errors'][0]['level'] in ('WARNING', 'ERROR')

    def test_the_way_of_a_request(self, site):
        request_id = site.busy()
        found = site.admin('GET', 'operator', '/traces?changes=true', status=200).json()['traces']
        assert request_id in [each['request_id'] for each in found]
        trace = site.admin('GET', 'operator', f'/traces/{request_id}', status=200).json()['trace']
        assert trace['request_id'] == request_id and trace['spans'][0]['at_ms'] == 0
        site.admin('GET', 'operator', '/traces?failed=true', status=200)
        site.admin('GET', 'operator', '/traces?failed=nope', status=400)
