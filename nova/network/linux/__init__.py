"""The network driver for Linux hosts: bridges (iproute2), DHCP and names (dnsmasq), NAT (nftables)."""
from nova.network.linux.driver import LinuxDriver

__all__ = ['LinuxDriver']
