"""Object storage: accounts hold containers, containers hold objects, and every object is kept several times."""

__version__ = '2.38.0'  # the API generation of the original this speaks, as /info tells clients
