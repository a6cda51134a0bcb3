"""The queue of expiring objects, as the object servers know it: see swift.expiring."""
from swift.expiring import ACCOUNT, container, entry

__all__ = ['ACCOUNT', 'container', 'entry']
