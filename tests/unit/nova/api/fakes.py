"""Stand-ins for the image service and the other daemons."""
from nova import exception
from nova.image import glance

IMAGE = '70a599e0-31e7-49b7-b260-868f441e862b'


class Told:
    """What other daemons were told."""

    def __init__(self):
        self.rung, self.filters, self.nat, self.networks = [], [], [], []


class Images:
    """The functions of nova.image.glance over a dictionary."""

    def __init__(self):
        self.known = {}

    def add(self, image_id=IMAGE, **values):
        """An image; public and active unless said otherwise."""
        self.known[image_id] = {
            'id': image_id, 'name': 'cirros', 'status': 'active', 'visibility': 'public', 'owner': 'ops', 'size': 1000,
            'virtual_size': None, 'checksum': None, 'disk_format': 'qcow2', 'container_format': 'bare', 'min_ram': 0,
            'min_disk': 0, 'created_at': '2026-11-22T06:00:00Z', 'updated_at': '2026-11-22T06:00:00Z',
            'properties': {'os': 'linux'}, **values}
        return image_id

    def _own(self, context, image_id):
        image = self.describe(context, image_id)
        if not context.is_admin and image['owner'] != context.project_id:
            raise exception.ImageForbidden(image_id=image_id)
        return image

    @staticmethod
    def _visible(context, image):
        return context.is_admin or image['visibility'] == 'public' or image['owner'] == context.project_id

    def describe(self, context, image_id):
        image = self.known.get(image_id)
        if image is None or not self._visible(context, image):
            raise exception.ImageNotFound(image_id=image_id)
        return image

    def list_for(self, context, limit, **filters):
        rows = sorted(self.known.values(), key=lambda image: image['id'])
        marker = filters.pop('marker', '')
        rows = [image for image in rows if image['id'] > marker and self._visible(context, image) and all(
            (image.get(name) or image['properties'].get(name)) == value for name, value in filters.items())]
        return rows[:limit]

    def delete_for(self, context, image_id):
        self._own(context, image_id)
        del self.known[image_id]

    def create(self, context, name, **values):
        image_id = f'00000000-0000-4000-8000-{len(self.known):012}'
        return self.add(image_id, name=name, status='queued', visibility='private', owner=context.project_id, **values)

    def delete(self, image_id):
        del self.known[image_id]

    def set_properties_for(self, context, image_id, properties, removed=()):
        glance.check_properties(properties)
        image = self._own(context, image_id)
        kept = {key: value for key, value in image['properties'].items() if key not in removed}
        image['properties'] = {**kept, **properties}
        return image
