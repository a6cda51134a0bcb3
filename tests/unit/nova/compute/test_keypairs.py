"""Key pairs: made, brought along, refused; fingerprints as ssh-keygen prints them."""
import subprocess
import threading

import pytest
from cryptography.hazmat.primitives import serialization

from nova import exception
from nova.compute import keypairs, quota
from tests.unit.nova.conftest import caller

pytestmark = pytest.mark.usefixtures('nova_sqlite')


def keygen(*arguments):
    """Run ssh-keygen; returns what it prints."""
    return subprocess.run(['ssh-keygen', *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope='module')
def public_keys(tmp_path_factory):
    """{kind: (public key line, MD5 fingerprint)} as ssh-keygen makes them."""
    made, directory = {}, tmp_path_factory.mktemp('keys')
    for kind, bits in (('rsa', 2048), ('ed25519', 256), ('ecdsa', 256), ('ecdsa', 384), ('ecdsa', 521)):
        path = directory / f'{kind}{bits}'
        keygen('-q', '-t', kind, '-b', str(bits), '-N', '', '-C', 'a comment', '-f', path)
        shown = keygen('-l', '-E', 'md5', '-f', path)
        made[path.name] = path.with_suffix('.pub').read_text(), shown.split()[1].removeprefix('MD5:')
    return made


@pytest.mark.parametrize('kind', ['rsa2048', 'ed25519256', 'ecdsa256', 'ecdsa384', 'ecdsa521'])
def test_keys_users_bring(alice, public_keys, kind):
    text, fingerprint = public_keys[kind]
    row = keypairs.import_(alice, 'k', text)
    assert (row.fingerprint, row.public_key, row.type, row.user_id) == (fingerprint, text.strip(), 'ssh', 'alice')


@pytest.mark.parametrize('algorithm', [keypairs.RSA, keypairs.ED25519, keypairs.ECDSA])
def test_made_pairs_fit_together(alice, algorithm, tmp_path):
    row, private = keypairs.create(alice, 'k', algorithm=algorithm)
    path = tmp_path / 'key'
    path.write_text(private)
    path.chmod(0o600)
    derived = keygen('-y', '-f', path)
    assert derived.split()[:2] == row.public_key.split()[:2] and private not in str(row.to_dict())
    assert serialization.load_ssh_public_key(row.public_key.encode())


@pytest.mark.parametrize('text', [
    '', ' ', 'ssh-rsa', 'ssh-rsa AAAA', 'ssh-rsa !!!!', 'ssh-dss AAAAB3NzaC1kc3MAAA', 'AAAAB3NzaC1yc2E', '\0', None, 5,
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==', 'x' * 70000, '-----BEGIN RSA PRIVATE KEY-----'])
def test_bad_keys(alice, text):
    with pytest.raises(exception.InvalidKeypair) as error:
        keypairs.import_(alice, 'k', text)
    assert error.value.code == 400 and keypairs.list(alice) == []


def test_a_second_line_would_be_a_second_key(alice, public_keys):
    first, second = (public_keys[kind][0].strip() for kind in ('rsa2048', 'ed25519256'))
    with pytest.raises(exception.InvalidKeypair, match='one line'):
        keypairs.import_(alice, 'k', f'{first}\n{second}')
    with pytest.raises(exception.InvalidKeypair, match='must begin with one of'):
        keypairs.import_(alice, 'k', f'command="rm -rf /" {first}')


def test_a_type_that_does_not_match_its_key(alice, public_keys):
    with pytest.raises(exception.InvalidKeypair):
        keypairs.import_(alice, 'k', public_keys['rsa2048'][0].replace('ssh-rsa', 'ssh-ed25519', 1))


@pytest.mark.parametrize('name', ['', ' ', 'x' * 256, 'a/b', 'a\n', 'ü', None, 5, 'a\0'])
def test_bad_names(alice, public_keys, name):
    with pytest.raises(exception.InvalidKeypair):
        keypairs.import_(alice, name, public_keys['ed25519256'][0])


def test_they_belong_to_users(alice, admin, public_keys):
    text = public_keys['ed25519256'][0]
    keypairs.import_(alice, 'k', text)
    bob = caller(user='bob')
    with pytest.raises(exception.KeypairExists):
        keypairs.import_(alice, 'k', text)
    for call in (keypairs.get, keypairs.delete):
        with pytest.raises(exception.KeypairNotFound):
            call(bob, 'k')
        with pytest.raises(exception.KeypairNotFound):
            call(bob, 'k', user_id='alice')
    with pytest.raises(exception.KeypairNotFound):
        keypairs.list(bob, user_id='alice')
    assert [row.name for row in keypairs.list(admin, user_id='alice')] == ['k'] and keypairs.list(bob) == []
    keypairs.delete(admin, 'k', user_id='alice')
    assert keypairs.list(alice) == []


def test_a_user_may_have_so_many(alice, public_keys, conf):
    conf.set('key_pairs', 3, 'quota')
    text, start, refused = public_keys['ed25519256'][0], threading.Barrier(6), []

    def bring(number):
        start.wait()
        try:
            keypairs.import_(alice, f'k{number}', text)
        except exception.QuotaExceeded as error:
            refused.append(str(error))
    threads = [threading.Thread(target=bring, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == ['Quota exceeded for key_pairs: Requested 1, but already used 3 of 3 key_pairs'] * 3
    assert quota.usage('alpha', 'alice')['key_pairs'] == 3
