"""What a Swift configuration file makes of a process."""
import logging
import os
import sys
import urllib.request

import pytest

from essex import config
from swift.cmd import _kinds, _run
from swift.exceptions import ConfigurationError
from tests.fixtures.cloud import ROOT
from tests.fixtures.processes import Process, free_port, listening

pytestmark = pytest.mark.servers

SERVER = 'from swift.cmd import servers; servers.obj()'
PIPELINE = """
[pipeline:main]
pipeline = healthcheck
[app:healthcheck]
paste.app_factory = swift_run_app:app_factory
"""


@pytest.fixture
def written(tmp_path, conf):
    """written(text) is the path of a configuration file with that text."""
    def write(text):
        path = tmp_path / 'server.conf'
        path.write_text(text)
        return str(path)
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    yield write
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_options_of_the_original_reach_the_server(written):
    conf = _run.defaults(written('[DEFAULT]\nbacklog = 7\nmax_clients = 9\nclient_timeout = 20\nlog_file = -\n'
                                 'cert_file = c.pem\nkey_file = k.pem\nhost = here\ngraceful_shutdown_timeout = 3\n'))
    _run.configure('object-server', conf)
    assert (config.CONF.backlog, config.CONF.wsgi_default_pool_size, config.CONF.client_socket_timeout) == (7, 9, 25)
    assert (config.CONF.ssl_cert_file, config.CONF.ssl_key_file) == ('c.pem', 'k.pem')
    assert (config.CONF.host, config.CONF.graceful_shutdown_timeout) == ('here', 3)


def test_the_log_goes_to_a_file_at_the_level_asked_for(written, tmp_path):
    conf = _run.defaults(written(f'[DEFAULT]\nlog_file = {tmp_path}/log/x.log\nlog_level = warning\n'))
    _run.start_log('object-server', conf)
    logging.getLogger('swift.obj').info('no')
    logging.getLogger('swift.obj').warning('yes')
    text = (tmp_path / 'log' / 'x.log').read_text()
    assert 'yes' in text and 'no\n' not in text


@pytest.mark.parametrize('line', ['log_level = LOUD', 'log_facility = LOG_NOWHERE\nlog_udp_host = 127.0.0.1'])
def test_a_wrong_log_option_stops_the_start(written, line):
    with pytest.raises(ConfigurationError):
        _run.start_log('object-server', _run.defaults(written(f'[DEFAULT]\n{line}\n')))


@pytest.mark.parametrize(('text', 'count'), [('0', 1), ('1', 1), ('3', 3), ('auto', os.cpu_count())])
def test_workers(text, count):
    assert _run.workers({'workers': text}, 'auto') == count


def test_a_file_without_a_pipeline_is_a_configuration_error(written):
    with pytest.raises(ConfigurationError):
        _run.application(written('[DEFAULT]\nbind_port = 1\n'))


def test_a_daemon_is_enabled_by_its_section(written):
    path = written('[object-auditor]\n[object-updater]\ndisabled = yes\n')
    assert [_run.enabled(path, name) for name in ('object-auditor', 'object-updater', 'object-replicator')] == [
        True, False, False]


def test_every_daemon_has_a_launcher():
    for name in _kinds.KINDS:
        assert os.access(ROOT / 'bin' / f'swift-{name}', os.X_OK), name


def test_a_server_serves_until_sigterm(tmp_path):
    port = free_port()
    (tmp_path / 'swift_run_app.py').write_text(
        'def app_factory(global_conf, **local):\n'
        '    def app(environ, start_response):\n'
        '        start_response("200 OK", [("Content-Length", "2")])\n'
        '        return [global_conf["bind_port"][:2].encode()]\n'
        '    return app\n')
    path = tmp_path / 'object-server.conf'
    path.write_text(f'[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = {port}\nworkers = 1\n{PIPELINE}')
    server = Process([sys.executable, '-c', SERVER, path, '-v'], tmp_path / 'log', cwd=tmp_path,
                     env={'PYTHONPATH': f'{ROOT}:{tmp_path}'})
    with server.start(lambda: listening(port)):
        answer = urllib.request.urlopen(f'http://127.0.0.1:{port}/', timeout=5).read()
        assert answer == str(port)[:2].encode()
        assert server.terminate() == 0


def test_a_missing_file_ends_it_with_a_sentence(tmp_path):
    server = Process([sys.executable, '-c', SERVER, tmp_path / 'no.conf'],
                     tmp_path / 'log', cwd=tmp_path, env={'PYTHONPATH': str(ROOT)}).start()
    assert server.wait(20) == 1
    assert 'cannot be read' in server.output() and 'Traceback' not in server.output()
