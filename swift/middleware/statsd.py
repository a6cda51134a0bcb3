"""Figures for StatsD, over UDP: sent and forgotten."""
import random
import socket

from swift import conf as options


class StatsD:
    """Sends to log_statsd_host and log_statsd_port, names behind log_statsd_metric_prefix."""

    def __init__(self, host, port, prefix, rate):
        self._address, self._rate = (host, port), rate
        self._prefix = f'{prefix}.' if prefix else ''
        self._socket = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    @classmethod
    def of(cls, conf):
        """As configured, or None when no host is."""
        host = conf.get('log_statsd_host')
        if not host:
            return None
        rate = (options.number(conf, 'log_statsd_default_sample_rate', 1.0)
                * options.number(conf, 'log_statsd_sample_rate_factor', 1.0))
        return cls(host, options.integer(conf, 'log_statsd_port', 8125, 1), conf.get('log_statsd_metric_prefix', ''),
                   min(1.0, rate))

    def timing(self, name, seconds):
        """How long something took."""
        self._send(f'{name}:{seconds * 1000:.3f}|ms')

    def count(self, name, amount=1):
        """How much there was of something."""
        self._send(f'{name}:{amount}|c')

    def _send(self, text):
        if self._rate < 1:
            if random.random() >= self._rate:  # noqa: S311 - a sample
                return
            text += f'|@{self._rate}'
        try:
            self._socket.sendto(f'{self._prefix}{text}'.encode(), self._address)
        except OSError:
            return      # figures are worth no failed request
