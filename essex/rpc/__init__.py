"""Messaging between the daemons of one service: call, cast and fanout over memory:// or amqp://.

    client = rpc.Client('compute')
    client.call(context, 'get_console', host='node1', server_id=...)   # waits for the answer or its error
    client.cast(context, 'start', host='node1', server_id=...)         # returns when the broker holds it
    client.fanout(context, 'refresh_rules', group_id=...)              # to every server of the topic

    server = rpc.Server('compute', 'node1', [Manager()])   # methods marked @rpc.expose
    server.start(); ...; server.stop()

What is promised:

* A call is acknowledged before it is handled: it runs once, or (its server died, or was away for as long as
  the caller waits) not at all, and the caller gets `Timeout`.
* A cast is acknowledged after its handler ended, after the handler called `acknowledge()` (its work is
  journaled), or after rpc_ack_deadline. It runs at least once: a handler must bear to be repeated. A server
  that sees a cast again that it runs or ran itself (the broker restarted meanwhile) does not repeat it.
* Casts of one green thread to one server begin in the order they were sent.
* While the broker is away senders wait (calls as long as their timeout, casts rpc_cast_timeout) and consumers
  come back by themselves; queues of topics are durable and their messages persistent.
* Over memory:// all of this holds within the process and ends with it.
"""
from essex.rpc.client import Client
from essex.rpc.errors import (
           BrokerUnavailable,
           MessageTooLarge,
           MessagingError,
           RemoteError,
           SerializationError,
           Timeout,
           UnknownMethod,
           WrongArguments,
)
from essex.rpc.heartbeats import set_heartbeat_lookup
from essex.rpc.jobs import acknowledge
from essex.rpc.process import after_fork, configure, shutdown
from essex.rpc.server import Server, expose
from essex.rpc.statistics import facts, stats

__all__ = ['BrokerUnavailable', 'Client', 'MessageTooLarge', 'MessagingError', 'RemoteError',
           'SerializationError', 'Server', 'Timeout', 'UnknownMethod', 'WrongArguments', 'acknowledge',
           'after_fork', 'configure', 'expose', 'facts', 'set_heartbeat_lookup', 'shutdown', 'stats']
