"""Users, groups and passwords."""
