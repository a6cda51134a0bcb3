"""Messaging: latency and rate of calls, rate of casts, what they cost, and what idling costs.

    python benchmarks/rpc.py memory:// [amqp://user:password@host:port/vhost] [--seconds 3]
    python benchmarks/rpc.py memory:// rabbitmq      # starts a private RabbitMQ

Prints lines `name value unit`. A green process calls itself: over amqp:// a call passes the broker twice.
cpu is of this process (both ends), without the broker's.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from essex import concurrency

concurrency.patch()

import argparse  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402

from essex import config, context, rpc  # noqa: E402

# About 250 bytes, as a typical message about a server.
VALUE = {'server_id': '5f0c2b1e-8a4d-4b57-9a3e-0d7c6f1b2a90', 'name': 'web-1',
         'flavor': {'ram': 512, 'vcpus': 1}, 'metadata': {'role': 'web'},
         'networks': [{'id': 1, 'address': '10.0.0.3', 'mac': 'fa:16:3e:00:00:01'}]}


class Endpoint:
    def __init__(self):
        self.casts = 0

    @rpc.expose
    def echo(self, context, value):
        return value

    @rpc.expose
    def count(self, context, value):
        self.casts += 1


class Bench:
    """Measures one transport."""

    def __init__(self, url, seconds):
        self.name, self.seconds = url.partition('://')[0], seconds
        rpc.configure(url)
        self.endpoint = Endpoint()
        rpc.Server('bench', 'here', [self.endpoint]).start()
        self.client = rpc.Client('bench')
        self.context = context.RequestContext(user_id='bench', project_id='bench', roles=['member'])

    def report(self, what, value, unit):
        print(f'rpc_{self.name}_{what} {value:.4g} {unit}', flush=True)

    def run(self):
        for _ in range(200):
            self.client.call(self.context, 'echo', value=VALUE)
        self.one_after_another()
        self.at_once(20)
        self.casts()
        self.idle()
        rpc.shutdown()

    def one_after_another(self):
        times, end, cpu = [], time.perf_counter() + self.seconds, time.process_time()
        while time.perf_counter() < end:
            began = time.perf_counter()
            self.client.call(self.context, 'echo', value=VALUE)
            times.append(time.perf_counter() - began)
        cpu = time.process_time() - cpu
        times.sort()
        self.report('call_p50', times[len(times) // 2] * 1000, 'ms')
        self.report('call_p99', times[len(times) * 99 // 100] * 1000, 'ms')
        self.report('calls_serial', len(times) / self.seconds, 'calls/s')
        self.report('call_cpu', cpu / len(times) * 1000, 'ms')

    def at_once(self, callers):
        end, counts = time.perf_counter() + self.seconds, []

        def caller():
            done = 0
            while time.perf_counter() < end:
                self.client.call(self.context, 'echo', value=VALUE)
                done += 1
            counts.append(done)
        threads = [threading.Thread(target=caller) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.report(f'calls_{callers}_at_once', sum(counts) / self.seconds, 'calls/s')

    def casts(self, number=2000):
        began = time.perf_counter()
        for _ in range(number):
            self.client.cast(self.context, 'count', value=VALUE)
        sent = time.perf_counter() - began
        while self.endpoint.casts < number:
            time.sleep(0.001)
        self.report('casts_sent', number / sent, 'casts/s')
        self.report('casts_handled', number / (time.perf_counter() - began), 'casts/s')

    def idle(self, seconds=10):
        time.sleep(1)
        cpu = time.process_time()
        time.sleep(seconds)
        self.report('idle_cpu', (time.process_time() - cpu) / seconds * 100, '%')


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('urls', nargs='*', default=['memory://'])
    parser.add_argument('--seconds', type=float, default=3)
    arguments = parser.parse_args()
    config.load('essex', config_files=[])
    for url in arguments.urls:
        if url == 'rabbitmq':
            from tests.fixtures.servers import RabbitMQ
            broker = RabbitMQ()
            try:
                Bench(broker.start().url, arguments.seconds).run()
            finally:
                broker.close()
        else:
            Bench(url, arguments.seconds).run()


if __name__ == '__main__':
    main()
