"""The driver's files: written whole or not at all, since a kill may come at any moment."""
import contextlib
import os

from nova.network.options import CONF


def path(name):
    """The path of a file of the driver, its directory made."""
    os.makedirs(CONF.networks_path, exist_ok=True)
    return os.path.join(os.path.abspath(CONF.networks_path), name)


def read(where):
    """The text of a file; None when there is none."""
    try:
        with open(where, encoding='utf-8') as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(where, text):
    """Make `text` the content of a file; True when it was another before."""
    if read(where) == text:
        return False
    temporary = f'{where}.new'
    with open(temporary, 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(temporary, where)
    return True


def remove(where):
    """Have no such file."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(where)


def set_kernel(name, value):
    """Set a file below /proc/sys/net (of this network namespace)."""
    where = f'/proc/sys/net/{name}'
    if read(where).strip() != value:
        with open(where, 'w', encoding='ascii') as file:
            file.write(value)
