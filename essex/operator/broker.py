"""The queues between the daemons of this host, and how much waits in each.

Over memory:// the process that has them tells; a broker is asked, when [DEFAULT] transport_url says how.
"""
import logging

import amqp

from essex.rpc import broker as brokers
from essex.rpc import process as messaging
from essex.rpc.options import CONF

LOG = logging.getLogger(__name__)


def describe(processes):
    """{kind: memory, amqp or None (no messaging here), brokers: [host:port], reachable, queues: [{name, topic, depth,
    consumers: how many processes of this host serve it}]}. `reachable` and a depth are None when nobody knows."""
    told = [(each, each['facts']['messaging']) for each in processes if 'queues' in
            each.get('facts', {}).get('messaging', ())]
    queues = {}
    for process, fact in told:
        for name, queue in fact['queues'].items():
            entry = queues.setdefault(name, {'name': name, 'topic': queue['topic'], 'depth': queue['depth'],
                                             'consumers': 0})
            entry['consumers'] += process['alive']
    kind = told[0][1]['transport'] if told else None
    depths, reachable = (_ask(list(queues)) if kind == 'amqp' else ({}, kind and True))
    for name, depth in depths.items():
        queues[name]['depth'] = depth
    return {'kind': kind, 'brokers': told[0][1]['brokers'] if told else [], 'reachable': reachable,
            'queues': sorted(queues.values(), key=lambda each: each['name'])}


def _ask(names):
    """({name: depth}, whether the broker answered: None when it was not asked)."""
    if CONF.transport_url.startswith('memory:'):
        return {}, None
    depths = {}
    for name in names:
        try:
            # One by one: a queue that is not there ends what it is asked on.
            depths.update(messaging.current().publisher.depths([name]))
        except amqp.NotFound:
            continue
        except (*brokers.ERRORS, TimeoutError) as error:
            LOG.warning('cannot ask the message broker: %s', brokers.describe(error))
            return depths, False
    return depths, True
