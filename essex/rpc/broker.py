"""The broker a process talks to: its address, connections to it, and the names and kinds of its queues.

Topic queues are durable and never deleted, so neither a broker's nor a daemon's restart loses what waits in
them. Reply and fanout queues belong to one life of a process: durable too (a broker's restart must not lose
them), deleted when it stops, and expired by the broker when it died.
"""
import contextlib
import logging
import os
import re
import socket
import ssl

import amqp
import kombu
from kombu.transport import pyamqp

from essex import exception
from essex.rpc import memory
from essex.rpc.options import CONF

LOG = logging.getLogger(__name__)

# What a broken connection, a broker in trouble or a refused request raises.
ERRORS = (*pyamqp.Transport.connection_errors, *pyamqp.Transport.channel_errors,
          *pyamqp.Transport.recoverable_connection_errors, kombu.exceptions.OperationalError)
# Trying again changes nothing: wrong password, unknown vhost, a queue declared otherwise by another hand.
PERMANENT_ERRORS = (amqp.AccessRefused, amqp.NotAllowed, amqp.PreconditionFailed)

CONNECT_SECONDS = 5
_CLOSE_SECONDS = 2
_REPLY_EXPIRES = 600
_FANOUT_EXPIRES = 1800
_SCHEMES = ('memory', 'amqp', 'amqps', 'pyamqp')


class Broker:
    """One broker, or one cluster of brokers, by URL."""

    def __init__(self, url):
        self._urls = [each.strip() for each in (url or '').split(';') if each.strip()]
        schemes = {each.partition('://')[0] for each in self._urls}
        if len(schemes) != 1 or not schemes <= set(_SCHEMES):
            raise exception.ConfigError('transport_url must be memory:// or amqp://user:password@host:port/vhost'
                                        f' (amqps:// for TLS), not {self.name!r}.')
        self.in_memory = schemes == {'memory'}
        self._tls = schemes == {'amqps'}

    @property
    def name(self):
        """The URL without its password, for logs and people."""
        return ';'.join(re.sub(r'://([^:/@]*)(:[^/]*)?@', r'://\1:***@', each) for each in self._urls)

    @property
    def addresses(self):
        """Where it is, host:port each; nothing of who connects."""
        found = (each.partition('://')[2].rpartition('@')[2].partition('/')[0] for each in self._urls)
        return [address for address in found if address]

    def __repr__(self):
        return f'<Broker {self.name}>'

    def connect(self, heartbeat=0, confirm=False, seconds=CONNECT_SECONDS):
        """A new kombu connection, established; raises one of ERRORS. A list of brokers is tried once."""
        if self.in_memory:
            connection = kombu.Connection(transport=memory.NAME)
            connection.connect()
            return connection
        connection = kombu.Connection(
            self._urls, heartbeat=heartbeat, ssl=self._tls_options(),
            connect_timeout=max(0.1, min(seconds, CONNECT_SECONDS)),
            transport_options={'confirm_publish': confirm,
                               'client_properties': {'connection_name': _process_name()},
                               # py-amqp's own second is too short for a busy network.
                               'socket_settings': {socket.TCP_USER_TIMEOUT: 20000}})
        try:
            connection.ensure_connection(max_retries=len(self._urls) - 1, interval_start=0, interval_step=0)
        except BaseException:
            connection.collect()
            raise
        return connection

    def _tls_options(self):
        if not self._tls:
            return False
        options = {'cert_reqs': ssl.CERT_REQUIRED, 'server_hostname': None}
        for name, value in (('ca_certs', CONF.rpc_tls_ca_file), ('certfile', CONF.rpc_tls_cert_file),
                            ('keyfile', CONF.rpc_tls_key_file)):
            if value:
                options[name] = value
        return options


@contextlib.contextmanager
def limited(connection, seconds):
    """Within, every wait for the broker over `connection` raises TimeoutError after `seconds`."""
    transport = getattr(connection.connection, 'transport', None)
    if transport is None:
        yield   # memory:// answers at once
    else:
        with transport.having_timeout(max(0.1, seconds)):
            yield


def close_connection(connection, broken):
    """Close in order, or without a word when the broker may not answer."""
    if broken:
        connection.collect()
        return
    transport = getattr(connection.connection, 'transport', None)
    if transport is not None:
        transport.sock.settimeout(_CLOSE_SECONDS)
    try:
        connection.release()
    except ERRORS as error:
        LOG.debug('closing a connection to the broker: %s', describe(error))
        connection.collect()


def _process_name():
    return f'{CONF.control_exchange}@{socket.gethostname()}'


def topic_queue(topic, host=None):
    """The queue of a topic: of all its servers, or of the one on `host`."""
    return _queue(f'{topic}.{host}' if host else topic)


def reply_queue(unique):
    """The queue for the answers to one process."""
    return _queue(f'reply.{unique}', expires=_REPLY_EXPIRES)


def fanout_exchange(topic):
    """Where a message to every server of a topic is sent."""
    return kombu.Exchange(f'{CONF.control_exchange}.{topic}.fanout', type='fanout', durable=True)


def fanout_queue(topic, unique):
    """The queue of one server for what is sent to every server of its topic."""
    return _queue(f'{topic}.fanout.{unique}', exchange=fanout_exchange(topic), expires=_FANOUT_EXPIRES)


def _queue(name, **options):
    full = f'{CONF.control_exchange}.{name}'
    return kombu.Queue(full, routing_key=full, durable=True, **options)


def describe(error):
    """An error of the broker, or of the way to it, in a few words."""
    cause = error.__cause__ if isinstance(error, kombu.exceptions.OperationalError) else None
    error = cause or error
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno)
    return str(error).strip() or type(error).__name__
