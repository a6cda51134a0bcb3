"""Container databases: the objects of a container."""
