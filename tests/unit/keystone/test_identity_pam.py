"""The driver pam on real PAM: pam_unix over account files that only a mount namespace sees."""
import pathlib
import subprocess
import sys

from tests.contract.identity import WORD

ROOT = pathlib.Path(__file__).parents[3]
HERE = pathlib.Path(__file__).parent

# Without the two seconds after every wrong password.
_SERVICE = 'auth required pam_unix.so nodelay\naccount required pam_unix.so\n'


def _hashed(password):
    return subprocess.run(['openssl', 'passwd', '-6', '-stdin'], input=password, capture_output=True, text=True,
                          check=True).stdout.strip()


def test_contract_on_accounts_of_a_host(tmp_path):
    files = {
        'passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n'
                  'alice:x:2001:2001:Alice,Room 1:/:/bin/sh\nbob:x:2002:2002::/:/bin/sh\n',
        'group': 'root:x:0:\nnogroup:x:65534:\ndevs:x:3001:alice\nstaffed:x:2002:\n',
        # The account of bob has expired.
        'shadow': f'root:*:19000::::::\nalice:{_hashed(WORD)}:19000::::::\n'
                  f'bob:{_hashed("bob-password")}:19000:::::19001:\n',
        'pam.d/keystone-test': _SERVICE,
        'pam.d/keystone-deny': 'auth required pam_deny.so\naccount required pam_deny.so\n',
        'pam.d/other': 'auth required pam_deny.so\naccount required pam_deny.so\n'}
    (tmp_path / 'pam.d').mkdir()
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding='utf-8')
    mounts = ' && '.join(f'mount --bind {tmp_path}/{name} /etc/{name}'
                         for name in ('passwd', 'group', 'shadow', 'pam.d'))
    tests = f'{sys.executable} -m pytest -q -p no:cacheprovider --noconftest {HERE}/pam_inside.py'
    result = subprocess.run(['unshare', '--mount', 'sh', '-c', f'{mounts} && exec {tests}'], cwd=ROOT,
                            capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0 and ' passed' in result.stdout, result.stdout + result.stderr
