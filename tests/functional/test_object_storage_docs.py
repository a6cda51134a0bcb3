"""Every command of docs/object-storage.md and docs/s3.md from their first use on runs, as it is written there."""
import re

import pytest

from essex.cloud.layout import Layout
from essex.cloud.settings import Settings
from tests.fixtures.cloud import ROOT, Cloud

TEXT = (ROOT / 'docs' / 'object-storage.md').read_text(encoding='utf-8')


@pytest.fixture(scope='module')
def alone(tmp_path_factory):
    """Object storage without the rest of the cloud."""
    made = Cloud(tmp_path_factory.mktemp('alone') / 'var', 'fake')
    made.essex('init', '--only', 'swift', '--free-ports')
    try:
        made.essex('up', '--only', 'swift')
        yield made
    finally:
        made.remove()


def script():
    """The indented blocks from "First use" to "Limits", without the line that the test replaces."""
    part = TEXT[TEXT.index('\n## First use'):TEXT.index('\n## Limits')]
    lines = re.findall(r'^ {4}(.*)$', part, re.MULTILINE)
    return [line for line in lines if not line.startswith('export ST_AUTH')]


def test_the_page_is_right(alone, tmp_path):
    settings = Settings.load(Layout(alone.directory))
    lines = script()
    assert len(lines) > 80
    environment = {'PATH': f'{ROOT}/.venv/bin:/usr/bin:/bin', 'ST_AUTH': settings.url('swift', '/auth/v1.0'),
                   'ST_USER': 'demo:demo', 'ST_KEY': settings.password('demo'), 'ADMIN_KEY': settings.password('admin')}
    done = alone.run('bash', '-e', '-u', '-o', 'pipefail', '-x', '-c', '\n'.join(lines), env=environment, cwd=tmp_path)
    out = done.stdout
    # What the comments promise.
    assert out.splitlines().count('412') == 1, out
    assert out.splitlines().count('413') == 1, out
    assert '<h1>Welcome</h1>' in out and 'Lost?' in out, out
    assert '0 differences found' in done.stderr, done.stderr
    assert 'application/symlink' in out, out
    assert 'Response Status: 201 Created' in out and 'Number Deleted: 2' in out, out


def test_the_page_of_s3_is_right(alone, tmp_path):
    settings = Settings.load(Layout(alone.directory))
    text = (ROOT / 'docs' / 's3.md').read_text(encoding='utf-8')
    part = text[text.index('\n## First use'):text.index('\n## What is there')]
    where = settings.url('swift', '')
    lines = [line.replace('http://127.0.0.1:8080', where) for line in re.findall(r'^ {4}(.*)$', part, re.MULTILINE)]
    python, = re.findall(r'^```python\n(.*?)^```$', part, re.MULTILINE | re.DOTALL)
    # This rclone takes no bundle of authorities, even where none is needed.
    lines = ['unset AWS_CA_BUNDLE', *lines]
    lines += [f"python - <<'END'\n{python.replace('http://127.0.0.1:8080', where)}END"]
    done = alone.run('bash', '-e', '-u', '-o', 'pipefail', '-x', '-c', '\n'.join(lines), cwd=tmp_path, env={
        'PATH': f'{ROOT}/.venv/bin:/usr/bin:/bin', 'ST_AUTH': settings.url('swift', '/auth/v1.0'),
        'ST_USER': 'demo:demo', 'ST_KEY': settings.password('demo'), 'AWS_EC2_METADATA_DISABLED': 'true'})
    for promised in ('letters/hello.txt', 'Hello, bucket.', 'DeleteMarkers', '<Key>tree/large.bin</Key>', "b'Hello'",
                     'Content Length: 20000000'):
        assert promised in done.stdout, done.stdout
    assert '0 differences found' in done.stderr, done.stderr
