"""Kinds of volumes: names with a description and extra specs. Administrators make them."""
from essex.exception import NotFound
from nova.db import volume_types
from nova.volume import checks
from nova.volume.exception import VolumeMetadataNotFound, VolumeTypePublic
from nova.volume.volumes import CONF


def list(context):  # noqa: A001  (read with its module: types.list)
    """Rows by name; those that are not public for administrators and the projects that were let in."""
    return volume_types.list(context)


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


def projects(context, type_id):
    """Ids of the projects let in to one that is not public, with its row. Raises NotFound for one that is."""
    row = volume_types.get_for(context, type_id)
    if row.is_public:
        raise NotFound(f'Volume type {row.name} is public: no projects are let in to it one by one.')
    return row, volume_types.projects(row.id)


def add_project(context, type_id, project_id):
    """Let a project in to one that is not public. Raises VolumeTypePublic, VolumeTypeAccessExists."""
    volume_types.grant(_closed(context, type_id), project_id)


def remove_project(context, type_id, project_id):
    """Let it in no more; its volumes keep their type. Raises VolumeTypePublic, VolumeTypeAccessNotFound."""
    volume_types.revoke(_closed(context, type_id), project_id)


def _closed(context, type_id):
    row = volume_types.get_for(context, type_id)
    if row.is_public:
        raise VolumeTypePublic(name=row.name)
    return row
