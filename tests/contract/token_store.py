"""What every store of UUID tokens does."""
import dataclasses
import time

import pytest

from keystone.exception import TokenNotFound
from keystone.token.model import Claims, new_audit_id
from keystone.token.stored import StoredProvider


class TokenStoreContract:
    """Tests for a fixture `store`, a TokenStore."""

    def claims(self, **more):
        return dataclasses.asdict(Claims('u' * 32, ['password'], [new_audit_id()], 1700000000, time.time() + 60,
                                         **more))

    def test_what_is_put_is_got_until_it_is_removed(self, store):
        claims, other = self.claims(project_id='p' * 32, group_ids=['ä']), self.claims(system=True)
        store.put('1' * 32, 'u' * 32, claims, time.time() + 60)
        store.put('2' * 32, 'u' * 32, other, time.time() + 60)
        assert store.get('1' * 32) == claims and store.get('2' * 32) == other
        assert store.get('3' * 32) is None
        store.remove('1' * 32)
        store.remove('1' * 32)
        assert store.get('1' * 32) is None and store.get('2' * 32) == other

    def test_what_is_over_is_gone(self, store):
        store.put('1' * 32, 'u' * 32, self.claims(), time.time() - 1)
        store.put('2' * 32, 'u' * 32, self.claims(), time.time() + 60)
        assert store.get('1' * 32) is None
        assert store.flush() in (1, None)
        assert store.flush() in (0, None)
        assert store.get('2' * 32) is not None

    def test_a_provider_over_it_gives_tokens_of_the_old_form(self, store):
        provider = StoredProvider.__new__(StoredProvider)
        provider.store = store
        claims = Claims('u' * 32, ['password'], [new_audit_id()], int(time.time()), time.time() + 60, trust_id='t' * 32)
        token_id = provider.encode(claims)
        assert len(token_id) == 32 and provider.decode(token_id) == claims
        for odd in ('', 'x', token_id[:-1], token_id + '0', token_id.upper() + '\n', token_id[:-1] + ' ', 'ä' * 32):
            with pytest.raises(TokenNotFound):
                provider.decode(odd)
        provider.forget(token_id)
        with pytest.raises(TokenNotFound):
            provider.decode(token_id)
