"""Capacity of hypervisors as bars."""
from django.utils.translation import gettext as _

GB = 1024


def meters(found):
    """[(label, used, limit, unit)] of a hypervisor, or of the sums over all."""
    return [(_('VCPUs'), found['vcpus_used'], found['vcpus'], ''),
            (_('Memory'), gigabytes(found['memory_mb_used']), gigabytes(found['memory_mb']), _('GB')),
            (_('Disk'), found['local_gb_used'], found['local_gb'], _('GB'))]


def gigabytes(megabytes):
    """MB in GB, with a digit behind the point where that says more."""
    found = megabytes / GB
    return round(found, 1) if found < 10 and found != int(found) else round(found)


def cell(used, limit, unit=''):
    """The value of a cell of kind meter."""
    return {'used': used, 'limit': limit, 'unit': unit}
