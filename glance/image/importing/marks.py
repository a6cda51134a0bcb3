"""What an import notes at its image, as properties that users see and cannot set."""

# The task that has the image to itself; the stores still to be filled, and those that could not be.
LOCK, WAITING, FAILED = 'os_glance_import_task', 'os_glance_importing_to_stores', 'os_glance_failed_import'
# The node that has the staged data, at its address. Kept to ourselves.
STAGE_HOST = 'os_glance_stage_host'
HIDDEN = (STAGE_HOST,)


def stores(image, name):
    """The stores a property lists."""
    return [each for each in (image.properties.get(name) or '').split(',') if each]


def put(image, name, found):
    """List stores in a property."""
    image.properties[name] = ','.join(found)
