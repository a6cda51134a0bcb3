"""A dictionary that survives the process: an append-only file of JSON lines, rewritten when mostly history.

What is written is safe from kill -9 of the process, not from a power failure (nothing is fsynced).
"""
import contextlib
import os

import orjson


class Records:
    """Keys are strings, values JSON-able. Without a path it is a plain dictionary."""

    def __init__(self, path=None):
        self._path = path
        self._file = None
        self._lines = 0
        self._values = {}
        if path:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            self._load()
            self._rewrite()

    def get(self, key, default=None):
        return self._values.get(key, default)

    def put(self, key, value):
        self._values[key] = value
        self._append([key, value])

    def remove(self, key):
        """Forget a key, known or not."""
        if key in self._values:
            del self._values[key]
            self._append([key])

    def under(self, prefix):
        """{rest of the key: value} of the keys that start with `prefix`."""
        return {key[len(prefix):]: value for key, value in self._values.items() if key.startswith(prefix)}

    def close(self):
        if self._file is not None:
            self._file.close()
            self._file = None

    def _load(self):
        try:
            with open(self._path, 'rb') as lines:
                for line in lines:
                    # The line a killed process was writing is no record.
                    with contextlib.suppress(orjson.JSONDecodeError):
                        self._apply(orjson.loads(line))
        except FileNotFoundError:
            return

    def _apply(self, record):
        if len(record) == 1:
            self._values.pop(record[0], None)
        else:
            self._values[record[0]] = record[1]

    def _rewrite(self):
        temporary = f'{self._path}.new'
        with open(temporary, 'wb') as file:
            file.writelines(orjson.dumps(item) + b'\n' for item in self._values.items())
        os.replace(temporary, self._path)
        self.close()
        self._file = open(self._path, 'ab', buffering=0)  # noqa: SIM115
        self._lines = len(self._values)

    def _append(self, record):
        if self._file is None:
            return
        self._file.write(orjson.dumps(record) + b'\n')
        self._lines += 1
        if self._lines > 1000 and self._lines > 8 * len(self._values):
            self._rewrite()
