"""Byte ranges: the Range header over a body of a known length, and the pieces of a multipart answer."""
import re
import uuid

MAX_RANGES = 50
MAX_OVERLAPS = 2
_SPEC = re.compile(r'(\d*)-(\d*)', re.ASCII)


def parse(header, length):
    """The half-open ranges [(start, stop)] a Range header asks of `length` bytes.

    None when the header is to be ignored (no bytes unit, malformed, too many or too overlapping ranges);
    an empty list when nothing can be satisfied (416).
    """
    unit, equals, specs = (header or '').partition('=')
    if not equals or unit.strip().lower() != 'bytes':
        return None
    found, count = [], 0
    for spec in specs.split(','):
        match = _SPEC.fullmatch(spec.replace(' ', ''))
        if not match or match.group() == '-' or len(spec) > 64:
            return None
        first, last = match.groups()
        if first and last and int(first) > int(last):
            return None
        count += 1
        wanted = _resolve(first, last, length)
        if wanted:
            found.append(wanted)
    if count > MAX_RANGES or _overlaps(found) > MAX_OVERLAPS:
        return None
    return found


def _resolve(first, last, length):
    if not first:
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(int(last) + 1, length) if last else length
    return (start, stop) if start < stop else None


def _overlaps(found):
    ordered = sorted(found)
    return sum(1 for before, after in zip(ordered, ordered[1:]) if after[0] < before[1])


class Multipart:
    """A multipart/byteranges answer: heads and boundaries around ranges, and the length of it all."""

    def __init__(self, ranges, length, content_type):
        self.boundary = uuid.uuid4().hex
        self.content_type = f'multipart/byteranges;boundary={self.boundary}'
        self.heads = [f'--{self.boundary}\r\nContent-Type: {content_type}\r\n'
                      f'Content-Range: bytes {start}-{stop - 1}/{length}\r\n\r\n'.encode('latin-1')
                      for start, stop in ranges]
        self.tail = f'--{self.boundary}--'.encode()
        self.content_length = (sum(len(head) + stop - start + 2 for head, (start, stop) in zip(self.heads, ranges))
                               + len(self.tail))

    def body(self, parts):
        """The pieces of the body, given an iterable of pieces for each range in order."""
        for head, part in zip(self.heads, parts):
            yield head
            yield from part
            yield b'\r\n'
        yield self.tail
