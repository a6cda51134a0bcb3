"""Conditions of requests."""
import pytest

from swift import conditions

_NOW = 1700000000
_DATES = ('1', 'x', 'Mon, 99 Foo 99999 99:99:99 GMT',
          'Mon, 01 Jan 99999999999 00:00:00 GMT', 'Thu, 01 Jan 1970 99999999999999:00:00', '\xff')


@pytest.mark.parametrize('date', _DATES)
def test_dates_that_are_none_mean_nothing(date):
    for name in ('HTTP_IF_MODIFIED_SINCE', 'HTTP_IF_UNMODIFIED_SINCE'):
        assert conditions.failing({'REQUEST_METHOD': 'GET', name: date}, ['e'], _NOW) is None
    assert not conditions.range_holds({'HTTP_IF_RANGE': date}, ['e'], _NOW)


def test_a_tag_counts_more_than_a_date():
    date = 'Tue, 14 Nov 2023 22:13:20 GMT'
    assert conditions.seconds(date) == _NOW
    environ = {'REQUEST_METHOD': 'GET', 'HTTP_IF_NONE_MATCH': '"other"', 'HTTP_IF_MODIFIED_SINCE': date}
    assert conditions.failing(environ, ['e'], _NOW) is None
    environ = {'REQUEST_METHOD': 'GET', 'HTTP_IF_MATCH': 'W/"e"', 'HTTP_IF_UNMODIFIED_SINCE': date}
    assert conditions.failing(environ, ['e'], _NOW + 1) is None


def test_a_write_is_refused_where_a_read_is_not_modified():
    for method, status in (('GET', 304), ('HEAD', 304), ('PUT', 412)):
        assert conditions.failing({'REQUEST_METHOD': method, 'HTTP_IF_NONE_MATCH': '*'}, ['e'], _NOW) == status
