"""How programs reach this cloud: endpoints, openrc, clouds.yaml, EC2 credentials."""
