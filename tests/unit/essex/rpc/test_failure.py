"""Errors as data and back."""
import sys

import pytest

from essex import exception
from essex.rpc import errors, failure, serializer
from nova import exception as nova_exception


def cross(error):
    try:
        raise error
    except Exception as raised:
        return failure.load(serializer.loads(serializer.dumps(failure.dump(raised))))


def test_a_class_of_a_service_with_its_values():
    found = cross(nova_exception.InstanceNotFound('No server x.', server='x'))
    assert (type(found), str(found), found.kwargs) == \
        (nova_exception.InstanceNotFound, 'No server x.', {'server': 'x'})


def test_a_text_with_percent_signs():
    assert str(cross(exception.Conflict('100%s full'))) == '100%s full'


def test_a_value_that_cannot_be_sent_arrives_as_text():
    found = cross(exception.Conflict('x', thing=object(), fine=1))
    assert found.kwargs['fine'] == 1 and found.kwargs['thing'].startswith('<object object')


def test_an_error_of_its_own_constructor():
    found = cross(errors.RemoteError('KeyError', "'x'", 'trace'))
    assert (found.exc_type, found.value, found.traceback) == ('KeyError', "'x'", 'trace')
    assert cross(exception.OverLimit(retry_after=5)).headers == {'Retry-After': '5'}


def test_a_nested_class_of_a_module_that_is_not_imported_yet_is_not_imported():
    data = {'module': 'essex.cloud.nothing_here', 'name': 'Error', 'text': 'x', 'traceback': ''}
    assert isinstance(failure.load(data), errors.RemoteError)


@pytest.mark.parametrize(('module', 'name'), [
    ('builtins', 'SystemExit'), ('os', 'system'), ('essex.exception', 'logging'), ('essex.config', 'CONF'),
    ('essex.rpc.server', 'Server'), ('essex.exception', '__name__'), ('nova.cmd.exception', 'X'),
    ('this.exception', 'X'), (None, None), ('essex.exception', 7), ('essexy.exception', 'NotFound'),
    ('essex..exception', 'NotFound'), ('', '')])
def test_nothing_else_is_made_from_a_message(module, name):
    before = set(sys.modules)
    found = failure.load({'module': module, 'name': name, 'text': 'x', 'traceback': '', 'state': {'args': 1}})
    assert isinstance(found, errors.RemoteError)
    assert 'this' not in set(sys.modules) - before


def test_a_long_text_is_cut():
    assert len(str(cross(exception.Conflict('x' * 100000)))) == 16384
