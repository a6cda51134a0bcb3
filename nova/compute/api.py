"""The rules of servers: what may be asked in which state, and what follows. Knows no request and no SQL.

Every long action is one transaction (new state + journal entry), then a ring at the queue where the work waits.
"""
import dataclasses

UNCHANGED = object()


@dataclasses.dataclass
class ServerRequest:
    """What a new server shall be. Ids are those users see; nothing is looked up yet."""

    name: str
    flavor_id: str                                   # flavors.flavorid
    image_id: str = None
    min_count: int = 1
    max_count: int = 1
    key_name: str = None
    metadata: dict = dataclasses.field(default_factory=dict)
    personality: list = dataclasses.field(default_factory=list)     # [{'path', 'contents' (base64)}]
    user_data: str = None                            # base64
    security_groups: list = None                     # names or uuids; None: ['default']
    networks: list = None                            # [{'uuid'?, 'fixed_ip'?}]; None: the default, []: no card at all
    availability_zone: str = None                    # 'zone', or 'zone:host' (administrators)
    host: str = None                                 # a host to be on (administrators)
    access_ip_v4: str = None
    access_ip_v6: str = None
    config_drive: bool = False
    scheduler_hints: dict = dataclasses.field(default_factory=dict)
    disk_config: str = 'AUTO'                        # or MANUAL
    description: str = None
    hostname: str = None                             # made from the name when None
    tags: list = dataclasses.field(default_factory=list)
    kernel_id: str = None                            # instead of the image's own (EC2)
    ramdisk_id: str = None


class API:
    """Servers. Methods take the caller's context and a server's uuid; a server the caller must not see is
    InstanceNotFound. Rows are nova.db.models.Instance. A locked server raises InstanceIsLocked for everyone but
    administrators; a wrong state InstanceInvalidState or UnexpectedTaskState (409)."""

    def create(self, context, request):
        """Make min_count to max_count servers of a ServerRequest (as many as quotas allow); returns their rows.

        They share reservation_id. Raises InvalidServerRequest and other BadRequests of nova.exception,
        ForcedHostForbidden, QuotaExceeded.
        """

    def get(self, context, uuid):
        """The row."""

    def list(self, context, filters=None, limit=None, marker=None, sort=None):
        """Rows: own project's, newest first; administrators may ask all_tenants, project_id, host, deleted ...

        `filters`: {'name': regex, 'status': 'ACTIVE', 'image': id, 'flavor': flavorid, 'changes-since': datetime,
        'reservation_id', 'ip', ...} (nova.db.instances.FILTERS; others are ignored, administrators' ones are
        ignored for others). `sort`: [(key, 'asc' or 'desc')]. Raises InvalidMarker, InvalidFilter, InvalidSortKey.
        """

    def faults(self, rows):
        """{uuid: InstanceFault} of those rows that are in ERROR or DELETED: one statement."""

    def update(self, context, uuid, name=UNCHANGED, description=UNCHANGED, access_ip_v4=UNCHANGED,
               access_ip_v6=UNCHANGED, hostname=UNCHANGED, disk_config=UNCHANGED):
        """Change what is given; returns the row."""

    def delete(self, context, uuid):
        """Begin the deletion; works in every state, and again."""

    def force_delete(self, context, uuid):
        """As delete, whatever is locked for the owner too."""

    def stop(self, context, uuid):
        """Have it off: from active, error, rescued."""

    def start(self, context, uuid):
        """Have it on: from stopped."""

    def reboot(self, context, uuid, kind):
        """Restart it; `kind` is SOFT or HARD."""

    def pause(self, context, uuid):
        """Freeze it in memory."""

    def unpause(self, context, uuid):
        """Let it go on."""

    def suspend(self, context, uuid):
        """Put its memory to disk."""

    def resume(self, context, uuid):
        """Take its memory from disk."""

    def snapshot(self, context, uuid, name, metadata=None):
        """Begin an image of its root disk; returns the id of the image (queued until the upload)."""

    def lock(self, context, uuid, reason=None):
        """Forbid changes until unlock."""

    def unlock(self, context, uuid):
        """Allow changes again. InstanceUnlockForbidden when an administrator locked it and the caller is none."""

    def reset_state(self, context, uuid, state):
        """Set vm_state `active` or `error` by force and cancel what runs (administrators)."""

    def console_output(self, context, uuid, lines=None):
        """The last lines of the serial console (all when None), as text."""

    def vnc_console(self, context, uuid, console_type='novnc'):
        """{'type', 'url'} of a console in the browser; the URL holds a token that works once and not for long."""

    def diagnostics(self, context, uuid):
        """Numbers of the running guest as the driver knows them."""

    def metadata(self, context, uuid):
        """{key: value}."""

    def metadata_item(self, context, uuid, key):
        """The value. Raises MetadataItemNotFound."""

    def replace_metadata(self, context, uuid, metadata):
        """Have exactly these; returns all."""

    def update_metadata(self, context, uuid, metadata):
        """Add or change these; returns all."""

    def delete_metadata_item(self, context, uuid, key):
        """Remove one. Raises MetadataItemNotFound."""

    def replace_tags(self, context, uuid, tags):
        """Have exactly these tags; returns them."""
