"""The published document of the identity API: valid, up to date, and what the service really takes."""
import collections
import json
import os
import pathlib
import subprocess
import sys

import openapi_spec_validator
import pytest
import webob

from tests.fixtures.openapi_fuzz import Fuzzer

ROOT = pathlib.Path(__file__).parents[3]
DOCUMENT = json.loads((ROOT / 'docs' / 'api' / 'identity.json').read_text(encoding='utf-8'))
# Too long for the unit part.
pytestmark = pytest.mark.servers
# With those to the image API twenty thousand; more in a long run: ESSEX_FUZZ=100000.
REQUESTS = int(os.environ.get('ESSEX_FUZZ', '10000'))


def test_it_is_valid_and_up_to_date():
    openapi_spec_validator.validate(DOCUMENT)
    done = subprocess.run([sys.executable, ROOT / 'tools' / 'make-openapi', '--check'], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_it_says_is_what_the_service_takes(api, cloud, conf):
    # Holds even when a request has disabled the administrator or his domain.
    conf.set('admin_token', 'fuzz')
    group = cloud.managers.groups.create_group({'name': 'g', 'domain_id': 'default'})
    ids = {'user_id': [cloud.owner['id'], cloud.stranger['id']], 'project_id': [cloud.project['id']],
           'group_id': [group['id']], 'domain_id': ['default'], 'region_id': ['RegionOne'],
           'role_id': list(cloud.roles.values())}
    # v2.0 drops what it does not know, as it always did.
    fuzzer = Fuzzer(DOCUMENT, 2012, ids, lambda path: path.startswith('/v3'))
    tokens, statuses = ['fuzz', 'fuzz', cloud.admin_token, cloud.token(cloud.owner, cloud.project)], set()
    seen = collections.Counter()
    for _ in range(REQUESTS):
        made = fuzzer.make()
        request = webob.Request.blank(made.path, method=made.method,
                                      headers={'X-Auth-Token': fuzzer.random.choice(tokens)})
        if made.body is not None:
            request.body, request.content_type = made.body, 'application/json'
        answer = request.get_response(api.app)
        said = (made.method, made.path, made.body, answer.status_int, answer.text[:300])
        assert answer.status_int < 500, said
        if made.fits is False:
            assert answer.status_int >= 400, said
        elif answer.status_int == 400:
            assert '"Invalid input for' not in answer.text, said
        statuses.add(answer.status_int)
        seen[made.fits, answer.status_int < 300] += 1
    assert {200, 201, 204, 400, 403, 404, 409} <= statuses
    assert seen[True, True] > REQUESTS / 100
