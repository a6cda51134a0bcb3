"""Requests a second per device of a storage server."""
import os

import pytest
from webob import Request, Response

from swift.middleware.backend_ratelimit import BackendRateLimit


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def _status(app, path='/sdb1/1/a/c/o', method='GET'):
    return Request.blank(path, method=method).get_response(app).status_int


def _filter(tmp_path, clock, **conf):
    return BackendRateLimit(Response(status=200), {'swift_dir': str(tmp_path), **conf}, clock)


def test_no_limit_lets_everything_pass(tmp_path, clock):
    app = _filter(tmp_path, clock)
    assert {_status(app) for _ in range(50)} == {200}


def test_above_the_rate_a_device_answers_529_and_others_go_on(tmp_path, clock):
    app = _filter(tmp_path, clock, requests_per_device_per_second='10', requests_per_device_rate_buffer='1')
    taken = [_status(app) for _ in range(20)]
    assert taken.count(200) == 11
    assert set(taken[11:]) == {529}
    assert _status(app, '/sdb2/1/a/c/o') == 200
    clock.now += 0.11
    assert _status(app) == 200


def test_a_limit_of_one_method_leaves_others_alone(tmp_path, clock):
    app = _filter(tmp_path, clock, put_requests_per_device_per_second='1', requests_per_device_rate_buffer='0')
    assert _status(app, method='PUT') == 200
    assert _status(app, method='PUT') == 529
    assert _status(app) == 200


def test_recon_and_health_are_never_limited(tmp_path, clock):
    app = _filter(tmp_path, clock, requests_per_device_per_second='1', requests_per_device_rate_buffer='0')
    assert {_status(app, '/recon/mem') for _ in range(5)} == {200}


def test_the_file_is_read_again_while_it_runs(tmp_path, clock):
    app = _filter(tmp_path, clock, config_reload_interval='5')
    path = tmp_path / 'backend-ratelimit.conf'
    path.write_text('[backend_ratelimit]\nrequests_per_device_per_second = 1\nrequests_per_device_rate_buffer = 0\n')
    clock.now += 6
    assert [_status(app), _status(app)] == [200, 529]
    path.write_text('[backend_ratelimit]\nrequests_per_device_per_second = nonsense\n')
    os.utime(path, (1, 1))
    clock.now += 6
    assert [_status(app), _status(app)] == [200, 529]
