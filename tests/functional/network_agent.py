"""nova-network with the Linux driver, the metadata service and a compute host's firewall, for tests of the network.

Runs in a network namespace of its own, told what to do by JSON lines on standard input:
{"call": "manager.allocate_for_instance", "args": {...}} -> {"result": ...} or {"error": [type, text]}.
"""
import json
import sys
import types

from essex import concurrency

concurrency.patch()

from essex import config, db, rpc  # noqa: E402
from essex.context import RequestContext  # noqa: E402
from nova.api.metadata import daemon as metadata_daemon  # noqa: E402
from nova.network import daemon as network_daemon  # noqa: E402
from nova.network import firewall, security  # noqa: E402
from nova.network.api import API  # noqa: E402


class Calls:
    """What the tests may call."""

    def __init__(self, daemon):
        self.manager, self.api, self.firewall = daemon.manager, API(), firewall.Firewall()
        self.context = RequestContext(user_id='owner', project_id='p1', is_admin=True)

    def __call__(self, name, args):
        part, method = name.split('.')
        if part == 'firewall':
            return getattr(self, f'_{method}')(**args)
        target = getattr(self, part)
        if part == 'manager' and method in ('reconcile', 'sweep'):
            return getattr(target, method)()
        return getattr(target, method)(self.context, **args)

    def _apply(self, uuid, network_info):
        self.firewall.apply(types.SimpleNamespace(uuid=uuid), network_info, security.rules_for(uuid))

    def _remove(self, uuid):
        self.firewall.remove(uuid)

    def _plugged(self, network_info):
        self.firewall.plugged(network_info)

    def _leftovers(self):
        return sorted(self.firewall.leftovers())


def main():
    config.load('nova', sys.argv[1:], config_files=[])
    db.engine()
    rpc.configure('memory://')
    daemons = [network_daemon.NetworkDaemon(), metadata_daemon.MetadataDaemon()]
    for daemon in daemons:
        daemon.bind()
        daemon.start()
    calls = Calls(daemons[0])
    print(json.dumps({'result': 'ready'}), flush=True)
    reader = concurrency.TrampolineFile(sys.stdin.fileno())
    while reader.wait_readable():
        line = sys.stdin.readline()
        if not line:
            return
        asked = json.loads(line)
        try:
            answer = {'result': calls(asked['call'], asked.get('args', {}))}
        except Exception as error:
            answer = {'error': [type(error).__name__, str(error)]}
        print(json.dumps(answer, default=repr), flush=True)


if __name__ == '__main__':
    main()
