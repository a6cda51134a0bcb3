"""The log of a guest's serial console: a file that QEMU appends to."""
import os


def tail(path, max_bytes):
    """The last bytes of a log; empty without one."""
    try:
        with open(path, 'rb') as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - max_bytes))
            return file.read(max_bytes)
    except FileNotFoundError:
        return b''


def cut(path, maximum):
    """Keep the last quarter of `maximum` bytes of a log that is longer. What is written meanwhile may be lost."""
    try:
        with open(path, 'r+b') as file:
            size = os.fstat(file.fileno()).st_size
            if size <= maximum:
                return
            file.seek(size - maximum // 4)
            kept = file.read()
            file.truncate(0)
            file.seek(0)
            file.write(kept)
    except FileNotFoundError:
        return
