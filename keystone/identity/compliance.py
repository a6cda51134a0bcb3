"""[security_compliance]: what passwords have to be like, how long they hold, and when an account rests."""
import datetime
import re

from oslo_config import cfg, types

from essex import config, db
from essex.exception import ConfigError
from keystone.exception import (
    PasswordLocked,
    PasswordTooWeak,
    PasswordTooYoung,
    PasswordUsedBefore,
)

OPTS = [
    cfg.IntOpt('disable_user_account_days_inactive', min=1,
               help='Days without a log-in after which an account counts as disabled. Unset: never.'),
    cfg.IntOpt('lockout_failure_attempts', min=1,
               help='Failed log-ins in a row after which an account is locked. Unset: never.'),
    cfg.IntOpt('lockout_duration', default=1800, min=1,
               help='Seconds a locked account stays locked after the last failure.'),
    cfg.IntOpt('password_expires_days', min=1, help='Days a new password holds. Unset: for ever.'),
    cfg.IntOpt('unique_last_password_count', default=0, min=0,
               help='How many passwords, the one in force included, a user may not choose again. 0: any may be.'),
    cfg.IntOpt('minimum_password_age', default=0, min=0,
               help='Days before a user may change a password that he chose himself.'),
    cfg.StrOpt('password_regex', help='Regular expression a new password has to match, from its beginning.'),
    cfg.StrOpt('password_regex_description', help='What users are told about password_regex.'),
    cfg.ListOpt('report_invalid_password_hash', default=[], item_type=types.String(choices=['event']),
                help='event: notifications of failed log-ins hold a hash of the password that was tried. Always the '
                     'same one tells of a program with an old password, ever others of guesses.'),
    cfg.StrOpt('invalid_password_hash_secret_key', secret=True,
               help='Key of that hash, needed for it; 16 bytes or more, the same on every node.'),
    cfg.StrOpt('invalid_password_hash_function', default='sha256',
               help='Function of that hash (HMAC): a name that Python\'s hashlib.new() knows.'),
    cfg.IntOpt('invalid_password_hash_max_chars', min=1, max=1024,
               help='Characters of the hash that are told; unset: all. The fewer, the less it tells of the password.'),
    cfg.BoolOpt('change_password_upon_first_use', default=False,
                help='Whether a password that an administrator set has to be changed before it is good for a token.'),
]
CONF = config.register(OPTS, 'security_compliance')


def option(user, name):
    """A user option, False when it is not set."""
    return bool((user.get('options') or {}).get(name))


def check_pattern(password):
    """Raises PasswordTooWeak unless the password matches the site's pattern."""
    options = CONF.security_compliance
    if options.password_regex is None:
        return
    try:
        fits = re.match(options.password_regex, password)
    except re.error as error:
        raise ConfigError(f'[security_compliance] password_regex is not a regular expression: {error}') from error
    if not fits:
        raise PasswordTooWeak(detail=options.password_regex_description or 'the pattern of this cloud')


def expiry(user, self_service):
    """When a password that is set for `user` now ends: a naive UTC datetime, or None."""
    options, now = CONF.security_compliance, db.utcnow().replace(microsecond=0)
    first_use = options.change_password_upon_first_use and not self_service
    if first_use and not option(user, 'ignore_change_password_upon_first_use'):
        return now
    if options.password_expires_days is None or option(user, 'ignore_password_expiry'):
        return None
    return now + datetime.timedelta(days=options.password_expires_days)


def is_expired(user):
    """Whether the password of a full user is no longer good for a token."""
    expires = user.get('password_expires_at')
    return expires is not None and expires <= db.utcnow() and not option(user, 'ignore_password_expiry')


def check_own_change(user, used_before):
    """Raises what forbids `user` to choose another password himself. `used_before` tells whether he had it."""
    options = CONF.security_compliance
    if option(user, 'lock_password'):
        raise PasswordLocked()
    if options.unique_last_password_count and used_before(options.unique_last_password_count):
        raise PasswordUsedBefore(unique_count=options.unique_last_password_count)
    created = user.get('password_created_at')
    if options.minimum_password_age and user.get('password_self_service') and created is not None:
        left = created + datetime.timedelta(days=options.minimum_password_age) - db.utcnow()
        if left > datetime.timedelta():
            raise PasswordTooYoung(min_age_days=options.minimum_password_age, days_left=left.days)


def is_locked(user):
    """Whether too many failures in a row lock the account just now."""
    options = CONF.security_compliance
    if options.lockout_failure_attempts is None or option(user, 'ignore_lockout_failure_attempts'):
        return False
    failed_at = user.get('failed_auth_at')
    return ((user.get('failed_auth_count') or 0) >= options.lockout_failure_attempts and failed_at is not None
            and db.utcnow() - failed_at <= datetime.timedelta(seconds=options.lockout_duration))


def counts_failures(user):
    """Whether failed log-ins of this user are counted."""
    return (CONF.security_compliance.lockout_failure_attempts is not None
            and not option(user, 'ignore_lockout_failure_attempts'))


def failure_horizon():
    """Failures before this moment have been paid for."""
    return db.utcnow() - datetime.timedelta(seconds=CONF.security_compliance.lockout_duration)


def is_inactive(user):
    """Whether an account has rested for so long that it counts as disabled."""
    days = CONF.security_compliance.disable_user_account_days_inactive
    if days is None or option(user, 'ignore_user_inactivity'):
        return False
    last = user.get('last_active_at') or user.get('created_at')
    return last is not None and (db.utcnow().date() - last.date()).days > days


def notes_activity(user):
    """Whether a log-in of today has to be written down: once a day is enough."""
    if CONF.security_compliance.disable_user_account_days_inactive is None:
        return False
    last = user.get('last_active_at')
    return last is None or last.date() < db.utcnow().date()
