"""The differences of a comparison that are meant."""
import pathlib

from tests.fixtures import identity_meant
from tests.fixtures.differences import Ledger, Meant

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / 'docs' / 'identity-resources.md'

_MEANT = [Meant('names are long', r'^GET /names', 'status 400'), Meant('colours', r'/colours$'), Meant('old', '/gone')]


def test_what_is_meant_is_counted_and_the_rest_is_told():
    ledger = Ledger(_MEANT)
    assert ledger.unexplained('GET /names', ["status 400 'x' is 200 ''"]) == []
    assert ledger.unexplained('POST /names', ['status 400']) == ['status 400']
    assert ledger.unexplained('GET /colours', ['lacks red', 'adds blue']) == []
    assert ledger.unexplained('GET /names', ['status 400', 'status 500']) == ['status 500']
    assert ledger.meant == 2


def test_an_entry_that_explains_nothing_is_told():
    ledger = Ledger(_MEANT)
    ledger.unexplained('GET /names', ['status 400'])
    assert [each.reason for each in ledger.stale()] == ['colours', 'old']


def test_what_is_meant_of_the_identity_service_is_in_its_document():
    rows = {line.split(' | ')[0].removeprefix('| ') for line in DOCUMENT.read_text(encoding='utf-8').splitlines()
            if line.startswith('| ')}
    assert [each.reason for each in identity_meant.MEANT if each.reason not in rows] == []
