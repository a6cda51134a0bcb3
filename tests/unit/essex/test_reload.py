"""SIGHUP: the files are read again, and what may change does."""
import logging

from essex import config


def test_what_may_change_does(tmp_path):
    path = tmp_path / 'x.conf'
    path.write_text('[DEFAULT]\ndebug = false\nhost = a\n')
    root, handlers = logging.getLogger(), list(logging.getLogger().handlers)
    try:
        config.load('essex', ['--config-file', str(path)])
        assert root.level == logging.INFO
        path.write_text('[DEFAULT]\ndebug = true\nhost = b\n')
        config.reload()
        assert root.level == logging.DEBUG
        assert config.CONF.host == 'a'
    finally:
        root.handlers[:] = handlers
        root.setLevel(logging.WARNING)
        config.CONF.reset()
