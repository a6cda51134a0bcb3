"""`keystone-manage doctor`: what is wrong with this installation, and what to do about it.

A module an area; its checks are functions that yield Findings. A check that fails is itself a finding.
"""
import dataclasses

ERROR, WARNING = 'error', 'warning'


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is wrong: an ERROR keeps the service or its users from working, a WARNING will, or is a risk."""

    level: str
    text: str
    remedy: str


def error(text, remedy):
    """A Finding that is an error."""
    return Finding(ERROR, text, remedy)


def warning(text, remedy):
    """A Finding that is a warning."""
    return Finding(WARNING, text, remedy)
