"""Processes of this node's Swift, from /proc."""
import os


class Proc:
    """One process: pid, parent (pid), age (seconds), command (text)."""

    def __init__(self, pid, parent, age, command):
        self.pid, self.parent, self.age, self.command = pid, parent, age, command


def swift_processes(root='/proc'):
    """[Proc] of everything that runs as a swift-* program (by name of the script or program), oldest first."""
    with open(os.path.join(root, 'uptime'), encoding='ascii') as file:
        uptime = float(file.read().split()[0])
    found = [_read(root, int(name), uptime) for name in os.listdir(root) if name.isdecimal()]
    return sorted((each for each in found if each), key=lambda each: -each.age)


def _read(root, pid, uptime):
    try:
        with open(os.path.join(root, str(pid), 'cmdline'), 'rb') as file:
            words = [word.decode(errors='replace') for word in file.read().split(b'\0') if word]
        with open(os.path.join(root, str(pid), 'stat'), encoding='utf-8', errors='replace') as file:
            stat = file.read()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    # `python /usr/bin/swift-object-server conf`: the interpreter and its flags come before the program.
    if not any(os.path.basename(word).startswith('swift-') for word in words[:4]):
        return None
    # The name of the program, in brackets, may itself hold brackets and spaces.
    fields = stat.rpartition(')')[2].split()
    began = int(fields[19]) / os.sysconf('SC_CLK_TCK')
    return Proc(pid, int(fields[1]), uptime - began, ' '.join(words))
