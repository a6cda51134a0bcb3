"""What every service of the cloud stands on. Knows no service."""

__version__ = '0.1.0'
