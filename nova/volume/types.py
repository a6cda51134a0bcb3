"""Kinds of volumes: names with a description and extra specs. Administrators make them."""
from nova.db import volume_types
from nova.volume import checks
from nova.volume.exception import VolumeMetadataNotFound
from nova.volume.volumes import CONF


def list(context):  # noqa: A001  (read with its module: types.list)
    """Rows by name; those that are not public for administrators alone."""
    return volume_types.list(public_only=not context.is_admin)


def get(context, type_id):
    """The row of an id or a name; `default` is the one of volumes that name none."""
    return volume_types.get_for(context, CONF.default_volume_type if type_id == 'default' else type_id)


def create(context, name, description=None, is_public=True, extra_specs=None):
    """Make one; returns the row."""
    checks.texts(name=name, description=description)
    checks.metadata(extra_specs or {})
    return volume_types.create(name, description, is_public, extra_specs or {})


def update(context, type_id, **values):
    """Change name, description or is_public; returns the row."""
    checks.texts(name=values.get('name'), description=values.get('description'))
    return volume_types.change(volume_types.get_for(context, type_id).id, **values)


def delete(context, type_id):
    """Remove one that no volume is of."""
    volume_types.delete(volume_types.get_for(context, type_id))


def change_specs(context, type_id, change):
    """Have the extra specs that change(specs) returns; returns them."""
    row = volume_types.get_for(context, type_id)
    specs = change(dict(row.extra_specs))
    checks.metadata(specs)
    return volume_types.change(row.id, extra_specs=specs).extra_specs


def delete_spec(context, type_id, key):
    """Remove one extra spec. Raises VolumeMetadataNotFound."""
    def remove(specs):
        if specs.pop(key, None) is None:
            raise VolumeMetadataNotFound(what=f'Volume type {type_id}', key=key[:80])
        return specs
    change_specs(context, type_id, remove)
