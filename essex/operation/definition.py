"""What an operation is: its steps, where each runs, how it may end."""
import dataclasses
from collections.abc import Callable
from typing import Union

from essex.exception import EssexError


class Cancelled(EssexError):
    """The operation was asked to stop: it is unwound, and that is no failure."""

    message = 'The operation was cancelled.'


class Lost(EssexError):
    """Another process has taken the operation over: whoever sees this must not touch it any more."""

    message = 'Operation %(operation_id)s is run by another process now.'


class StepFailed(EssexError):
    """A step failed for a reason a user can read."""

    message = 'Step %(step)s failed: %(reason)s'


class Restart(EssexError):
    """Raised by a step: unwind down to step `to` and go forward from there again (another host, say)."""

    message = '%(reason)s'

    def __init__(self, to, reason):
        super().__init__(to=to, reason=reason)


@dataclasses.dataclass(frozen=True)
class Step:
    """One step. `at` is the queue it runs at, or a function of the operation's data that returns it.

    `undo` says that the executor has undo_<name>. `timeout` in seconds bounds one try of the step.
    """

    name: str
    at: Union[str, Callable[[dict], str]]
    undo: bool = False
    timeout: float = 600

    def queue(self, data):
        """The queue this step runs at."""
        return self.at(data) if callable(self.at) else self.at


class Definition:
    """A kind of operation.

    `max_attempts`: how often one step is begun before the operation is unwound; more than one begin means that a
    process died in it. A `persistent` operation is never unwound for an error: the step is tried again until it
    succeeds. `action` is the name users see.
    """

    def __init__(self, kind, steps, action=None, max_attempts=3, persistent=False):
        self.kind, self.steps, self.action = kind, tuple(steps), action or kind
        self.max_attempts, self.persistent = max_attempts, persistent
        self.positions = {step.name: index for index, step in enumerate(self.steps)}

    def first_queue(self, data):
        """The queue of the first step."""
        return self.steps[0].queue(data)


class Executor:
    """Does the steps of one kind of operation; `run` is a Run.

    Beside the methods below it has, for each step, <name>(run), which must be repeatable: it runs again when a crash
    cut it short; and for each step with an undo, undo_<name>(run), which must accept that the step did all of its
    work, some or nothing.

    The methods below are called inside the transaction that records the fact in the journal, so that what they write
    to the database holds exactly when the journal says so. They must do nothing but write to the database, bear a
    resource that is gone, and bear to be called again (the transaction may be repeated).
    """

    def starting(self, run, step):
        """`step` (a name) begins: show it."""

    def finished(self, run):
        """Every step is done."""

    def explain(self, run, error):
        """The operation fails, or does not get on, with `error`, but is not unwound yet: tell the user. Once."""

    def failed(self, run, error):
        """Everything is undone. The user has been told already when `run.told`."""

    def cancelled(self, run):
        """Everything is undone, because somebody asked for it."""
