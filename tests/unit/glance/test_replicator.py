"""The replicator: what it does where the functional tests' two services agree too well."""
import json
import uuid

import pytest
import requests
import webob

from essex.context import RequestContext
from glance.cmd import replicator
from tests.unit.glance.conftest import CAST

ADDRESS = 'images.test:9292'


@pytest.fixture
def served(cloud, monkeypatch):
    """The cloud at ADDRESS, for an administrator; a list of the tokens that came with requests."""
    tokens = []

    def send(session, request, **options):
        tokens.append(request.headers.get('X-Auth-Token'))
        headers = {name: value.decode('latin-1') if isinstance(value, bytes) else value
                   for name, value in request.headers.items()}
        asked = webob.Request.blank(request.url, method=request.method, headers=headers,
                                    body=request.body.read() if hasattr(request.body, 'read') else b'')
        asked.environ['essex.context'] = RequestContext(**CAST['admin'])
        answer, given = asked.get_response(cloud.api), requests.Response()
        given.status_code, given._content, given.request = answer.status_int, answer.body, request
        given.headers.update(answer.headers)
        return given
    monkeypatch.setattr(requests.Session, 'send', send)
    return tokens


def meta(**more):
    return {'id': str(uuid.uuid4()), 'name': 'x', 'status': 'active', 'disk_format': 'raw', 'container_format': 'bare',
            'is_public': 'False', 'protected': 'False', 'min_ram': '0', 'min_disk': '0', 'size': '4', **more}


@pytest.fixture
def dump(tmp_path):
    """dump(meta): an image in a directory as `dump` writes it."""
    def write(values):
        (tmp_path / values['id']).write_text(json.dumps(values))
        (tmp_path / f'{values["id"]}.img').write_bytes(b'data')
        return values['id']
    return write


def test_one_that_is_refused_does_not_hold_up_the_others(served, cloud, dump, tmp_path, capsys):
    gone, rest = sorted((dump(meta()), dump(meta())))
    cloud.admin.create(id=gone)
    cloud.admin('DELETE', f'/v2/images/{gone}')
    assert replicator.main(['load', ADDRESS, str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert f'{gone} not copied: ' in printed and 'in use already' in printed and f'{rest} copied' in printed
    assert cloud.admin('GET', f'/v2/images/{rest}/file').body == b'data'


def test_without_a_valid_token_it_ends(monkeypatch, dump, tmp_path, capsys):
    def refuse(session, request, **options):
        answer = requests.Response()
        answer.status_code, answer._content = 401, b''
        return answer
    dump(meta())
    monkeypatch.setattr(requests.Session, 'send', refuse)
    assert replicator.main(['load', ADDRESS, str(tmp_path)]) == 1
    assert 'not copied' not in capsys.readouterr().out


@pytest.mark.parametrize('options,token', [(['-t', 'a'], 'a'), (['-M', 'b'], 'b'), (['-t', 'a', '-M', 'b'], 'b')])
def test_the_token_of_where_images_come_from(served, tmp_path, capsys, options, token):
    for command in ('size', ADDRESS), ('dump', ADDRESS, str(tmp_path)):
        assert replicator.main([*options, *command]) == 0
    assert set(served) == {token}


def test_the_token_of_where_images_go_to(served, dump, tmp_path, capsys):
    dump(meta())
    assert replicator.main(['-M', 'b', '-S', 'c', 'load', ADDRESS, str(tmp_path)]) == 0
    assert set(served) == {'c'}


def test_a_checksum_that_only_the_copy_has_is_no_difference(served, dump, tmp_path, capsys):
    values = meta()
    dump(values)
    for printed in f'{values["id"]} copied\n', '':
        assert replicator.main(['load', ADDRESS, str(tmp_path)]) == 0
        assert capsys.readouterr().out == printed
