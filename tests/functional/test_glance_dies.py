"""kill -9 of Glance in the middle of a boot: the boot waits for it and goes on."""
import json
import os
import signal

from tests.fixtures.processes import wait_for


def test_a_boot_outlives_the_image_service(cloud):
    cloud.essex('down')
    cloud.essex('up', env={'ESSEX_FAILPOINTS': 'boot.image.before=2'})
    try:
        cloud.openstack('server', 'create', '--flavor', 'm1.nano', '--image', 'blank', 'patient')
        glance = json.loads((cloud.directory / 'run' / 'status' / 'glance.json').read_text())['pid']
        os.kill(glance, signal.SIGKILL)
        # The client itself needs the image service to show a server.
        wait_for(lambda: cloud.json('image', 'list'), 30, 0.5)
        cloud.wait_status('patient', 'ACTIVE')
    finally:
        cloud.openstack('server', 'delete', '--wait', 'patient', check=False)
        cloud.essex('down')
        cloud.essex('up')
