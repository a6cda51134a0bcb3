"""The layout of Fernet tokens, and the directory of their keys."""
import base64
import time
import uuid

import msgpack
import pytest
from cryptography.fernet import Fernet

from keystone.exception import KeysMissing, TokenNotFound
from keystone.token import payload
from keystone.token.keys import KeyRepository
from keystone.token.model import Claims, new_audit_id
from keystone.token.provider import FernetProvider

USER, PROJECT = uuid.uuid4().hex, uuid.uuid4().hex


def claims(**more):
    return Claims(USER, ['password'], [new_audit_id()], 1700000000, 1700003600.0, **more)


@pytest.fixture
def provider(conf, tmp_path):
    conf.set('key_repository', str(tmp_path / 'keys'), 'fernet_tokens')
    made = FernetProvider()
    made.keys.setup()
    return made


THING, GROUP, THUMBPRINT = uuid.uuid4().hex, uuid.uuid4().hex, base64.urlsafe_b64encode(bytes(32)).decode().rstrip('=')
FEDERATED = {'idp_id': 'acme', 'protocol_id': 'saml2', 'group_ids': [GROUP, 'staff']}
USER_PART, PROJECT_PART, THING_PART = ([True, bytes.fromhex(value)] for value in (USER, PROJECT, THING))
GROUPS_PART = [[True, bytes.fromhex(GROUP)], [False, 'staff']]
END, AUDITS = 1700003600.0, [b'1' * 16, b'2' * 16]
AUDIT_IDS = [base64.urlsafe_b64encode(audit).rstrip(b'=').decode() for audit in AUDITS]
# (what is claimed, what is written after user and methods), one a published version.
PUBLISHED = [
    ({}, [0, END, AUDITS]),
    ({'domain_id': PROJECT}, [1, bytes.fromhex(PROJECT), END, AUDITS]),
    ({'domain_id': 'default'}, [1, 'default', END, AUDITS]),
    ({'project_id': PROJECT}, [2, PROJECT_PART, END, AUDITS]),
    ({'project_id': 'not-a-uuid'}, [2, [False, 'not-a-uuid'], END, AUDITS]),
    ({'project_id': PROJECT, 'trust_id': THING}, [3, PROJECT_PART, END, AUDITS, bytes.fromhex(THING)]),
    (FEDERATED, [4, GROUPS_PART, [False, 'acme'], 'saml2', END, AUDITS]),
    ({**FEDERATED, 'project_id': PROJECT}, [5, PROJECT_PART, GROUPS_PART, [False, 'acme'], 'saml2', END, AUDITS]),
    ({**FEDERATED, 'domain_id': 'default'},
     [6, [False, 'default'], GROUPS_PART, [False, 'acme'], 'saml2', END, AUDITS]),
    ({'project_id': PROJECT, 'access_token_id': THING}, [7, PROJECT_PART, THING_PART, END, AUDITS]),
    ({'system': True}, [8, 'all', END, AUDITS]),
    ({'project_id': PROJECT, 'app_cred_id': THING}, [9, PROJECT_PART, END, AUDITS, THING_PART]),
    ({'project_id': PROJECT, 'domain_id': 'default', 'thumbprint': THUMBPRINT},
     [10, PROJECT_PART, [False, 'default'], END, AUDITS, [False, THUMBPRINT]]),
    ({'project_id': PROJECT, 'thumbprint': THING}, [10, PROJECT_PART, [False, None], END, AUDITS, [False, THING]]),
]


@pytest.mark.parametrize(('claimed', 'written'), PUBLISHED)
def test_every_published_layout_is_written_and_read(provider, claimed, written):
    version, *more = written
    fields = [version, USER_PART, 2 | 4, *more]
    before = Claims(USER, ['password', 'token'], AUDIT_IDS, 1700000000, END, **claimed)
    token = provider.encode(before)
    assert msgpack.unpackb(provider.keys.crypto().decrypt(token + '=' * (-len(token) % 4))) == fields
    assert provider.decode(token) == before


@pytest.mark.parametrize('scope', [{}, {'project_id': PROJECT}, {'domain_id': PROJECT}, {'domain_id': 'default'},
                                   {'system': True}, {'project_id': 'not-a-uuid'}])
def test_every_scope_survives_the_way_through_a_token(provider, scope):
    before = claims(**scope)
    assert provider.decode(provider.encode(before)) == before


def test_a_project_token_is_laid_out_as_published(provider):
    before = claims(project_id=PROJECT)
    token = provider.encode(before)
    assert token.startswith('gAAAAA') and '=' not in token and len(token) < 255
    key = provider.keys.keys()[0]
    fields = msgpack.unpackb(Fernet(key).decrypt(token + '=' * (-len(token) % 4)))
    assert fields == [2, [True, bytes.fromhex(USER)], 2, [True, bytes.fromhex(PROJECT)], 1700003600.0,
                      [base64.urlsafe_b64decode(before.audit_ids[0] + '==')]]


def test_a_token_of_another_keystone_with_our_keys_is_read(provider):
    fields = (2, (True, bytes.fromhex(USER)), 2 | 4, (True, bytes.fromhex(PROJECT)), 1700003600.0,
              [b'1' * 16, b'2' * 16])
    foreign = Fernet(provider.keys.keys()[0]).encrypt_at_time(msgpack.packb(fields), 1700000000).rstrip(b'=').decode()
    read = provider.decode(foreign)
    assert (read.user_id, read.project_id, read.methods) == (USER, PROJECT, ['password', 'token'])
    assert read.issued_at == 1700000000 and len(read.audit_ids) == 2


def test_methods_are_bits_in_the_order_of_the_configuration(conf):
    assert payload.pack_methods(['token', 'password']) == 6
    assert payload.unpack_methods(6) == ['password', 'token']


@pytest.mark.parametrize('broken', ['', 'x', 'gAAAAA', 'ä', 'gAAAAABh' + 'A' * 150, '\0', '=' * 40])
def test_what_is_no_token_is_not_found(provider, broken):
    with pytest.raises(TokenNotFound):
        provider.decode(broken)


@pytest.mark.parametrize('fields', [[], [0], [2, [True, b'1' * 16], 2], [99, [True, b'1' * 16], 2, 1.0, []],
                                    [-1, [True, b'1' * 16], 2, 1.0, []], ['2', 1], [True], [None, 1], 'text', 7,
                                    [0, [True, b'short'], 2, 1.0, []], [0, None, None, None, None]])
def test_a_well_signed_token_with_odd_content_is_not_found(provider, fields):
    with pytest.raises(TokenNotFound):
        provider.decode(provider.keys.crypto().encrypt(msgpack.packb(fields)).decode())


def test_a_changed_token_is_not_found(provider):
    token = provider.encode(claims())
    other = token[:60] + ('A' if token[60] != 'A' else 'B') + token[61:]
    with pytest.raises(TokenNotFound):
        provider.decode(other)


class TestKeys:

    def test_setup_makes_a_staged_and_a_primary_key_once(self, tmp_path):
        keys = KeyRepository(str(tmp_path / 'k'))
        assert keys.setup() is True
        before = keys.keys()
        assert keys.setup() is False
        assert keys.keys() == before and len(before) == 2
        assert (tmp_path / 'k' / '0').stat().st_mode & 0o777 == 0o600
        assert (tmp_path / 'k').stat().st_mode & 0o777 == 0o700

    def test_rotation_promotes_the_staged_key_and_prunes_the_oldest(self, tmp_path):
        keys = KeyRepository(str(tmp_path), max_active_keys=3)
        keys.setup()
        staged = (tmp_path / '0').read_bytes()
        assert keys.rotate() == []
        assert (tmp_path / '2').read_bytes() == staged
        assert sorted(path.name for path in tmp_path.iterdir()) == ['0', '1', '2']
        assert keys.rotate() == [1]
        assert sorted(path.name for path in tmp_path.iterdir()) == ['0', '2', '3']

    def test_without_keys_the_error_says_what_to_run(self, tmp_path):
        with pytest.raises(KeysMissing, match='keystone-manage fernet_setup'):
            KeyRepository(str(tmp_path / 'none')).crypto()

    def test_a_rotation_by_another_process_is_seen(self, tmp_path, monkeypatch):
        here, there = KeyRepository(str(tmp_path)), KeyRepository(str(tmp_path))
        here.setup()
        old = here.crypto().encrypt(b'old')
        there.rotate()
        new = there.crypto().encrypt(b'new')
        now = time.monotonic()
        monkeypatch.setattr('keystone.token.keys.time.monotonic', lambda: now + 2)
        assert here.crypto().decrypt(new) == b'new'
        assert here.crypto().decrypt(old) == b'old'
