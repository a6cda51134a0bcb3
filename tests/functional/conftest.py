"""Fixtures of the functional tests."""
from tests.fixtures.hypervisor import node

__all__ = ['node']
