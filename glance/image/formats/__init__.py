"""Disk image formats, looked into while the data streams by.

Two questions are kept apart. Is the data *dangerous*: does it name a file outside itself, which a hypervisor
would open on the host? That is refused whatever the image calls itself and whatever is configured. Does the data
*match* its declared disk_format? That is refused only where the operator wants it.
"""
from glance.image.formats.inspection import Inspection, Unlooked, find_inspectors

__all__ = ['Inspection', 'Unlooked', 'find_inspectors']
