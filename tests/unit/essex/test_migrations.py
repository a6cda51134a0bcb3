"""Migrations of all services."""
import collections

from tests.fixtures.cloud import ROOT


def test_no_two_services_have_a_migration_of_the_same_name():
    """sqlalchemy-migrate imports each under its file's name alone: in one process the later would replace the other."""
    names = collections.Counter(path.name for path in ROOT.glob('*/db/migrations/versions/[0-9]*.py'))
    assert [name for name, count in names.items() if count > 1] == []
