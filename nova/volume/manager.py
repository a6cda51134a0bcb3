"""The RPC endpoint of nova-volume."""
from essex import rpc


class VolumeManager:
    """Topic `volume`."""

    def __init__(self, runner):
        self.runner = runner

    @rpc.expose
    def work(self, context, operation_id):
        """An operation waits at this host's queue."""
        self.runner.accept(operation_id)
