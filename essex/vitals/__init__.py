"""What a process tells about itself with each sign of life: counters of its work, facts, its last errors.

    vitals.tell('database', lambda: facts.describe('nova'))       # looked at now and then
    vitals.tell('messaging', rpc.facts, every=0)                  # at each sign of life: it must not wait for anybody

A fact is anything JSON-able without a secret in it: whoever may ask the operator API reads it.
"""
import logging
import time

from essex import concurrency

LOG = logging.getLogger(__name__)

USUAL_SECONDS = 30
_facts = {}


class _Fact:
    def __init__(self, function, every):
        self.function, self.every = function, every
        self.due, self.value = 0, None

    def look(self):
        self.due = time.monotonic() + self.every
        try:
            self.value = self.function()
        except Exception as error:
            # Its class alone: the text of a database's error may hold how it was reached.
            self.value = {'unknown': type(error).__name__}
            LOG.debug('a fact is not known', exc_info=error)


def tell(name, function, every=USUAL_SECONDS):
    """Publish what `function()` returns as fact `name`, looked at every `every` seconds in a thread of its own; with 0
    at each sign of life, and then it must answer at once."""
    _facts[name] = _Fact(function, every)


def facts():
    """{name: value} as last seen."""
    for fact in _facts.values():
        if not fact.every:
            fact.look()
    return {name: fact.value for name, fact in _facts.items() if fact.value is not None}


def keep_looking():
    """Look at the slow facts when they are due, for ever: the work of a thread."""
    while True:
        for fact in list(_facts.values()):
            if fact.every and time.monotonic() >= fact.due:
                fact.look()
        concurrency.sleep(1)


def forget():
    """Tell nothing any more (forked children, tests)."""
    _facts.clear()
