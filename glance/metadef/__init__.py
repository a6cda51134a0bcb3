"""Definitions of metadata: which properties resources can have, what they mean, which values they take."""
