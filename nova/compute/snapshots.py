"""Images of servers: the image is entered by the API with the caller's rights; the host fills it later."""
from nova.image import glance

# Properties that belong to the image's data or to Glance, not to what a server made of it.
_NOT_INHERITED = ('os_glance', 'img_signature', 'signature', 'cinder_encryption', 'owner_specified', 'stores',
                  'image_type', 'backup_type', 'base_image_ref', 'instance_uuid', 'user_id', 'kernel_id',
                  'ramdisk_id', 'os_hash')


def create_image(context, row, name, metadata, **fixed):
    """Enter a queued image for a snapshot of a server; returns its id. `fixed` properties go before the metadata."""
    meta = row.image_meta or {}
    properties = {key: value for key, value in (meta.get('properties') or {}).items()
                  if isinstance(value, str) and not key.startswith(_NOT_INHERITED)}
    own = {'instance_uuid': row.uuid, 'user_id': row.user_id, 'base_image_ref': row.image_ref or ''}
    parts = {key: value for key, value in (('kernel_id', row.kernel_id), ('ramdisk_id', row.ramdisk_id)) if value}
    # The driver says at the upload what format the disk really has.
    return glance.create(context, name, disk_format='qcow2', container_format='bare', min_disk=row.root_gb,
                         min_ram=meta.get('min_ram') or 0,
                         properties={**properties, 'image_type': 'snapshot', **(metadata or {}), **fixed, **own,
                                     **parts})
