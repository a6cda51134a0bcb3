"""Configuration: ini files through oslo.config, and the logging they ask for.

Options are declared beside the code that reads them, with `register`; a process has one `CONF`.
"""
import logging
import logging.config
import logging.handlers
import os
import re
import socket
import sys
import time

from oslo_config import cfg

from essex import context

CONF = cfg.ConfigOpts()

LOG_OPTS = [
    cfg.BoolOpt('debug', short='d', default=False, mutable=True, help='Log at DEBUG instead of INFO.'),
    cfg.BoolOpt('verbose', short='v', default=True, mutable=True, help='Log at INFO; without it at WARNING.'),
    cfg.StrOpt('log-file', deprecated_name='logfile',
               help='File to log to, relative to log_dir when that is set. Standard error when unset.'),
    cfg.StrOpt('log-dir', deprecated_name='logdir', help='Directory of log_file.'),
    cfg.StrOpt('log-config', deprecated_name='log_config_append',
               help="A file of Python's logging.config that says all about the log, in place of these options."),
    cfg.StrOpt('log-format', help='Form of a line, in place of the one with the request id: fields of '
                                  "Python's logging, and the field request_id."),
    cfg.StrOpt('log-date-format', default='%Y-%m-%d %H:%M:%S', help='Form of the time in a line.'),
    cfg.BoolOpt('use-syslog', default=False, help='Log to syslog instead of a file or standard error.'),
    cfg.StrOpt('syslog-log-facility', default='LOG_USER', help='Facility of syslog: LOG_USER, LOG_LOCAL0...'),
]
OPTS = [
    cfg.StrOpt('host', default=socket.gethostname(),
               help='Name of this node in RPC topics and service records. Must differ between nodes.'),
    cfg.StrOpt('my_ip', default='127.0.0.1', help='Address of this node that other nodes reach.'),
    cfg.StrOpt('state_path', default='/var/lib/essex', help='Directory of everything the daemons keep on disk.'),
    cfg.IntOpt('workers', default=1, min=1,
               help='Processes that serve an API. More than one needs a broker other than memory://.'),
]

_SOURCE = logging._srcfile
_LOG_FORMAT = '%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [%(request_id)s] %(message)s'
_CONTROL = re.compile(r'[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]')
_ESCAPED = {number: repr(chr(number))[1:-1] for number in (*range(9), *range(10, 32), *range(127, 160), 0x2028, 0x2029)}
# Libraries that log every connection or every poll at DEBUG or INFO.
_QUIET = {'amqp': logging.WARNING, 'kombu': logging.WARNING, 'urllib3': logging.WARNING,
          'keystoneauth': logging.WARNING, 'stevedore': logging.WARNING, 'oslo_policy': logging.WARNING,
          'sqlalchemy': logging.WARNING, 'migrate': logging.WARNING, 'oslo_config': logging.WARNING}


def register(opts, group=None):
    """Declare options; harmless when they are declared already. Returns CONF."""
    CONF.register_opts(opts, group=group)
    return CONF


register(OPTS)
CONF.register_cli_opts(LOG_OPTS)


class _RequestIdFilter(logging.Filter):
    def filter(self, record):
        current = context.current()
        record.request_id = current.request_id if current else '-'
        return True


class _Formatter(logging.Formatter):
    """A message is one line: what users call their things must not look like lines of ours."""

    _stamp = None, None

    def formatTime(self, record, datefmt=None):  # noqa: N802 - the standard library calls it so
        """The time of a line, put in words once a second."""
        second, text = self._stamp
        if second != int(record.created):
            text = super().formatTime(record, datefmt)
            self._stamp = int(record.created), text
        return text

    def formatMessage(self, record):  # noqa: N802 - the standard library calls it so
        line = super().formatMessage(record)
        return line.translate(_ESCAPED) if _CONTROL.search(line) else line


def load(project, argv=None, config_files=None, prog=None, validate=None):
    """Read the command line and the ini files of `project`, set up logging and return CONF.

    `argv` are the arguments after the program's name (None: none at all, not sys.argv's). Without
    --config-file, `config_files` are read, else oslo.config's usual places (~/, /etc/<project>/).
    A wrong value ends the process with a sentence on standard error and status 1.
    """
    try:
        CONF(args=list(argv or []), project=project, prog=prog or project,
             default_config_files=config_files if config_files is not None else None)
        if CONF.syslog_log_facility.removeprefix('LOG_').lower() not in logging.handlers.SysLogHandler.facility_names:
            raise ValueError(f'syslog_log_facility: there is no {CONF.syslog_log_facility}.')
        if validate:
            validate(CONF)
    except (cfg.Error, OSError, ValueError) as error:
        # Logging is not set up yet: this is for whoever started the program.
        sys.stderr.write(f'{prog or project}: configuration: {error}\n')
        raise SystemExit(1) from error
    try:
        setup_logging()
    except (OSError, KeyError, ValueError) as error:
        sys.stderr.write(f'{prog or project}: the log: {error!r}\n')
        raise SystemExit(1) from error
    return CONF


class LogFile(logging.handlers.WatchedFileHandler):
    """A log file that follows when it is moved away, and looks whether it was once a second, not at every line."""

    _next_look = 0

    def reopenIfNeeded(self):  # noqa: N802 - its name is the standard library's
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + 1
            super().reopenIfNeeded()

    def _open(self):
        return open(self.baseFilename, 'ab', buffering=0)

    def emit(self, record):
        """One system call a line."""
        try:
            self.reopenIfNeeded()
            if self.stream is None:     # closed at the end of the process, and there is more to say
                self.stream = self._open()
            self.stream.write(f'{self.format(record)}\n'.encode('utf-8', 'backslashreplace'))
        except Exception:
            self.handleError(record)


def _handler():
    """Where the log goes by these options."""
    if CONF.use_syslog:
        facility = CONF.syslog_log_facility.removeprefix('LOG_').lower()
        return logging.handlers.SysLogHandler('/dev/log', facility)
    if not CONF.log_file:
        return logging.StreamHandler()
    path = os.path.join(CONF.log_dir or '', CONF.log_file)
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    # logrotate may move the file away under a running daemon.
    return LogFile(path)


def setup_logging(handler=None, level=None):
    """Send the log to `handler`, else where CONF says; each line carries the request id it belongs to."""
    # Our own lines name no source file, thread or task: looking for them would be a third of the cost of a line.
    own = not CONF.log_format and not CONF.log_config
    logging._srcfile = None if own else _SOURCE
    logging.logThreads = logging.logAsyncioTasks = logging.logMultiprocessing = not own
    root = logging.getLogger()
    if handler is None and CONF.log_config:
        logging.config.fileConfig(CONF.log_config, disable_existing_loggers=False)
        return
    for old in list(root.handlers):
        root.removeHandler(old)
    handler = handler or _handler()
    handler.setFormatter(_Formatter(CONF.log_format or _LOG_FORMAT, CONF.log_date_format))
    handler.addFilter(_RequestIdFilter())
    root.addHandler(handler)
    usual = logging.INFO if CONF.verbose else logging.WARNING
    root.setLevel(level or (logging.DEBUG if CONF.debug else usual))
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(quiet)


def reload():
    """Read the files again (SIGHUP): only options declared mutable change in a running daemon."""
    CONF.mutate_config_files()
    setup_logging()


def state_file(*parts):
    """A path below state_path, its directory made."""
    path = os.path.join(CONF.state_path, *parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path
