"""Threads that fit the process: green where it is patched, native elsewhere (gunicorn, tests).

The primitives of `threading` are right in both, since patching makes them green.
"""
import threading

from essex import concurrency


def start(name, function, *args):
    """Run `function(*args)` beside the caller."""
    if concurrency.patched():
        concurrency.spawn(function, *args)
    else:
        threading.Thread(target=function, args=args, name=name, daemon=True).start()
