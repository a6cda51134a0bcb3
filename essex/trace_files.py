"""Reading the spans that essex.trace writes: those of one request, and the newest requests.

The files are only searched for bytes, and only lines that match are parsed: 16 MB take some 10 ms.
"""
import glob
import os

import orjson

from essex import concurrency

_BLOCK = 1 << 20
# How far back the newest requests are looked for, in each file.
_TAIL, _STEP = 2 << 20, 256 << 10


def find(request_id, directory):
    """All spans of `request_id` and of the requests it caused, oldest first."""
    found, wanted, known = {}, {request_id}, set()
    oldest = 0
    while wanted - known:
        new = wanted - known
        known |= new
        needles = [f'"{each}"'.encode() for each in new]
        for path in _files(directory, oldest):
            for line in _lines_with(path, needles):
                span = _parse(line)
                # The id may stand in what a user calls something.
                if span and (span['request'] in known or span.get('global') in known):
                    found[span['id']] = span
                    wanted.add(span['request'])
        if found:
            # What was rotated away before the request began has nothing of it.
            oldest = min(span['start'] for span in found.values())
    return sorted(found.values(), key=lambda each: each['start'])


def recent(directory, limit=50, wanted=lambda span: True):
    """The first spans of the newest requests that came from outside and are `wanted`, newest first."""
    found = []
    for path in _files(directory):
        mine = []
        for line in _lines_backwards(path):
            # Before parsing: most lines are of the requests that these caused.
            span = _parse(line) if b'"parent":null' in line and b'"kind":"http"' in line else None
            if span and wanted(span):
                mine.append(span)
                if len(mine) == limit:
                    break
        found += mine
    return sorted(found, key=lambda each: -each['start'])[:limit]


def _files(directory, since=0):
    """The files that were written to after `since`."""
    found = []
    for path in sorted(glob.glob(os.path.join(glob.escape(str(directory)), '*.jsonl*'))):
        try:
            if os.path.getmtime(path) >= since:
                found.append(path)
        except FileNotFoundError:
            continue   # just replaced by a newer one
    return found


def _lines_with(path, needles):
    """The lines of a file in which one of `needles` stands."""
    try:
        with open(path, 'rb') as file:
            rest = b''
            while block := file.read(_BLOCK):
                block = rest + block
                end = block.rfind(b'\n') + 1
                rest = block[end:]
                yield from _matching(block, end, needles)
                concurrency.sleep(0)   # others may be served
    except FileNotFoundError:
        return


def _matching(block, end, needles):
    starts = set()
    for needle in needles:
        at = block.find(needle, 0, end)
        while at >= 0:
            start = block.rfind(b'\n', 0, at) + 1
            starts.add(start)
            at = block.find(needle, block.find(b'\n', at), end)
    for start in sorted(starts):
        yield block[start:block.find(b'\n', start)]


def _lines_backwards(path):
    """The lines of the last _TAIL bytes of a file, the last first."""
    try:
        with open(path, 'rb') as file:
            end = os.fstat(file.fileno()).st_size
            first, rest = max(0, end - _TAIL), b''
            while end > first:
                start = max(first, end - _STEP)
                file.seek(start)
                rest, *lines = (file.read(end - start) + rest).split(b'\n')
                yield from reversed(lines)
                end = start
                concurrency.sleep(0)
            yield rest
    except FileNotFoundError:
        return


def _parse(line):
    try:
        span = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None   # the line a killed process was writing, or the end of one
    return span if isinstance(span, dict) and 'request' in span else None
