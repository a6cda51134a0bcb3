"""What the documentation says is there: links, paths, commands, tests, diagrams, examples."""
import ast
import functools
import re

import pytest

from tests.fixtures.cloud import ROOT

PAGES = sorted([ROOT / 'README.md', *(ROOT / 'docs').glob('*.md')])
# Where a path in backticks can begin, as a repository path does.
_TOP = {path.name for path in ROOT.iterdir()} - {'var', '.venv', '.cache'}
# What a page tells the reader to make, and a file inside the guest.
_EXAMPLES = {'etc/rc', 'nova/db/migrations/versions/002_notes.py', 'nova/db/notes.py', 'nova/compute/notes.py',
             'nova/api/compute/notes.py', 'nova/notes/daemon.py', 'swift/middleware/motto.py'}
_FENCE = re.compile(r'^```(\w*)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r'^ {4}.*$', re.MULTILINE)

pytestmark = pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)


def text_of(page):
    return page.read_text(encoding='utf-8')


def prose_of(page):
    """The page without its blocks of code."""
    return _INDENTED.sub('', _FENCE.sub('', text_of(page)))


@functools.lru_cache(1)
def all_tests():
    return ''.join(path.read_text(encoding='utf-8') for path in (ROOT / 'tests').rglob('test_*.py'))


def anchor(heading):
    """The fragment that leads to a heading."""
    return re.sub(r'[^\w\- ]', '', heading.replace('`', '').strip().lower()).replace(' ', '-')


def anchors_of(page):
    headings = re.findall(r'^#+ (.+)$', _FENCE.sub('', text_of(page)), re.MULTILINE)
    return {anchor(heading) for heading in headings}


def test_links_lead_somewhere(page):
    for target in re.findall(r'\]\(([^)\s]+)\)', prose_of(page)):
        if re.match(r'[a-z]+:', target):
            continue
        name, _, fragment = target.partition('#')
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert not fragment or fragment in anchors_of(there), target


def test_paths_exist(page):
    for quoted in re.findall(r'`([^`\n]+)`', prose_of(page)):
        path = quoted.split()[0].rstrip('/.,:')
        if '/' not in path or path.split('/')[0] not in _TOP or path in _EXAMPLES:
            continue
        if re.search(r'[A-Z]{3,}|…', path):
            continue   # a word to be replaced
        assert list(ROOT.glob(path)), f'{quoted} in {page.name}'


def test_commands_exist(page):
    text = text_of(page)
    for command in re.findall(r'(?<![\w./-])((?:bin|tools|benchmarks)/[a-z][\w-]*(?:\.\w+)?)', text):
        assert (ROOT / command).exists(), command
    for command in re.findall(r'\b((?:keystone|glance|nova)-manage)\b', text):
        assert (ROOT / 'bin' / command).exists(), command
    for name in re.findall(r'\b[\w-]+\.service\b', prose_of(page)):
        assert (ROOT / 'etc' / 'systemd' / name).exists(), name


def test_tests_exist(page):
    for name in re.findall(r'\b(test_\w+)\b(?!\.py|\*)', prose_of(page)):
        assert re.search(rf'def {name}\(', all_tests()), name
    for name in re.findall(r'\b(test_\w+\.py)', prose_of(page)):
        assert list((ROOT / 'tests').rglob(name)), name


def test_diagrams_are_not_empty(page):
    for language, content in _FENCE.findall(text_of(page)):
        if language == 'mermaid':
            assert re.match(r'(flowchart|sequenceDiagram|stateDiagram)', content) and len(content.splitlines()) > 3


def test_examples_compile(page):
    for language, content in _FENCE.findall(text_of(page)):
        if language == 'python':
            ast.parse(content)


def test_subcommands_of_essex_exist(page):
    from essex.cloud.cli import parser
    known = next(action.choices for action in parser()._actions if action.dest == 'command')
    used = re.findall(r'(?:bin/essex|`essex)(?: --state-dir \S+)? ([a-z]+)', text_of(page))
    assert set(used) <= set(known)
