"""The RPC interface of nova-volume: topic `volume`. All its work comes by the journal; `work` says that some waits
(see nova.compute.bell)."""
from essex import rpc

TOPIC = 'volume'
# An administrator waits for it.
_PATIENCE = 5   # seconds


class VolumeAPI:
    """Calls to the nova-volume of a host."""

    def __init__(self):
        self._client = rpc.Client(TOPIC)

    def describe(self, context, host):
        """{'protocol', 'total_bytes', 'free_bytes'} of what the host keeps volumes in."""
        return self._client.call(context, 'describe', host=host, timeout=_PATIENCE)
