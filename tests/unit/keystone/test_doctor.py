"""keystone-manage doctor: every trouble is found, named, and nothing else is."""
import http.server
import os
import pathlib
import socket
import threading

import pytest

from keystone.api import app, context, loaded  # noqa: F401 - they declare options
from keystone.bootstrap import Answers, Bootstrap
from keystone.cmd import installation
from keystone.doctor import ERROR, examination, network
from tests.fixtures.processes import free_port


@pytest.fixture
def server():
    """An endpoint that answers; its `date` and `status` can be set."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response_only(self.server.status)
            self.send_header('Date', self.server.date or self.date_time_string())
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""
    made = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    made.status, made.date = 200, None
    made.url = f'http://127.0.0.1:{made.server_port}'
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def healthy(cloud, conf, server, tmp_path):
    """An installation with nothing wrong."""
    for number in (0, 1):
        os.chmod(tmp_path / 'fernet-keys' / str(number), 0o600)
    conf.set('password_hash_rounds', 12, 'identity')
    conf.set('api_paste_config', str(pathlib.Path(__file__).parents[3] / 'etc/keystone/keystone-api-paste.ini'))
    Bootstrap(cloud.managers, Answers(password='the-password', region_id='RegionOne', public_url=server.url,
                                      internal_url=server.url, admin_url=server.url)).run()
    return cloud


def texts(level=None):
    return [f'{each.text} {each.remedy}' for each in examination.findings() if level in (None, each.level)]


def test_nothing_is_wrong(healthy, capsys):
    assert texts() == []
    assert installation.doctor(None) is None and capsys.readouterr().out == 'Nothing is wrong.\n'


def test_exit_status_and_sentences(healthy, conf, capsys):
    conf.set('expiration', 100000, 'token')
    with pytest.raises(SystemExit) as raised:
        installation.doctor(None)
    assert raised.value.code == 2 and '27 hours' in capsys.readouterr().out
    healthy.managers.identity.update_user(healthy.admin['id'], {'enabled': False})
    with pytest.raises(SystemExit) as raised:
        installation.doctor(None)
    out = capsys.readouterr().out
    assert raised.value.code == 1 and 'error:   No enabled user has the role admin anywhere.' in out
    assert 'keystone-manage bootstrap' in out


@pytest.mark.parametrize('name,value,group,word', [
    ('provider', 'jws', 'token', 'create_jws_keypair'), ('max_token_size', 100, None, 'max_token_size = 255'),
    ('caching', False, 'token', 'caching is off'), ('revision_interval', 300.0, 'cache', 'revision_interval'),
    ('admin_token', 'ADMIN', None, 'admin_token is set'), ('password_hash_rounds', 4, 'identity', 'quickly guessed'),
    ('api_paste_config', '/none/at/all', None, '/none/at/all does not exist'),
    ('key_repository', '/none', 'fernet_tokens', 'fernet_setup'),
    ('key_repository', '/none', 'credential', 'credential_setup')])
def test_options(healthy, conf, name, value, group, word):
    conf.set(name, value, group)
    assert word in ' '.join(texts())


def test_keys(healthy, tmp_path, conf):
    keys = tmp_path / 'fernet-keys'
    os.chmod(keys / '1', 0o644)
    assert any('can read the key' in text and 'chmod 600' in text for text in texts(ERROR))
    os.chmod(keys / '1', 0o600)
    os.chmod(keys, 0o755)
    assert any('can look into' in text for text in texts(ERROR))
    os.chmod(keys, 0o700)
    (keys / '2').write_text('no key')
    os.chmod(keys / '2', 0o600)
    assert any('is no Fernet key' in text for text in texts(ERROR))
    (keys / '2').unlink()
    (keys / '0').unlink()
    assert any('no staged key' in text for text in texts())
    (keys / '1').unlink()
    assert any('holds no key' in text for text in texts(ERROR))
    conf.set('key_repository', str(tmp_path / 'credential-keys'), 'fernet_tokens')
    assert any('share the keys' in text for text in texts(ERROR))


def test_credentials_left_behind(healthy):
    healthy.managers.ec2.create(healthy.owner['id'], healthy.project['id'])
    healthy.managers.ec2.vault.keys.rotate()
    assert any('1 credentials are sealed with an older key' in text for text in texts())


def test_the_database(healthy, database, tmp_path):
    from essex import db
    with db.writer() as session:
        session.connection().exec_driver_sql('update migrate_version set version = 1')
    assert ['db_sync' in text for text in texts(ERROR)] == [True]
    with db.writer() as session:
        session.connection().exec_driver_sql('update migrate_version set version = 99')
    assert 'newer than this release' in texts(ERROR)[0]
    db.configure('postgresql+psycopg2://u:p@127.0.0.1:1/x')
    (text,) = texts(ERROR)
    assert 'cannot be reached' in text and 'u:p' not in text


def test_what_bootstrap_makes(start, conf):
    start()
    found = ' '.join(texts(ERROR))
    assert 'default domain default does not exist' in found and 'There is no role admin' in found
    assert 'no endpoint of this service' in found


class TestEndpoints:

    def endpoint(self, cloud, url):
        service = cloud.managers.catalog.create_service({'type': 'image', 'name': 'glance'})
        return cloud.managers.catalog.create_endpoint({'service_id': service['id'], 'interface': 'public', 'url': url})

    def test_nothing_answers(self, healthy):
        self.endpoint(healthy, f'http://127.0.0.1:{free_port()}/v2/$(project_id)s')
        (text,) = texts()
        assert 'public endpoint of glance does not answer' in text and 'Connection refused' in text

    def test_a_host_nobody_knows(self, healthy):
        self.endpoint(healthy, 'http://no-such-host.invalid:9292')
        found = texts()
        assert any('does not answer at http://no-such-host.invalid:9292' in text for text in found)
        assert any('another machine for everybody else' in text for text in found)

    @pytest.mark.parametrize('url', ['ftp://x', 'nonsense', 'http://', 'http://h:x'])
    def test_malformed(self, healthy, url):
        self.endpoint(healthy, url)
        assert ['malformed' in text for text in texts(ERROR)] == [True]

    def test_a_wrong_clock_and_a_broken_service(self, healthy, server):
        server.date = 'Mon, 01 Jan 2024 00:00:00 GMT'
        assert any('clock behind' in text for text in texts(ERROR))
        server.date, server.status = None, 503
        assert any('answers 503' in text for text in texts())

    def test_no_https_where_it_says_so(self, healthy, server):
        self.endpoint(healthy, server.url.replace('http:', 'https:'))
        assert any('certificate' in text or 'does not answer' in text for text in texts())


def test_a_policy_file(healthy, conf, tmp_path):
    loaded.enforcer()   # declares [oslo_policy]
    path = tmp_path / 'policy.yaml'
    conf.set('policy_file', str(path), 'oslo_policy')
    path.write_text('"identity:list_users": "role:admin"\n"identity:misspelt": "!"\n')
    assert ['identity:misspelt' in text for text in texts()] == [True]
    path.write_text('"identity:list_users: [')
    assert any('cannot be read' in text for text in texts(ERROR))


def test_a_domain_whose_settings_nobody_reads(healthy):
    domain = healthy.managers.domains.create_domain({'name': 'd'})
    healthy.managers.domain_config.replace(domain['id'], {'identity': {'driver': 'ldap'}})
    assert any('nothing reads it' in text for text in texts())


def test_nested_projects_where_limits_forbid_them(healthy, conf):
    healthy.managers.resource.create_project({'name': 'x', 'parent_id': healthy.project['id']})
    conf.set('enforcement_model', 'strict_two_level', 'unified_limit')
    assert any('lies below another' in text for text in texts(ERROR))


def test_memcached(healthy, conf):
    from keystone.token.stores import memcache  # noqa: F401 - declares [memcache]
    conf.set('provider', 'uuid', 'token')
    conf.set('driver', 'memcache', 'token')
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen()
        good = f'127.0.0.1:{listener.getsockname()[1]}'
        conf.set('servers', [good, f'127.0.0.1:{free_port()}', 'x'], 'memcache')
        found = [each.text for each in network.memcached()]
    assert len(found) == 2 and 'does not answer' in found[0] and "'x' is not host:port" in found[1]
