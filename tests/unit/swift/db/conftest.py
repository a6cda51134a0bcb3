import uuid

import pytest

from swift.db import sqlite
from swift.db.account import AccountBroker
from swift.db.container import ContainerBroker


@pytest.fixture
def make(tmp_path):
    """make('container'|'account') creates a database at second 1."""
    def build(kind='container', create='0000000001.00000', policy=0):
        name = uuid.uuid4().hex
        path = str(tmp_path / 'sda' / f'{kind}s' / '7' / name[-3:] / name / f'{name}.db')
        (tmp_path / 'sda').mkdir(exist_ok=True)
        broker = ContainerBroker(path, 'a', 'c') if kind == 'container' else AccountBroker(path, 'a')
        if create:
            broker.initialize(create, policy)
        return broker
    yield build
    sqlite.forget()
