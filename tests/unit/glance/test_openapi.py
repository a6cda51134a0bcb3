"""The published document of the image API: valid, and what the service really takes."""
import collections
import json
import os
import pathlib
import uuid

import openapi_spec_validator
import pytest

from tests.fixtures.openapi_fuzz import Fuzzer

DOCUMENT = json.loads((pathlib.Path(__file__).parents[3] / 'docs' / 'api' / 'image.json').read_text(encoding='utf-8'))
# Too long for the unit part.
pytestmark = pytest.mark.servers
REQUESTS = int(os.environ.get('ESSEX_FUZZ', '10000'))
PATCH = 'application/openstack-images-v2.1-json-patch'


def test_it_is_valid():
    openapi_spec_validator.validate(DOCUMENT)


def test_what_it_says_is_what_the_service_takes(cloud):
    images = [cloud.owner.upload(cloud.owner.create())['id'], cloud.owner.create()['id'],
              cloud.admin.create(visibility='public')['id']]
    for name in ('n', 'm'):
        cloud.admin('POST', '/v2/metadefs/namespaces', {'namespace': name, 'tags': [{'name': 't'}], 'properties': {
            't': {'title': 't', 'type': 'string'}}, 'objects': [{'name': 't'}], 'visibility': 'public'})
    ids = {'image_id': images, 'namespace': ['n', 'm'], 'member_id': ['beta', 'alpha'], 'name': ['t'], 'tag': ['t'],
           'other': [str(uuid.uuid4())]}
    fuzzer, statuses, seen = Fuzzer(DOCUMENT, 2012, ids), set(), collections.Counter()
    for _ in range(REQUESTS):
        made = fuzzer.make()
        caller = getattr(cloud, fuzzer.random.choice(['admin', 'admin', 'owner', 'stranger', 'unscoped']))
        answer = caller(made.method, made.path, made.body, {'Content-Type': PATCH} if made.method == 'PATCH' else None)
        said = (made.method, made.path, made.body, answer.status_int, answer.text[:300])
        assert answer.status_int < 500, said
        if made.fits is False:
            assert answer.status_int >= 400, said
        elif answer.status_int == 400:
            assert 'Invalid input for' not in answer.text, said
        statuses.add(answer.status_int)
        seen[made.fits, answer.status_int < 300] += 1
    assert {200, 201, 204, 400, 403, 404, 409} <= statuses
    assert seen[True, True] > REQUESTS / 500
