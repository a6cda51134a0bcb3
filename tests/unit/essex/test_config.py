"""Configuration: overrides of a test do not leak into the next."""
import io
import logging

from essex import (
    config,
    db,  # noqa: F401 - declares options
)
from essex.wsgi import server  # noqa: F401 - declares options


def test_an_override_holds(conf):
    conf.set('debug', True)
    assert config.CONF.debug is True


def test_and_is_gone_in_the_next_test(conf):
    assert config.CONF.debug is False


def test_a_name_with_line_breaks_makes_no_line_of_its_own():
    handler = logging.StreamHandler(out := io.StringIO())
    before = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        config.setup_logging(handler, logging.INFO)
        try:
            raise ValueError('kept')
        except ValueError:
            logging.getLogger('x').exception('PUT /c/%s failed', 'a\r\n2026-01-01 root logged in\x1b[2J\x85é')
    finally:
        logging.getLogger().handlers[:], level = before[0], before[1]
        logging.getLogger().setLevel(level)
    first, *rest = out.getvalue().splitlines()
    assert first.endswith(r'PUT /c/a\r\n2026-01-01 root logged in\x1b[2J\x85é failed')
    assert rest[-1] == 'ValueError: kept'


def test_files_of_the_essex_era_are_read(conf, tmp_path):
    path = tmp_path / 'glance-api.conf'
    path.write_text('[DEFAULT]\nsql_connection = sqlite:////x\nsql_idle_timeout = 5\nsql_max_retries = 3\n'
                    'cert_file = /a\nkey_file = /b\n')
    config.CONF([], project='essex', default_config_files=[str(path)])
    database = config.CONF.database
    assert (database.connection, database.connection_recycle_time, database.max_retries) == ('sqlite:////x', 5, 3)
    assert (config.CONF.ssl_cert_file, config.CONF.ssl_key_file) == ('/a', '/b')
    path.write_text('[sql]\nconnection = sqlite:////y\nidle_timeout = 200\n')
    config.CONF([], project='essex', default_config_files=[str(path)])
    assert (database.connection, database.connection_recycle_time) == ('sqlite:////y', 200)
