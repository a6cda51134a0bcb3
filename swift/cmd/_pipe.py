"""Commands whose reader (head, less) may go away before they are through."""
import functools
import os
import sys


def patient(main):
    """`main` that ends in peace, with 0, when nobody reads its output any longer."""
    @functools.wraps(main)
    def run(argv=None):
        try:
            code = main(argv)
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            # Python flushes once more at its end, and must find somebody who listens.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
    return run
