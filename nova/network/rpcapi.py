"""The RPC interface of nova-network: topic `network`, methods and arguments named here alone.

Any nova-network may give and take addresses; what has to be done on a network's host that one passes on.
"""
from essex import rpc

TOPIC = 'network'


class NetworkAPI:
    """Calls to nova-network. Errors of nova.exception come back by type."""

    def __init__(self):
        self._client = rpc.Client(TOPIC)

    def allocate_for_instance(self, context, instance_uuid, host, requested_networks=None, timeout=None):
        """Network info of the server after it got its cards and addresses, and DHCP serves them. Repeatable."""
        return self._client.call(context, 'allocate_for_instance', timeout=timeout, instance_uuid=instance_uuid,
                                 compute_host=host, requested_networks=requested_networks)

    def deallocate_for_instance(self, context, instance_uuid, timeout=None):
        """Take back all the server has. Repeatable."""
        self._client.call(context, 'deallocate_for_instance', timeout=timeout, instance_uuid=instance_uuid)

    def apply_network(self, context, host, network_uuid):
        """Have DHCP on the network's host equal to the database."""
        self._client.call(context, 'apply_network', host=host, network_uuid=network_uuid)

    def withdraw(self, context, host, network_uuid):
        """The same without waiting: for addresses that are given up."""
        self._client.cast(context, 'apply_network', host=host, network_uuid=network_uuid)

    def apply_nat(self, context, host):
        """Have the floating addresses of a host equal to the database, soon."""
        self._client.cast(context, 'apply_nat', host=host)

    def network_changed(self, context):
        """A network was made, changed or deleted: every nova-network looks at once."""
        self._client.fanout(context, 'network_changed')
