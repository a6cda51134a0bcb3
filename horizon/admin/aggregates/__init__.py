"""Groups of hosts, and availability zones."""
