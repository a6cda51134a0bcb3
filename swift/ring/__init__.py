"""Which devices keep a name: the builder decides, the ring file tells, every server reads it."""
