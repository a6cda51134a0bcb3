"""The locks of the log: native ones, as native threads log too."""
import logging


def make(new_lock):
    """Have the module logging and its handlers, those to come included, use locks of new_lock().

    A green lock knows green threads of one native thread. Another one that lets it go wakes nobody, and who waits for
    it after that waits for good: the process stands still at its next line of log.
    """
    def create_lock(handler):
        handler.lock = new_lock()
        logging._register_at_fork_reinit_lock(handler)

    logging.Handler.createLock = create_lock
    logging._lock = new_lock()
    for handler in [reference() for reference in logging._handlerList]:
        if handler is not None and handler.lock is not None:
            handler.createLock()
