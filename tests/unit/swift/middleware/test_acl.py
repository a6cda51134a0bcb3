"""Access lists of containers and accounts."""
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swift.middleware import acl

ANY_TEXT = st.text(st.characters(exclude_categories=('Cs',)))
NEAR_ACL = st.lists(st.sampled_from(['.r', '.ref', ':', ',', '*', '-', '.', ' ', 'a', 'AUTH_x', '.rlistings', '\x00']),
                    max_size=12).map(''.join)


@pytest.mark.parametrize('given_text, kept', [
    ('', ''),
    (' a , b:c ,,', 'a,b:c'),
    ('.r:*', '.r:*'),
    ('.ref:*, .referer:a.example, .referrer: - .example.com', '.r:*,.r:a.example,.r:-.example.com'),
    ('.r:*.example.com,.r:-*.bad.example', '.r:.example.com,.r:-.bad.example'),
    ('.r:*,.rlistings', '.r:*,.rlistings'),
    ('project:*', 'project:*'),
])
def test_a_read_list_is_kept_clean(given_text, kept):
    assert acl.clean_acl('X-Container-Read', given_text) == kept


@pytest.mark.parametrize('name, text', [
    ('X-Container-Write', '.r:*'), ('X-Container-Read', '.unknown:x'), ('X-Container-Read', '.r:'),
    ('X-Container-Read', '.r:-'), ('X-Container-Read', '.r:.'), ('X-Container-Read', '.r:*.'), ('x', '.:a')])
def test_what_means_nothing_is_refused(name, text):
    with pytest.raises(ValueError, match='ACL'):
        acl.clean_acl(name, text)


@pytest.mark.parametrize('referrer, rules, allowed', [
    (None, ['*'], True),
    (None, ['a.example'], False),
    ('http://a.example/x', ['a.example'], True),
    ('http://a.example:8080/x', ['a.example'], True),
    ('http://a.example@evil.example/', ['a.example'], False),
    ('http://evil.example/?a.example', ['a.example'], False),
    ('http://eviltrusted.example/', ['.trusted.example'], False),
    ('http://www.trusted.example/', ['.trusted.example'], True),
    ('http://www.trusted.example/', ['*', '-.trusted.example'], False),
    ('http://www.trusted.example/', ['-.trusted.example', '*'], True),
    ('http://[', ['a.example'], False),
    ('unknown', [], False),
])
def test_the_last_rule_that_fits_decides(referrer, rules, allowed):
    assert acl.referrer_allowed(referrer, rules) is allowed


@given(st.one_of(ANY_TEXT, NEAR_ACL))
def test_cleaning_is_stable_and_parsing_never_fails(text):
    try:
        cleaned = acl.clean_acl('X-Container-Read', text)
    except ValueError:
        return
    assert acl.clean_acl('X-Container-Read', cleaned) == cleaned
    referrers, groups = acl.parse_acl(cleaned)
    assert '' not in groups
    acl.referrer_allowed('http://x.example', referrers)


@given(st.one_of(ANY_TEXT, NEAR_ACL))
def test_a_write_list_never_opens_to_referrers(text):
    try:
        cleaned = acl.clean_acl('X-Container-Write', text)
    except ValueError:
        return
    assert not acl.parse_acl(cleaned)[0]


@given(ANY_TEXT, st.one_of(ANY_TEXT, NEAR_ACL))
def test_referrers_of_any_kind_are_answered(referrer, rules):
    assert acl.referrer_allowed(referrer, acl.parse_acl(rules)[0]) in (True, False)


class TestAccountAcl:
    def test_the_three_lists(self):
        lists = {'admin': ['a'], 'read-write': ['b'], 'read-only': ['é']}
        assert acl.parse_account_acl(json.dumps(lists)) == lists
        assert acl.format_account_acl(lists).isascii()
        assert acl.account_acl({'sysmeta': {'core-access-control': acl.format_account_acl(lists)}}) == lists

    @pytest.mark.parametrize('text', ['{', '[]', '"x"', '1', '{"other": []}', '{"admin": "a"}', '{"admin": [1]}',
                                      '{"admin": null}', '[' * 100000, 'NaN'])
    def test_anything_else_is_refused(self, text):
        with pytest.raises(ValueError, match=r'.'):
            acl.parse_account_acl(text)

    @pytest.mark.parametrize('text', ['', ' ', '{}', '{"admin": []}'])
    def test_empty_lists_are_none(self, text):
        assert acl.format_account_acl(acl.parse_account_acl(text)) == ''

    def test_what_cannot_be_read_grants_nothing(self):
        assert acl.account_acl({'sysmeta': {'core-access-control': '{broken'}}) is None
        assert acl.account_acl({}) is None
