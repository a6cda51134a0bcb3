"""Lists and records of images in one process, without a network: milliseconds and SQL statements.

    python benchmarks/glance_list.py [--images N]

Prints `name value unit` lines; `_processor` is processor time, which can be compared on a busy machine.
"""
import argparse
import json
import shutil
import tempfile
import time

import webob

from essex import config, db
from essex.context import RequestContext
from essex.db import migration
from glance.api import app
from glance.db import images
from glance.image.model import Image, Location


def fill(rules, count):
    """Active images, each with three properties, two tags and a location."""
    context = RequestContext(is_admin=True, project_id='p')
    with db.writer():
        for number in range(count):
            image = rules.create(context, Image(id=None, owner='p', name=f'image-{number}', disk_format='qcow2',
                                                container_format='bare', properties={'a': '1', 'b': '2', 'c': '3'},
                                                tags=['x', 'y']))
            images.change_status(image.id, ('queued',), status='active', size=number)
            images.add_location(image.id, Location(f'file:///x/{image.id}', 'file'))


def call(api, path):
    """One request as a project's member; the parsed answer."""
    request = webob.Request.blank(path)
    request.environ['essex.context'] = RequestContext(user_id='u', project_id='p', roles=('member',))
    response = request.get_response(api)
    if response.status_int != 200:
        raise SystemExit(f'{path}: {response.status} {response.text[:300]}')
    return json.loads(response.body)


def measure(name, api, path, repeat):
    """Print what a request takes."""
    call(api, path)
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(repeat):
        call(api, path)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    with db.count_statements() as counter:
        call(api, path)
    print(f'{name} {wall / repeat * 1000:.1f} ms')
    print(f'{name}_processor {processor / repeat * 1000:.1f} ms')
    print(f'{name}_statements {counter.total} statements')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--images', type=int, default=1000)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix='glance-benchmark-')
    try:
        config.CONF([], project='glance', default_config_files=[])
        config.CONF.set_override('state_path', directory)
        db.configure(f'sqlite:///{directory}/glance.sqlite')
        migration.sync('glance')
        rules = app.manager()
        fill(rules, options.images)
        api = app.Root({'/v2': app.v2_app(rules), '/v1': app.v1_app(rules)})
        measure('list_all', api, f'/v2/images?limit={options.images}', 5)
        measure('list_page', api, '/v2/images', 50)
        measure('list_by_name', api, '/v2/images?name=image-7', 50)
        measure('list_v1_detail', api, f'/v1/images/detail?limit={options.images}', 5)
        image = call(api, '/v2/images?limit=1')['images'][0]
        measure('show', api, f'/v2/images/{image["id"]}', 200)
    finally:
        db.dispose()
        shutil.rmtree(directory)


if __name__ == '__main__':
    main()
