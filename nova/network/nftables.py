"""Talking to nftables: scripts that are applied whole or not at all, and what is in maps and chains."""
import json
import re

from nova.network import commands

_NAME = re.compile(r'[A-Za-z_][A-Za-z0-9_.\-]{0,120}')


def apply(lines):
    """Apply a script in one transaction. Raises CommandFailed, and then nothing has changed."""
    commands.run('nft', '-f', '-', stdin='\n'.join(lines) + '\n')


def objects(table, kinds):
    """The objects of our table in every family, as nft's JSON has them: [(kind, {...})]; kinds: 'maps', 'chains'."""
    output = commands.run('nft', '-j', '; '.join(f'list {kind}' for kind in kinds))
    decoder, found, position = json.JSONDecoder(), [], 0
    while position < len(output):
        # One document per command, one after the other.
        document, position = decoder.raw_decode(output, position)
        position += len(output[position:]) - len(output[position:].lstrip())
        for each in document['nftables']:
            for kind, value in each.items():
                if isinstance(value, dict) and value.get('table') == table:
                    found.append((kind, value))
    return found


def quoted(name):
    """A device's name as a string of the language. Raises ValueError for one that could be anything else."""
    if not _NAME.fullmatch(name):
        raise ValueError(f'{name!r} cannot be a device')
    return f'"{name}"'


def braces(values):
    """An anonymous set."""
    return '{ ' + ', '.join(values) + ' }'
