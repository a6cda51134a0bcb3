"""Fixtures of the functional tests, and the order of their files."""
from tests.fixtures.hypervisor import node

__all__ = ['node']

# The longest first: what begins last is short, and the workers end together (with --no-loadscope-reorder).
LONGEST = ('every_page', 'quickstart', 'nova_split', 'libvirt_driver', 'guest_image', 'guest', 'network_linux', 'split',
           'guest_never_stuck', 'rpc_rabbitmq', 'image_clients', 'glance_dies', 'object_storage_clients', 'never_stuck',
           'swift_random', 'swift_clients', 'glance_commands', 'swift_clients_cloud', 'object_storage_docs',
           'interchange', 'identity_fronts', 'network_database', 'glance_swift_store', 'swift_probe_nodes',
           'identity_clients', 'instances', 'architecture', 'never_stuck_disks', 'never_stuck_volumes',
           'volume_clients')


def pytest_collection_modifyitems(items):
    """Files that are not known go between the long ones and the short ones: those of object storage."""
    places = {f'test_{name}': place for place, name in enumerate(LONGEST)}

    def place(item):
        return places.get(item.path.stem, len(places) + item.path.stem.startswith('test_swift'))
    items.sort(key=place)
