"""The RPC endpoint of nova-compute: looks into guests, and refreshes their filters. Long work comes by the journal."""
import logging

from essex import rpc
from essex.exception import EssexError
from nova.compute.executors.base import rules_of, spec_of
from nova.db import instances
from nova.exception import InstanceNotOnHost

LOG = logging.getLogger(__name__)


class ComputeManager:
    """Topic `compute`; its methods as nova.compute.rpcapi names them."""

    def __init__(self, driver, host, runner):
        self.driver, self.host, self.runner = driver, host, runner

    @rpc.expose
    def work(self, context, operation_id):
        """An operation waits at this host's queue."""
        self.runner.accept(operation_id)

    @rpc.expose
    def console_output(self, context, instance_uuid, max_bytes=102400):
        """The end of the serial console, as text."""
        data = self.driver.console_output(spec_of(self._mine(instance_uuid)), max_bytes=max_bytes)
        return data.decode('utf-8', errors='replace')

    @rpc.expose
    def vnc_console(self, context, instance_uuid):
        """{'host', 'port', 'internal_access_path'} of the guest's VNC server."""
        return self.driver.vnc_console(spec_of(self._mine(instance_uuid)))

    @rpc.expose
    def diagnostics(self, context, instance_uuid):
        """Numbers of the running guest, as the driver knows them."""
        return self.driver.diagnostics(spec_of(self._mine(instance_uuid)))

    @rpc.expose
    def refresh_security(self, context, instance_uuids):
        """Enforce changed security groups on those of these servers that are here."""
        for row in instances.by_uuids(instance_uuids).values():
            if row.host == self.host:
                self.refresh(row)

    def refresh(self, row):
        """Have a server's filter as the database says. One that fails must not keep the others from theirs."""
        try:
            self.driver.refresh_security(spec_of(row), row.network_info, rules_of(row))
        except EssexError as error:
            LOG.error('server %s keeps its old security rules: %s', row.uuid, error)
        except Exception:
            LOG.exception('server %s keeps its old security rules', row.uuid)

    def _mine(self, instance_uuid):
        row = instances.get(instance_uuid)
        if row.host != self.host:
            raise InstanceNotOnHost(instance_uuid=instance_uuid, host=self.host)
        return row
