"""Password hashes: every algorithm, every form that verifies, and the same work for everybody who fails."""
import base64
import hashlib

import pytest

from essex.exception import ConfigError, Forbidden, Unauthorized
from keystone.identity import passwords
from tests.unit.keystone.conftest import PASSWORD, Api

# From the specification of SHA-crypt (glibc's crypt(3)), from openssl passwd -6, and as slappasswd makes them.
KNOWN = {
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1':
        'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/'
    'YTBmSK6H9qs/y3RnOaw5v.': 'Hello world!',
    '{SSHA}' + base64.b64encode(hashlib.sha1(b'secretsalt').digest() + b'salt').decode(): 'secret',
}


@pytest.mark.parametrize('algorithm,rounds,prefix', [
    ('bcrypt', 4, '$2b$04$'), ('bcrypt_sha256', 4, '$bcrypt-sha256$v=2,t=2b,r=4$'),
    ('scrypt', 4, '$scrypt$ln=4,r=8,p=1$'), ('pbkdf2_sha512', 10, '$pbkdf2-sha512$10$')])
def test_each_algorithm_makes_and_verifies(conf, algorithm, rounds, prefix):
    conf.set('password_hash_algorithm', algorithm, 'identity')
    conf.set('password_hash_rounds', rounds, 'identity')
    made = passwords.make('pässwörd€')
    assert made.startswith(prefix) and len(made) <= 255
    conf.set('password_hash_algorithm', 'bcrypt', 'identity')
    assert passwords.matches('pässwörd€', made) and not passwords.matches('other', made)
    # What bcrypt alone cuts.
    conf.set('password_hash_algorithm', algorithm, 'identity')
    long = passwords.make('x' * 100)
    assert passwords.matches('x' * 72 + 'y', long) is (algorithm == 'bcrypt')
    conf.set('password_hash_rounds', 0, 'identity')
    with pytest.raises(ConfigError, match='rounds'):
        passwords.make('x')


@pytest.mark.parametrize('stored', KNOWN)
def test_hashes_of_the_essex_era_verify(conf, stored):
    assert passwords.matches(KNOWN[stored], stored) and not passwords.matches('wrong', stored)


@pytest.mark.parametrize('stored', ['', 'plain', '$2b$04$short', '$6$', '$scrypt$x', '{SSHA}!', '$pbkdf2-sha512$1$$',
                                    '$bcrypt-sha256$', '{MD5}x', '$1$x$y'])
def test_a_malformed_hash_fits_nothing(conf, stored):
    conf.set('password_hash_rounds', 4, 'identity')
    assert passwords.matches('plain', stored) is False and passwords.matches('', stored) is False


def test_length(conf):
    conf.set('password_hash_rounds', 4, 'identity')
    conf.set('password_hash_algorithm', 'bcrypt_sha256', 'identity')
    assert passwords.matches('x' * 4096 + 'more', passwords.make('x' * 5000))
    conf.set('strict_password_check', True)
    with pytest.raises(Forbidden, match='less than or equal to 4096'):
        passwords.make('x' * 4097)
    conf.set('password_hash_algorithm', 'bcrypt', 'identity')
    with pytest.raises(Forbidden, match='72'):
        passwords.make('x' * 73)


def test_an_operators_hash_is_taken_by_v2_as_essex_did_and_by_v3_as_a_password(cloud, admin_api):
    stored = '$6$rounds=1000$abcdefgh$' + 'x' * 86
    from passlib.hash import sha512_crypt
    stored = sha512_crypt.using(rounds=1000).hash('from-2012')
    token = cloud.admin_token
    made = admin_api('POST', '/v2.0/users', {'user': {'name': 'old', 'password': stored}}, token=token).json['user']
    assert cloud.issue(made, password='from-2012')
    with pytest.raises(Unauthorized):
        cloud.issue(made, password=stored)
    made = Api(cloud)('POST', '/v3/users', {'user': {'name': 'new', 'password': stored}}, token=token).json['user']
    assert cloud.issue(made, password=stored)
    assert stored not in str(admin_api('GET', '/v2.0/users', token=token).json)


@pytest.mark.parametrize('algorithm', ['bcrypt', 'pbkdf2_sha512'])
def test_one_hash_is_computed_whoever_fails(cloud, conf, monkeypatch, algorithm):
    conf.set('password_hash_algorithm', algorithm, 'identity')
    identity = cloud.managers.identity
    off = cloud.new_user('off', enabled=False)
    domain = cloud.managers.domains.create_domain({'name': 'closed'})
    inside = cloud.new_user('inside', domain_id=domain['id'])
    cloud.managers.domains.update_domain(domain['id'], {'enabled': False})
    locked = cloud.new_user('locked')
    empty = identity.create_user({'name': 'empty', 'domain_id': 'default'})
    known = cloud.new_user('known')
    conf.set('lockout_failure_attempts', 1, 'security_compliance')
    with pytest.raises(Unauthorized):
        cloud.issue(locked, password='wrong')
    spent = []
    for name in ('_verify', '_spend'):
        real = getattr(passwords, name)
        monkeypatch.setattr(passwords, name, lambda *args, real=real, name=name: spent.append(name) or real(*args))
    texts = set()
    for who, password in (({'name': 'nobody'}, 'x'), ({'id': 'none'}, 'x'), ({'id': known['id']}, 'wrong'),
                          ({'id': off['id']}, 'wrong'), ({'id': inside['id']}, PASSWORD), ({'id': inside['id']}, 'x'),
                          ({'id': locked['id']}, PASSWORD), ({'id': empty['id']}, ''),
                          ({'name': 'x', 'domain': {'name': 'none'}}, 'x'),
                          ({'name': 'inside', 'domain': {'name': 'closed'}}, PASSWORD)):
        del spent[:]
        with pytest.raises(Unauthorized) as caught:
            cloud.managers.auth.authenticate({'methods': ['password'],
                                              'password': {'user': {**who, 'password': password}}})
        assert len(spent) == 1, who
        texts.add(str(caught.value))
    assert texts == {'The request you have made requires authentication.'}
