"""Block storage: disks that outlive servers. nova-volume keeps them on its host, a driver says how."""
