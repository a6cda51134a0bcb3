"""The network side's domain as controllers and nova-manage call it: networks, floating addresses, security groups.

First argument is the caller's context. What the caller must not see is not found.
"""
from nova.network.floating import FloatingIps
from nova.network.groups import SecurityGroups
from nova.network.networks import Networks


class API(Networks, FloatingIps, SecurityGroups):
    """See the three parts."""
