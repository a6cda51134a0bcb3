"""The servers: each serves the pipeline of its configuration file."""
from essex import concurrency

concurrency.patch()

from swift.cmd import _run  # noqa: E402


def proxy(argv=None):
    """swift-proxy-server"""
    _run.run_server('proxy-server', 8080, 'auto', argv,
                    'Serves the Object Storage API: what clients speak to.')


def account(argv=None):
    """swift-account-server"""
    _run.run_server('account-server', 6202, 'auto', argv,
                    'Keeps accounts: the lists of their containers, and what these hold together.')


def container(argv=None):
    """swift-container-server"""
    _run.run_server('container-server', 6201, 'auto', argv,
                    'Keeps containers: the lists of their objects.')


def obj(argv=None):
    """swift-object-server"""
    _run.run_server('object-server', 6200, 'auto', argv,
                    'Keeps objects on the devices of this node, and answers the replicators of others.')
