"""The architecture dashboard: the cloud drawn as it is, alive."""
