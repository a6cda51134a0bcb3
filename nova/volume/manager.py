"""The RPC endpoint of nova-volume."""
from essex import rpc


class VolumeManager:
    """Topic `volume`."""

    def __init__(self, runner, driver):
        self.runner, self.driver = runner, driver

    @rpc.expose
    def describe(self, context):
        """What the driver keeps volumes in, see nova.volume.driver.Driver.describe."""
        return self.driver.describe()

    @rpc.expose
    def work(self, context, operation_id):
        """An operation waits at this host's queue."""
        self.runner.accept(operation_id)
