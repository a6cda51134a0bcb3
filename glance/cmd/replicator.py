"""glance-replicator: keeps the images of one image service in another, over version 1 of their APIs.

    glance-replicator size     SERVER:PORT
    glance-replicator dump     SERVER:PORT PATH
    glance-replicator load     SERVER:PORT PATH
    glance-replicator livecopy FROM:PORT TO:PORT
    glance-replicator compare  FROM:PORT TO:PORT

An image has the same ID on both sides. SERVER:PORT may also be a URL.
"""
import argparse
import contextlib
import json
import logging
import os
import re
import sys

import requests

PROG = 'glance-replicator'
_ID = re.compile(r'[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}')
_META, _PROPERTY = 'x-image-meta-', 'x-image-meta-property-'
# The other side makes these itself, whatever it is told.
_OWN = ('status', 'created_at', 'updated_at', 'deleted', 'deleted_at', 'location', 'virtual_size')
_PAGE = 100


class Failed(Exception):
    """A service that cannot be reached, or does not know the caller."""


class Refused(Failed):
    """A service that does not do this to this image."""


class Service:
    """Version 1 of an image service. An image's metadata are its headers without their prefix."""

    def __init__(self, address, token, chunk=65536):
        base = address if '://' in address else f'http://{address}'
        self.base, self._chunk = f'{base.rstrip("/")}/v1', chunk
        self._session = requests.Session()
        if token:
            self._session.headers['X-Auth-Token'] = token

    def call(self, method, path, missing=False, **more):
        """The response. Raises Failed; with `missing`, a 404 is None."""
        try:
            answer = self._session.request(method, f'{self.base}/{path}', timeout=600, **more)
        except requests.RequestException as error:
            raise Failed(f'{self.base} cannot be reached: {type(error).__name__}.') from error
        if missing and answer.status_code == 404:
            return None
        if answer.status_code >= 400:
            text = re.sub(r'<[^>]+>|\s+', ' ', answer.text).strip()[:300]
            kind = Failed if answer.status_code == 401 else Refused
            raise kind(f'{method} {self.base}/{path}: {answer.status_code} {text}')
        return answer

    def images(self):
        """Yield every image that this caller may see, as the list has it."""
        marker = None
        while True:
            query = {'limit': _PAGE, 'is_public': 'None', 'sort_key': 'id', 'sort_dir': 'asc',
                     **({'marker': marker} if marker else {})}
            page = self.call('GET', 'images/detail', params=query).json()['images']
            yield from page
            if len(page) < _PAGE:
                return
            marker = page[-1]['id']

    def meta(self, image_id):
        """The metadata of an image, None where there is none."""
        answer = self.call('HEAD', f'images/{image_id}', missing=True)
        return None if answer is None else {
            name.lower()[len(_META):]: value.encode('latin-1').decode('utf-8', 'replace')
            for name, value in answer.headers.items() if name.lower().startswith(_META)}

    @contextlib.contextmanager
    def data(self, image_id):
        """An iterator over the data of an image."""
        with contextlib.closing(self.call('GET', f'images/{image_id}', stream=True)) as answer:
            yield answer.iter_content(self._chunk)

    def create(self, meta, data=None):
        """Make an image, with its data."""
        headers = {**_headers(meta), **({'Content-Type': 'application/octet-stream'} if data is not None else {})}
        self.call('POST', 'images', headers=headers, data=data)

    def update(self, meta):
        """Change an image's metadata, its properties included."""
        self.call('PUT', f'images/{meta["id"]}', headers=_headers({
            name: value for name, value in meta.items() if name not in ('id', 'size', 'checksum')}))


def _headers(meta):
    return {_META + name: value.encode() for name, value in meta.items()}


def _wanted(meta, options):
    """What is told to the other side."""
    return {name: value for name, value in meta.items() if name not in (*_OWN, *options.dontreplicate.split())}


def _differences(ours, theirs, options):
    """The names of what differs, without what is never the same."""
    ours, theirs = _wanted(ours, options), _wanted(theirs, options)
    # What the service does not keep the data of it has no checksum of; the other one made one.
    own = () if ours.get('checksum') else ('checksum',)
    return sorted(name for name in {*ours, *theirs}.difference(own) if ours.get(name) != theirs.get(name))


def size(options):
    """Say how many images there are and how large they are."""
    total, count = 0, 0
    for image in Service(options.server, options.mastertoken).images():
        if image['status'] == 'active':
            total, count = total + int(image['size'] or 0), count + 1
    print(f'Total size is {total} bytes ({total / 1024 ** 3:.1f} GB) across {count} images')


def dump(options):
    """Write every image to a directory: its metadata as ID, its data as ID.img."""
    service = Service(options.server, options.mastertoken, options.chunksize)
    os.makedirs(options.path, exist_ok=True)
    for image in service.images():
        path = os.path.join(options.path, image['id'])
        meta = service.meta(image['id'])
        if meta is None or os.path.exists(path):
            continue
        print(f'Considering: {image["id"]} ({image["name"]})')
        if meta['status'] == 'active' and not options.metaonly:
            with service.data(image['id']) as chunks, _whole(path + '.img') as file:
                for chunk in chunks:
                    file.write(chunk)
        # Last: it says that the image is there.
        with _whole(path) as file:
            file.write(json.dumps(meta, indent=1, sort_keys=True).encode())


@contextlib.contextmanager
def _whole(path):
    """A file to write to, which has its name only when everything is in it."""
    with open(path + '.part', 'wb') as file:
        yield file
    os.rename(path + '.part', path)


def load(options):
    """Bring the images of a directory, as `dump` wrote it, into a service; returns 1 when one was refused."""
    service, status = Service(options.server, options.slavetoken), 0
    for name in sorted(os.listdir(options.path)):
        if not _ID.fullmatch(name):
            continue
        path = os.path.join(options.path, name)
        with open(path, encoding='utf-8') as file:
            meta = json.load(file)
        has_data = os.path.exists(path + '.img')
        if meta['status'] != 'active' or not (has_data or options.metaonly):
            print(f'{name} is {meta["status"]} and has no data here: left out')
            continue
        with open(path + '.img', 'rb') if has_data else contextlib.nullcontext() as data:
            status |= _bring(service, meta, data, options)
    return status


def livecopy(options):
    """Bring the images of one service into another; returns 1 when one was refused."""
    status = 0
    source = Service(options.fromserver, options.mastertoken, options.chunksize)
    target = Service(options.toserver, options.slavetoken)
    for image in source.images():
        meta = source.meta(image['id'])
        if meta is None or meta['status'] != 'active':
            continue
        if target.meta(image['id']) is not None or options.metaonly:
            status |= _bring(target, meta, None, options)
        else:
            with source.data(image['id']) as chunks:
                status |= _bring(target, meta, chunks, options)
    return status


def _bring(service, meta, data, options):
    """Let a service have an image as `meta` says, its data with it when it is new; returns 1 when it is refused."""
    try:
        there = service.meta(meta['id'])
        if there is None and (data is not None or options.metaonly):
            service.create(_wanted(meta, options), None if options.metaonly else data)
            print(f'{meta["id"]} copied')
        elif there is not None and (differing := _differences(meta, there, options)):
            service.update(_wanted(meta, options))
            print(f'{meta["id"]} changed: {", ".join(differing)}')
    except Refused as error:
        # The others come all the same.
        print(f'{meta["id"]} not copied: {error}')
        return 1
    return 0


def compare(options):
    """Say what differs between two services; returns 1 when something does."""
    source, target = Service(options.fromserver, options.mastertoken), Service(options.toserver, options.slavetoken)
    same = True
    for image in source.images():
        ours, theirs = source.meta(image['id']), target.meta(image['id'])
        if theirs is None:
            same = False
            print(f'{image["id"]}: name {image["name"]} is on the source only')
            continue
        for name in _differences(ours or {}, theirs, options):
            same = False
            print(f'{image["id"]}: field {name} differs (source is {(ours or {}).get(name)}, destination is '
                  f'{theirs.get(name)})')
    return 0 if same else 1


def _parser():
    parser = argparse.ArgumentParser(prog=PROG, description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add('-c', '--chunksize', type=int, default=65536, help='Bytes that are read at a time.')
    add('-d', '--debug', action='store_true', help='Show the traceback of what goes wrong.')
    add('-v', '--verbose', action='store_true', help='Log every request.')
    add('-X', '--dontreplicate', default='owner', help='Fields that are left as they are on the other side.')
    add('-m', '--metaonly', action='store_true', help='Metadata only, no data.')
    add('-t', '--token', default=os.environ.get('OS_TOKEN'), help='Token for the one service, or for both.')
    add('-M', '--mastertoken', help='Token for the one images come from.')
    add('-S', '--slavetoken', help='Token for the one images go to.')
    commands = parser.add_subparsers(dest='command', required=True)
    for function, names in ((size, ('server',)), (dump, ('server', 'path')), (load, ('server', 'path')),
                            (livecopy, ('fromserver', 'toserver')), (compare, ('fromserver', 'toserver'))):
        made = commands.add_parser(function.__name__, help=function.__doc__)
        made.set_defaults(run=function)
        for name in names:
            made.add_argument(name)
    return parser


def main(argv=None):
    """Run one command; returns the exit status."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.WARNING)
    options.mastertoken, options.slavetoken = (each or options.token for each in (options.mastertoken,
                                                                                 options.slavetoken))
    try:
        return options.run(options) or 0
    except (Failed, OSError) as error:
        if options.debug:
            raise
        sys.stderr.write(f'{PROG}: {error}\n')
        return 1


if __name__ == '__main__':
    sys.exit(main())
