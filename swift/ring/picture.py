"""A picture of a ring: partitions round a circle in a track per replica, and what every device holds. SVG as text."""
import html
import math
from collections import Counter

from swift.ring.search import host

# Told apart by eyes of all kinds, on white and on black.
_COLOURS = ('#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#ee8866', '#44bb99', '#99775f',
            '#8888dd')
_SHOWN_PARTS = 256
_SHOWN_ROWS = 48
_CENTRE, _INNER, _OUTER = 240, 96, 210
_LIST_LEFT, _TOP, _LINE = 500, 92, 20
_BAR_LEFT, _BAR_WIDTH = 300, 150
_STYLE = '''
text { font: 13px system-ui, sans-serif; fill: #222 } .back { fill: #fff } .title { font-size: 19px; font-weight: 600 }
.dim { fill: #666 } .track { fill: #ddd } .mark { stroke: #222 } .head { font-weight: 600 } .number { text-anchor: end }
@media (prefers-color-scheme: dark) { text { fill: #e8e8e8 } .back { fill: #16181c } .dim { fill: #a0a0a0 }
.track { fill: #3a3d44 } .mark { stroke: #f4f4f4 } }
'''


def draw(builder, name):
    """The SVG document of a rebalanced RingBuilder."""
    zones = sorted({(each['region'], each['zone']) for each in builder.present()})
    colours = {zone: _COLOURS[number % len(_COLOURS)] for number, zone in enumerate(zones)}
    example = builder.parts // 3
    rows = _device_rows(builder, colours, example)
    height = max(500, _TOP + _LINE * (len(rows) + 2))
    return '\n'.join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1060 {height}" role="img" aria-label="Ring '
        f'{html.escape(name)}">', f'<style>{_STYLE}</style>', f'<rect class="back" width="1060" height="{height}"/>',
        *_headline(builder, name), *_circle(builder, colours, example), *rows, '</svg>', ''])


def _text(x, y, text, kind=''):
    return f'<text x="{x:g}" y="{y:g}"{f" class={chr(34)}{kind}{chr(34)}" if kind else ""}>{html.escape(text)}</text>'


def _headline(builder, name):
    zones = len({(each['region'], each['zone']) for each in builder.present()})
    return [_text(24, 34, name, 'title'),
            _text(24, 56, f'{builder.parts} partitions × {builder.replicas:g} replicas on {len(builder.present())} '
                          f'devices in {zones} zones: balance {builder.balance():.2f} %, dispersion '
                          f'{builder.dispersion:.2f} %', 'dim')]


def _circle(builder, colours, example):
    """A track per replica; each piece of it is a partition (of many, a sample) in the colour of its zone."""
    shown = min(builder.parts, _SHOWN_PARTS)
    step = builder.parts // shown
    width = (_OUTER - _INNER) / len(builder.rows)
    lines = [f'<g transform="translate({_CENTRE} {_CENTRE + 40})">']
    for number, row in enumerate(builder.rows):
        outer = _OUTER - number * width
        for piece in range(shown):
            if piece * step < len(row):
                device = builder.devs[row[piece * step]]
                colour = colours[device['region'], device['zone']]
                arc = _arc(piece / shown, (piece + 1) / shown, outer - width + 2, outer)
                lines.append(f'<path fill="{colour}" d="{arc}">'
                             f'<title>partition {piece * step}, replica {number + 1}: {_name(device)}</title></path>')
    angle = (example + 0.5) / builder.parts
    inner, outer = _point(angle, _INNER - 10), _point(angle, _OUTER + 6)
    where = builder.parts - 1
    sample = '' if step == 1 else f', each {step}th drawn'
    return [*lines, f'<path class="mark" stroke-width="2" d="M{inner} L{outer}"/>',
            '<g text-anchor="middle">', _text(0, -14, f'partitions 0 to {where}'),
            _text(0, 4, f'clockwise{sample}', 'dim'), _text(0, 22, f'● marks partition {example}', 'dim'), '</g></g>']


def _arc(start, end, inner, outer):
    large = int(end - start > 0.5)
    if end - start >= 1:   # a whole circle is no arc
        end -= 1e-4
    return (f'M{_point(start, outer)} A{outer:.1f} {outer:.1f} 0 {large} 1 {_point(end, outer)} '
            f'L{_point(end, inner)} A{inner:.1f} {inner:.1f} 0 {large} 0 {_point(start, inner)} Z')


def _point(turn, radius):
    angle = 2 * math.pi * turn - math.pi / 2
    return f'{radius * math.cos(angle):.2f} {radius * math.sin(angle):.2f}'


def _name(device):
    return html.escape(f'{host(device)}/{device["device"]}')


def _device_rows(builder, colours, example):
    """A line a zone and a line a device (of many devices, a line a server): colour, name, how full."""
    keeps = {row[example] for row in builder.rows if example < len(row)}
    wanted = builder.wanted()
    single = len(builder.present()) + len(colours) <= _SHOWN_ROWS
    groups = {}
    for device in sorted(builder.present(), key=lambda each: (each['region'], each['zone'], each['ip'], each['id'])):
        zone = (device['region'], device['zone'])
        key = f'{host(device)}/{device["device"]}' if single else f'{device["ip"]}'
        groups.setdefault(zone, {}).setdefault((key, device['id'] if single else 0), []).append(device)
    most = max((max(sum(each['parts'] for each in devices), sum(wanted[each['id']] for each in devices))
                for servers in groups.values() for devices in servers.values()), default=1) or 1
    lines = [_text(_LIST_LEFT + _BAR_LEFT, _TOP - 10, 'partitions (line: by weight)', 'dim')]
    y = _TOP
    for zone, servers in groups.items():
        held = Counter(zone=sum(each['parts'] for devices in servers.values() for each in devices))['zone']
        lines += [_text(_LIST_LEFT, y + 8, f'region {zone[0]}, zone {zone[1]}', 'head'),
                  _text(_LIST_LEFT + _BAR_LEFT - 16, y + 8, str(held), 'dim number')]
        y += _LINE
        for (name, _), devices in servers.items():
            share = sum(wanted[each['id']] for each in devices)
            marks = '●' * sum(each['id'] in keeps for each in devices)
            lines += _bar(y, colours[zone], f'{name}{"" if single else f", {len(devices)} devices"}', marks,
                          sum(each['parts'] for each in devices), share, most)
            y += _LINE
    return lines


def _bar(y, colour, name, marks, parts, share, most):
    left = _LIST_LEFT + _BAR_LEFT
    tick = left + _BAR_WIDTH * share / most
    balance = f'{100 * parts / share - 100:+.2f} %' if share else 'leaving'
    filled = _BAR_WIDTH * parts / most
    return [f'<rect x="{_LIST_LEFT + 6}" y="{y - 2}" width="11" height="11" rx="2" fill="{colour}"/>',
            _text(_LIST_LEFT + 26, y + 8, name), _text(left - 16, y + 8, marks, 'number'),
            f'<rect class="track" x="{left}" y="{y - 2}" width="{_BAR_WIDTH}" height="11" rx="2"/>',
            f'<rect x="{left}" y="{y - 2}" width="{filled:.1f}" height="11" rx="2" fill="{colour}"/>',
            f'<path class="mark" stroke-width="2" d="M{tick:.1f} {y - 5} v17"/>',
            _text(left + _BAR_WIDTH + 10, y + 8, f'{parts}  {balance}')]
