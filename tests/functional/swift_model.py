"""What an object store may show after operations of which some failed: the model beside the randomised run.

A state of an object is None (there is none) or a State. What was acknowledged is certain; what was answered 5xx may or
may not have happened, and may still come to light when a node is back. Certainty comes with the next acknowledged
change, which is newer than everything before it.
"""
import collections
import hashlib

# `body` as a client gets it; `colour` the value of X-Object-Meta-Colour, or None.
State = collections.namedtuple('State', 'body colour')


def etag(body):
    return hashlib.md5(body).hexdigest()


class Model:
    """`allowed` and `history`: {(container, name): {state}}: what may be there, and what ever may have been."""

    def __init__(self):
        self.allowed = collections.defaultdict(lambda: {None})
        self.history = collections.defaultdict(lambda: {None})

    def _certain(self, key, states):
        self.allowed[key] = set(states)
        self.history[key] |= self.allowed[key]

    def _possible(self, key, states):
        self._certain(key, self.allowed[key] | set(states))

    def put(self, key, state, status):
        """An object was uploaded, and this was answered (0: nothing)."""
        (self._certain if status == 201 else self._possible)(key, {state})

    def delete(self, key, status):
        # Tombstones are written where there was nothing, too.
        (self._certain if status in (204, 404) else self._possible)(key, {None})

    def post(self, key, colour, status):
        """Metadata was set: whatever is there gets it, when it is there."""
        changed = {state and state._replace(colour=colour) for state in self.allowed[key]}
        # A node that missed newer data takes it as well, for what it has.
        self.history[key] |= {state and state._replace(colour=colour) for state in self.history[key]}
        if status == 202:
            self._certain(key, changed)
        else:
            # 404 too: nodes that had the object have taken it.
            self._possible(key, changed)

    def copy(self, source, target, status, tag=None):
        """An object was copied; `tag` is the ETag of the copy."""
        known = {state for state in self.history[source] if state}
        if status == 201:
            matching = {state for state in known if etag(state.body) == tag}
            assert matching, f'a copy of {source} is nothing that {source} ever was'
            self._certain(target, matching)
        elif status != 404:
            self._possible(target, known)

    def copied_onto_itself(self, key, status):
        """An object was copied over itself: nothing of it changes, but what is there now is certain to be."""
        known = {state for state in self.allowed[key] if state}
        (self._certain if status == 201 and known else self._possible)(key, known)

    def see(self, key, state, strictly):
        """What a client was shown; `strictly` when nothing is broken that could hide the newest."""
        among = self.allowed[key] if strictly else self.history[key]
        assert state in among, f'{key}: {shown(state)} is none of {[shown(each) for each in among]}'

    def settled(self, key, state):
        """This is what there is, now that all nodes agree."""
        self.see(key, state, strictly=True)
        self._certain(key, {state})

    def existing(self):
        """Names that may be there."""
        return sorted(key for key, states in self.allowed.items() if states != {None})


def shown(state):
    """A state for people."""
    return state and f'{len(state.body)} bytes {etag(state.body)[:8]} {state.colour}'
