"""Letting others act in one's place: trusts, application credentials, OAuth1 access tokens."""
