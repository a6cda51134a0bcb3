"""Fixtures of the functional tests, and the order of their files."""
from tests.fixtures.hypervisor import node

__all__ = ['node']

# The longest first: what begins last is short, and the workers end together (with --no-loadscope-reorder).
LONGEST = ('libvirt_driver', 'guest', 'interchange', 'quickstart', 'every_page', 'never_stuck', 'guest_never_stuck',
           'split', 'instances', 'architecture', 'nova_split', 'rpc_rabbitmq', 'network_linux', 'guest_image',
           'glance_swift_store', 'object_storage_clients', 'swift_clients', 'network_database', 'console',
           'swift_random', 'operator_api', 'swift_probe_nodes', 'login', 'fake_cloud_contract', 'identity_clients',
           'image_clients', 'objects', 'images', 'swift_probe_fragments', 'glance_dies', 'never_stuck_disks',
           'volume_clients', 'identity_fronts', 'dashboard_apache', 'compute_clients', 'volumes',
           'swift_clients_cloud', 'access', 'never_stuck_volumes', 'object_storage_docs', 'glance_commands')


def pytest_collection_modifyitems(items):
    """Files that are not known go between the long ones and the short ones: those of object storage."""
    places = {f'test_{name}': place for place, name in enumerate(LONGEST)}

    def place(item):
        return places.get(item.path.stem, len(places) + item.path.stem.startswith('test_swift'))
    items.sort(key=place)
