"""Setting values in a commented sample ini file, so that an operator finds each value beside its explanation."""
import re

_SECTION = re.compile(r'\s*\[([^\]]+)\]')


def set_values(text, values):
    """`text` of an ini file with `values` ({section: {option: value}}) set.

    A commented or present line of the option is replaced where it stands; what the file does not mention is
    added at the end of its section.
    """
    lines, section, missing = [], None, {name: dict(items) for name, items in values.items()}
    for line in text.splitlines():
        header = _SECTION.match(line)
        if header:
            lines.extend(_left(missing, section))
            section = header[1]
        else:
            option = re.match(r'#?\s*([A-Za-z0-9_]+)\s*=', line)
            if option and option[1] in missing.get(section, ()):
                line = f'{option[1]} = {missing[section].pop(option[1])}'
        lines.append(line)
    lines.extend(_left(missing, section))
    for name in list(missing):
        rest = _left(missing, name)
        if rest:
            lines.extend(['', f'[{name}]', *rest])
    return '\n'.join(lines) + '\n'


def _left(missing, section):
    if section is None:
        return []
    return [f'{option} = {value}' for option, value in missing.pop(section, {}).items()]
