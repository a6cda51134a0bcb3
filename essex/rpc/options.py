"""The options of messaging."""
from oslo_config import cfg

from essex import config

OPTS = [
    cfg.StrOpt('transport_url', default='memory://', secret=True,
               help='The message broker: amqp://user:password@host:5672/vhost (amqps:// with TLS; brokers of '
                    'a cluster separated by ";"), or memory:// for daemons that share one process.'),
    cfg.StrOpt('control_exchange', default='essex',
               help='Prefix of the names of all queues, so that several clouds can share a virtual host.'),
    cfg.FloatOpt('rpc_response_timeout', default=60, min=0.1,
                 help='Seconds a caller waits for the answer of another daemon.'),
    cfg.FloatOpt('rpc_cast_timeout', default=60, min=0.1,
                 help='Seconds a sender that expects no answer waits for a broker that is away.'),
    cfg.IntOpt('rpc_workers', default=64, min=1,
               help='Messages a daemon handles at once; further ones stay in the queue.'),
    cfg.IntOpt('rpc_publish_connections', default=8, min=1,
               help='Connections a process sends on, at most. Each waits for the broker to confirm.'),
    cfg.FloatOpt('rpc_heartbeat', default=30, min=0,
                 help='Seconds between heartbeats to the broker; one silent for twice as long is given up. '
                      '0: none.'),
    cfg.FloatOpt('rpc_retry_interval', default=0.5, min=0.01,
                 help='Seconds before the second attempt to reach the broker; doubles with each one.'),
    cfg.FloatOpt('rpc_retry_interval_max', default=10, min=0.01,
                 help='The longest pause between two attempts.'),
    cfg.FloatOpt('rpc_stop_timeout', default=30, min=0,
                 help='Seconds a stopping daemon waits for the handlers that still run.'),
    cfg.FloatOpt('rpc_ack_deadline', default=600, min=1,
                 help='Seconds after which a cast whose handler still runs is acknowledged. Must be below '
                      'the consumer_timeout of RabbitMQ (30 minutes), which would close the channel.'),
    cfg.IntOpt('rpc_max_message_bytes', default=16 << 20, min=1024,
               help='The largest message that is sent. RabbitMQ from 4.0 on refuses more than 16 MiB.'),
    cfg.StrOpt('rpc_tls_ca_file',
               help='CA certificates an amqps:// broker is checked against; the system ones when unset.'),
    cfg.StrOpt('rpc_tls_cert_file', help='Client certificate for amqps://, when the broker asks for one.'),
    cfg.StrOpt('rpc_tls_key_file', help='Private key of rpc_tls_cert_file.'),
]
CONF = config.register(OPTS)
