"""Who may do what with images: defaults, which an operator's file overrides.

Whether a caller sees an image at all is not asked here: that is decided in glance/db/visibility.py, and an
image one may not see does not exist.
"""
import functools

from essex.policy import Enforcer
from glance.policies import RULES


@functools.cache
def enforcer():
    """The rules of this process."""
    return Enforcer(RULES)


def enforce(context, name, image=None, **more):
    """Raise Forbidden unless `context` may do `name` to `image`; `more` joins what rules can compare with."""
    enforcer().enforce(context, name, {**(image.target if image is not None else {}), **more})


def allows(context, name, image=None):
    """Whether `context` may do `name` to `image`."""
    return enforcer().check(context, name, image.target if image is not None else {})
