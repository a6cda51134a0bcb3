"""The status of every operation of v3 that is allowed, and that HEAD answers as GET without its body."""
import re

from tests.unit.keystone.test_policy import OPERATIONS, filled, names

__all__ = ['names']

# Checks answer nothing: memberships, grants, tags, associations.
_CHECK = re.compile(r'/groups/[^/]+/users/[^/]+$|/(users|groups)/[^/]+/roles/[^/]+(/inherited_to_projects)?$'
                    r'|/tags/[^/]+$|/OS-ENDPOINT-POLICY/(services|endpoints)/[^/]+$'
                    r'|OS-EP-FILTER/projects/[^/]+/endpoints/[^/]+$')
# What PUT makes rather than connects, or replaces.
_MADE = re.compile(r'/tags/[^/]+$|/implies/[^/]+$|/config$')
_REPLACED = re.compile(r'/tags$')


def _expected(method, path):
    if method == 'PUT':
        return 201 if _MADE.search(path) else 200 if _REPLACED.search(path) else 204
    if method == 'GET' and _CHECK.search(path):
        return 204
    return {'GET': 200, 'POST': 201, 'PATCH': 200, 'DELETE': 204}[method]


def test_each_answers_with_the_code_of_the_api(api, cloud, names):
    token, wrong = cloud.admin_token, []
    for method, path, body, _ in OPERATIONS:
        where = f'/v3{path.format(**names)}'
        answer = api(method, where, filled(body, names), token=token)
        if answer.status_int != _expected(method, path.partition('?')[0]):
            wrong.append((method, path, answer.status))
        if method == 'GET':
            head = api('HEAD', where, token=token)
            # One that says more is named apart in the API: whether a role implies another.
            same = 204 if '/implies/' in path else answer.status_int
            if (head.status_int, head.body) != (same, b''):
                wrong.append(('HEAD', path, head.status, head.body))
    assert wrong == []
