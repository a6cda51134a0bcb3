"""/os-volumes, /os-snapshots, /os-volume-types: block storage as Essex's Compute API showed it."""
from essex import wsgi
from nova.api.compute import common, schemas
from nova.volume import snapshots, types, volumes

_TEXT = {'type': ['string', 'null'], 'maxLength': 255}
_TEXTS = {'display_name': _TEXT, 'display_description': _TEXT}
_METADATA = {'anyOf': [schemas.METADATA, {'type': 'null'}]}
_OPTIONAL_ID = {'anyOf': [schemas.UUID, {'type': 'null'}]}
VOLUME = schemas.wrapped('volume', {**_TEXTS, 'size': schemas.count(1), 'volume_type': _TEXT, 'metadata': _METADATA,
                                    'snapshot_id': _OPTIONAL_ID, 'availability_zone': _TEXT}, required=('size',))
SNAPSHOT = schemas.wrapped('snapshot', {**_TEXTS, 'volume_id': schemas.UUID, 'force': schemas.BOOLEAN},
                           required=('volume_id',))


class Volumes(wsgi.Controller):
    """A thin face of what the Block Storage API has whole."""

    @wsgi.route('GET', '/os-volumes')
    @wsgi.route('GET', '/os-volumes/detail')
    def index(self, req):
        common.authorize(req, 'volumes:show')
        rows = _page(req, volumes.list)
        attached = volumes.attachments(rows)
        return {'volumes': [_volume(req, row, attached.get(row.uuid)) for row in rows]}

    @wsgi.route('GET', '/os-volumes/<volume_id>')
    def show(self, req, volume_id):
        row = _get(req, volumes, volume_id, 'volumes:show')
        return {'volume': _volume(req, row, volumes.attachments([row]).get(row.uuid))}

    @wsgi.route('POST', '/os-volumes', schema=VOLUME)
    def create(self, req, body):
        common.authorize(req, 'volumes:create')
        common.need_project(req)
        asked = body['volume']
        row = volumes.create(req.context, volumes.VolumeRequest(
            size=common.whole_number(asked['size'], 'size'), name=asked.get('display_name'),
            description=asked.get('display_description'), metadata=asked.get('metadata') or {},
            availability_zone=asked.get('availability_zone') or None, volume_type=asked.get('volume_type') or None,
            snapshot_id=asked.get('snapshot_id')))
        return {'volume': _volume(req, row)}

    @wsgi.route('DELETE', '/os-volumes/<volume_id>', status=202)
    def delete(self, req, volume_id):
        _get(req, volumes, volume_id, 'volumes:delete')
        volumes.delete(req.context, volume_id)


class Snapshots(wsgi.Controller):
    """Of volumes."""

    @wsgi.route('GET', '/os-snapshots')
    @wsgi.route('GET', '/os-snapshots/detail')
    def index(self, req):
        common.authorize(req, 'volume_snapshots:show')
        return {'snapshots': [_snapshot(row) for row in _page(req, snapshots.list)]}

    @wsgi.route('GET', '/os-snapshots/<snapshot_id>')
    def show(self, req, snapshot_id):
        return {'snapshot': _snapshot(_get(req, snapshots, snapshot_id, 'volume_snapshots:show'))}

    @wsgi.route('POST', '/os-snapshots', schema=SNAPSHOT)
    def create(self, req, body):
        common.authorize(req, 'volume_snapshots:create')
        asked = body['snapshot']
        return {'snapshot': _snapshot(snapshots.create(req.context, asked['volume_id'], asked.get('display_name'),
                                                       asked.get('display_description')))}

    @wsgi.route('DELETE', '/os-snapshots/<snapshot_id>', status=202)
    def delete(self, req, snapshot_id):
        _get(req, snapshots, snapshot_id, 'volume_snapshots:delete')
        snapshots.delete(req.context, snapshot_id)


class VolumeTypes(wsgi.Controller):
    """Kinds of volumes; administrators make them at the Block Storage API."""

    @wsgi.route('GET', '/os-volume-types')
    def index(self, req):
        common.authorize(req, 'volume_types:show')
        return {'volume_types': [_kind(req, row) for row in types.list(req.context)]}

    @wsgi.route('GET', '/os-volume-types/<type_id>')
    def show(self, req, type_id):
        common.authorize(req, 'volume_types:show')
        return {'volume_type': _kind(req, types.get(req.context, type_id))}


def _get(req, kind, uuid, rule):
    row = kind.get(req.context, uuid)
    common.authorize(req, rule, {'project_id': row.project_id, 'user_id': row.user_id})
    return row


def _page(req, read):
    limit, _ = wsgi.limit_and_marker(req, common.CONF.osapi_max_limit)
    offset = common.whole_number((req.query().get('offset') or ['0'])[-1], 'offset', 0)
    return read(req.context, {}, limit=limit, offset=offset) if limit else []


def _volume(req, row, attachment=None):
    shown = {'id': row.uuid, 'status': row.status, 'size': row.size, 'availabilityZone': row.availability_zone,
             'createdAt': common.microtime(row.created_at), 'displayName': row.display_name,
             'displayDescription': row.display_description, 'metadata': row.metadata_, 'snapshotId': row.snapshot_id,
             'volumeType': row.volume_type.name if row.volume_type else None, 'attachments': [_attachment(attachment)]}
    if common.allowed(req, 'volumes:host'):
        shown['os-vol-host-attr:host'] = row.host
    return shown


def _attachment(row):
    """An empty one of a volume that is a disk of no server: so clients know it."""
    if row is None or not row.attached_at:
        return {}
    return {'id': row.volume_uuid, 'volumeId': row.volume_uuid, 'serverId': row.instance_uuid, 'device': row.device}


def _snapshot(row):
    return {'id': row.uuid, 'volumeId': row.volume_uuid, 'status': row.status, 'size': row.size,
            'createdAt': common.microtime(row.created_at), 'displayName': row.display_name,
            'displayDescription': row.display_description}


def _kind(req, row):
    shown = {'id': row.uuid, 'name': row.name}
    return {**shown, 'extra_specs': row.extra_specs} if common.allowed(req, 'volume_types:change') else shown
