"""The figures daemons leave for recon: one JSON file a server type, merged by key."""
import fcntl
import json
import os


def dump(directory, kind, values):
    """Merge `values` into `<directory>/<kind>.recon` (kind: account, container, object, drive).

    A value that is a dict is merged one level deep; an empty dict removes its key.
    """
    os.makedirs(directory, exist_ok=True)
    path = os.path.join(directory, f'{kind}.recon')
    with open(f'{path}.lock', 'w', encoding='utf-8') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        merged = read(directory, kind)
        for name, value in values.items():
            if value == {}:
                merged.pop(name, None)
            elif isinstance(value, dict) and isinstance(merged.get(name), dict):
                merged[name] = {**merged[name], **value}
            else:
                merged[name] = value
        with open(f'{path}.new', 'w', encoding='utf-8') as file:
            json.dump(merged, file)
        os.replace(f'{path}.new', path)


def read(directory, kind):
    """All figures of a kind; none when nothing was left or the file is broken."""
    try:
        with open(os.path.join(directory, f'{kind}.recon'), encoding='utf-8') as file:
            found = json.load(file)
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
