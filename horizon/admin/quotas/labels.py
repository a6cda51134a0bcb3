"""Quotas in words."""
from django.utils.translation import gettext_lazy as _

# {resource: (label, unit)}, in the order forms show them; what a service has besides is shown by its own name.
LABELS = {
    'instances': (_('Instances'), ''), 'cores': (_('VCPUs'), ''), 'ram': (_('Memory'), 'MB'),
    'floating_ips': (_('Floating addresses'), ''), 'fixed_ips': (_('Fixed addresses'), ''),
    'security_groups': (_('Security groups'), ''), 'security_group_rules': (_('Rules of a security group'), ''),
    'key_pairs': (_('Key pairs of a user'), ''), 'server_groups': (_('Server groups'), ''),
    'server_group_members': (_('Instances of a server group'), ''),
    'metadata_items': (_('Metadata items of an instance'), ''),
    'injected_files': (_('Files given to an instance'), ''),
    'injected_file_content_bytes': (_('Size of such a file'), 'bytes'),
    'injected_file_path_bytes': (_('Length of its path'), 'bytes'),
    'volumes': (_('Volumes'), ''), 'gigabytes': (_('Volume storage'), 'GB'),
    'snapshots': (_('Volume snapshots'), ''), 'per_volume_gigabytes': (_('Size of one volume'), 'GB'),
    'backups': (_('Volume backups'), ''), 'backup_gigabytes': (_('Size of backups'), 'GB'),
    'groups': (_('Volume groups'), ''),
}
# What exists uses these up: they are shown as bars.
METERS = {'compute': ('instances', 'cores', 'ram', 'floating_ips', 'security_groups'),
          'volumev3': ('volumes', 'gigabytes', 'snapshots')}
SERVICES = {'compute': _('Compute'), 'volumev3': _('Block storage')}
