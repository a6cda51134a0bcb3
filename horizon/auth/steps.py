"""Log-ins that take a further step: a passcode, a new password. What is known so far waits in the session."""
import time

_KEY = 'pending'
_MINUTES = 10
_LONGEST_DRAFT = 1500
_REASONS = ('passcode', 'expired')


def begin(request, error, asked):
    """Keep what a failed log-in (LoginFailed) needs to go on, without the password. Returns whether it can."""
    if error.reason not in _REASONS or (error.reason == 'expired' and not error.user_id):
        return False
    request.session.flush()
    request.session[_KEY] = {'step': error.reason, 'until': time.time() + 60 * _MINUTES, 'user_id': error.user_id,
                             'receipt': error.receipt,
                             **{name: asked[name] for name in ('region', 'domain', 'username', 'next')},
                             # A cookie holds no long one: it is lost then, the log-in is not.
                             'draft': asked['draft'] if len(asked['draft']) < _LONGEST_DRAFT else ''}
    return True


def pending(request, step):
    """What waits for a step; None when nothing does, or it is too late."""
    kept = request.session.get(_KEY)
    return kept if kept and kept['step'] == step and kept['until'] > time.time() else None
