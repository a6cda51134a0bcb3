"""Telling compute hosts and network hosts that what the database says for them has changed.

The database is the truth and both kinds of hosts compare themselves with it when they start and from time to time, so a
host that cannot be told now is logged, not an error to the caller, whose change is made.
"""
import logging

from essex import rpc
from nova.compute.rpcapi import ComputeAPI
from nova.db import security_groups
from nova.network.rpcapi import NetworkAPI

LOG = logging.getLogger(__name__)


def filters(context, hosts):
    """Have the filters of servers renewed: {host: [uuids]}."""
    for host, uuids in hosts.items():
        try:
            ComputeAPI().refresh_security(context, host, uuids)
        except rpc.MessagingError as error:
            LOG.warning('host %s could not be told of changed security groups: %s', host, error)


def filters_naming(context, instance_uuid):
    """Have the filters renewed of servers whose groups let the groups of this server in: its addresses changed."""
    filters(context, security_groups.named_by(instance_uuid))


def nat(context, host):
    """Have a network host's floating addresses renewed."""
    try:
        NetworkAPI().apply_nat(context, host)
    except rpc.MessagingError as error:
        LOG.warning('host %s could not be told of changed floating addresses: %s', host, error)


def networks(context):
    """Have every nova-network look at the networks."""
    try:
        NetworkAPI().network_changed(context)
    except rpc.MessagingError as error:
        LOG.warning('the network hosts could not be told of a changed network: %s', error)
