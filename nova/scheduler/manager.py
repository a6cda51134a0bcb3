"""The RPC endpoint of nova-scheduler."""
from essex import rpc


class SchedulerManager:
    """Topic `scheduler`."""

    def __init__(self, runner):
        self.runner = runner

    @rpc.expose
    def work(self, context, operation_id):
        """An operation waits at the schedulers' queue."""
        self.runner.accept(operation_id)
