"""The RPC interface of nova-compute: topic `compute`, methods and arguments named here alone."""
from essex import rpc

TOPIC = 'compute'
# Somebody waits for these at a prompt: a host that is away is to be told soon.
_PATIENCE = 15   # seconds


class ComputeAPI:
    """Calls to the nova-compute of a host. Errors of nova.exception come back by type."""

    def __init__(self):
        self._client = rpc.Client(TOPIC)

    def work(self, context, host, operation_id):
        """An operation waits at the host's queue (see nova.compute.bell)."""
        self._client.cast(context, 'work', host=host, operation_id=operation_id)

    def console_output(self, context, host, instance_uuid, max_bytes=102400):
        """The end of the serial console, as text."""
        return self._client.call(context, 'console_output', host=host, timeout=_PATIENCE, instance_uuid=instance_uuid,
                                 max_bytes=max_bytes)

    def vnc_console(self, context, host, instance_uuid):
        """{'host', 'port', 'internal_access_path'} of the guest's VNC server. Raises ConsoleNotAvailable."""
        return self._client.call(context, 'vnc_console', host=host, timeout=_PATIENCE, instance_uuid=instance_uuid)

    def diagnostics(self, context, host, instance_uuid):
        """Numbers of the running guest, as the driver knows them."""
        return self._client.call(context, 'diagnostics', host=host, timeout=_PATIENCE, instance_uuid=instance_uuid)

    def refresh_security(self, context, host, instance_uuids):
        """Enforce changed security groups on these servers of the host, soon. Returns at once."""
        self._client.cast(context, 'refresh_security', host=host, instance_uuids=list(instance_uuids))
