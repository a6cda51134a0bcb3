"""Random requests of every kind: whatever comes in, no answer is a 5xx."""
import json
import random
import string
from urllib.parse import quote

import pytest

ODD = ['', ' ', '0', '-1', '1e9', '99999999999999999999', 'None', 'null', 'true', 'True', 'ü', '\U0001f600', "'", '"',
       '%', '\\', ';--',
       'in:', 'in:a,"b', 'gt:', 'gt:x', 'eq:2012-01-01', '9999-12-31T23:59:59-23:59', '2012-01-01T00:00:00Z',
       'x' * 300, '\x01', '..',
       '/', 'a/b', '~0', '~', 'raw', 'qcow2', 'bare', 'ami', 'public', 'shared', 'private', 'active', 'queued',
       'name:asc', 'name', 'id']
FIELDS = ['id', 'name', 'visibility', 'protected', 'os_hidden', 'owner', 'container_format', 'disk_format',
          'min_disk', 'min_ram',
          'tags', 'status', 'size', 'locations', 'checksum', 'custom', 'kernel_id', 'member', 'image', 'memberships',
          'is_public',
          'properties', 'location', 'deleted', 'self', 'store', 'copy_from']
QUERIES = [*FIELDS, 'limit', 'marker', 'sort', 'sort_key', 'sort_dir', 'tag', 'member_status', 'size_min', 'size_max',
           'created_at',
           'updated_at', 'changes-since', 'property-a', 'is_public', 'deleted', 'ü', '']
KINDS = ['application/json', 'application/openstack-images-v2.1-json-patch',
         'application/openstack-images-v2.0-json-patch',
         'application/octet-stream', 'text/plain', '', 'application/json; charset=utf-16']


class Fuzzer:
    """Makes requests from one seed."""

    def __init__(self, seed, image_ids):
        self.random = random.Random(seed)
        self.image_ids = image_ids

    def text(self):
        if self.random.random() < 0.2:
            return ''.join(self.random.choices(string.printable, k=self.random.randint(0, 20)))
        return self.random.choice(ODD)

    def value(self, depth=0):
        kind = self.random.randint(0, 9 if depth < 3 else 6)
        if kind < 3:
            return self.text()
        if kind < 7:
            return self.random.choice([None, True, False, 0, -1, 2 ** 31, 2 ** 63, 10 ** 30, 1.5, -0.0, 'raw', 'bare'])
        if kind < 8:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return {self.name(): self.value(depth + 1) for _ in range(self.random.randint(0, 4))}

    def name(self):
        return self.random.choice(FIELDS) if self.random.random() < 0.8 else self.text()

    def body(self):
        choice = self.random.random()
        if choice < 0.3:
            return [{'op': self.random.choice(['add', 'remove', 'replace', 'move', None]), 'path': '/' + self.name(),
                     'value': self.value()} for _ in range(self.random.randint(0, 3))]
        if choice < 0.4:
            return [{self.random.choice(['add', 'remove', 'replace']): '/' + self.name(), 'value': self.value()}]
        if choice < 0.5:
            return {self.random.choice(['image', 'member', 'memberships', 'status']): self.value()}
        return {self.name(): self.value() for _ in range(self.random.randint(0, 5))}

    def raw(self):
        if self.random.random() < 0.1:
            return self.random.randbytes(self.random.randint(0, 50))
        return json.dumps(self.body()).encode()

    def path(self):
        image = self.random.choice([*self.image_ids, quote(self.text(), safe='')])
        tail = quote(self.text(), safe='')
        path = self.random.choice([
            '/v2/images', '/v2/images', f'/v2/images/{image}', f'/v2/images/{image}', f'/v2/images/{image}/file',
            f'/v2/images/{image}/members', f'/v2/images/{image}/members/{tail}', f'/v2/images/{image}/tags/{tail}',
            f'/v2/images/{image}/actions/{self.random.choice(["deactivate", "reactivate"])}', '/v2/schemas/image',
            '/v2/info/import',
            '/v1/images', '/v1/images/detail', f'/v1/images/{image}', f'/v1/images/{image}/members',
            f'/v1/images/{image}/members/{tail}',
            f'/v1/shared-images/{tail}', f'/{tail}', f'/v2/{tail}'])
        pairs = [(self.random.choice(QUERIES), self.text()) for _ in range(self.random.choice([0, 0, 1, 2, 3]))]
        query = '&'.join(f'{quote(name)}={quote(value)}' for name, value in pairs)
        return f'{path}?{query}' if query else path

    def headers(self):
        made = {'Content-Type': self.random.choice(KINDS)}
        for _ in range(self.random.choice([0, 0, 1, 3])):
            value = self.text().encode().decode('latin-1').replace('\n', '').replace('\r', '')
            made[f'x-image-meta-{self.random.choice([*FIELDS, "property-a"])}'] = value
        if self.random.random() < 0.1:
            made[self.random.choice(['Range', 'Accept', 'X-Image-Meta-Store', 'X-Openstack-Image-Size',
                                     'Content-Length',
                                     'x-glance-api-copy-from', 'x-glance-registry-purge-props'])] = self.random.choice(
                                         ['', 'x', '5', '-5', 'bytes=0-1', 'bytes=5-1', 'application/json'])
        return made


@pytest.mark.parametrize('seed', range(4))
def test_no_request_is_a_server_error(cloud, seed):
    image_ids = [cloud.owner.create()['id'], cloud.owner.upload(cloud.owner.create())['id'],
                 cloud.admin.create(visibility='public')['id']]
    fuzzer = Fuzzer(seed, image_ids)
    statuses = set()
    for _ in range(500):
        caller = getattr(cloud, fuzzer.random.choice(['owner', 'owner', 'admin', 'stranger', 'unscoped']))
        method = fuzzer.random.choice(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])
        request = method, fuzzer.path(), fuzzer.raw(), fuzzer.headers()
        answer = caller(request[0], request[1], request[2], request[3])
        assert answer.status_int < 500, (request, answer.text)
        statuses.add(answer.status_int)
    assert {200, 400, 404, 405} <= statuses
