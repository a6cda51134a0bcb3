"""Images as objects in a bucket of any S3."""
from glance.store.s3.store import S3Store

__all__ = ['S3Store']
