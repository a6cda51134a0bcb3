"""Errors of a handler, as data and back: by type when it is one of ours, else as RemoteError.

Only subclasses of EssexError from the modules below are made from a message; nothing else is imported or
constructed, whatever the message says.
"""
import importlib
import sys
import traceback

from essex import exception
from essex.rpc import errors, serializer

ALLOWED_PACKAGES = ('essex', 'keystone', 'glance', 'nova', 'swift', 'horizon', 'quantum')
_TEXT_LIMIT = 16384


def dump(error):
    """A dict for `error`, with its traceback."""
    lines = ''.join(traceback.format_exception(type(error), error, error.__traceback__))
    return {'module': type(error).__module__, 'name': type(error).__qualname__,
            'text': str(error)[:_TEXT_LIMIT],
            'state': _sendable(vars(error)) if isinstance(error, exception.EssexError) else {},
            'traceback': lines[-_TEXT_LIMIT:]}


def load(data):
    """The exception to raise for what `dump` made; its traceback there is a note of it."""
    kind = _known_class(data.get('module'), data.get('name'))
    if kind is None:
        error = errors.RemoteError(data.get('name'), data.get('text'), data.get('traceback', ''))
    else:
        # Not through __init__: a subclass may have its own arguments, and its text is made already.
        error = kind.__new__(kind)
        Exception.__init__(error, data['text'])
        state = data.get('state')
        error.__dict__.update(state if isinstance(state, dict) else {})
        error.__dict__.setdefault('kwargs', {})
    error.add_note(f'In the other daemon:\n{data.get("traceback", "").rstrip()}')
    return error


def _sendable(state):
    """`state` with what cannot be sent as text; an error must reach its caller."""
    result = {}
    for key, value in state.items():
        if key.startswith('__'):
            continue   # notes of earlier hops are in the traceback
        if isinstance(value, dict):
            result[key] = _sendable({str(name): each for name, each in value.items()})
            continue
        try:
            serializer.dumps(value)
            result[key] = value
        except errors.SerializationError:
            result[key] = str(value)
    return result


def _known_class(module, name):
    if not isinstance(module, str) or not isinstance(name, str):
        return None
    if module.split('.')[0] not in ALLOWED_PACKAGES:
        return None
    # Importing has side effects, so only modules that hold errors by convention are imported for one.
    if module not in sys.modules and module.rsplit('.', 1)[-1] in ('exception', 'errors'):
        try:
            importlib.import_module(module)
        except ImportError:
            return None
    kind = sys.modules.get(module)
    for part in name.split('.'):
        kind = getattr(kind, part, None)
    if isinstance(kind, type) and issubclass(kind, exception.EssexError):
        return kind
    return None
