"""What nova-consoleauth answers over RPC, for proxies that have no database of their own."""
from essex import rpc
from nova.console import tokens
from nova.db import consoles


class ConsoleAuthManager:
    """Topic `consoleauth`."""

    @rpc.expose
    def authorize_console(self, context, token, console_type, host, port, internal_access_path=None,
                          instance_uuid=None):
        """Let a token open a console."""
        tokens.authorize(token, instance_uuid or '', console_type, host, port, internal_access_path)

    @rpc.expose
    def check_token(self, context, token):
        """{'instance_uuid', 'console_type', 'host', 'port', 'internal_access_path'}, or None."""
        row = tokens.check(token)
        if row is None:
            return None
        return {'instance_uuid': row.instance_uuid, 'console_type': row.console_type, 'host': row.host,
                'port': row.port, 'internal_access_path': row.internal_access_path}

    @rpc.expose
    def delete_tokens_for_instance(self, context, instance_uuid):
        """Close the door to a server's consoles."""
        consoles.delete_of_instance(instance_uuid)
