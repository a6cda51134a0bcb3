"""Configuration: overrides of a test do not leak into the next."""
from essex import config


def test_an_override_holds(conf):
    conf.set('debug', True)
    assert config.CONF.debug is True


def test_and_is_gone_in_the_next_test(conf):
    assert config.CONF.debug is False
