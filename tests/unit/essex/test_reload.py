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


def test_an_operators_form_of_lines_has_what_it_names(tmp_path):
    """Source and thread are not looked for in our own form of lines; in another they are."""
    root, handlers = logging.getLogger(), list(logging.getLogger().handlers)
    path, log = tmp_path / 'x.conf', tmp_path / 'log'
    try:
        path.write_text(f'[DEFAULT]\nlog_file = {log}\nlog_format = %(filename)s %(threadName)s %(message)s\n')
        config.load('essex', ['--config-file', str(path)])
        logging.getLogger('x').warning('said')
        assert log.read_text() == 'test_reload.py MainThread said\n'
    finally:
        root.handlers[:] = handlers
        root.setLevel(logging.WARNING)
        config.CONF.reset()
        config.setup_logging()
        root.handlers[:] = handlers
