"""Tokens of consoles: 128 random bits in a URL, of which the database keeps only a digest."""
import datetime
import hashlib

from oslo_config import cfg

from essex import config, db
from nova.db import consoles

OPTS = [cfg.IntOpt('console_token_ttl', default=600, min=1, help='Seconds for which a console URL can be opened.')]
CONF = config.register(OPTS)


def digest(token):
    """What is kept of a token. Looking digests up takes the same time however much of a guess is right."""
    return hashlib.sha256(token.encode('utf-8', 'surrogateescape')).hexdigest()


def authorize(token, instance_uuid, console_type, host, port, internal_access_path=None):
    """Let `token` open a console for console_token_ttl seconds."""
    expires = db.utcnow() + datetime.timedelta(seconds=CONF.console_token_ttl)
    consoles.store(digest(token), instance_uuid, console_type, host, port, internal_access_path, expires)


def check(token):
    """The ConsoleToken row that `token` opens, or None."""
    return consoles.valid(digest(token)) if token and len(token) <= 255 else None
