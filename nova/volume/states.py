"""States of volumes, snapshots and attachments: what users see as `status`."""

CREATING, DOWNLOADING, AVAILABLE, ERROR = 'creating', 'downloading', 'available', 'error'
ATTACHING, IN_USE, DETACHING = 'attaching', 'in-use', 'detaching'
DELETING, ERROR_DELETING = 'deleting', 'error_deleting'
EXTENDING, UPLOADING = 'extending', 'uploading'
AWAITING_TRANSFER = 'awaiting-transfer'
# Set by administrators: nobody may use the volume until they set another.
MAINTENANCE = 'maintenance'

# Of an attachment: ATTACHING, ATTACHED or DETACHING.
ATTACHED = 'attached'

# A volume that is being made from another, from a snapshot or an image.
BEING_MADE = (CREATING, DOWNLOADING)
# From which a volume or a snapshot can be deleted.
DELETABLE = (AVAILABLE, ERROR, ERROR_DELETING)
# To which administrators may set a volume or a snapshot by force.
SETTABLE = (CREATING, AVAILABLE, DELETING, ERROR, ERROR_DELETING, ATTACHING, DETACHING, IN_USE,
            MAINTENANCE)
SNAPSHOT_SETTABLE = (CREATING, AVAILABLE, DELETING, ERROR, ERROR_DELETING)
