import pytest

from tests.unit.swift.obj.node import Node


@pytest.fixture
def node(tmp_path):
    return Node(tmp_path)
