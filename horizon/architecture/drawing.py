"""Where the parts stand in the drawing and how lines run between them, in user units of SVG."""
import dataclasses

from horizon.architecture import parts

WIDTH, HEIGHT = 140, 58
_GAP_X, _GAP_Y, _PAD, _HEAD, _LANE_GAP = 10, 32, 10, 30, 12
# Above the lanes: the first row, and room for its lines to spread.
_FRONT = 108


@dataclasses.dataclass
class Box:
    """A part's place. `seen` is its state.Seen."""

    seen: object
    x: float
    y: float
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def middle(self):
        return self.x + self.width / 2

    @property
    def bottom(self):
        return self.y + self.height

    @property
    def right(self):
        return self.x + self.width

    @property
    def centre(self):
        return self.y + self.height / 2

    @property
    def place(self):
        """Where it is, for SVG's transform: what is drawn in it begins at 0 0."""
        return f'translate({self.x:.1f} {self.y:.1f})'

    @property
    def bars(self):
        """The last minute as the d of a path: upright bars at the lower right."""
        series = self.seen.series
        # No room beside a long text.
        if not any(series) or len(self.seen.detail) > 16:
            return ''
        tallest, step, left = max(series), 2.4, self.width - 8 - 2.4 * len(series)
        return ''.join(f'M{left + step * number:.1f} {self.height - 9}v{-max(1.5, 13 * value / tallest):.1f}'
                       for number, value in enumerate(series) if value)


@dataclasses.dataclass
class Lane:
    """A service's part of the drawing."""

    title: str
    x: float
    y: float
    width: float
    height: float

    @property
    def place(self):
        """For SVG's transform."""
        return f'translate({self.x:.1f} {self.y:.1f})'


class Drawing:
    """`boxes` {key: Box}, `lanes`, `lines` [(path, busy)], `width`, `height`. `narrow`: lanes one below the other, for
    a phone."""

    def __init__(self, seen, narrow=False):
        self.seen, self.narrow = seen, narrow
        self.boxes, self.lanes = {}, []
        (self._narrow if narrow else self._wide)()
        self.lines = [self._line(start, end) for start, end in parts.EDGES if start in self.boxes and end in self.boxes]

    def of_lane(self, lane):
        """[(row, [key])] of the parts that are there."""
        rows = {}
        for part in parts.PARTS:
            if part.lane == lane and part.key in self.seen:
                rows.setdefault(part.row, []).append(part.key)
        return sorted(rows.items())

    def _wide(self):
        x, rows = 0, {row for lane in parts.LANES for row, _keys in self.of_lane(lane)}
        levels = {row: number for number, row in enumerate(sorted(rows))}
        height = _HEAD + len(levels) * HEIGHT + max(0, len(levels) - 1) * _GAP_Y + _PAD
        for lane, title in parts.LANES.items():
            there = self.of_lane(lane)
            if there:
                width = self._lane(title, x, _FRONT, parts.COLUMNS[lane], height)
                for row, keys in there:
                    self._row(keys, x + _PAD, _FRONT + _HEAD + levels[row] * (HEIGHT + _GAP_Y), width - 2 * _PAD)
                x += width + _LANE_GAP
        self.width, self.height = max(x - _LANE_GAP, 3 * WIDTH + 10 * _GAP_X), _FRONT + height + 2
        self._front()

    def _narrow(self):
        self.width = 2 * WIDTH + _GAP_X + 2 * _PAD
        front = self._pairs('front')
        for number, keys in enumerate(front):
            self._row(keys, _PAD, 2 + number * (HEIGHT + _GAP_Y / 2), self.width - 2 * _PAD)
        y = len(front) * (HEIGHT + _GAP_Y / 2) + 2
        for lane, title in parts.LANES.items():
            rows = self._pairs(lane)
            if rows:
                height = _HEAD + len(rows) * HEIGHT + (len(rows) - 1) * _GAP_Y / 2 + _PAD
                self._lane(title, 0, y, 2, height)
                for number, keys in enumerate(rows):
                    self._row(keys, _PAD, y + _HEAD + number * (HEIGHT + _GAP_Y / 2), self.width - 2 * _PAD)
                y += height + _LANE_GAP
        self.height = y

    def _pairs(self, lane):
        """The parts of a lane two and two, in their order; wide ones alone."""
        rows = []
        for key in (key for _row, keys in self.of_lane(lane) for key in keys):
            alone = parts.BY_KEY[key].span > 1
            if rows and len(rows[-1]) == 1 and not alone and parts.BY_KEY[rows[-1][0]].span == 1:
                rows[-1].append(key)
            else:
                rows.append([key])
        return rows

    def _lane(self, title, x, y, columns, height):
        width = columns * WIDTH + (columns - 1) * _GAP_X + 2 * _PAD
        self.lanes.append(Lane(title, x, y, width, height))
        return width

    def _row(self, keys, x, y, room):
        for key in keys:
            span = parts.BY_KEY[key].span
            width = min(span * WIDTH + (span - 1) * _GAP_X, room)
            self.boxes[key] = Box(self.seen[key], x, y, width)
            x += width + _GAP_X

    def _front(self):
        keys = [key for _row, keys in self.of_lane('front') for key in keys]
        gap = 5 * _GAP_X
        x = (self.width - len(keys) * WIDTH - (len(keys) - 1) * gap) / 2
        for number, key in enumerate(keys):
            self.boxes[key] = Box(self.seen[key], x + number * (WIDTH + gap), 2)

    def _line(self, start, end):
        first, second = self.boxes[start], self.boxes[end]
        return path(first, second), bool(first.seen.per_second and second.seen.per_second)


def path(first, second):
    """The d of a line from a box to another: down, or across when they stand side by side."""
    if abs(first.y - second.y) < 1:
        ends = (first.right, second.x) if first.x < second.x else (first.x, second.right)
        return f'M{ends[0]:.1f} {first.centre:.1f}H{ends[1]:.1f}'
    upper, lower = (first, second) if first.y < second.y else (second, first)
    # A wide box is met right below or above the other one.
    x1 = _within(upper, lower.middle if upper.width > lower.width else upper.middle)
    x2 = _within(lower, upper.middle if lower.width > upper.width else lower.middle)
    y1, y2 = upper.bottom, lower.y
    if upper is not first:
        x1, x2, y1, y2 = x2, x1, y2, y1
    # From the first row lines spread above the lanes, not over their titles.
    bend = upper.bottom + 24 if upper.y < _FRONT / 2 else (y1 + y2) / 2
    return f'M{x1:.1f} {y1:.1f}C{x1:.1f} {bend:.1f} {x2:.1f} {bend:.1f} {x2:.1f} {y2:.1f}'


def _within(box, x):
    return max(box.x + 12, min(box.right - 12, x))
