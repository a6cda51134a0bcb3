"""Volumes and snapshots as the Block Storage API shows them."""
from nova.api.volume import common


def summary(req, row):
    """id, name, links."""
    return {'id': row.uuid, 'name': row.display_name, 'links': common.links(req, 'volumes', row.uuid)}


def volume(req, row, attachment=None):
    """What the answer to a create or an update has."""
    metadata = dict(row.metadata_)
    if row.readonly:
        metadata['readonly'] = 'True'
    return {
        **summary(req, row), 'status': row.status, 'size': row.size, 'description': row.display_description,
        'availability_zone': row.availability_zone, 'created_at': common.time(row.created_at),
        'updated_at': common.time(row.updated_at), 'user_id': row.user_id, 'metadata': metadata,
        'attachments': [_attachment(attachment)] if attachment is not None and attachment.attached_at else [],
        'bootable': 'true' if row.bootable else 'false', 'encrypted': False, 'multiattach': False,
        'volume_type': row.volume_type.name if row.volume_type else None, 'snapshot_id': row.snapshot_id,
        'source_volid': row.source_volid, 'consistencygroup_id': None, 'replication_status': None}


def detail(req, row, attachment=None):
    """Everything."""
    shown = {**volume(req, row, attachment), 'os-vol-tenant-attr:tenant_id': row.project_id}
    if row.image_metadata:
        shown['volume_image_metadata'] = row.image_metadata
    if common.allowed(req, 'volumes:host'):
        backend = (row.connection or {}).get('type', 'none')
        shown.update({'os-vol-host-attr:host': f'{row.host}@{backend}#{backend}',
                      'migration_status': None, 'os-vol-mig-status-attr:migstat': None,
                      'os-vol-mig-status-attr:name_id': None})
    return shown


def _attachment(row):
    return {'id': row.volume_uuid, 'attachment_id': row.uuid, 'volume_id': row.volume_uuid,
            'server_id': row.instance_uuid, 'device': row.device, 'host_name': None,
            'attached_at': common.time(row.attached_at)}


def snapshot(row):
    """A snapshot as in short lists and in answers to a create."""
    return {'id': row.uuid, 'name': row.display_name, 'description': row.display_description, 'status': row.status,
            'size': row.size, 'volume_id': row.volume_uuid, 'metadata': row.metadata_,
            'created_at': common.time(row.created_at), 'updated_at': common.time(row.updated_at)}


def snapshot_detail(row):
    """Everything."""
    return {**snapshot(row), 'os-extended-snapshot-attributes:project_id': row.project_id,
            'os-extended-snapshot-attributes:progress': '100%' if row.status == 'available' else '0%'}


def kind(row, with_specs):
    """A volume type."""
    shown = {'id': row.uuid, 'name': row.name, 'description': row.description, 'is_public': row.is_public,
             'os-volume-type-access:is_public': row.is_public}
    if with_specs:
        shown.update(extra_specs=row.extra_specs, qos_specs_id=None)
    return shown
