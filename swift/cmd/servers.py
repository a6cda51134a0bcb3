"""The servers: each serves the pipeline of its configuration file."""
from essex import concurrency

concurrency.patch()

from swift.cmd import _run  # noqa: E402


def proxy(argv=None):
    """swift-proxy-server"""
    _run.run_server('proxy-server', 8080, 'auto', argv)


def account(argv=None):
    """swift-account-server"""
    _run.run_server('account-server', 6202, 'auto', argv)


def container(argv=None):
    """swift-container-server"""
    _run.run_server('container-server', 6201, 'auto', argv)


def obj(argv=None):
    """swift-object-server"""
    _run.run_server('object-server', 6200, 'auto', argv)
