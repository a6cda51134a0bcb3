"""Byte ranges: the Range header over a body of a known length, and the pieces of a multipart answer.

Proxy, object server and the filters that put large objects together read the header by this one function: where they
understood it differently, one would ask for other parts than the other sends.
"""
import re
import uuid

_MOST, _MOST_OVERLAPS, _MOST_UNORDERED = 50, 2, 8
_LONGEST = 64       # characters of one range: no object has a length of so many digits
_RANGE = re.compile(r'[ \t]*(\d*)[ \t]*-[ \t]*(\d*)[ \t]*', re.ASCII)


def parse(header, length):
    """The half-open ranges [(start, stop)] a Range header asks of `length` bytes.

    None when the header is to be ignored (no bytes unit, malformed, too many, too overlapping or too unordered
    ranges); an empty list when nothing can be satisfied (416).
    """
    unit, equals, texts = (header or '').partition('=')
    if not equals or unit.strip().lower() != 'bytes':
        return None
    found = []
    for text in texts.split(','):
        match = _RANGE.fullmatch(text) if len(text) <= _LONGEST else None
        if not match or match[1] == match[2] == '':
            return None
        first, last = match.groups()
        if first and last and int(first) > int(last):
            return None
        wanted = _resolve(first, last, length)
        if wanted:
            found.append(wanted)
    return found if _reasonable(found) else None


def _resolve(first, last, length):
    if not first:
        start, stop = max(0, length - int(last)), length
    else:
        start, stop = int(first), min(int(last) + 1, length) if last else length
    return (start, stop) if start < stop else None


def _reasonable(found):
    """Whether these are ranges somebody needs, and no way to make us send an object a hundred times."""
    if len(found) > _MOST:
        return False
    overlaps = sum(any(start < other_stop and other < stop for other, other_stop in found[:number])
                   for number, (start, stop) in enumerate(found))
    unordered = sum(later[0] < earlier[0] for earlier, later in zip(found, found[1:]))
    return overlaps <= _MOST_OVERLAPS and unordered < _MOST_UNORDERED


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
