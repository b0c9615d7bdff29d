"""Charts as SVG text, the same in page and report: a title, a description, shapes and hatching beside the colours, no script.

All words come in by `labels` (see `texts.chart_labels`): title, desc, x, y, limit, in_time, late, open, not_yet.
Colours are presentation attributes, text takes the colour of the page, so that a strict content policy and a dark page do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from pilots.summary import WeekRow

Labels = Mapping[str, str]

GOOD, BAD, WAITING = "#2b8a3e", "#c92a2a", "#5c6770"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 640, 292, 56, 16, 66, 48
_INSIDE_W, _INSIDE_H = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM


@dataclass(frozen=True, slots=True)
class Dot:
    """One duration: `x` from 0 to 1 across the chart, `seconds` long (so far, when open), `tip` said when pointed at."""

    x: float
    seconds: int
    late: bool
    open: bool
    tip: str


class _Figure:
    """A plot area with axes; x runs from 0 to 1, y from 0 to `top`."""

    def __init__(self, uid: str, labels: Labels, top: float) -> None:
        self.uid, self.labels, self.top = uid, labels, top or 1.0
        self.parts: list[str] = []

    def x(self, share: float) -> float:
        return _LEFT + share * _INSIDE_W

    def y(self, value: float) -> float:
        return _TOP + _INSIDE_H * (1 - value / self.top)

    def text(self, x: float, y: float, words: str, anchor: str = "middle", extra: str = "") -> None:
        place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}'
        self.parts.append(f'<text {place} font-size="12" fill="currentColor">{escape(words)}</text>')

    def line(self, x1: float, y1: float, x2: float, y2: float, extra: str = 'stroke-opacity="0.2"') -> None:
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="currentColor" {extra}/>')

    def bar(self, x: float, width: float, low: float, high: float, colour: str, tip: str, pattern: str = "") -> None:
        box = f'x="{x:.1f}" y="{self.y(high):.1f}" width="{max(width, 1):.1f}" height="{self.y(low) - self.y(high):.1f}"'
        hatch = f'<rect {box} fill="url(#{self.uid}-{pattern})"/>' if pattern else ""
        self.parts.append(f'<g><title>{escape(tip)}</title><rect {box} fill="{colour}"/>{hatch}</g>')

    def axes(self, ticks: Sequence[tuple[float, str]], write: Callable[[float], str]) -> None:
        for value in nice_ticks(self.top):
            self.line(_LEFT, self.y(value), _WIDTH - _RIGHT, self.y(value))
            self.text(_LEFT - 6, self.y(value) + 4, write(value), "end")
        for share, words in ticks:
            self.line(self.x(share), self.y(0), self.x(share), self.y(0) + 4, 'stroke-opacity="0.6"')
            self.text(self.x(share), self.y(0) + 18, words)
        self.line(_LEFT, self.y(0), _WIDTH - _RIGHT, self.y(0), 'stroke-opacity="0.6"')
        self.text(_LEFT + _INSIDE_W / 2, _HEIGHT - 8, self.labels["x"])
        middle = _TOP + _INSIDE_H / 2
        self.text(14, middle, self.labels["y"], extra=f' transform="rotate(-90 14 {middle:.1f})"')

    def legend(self, marks: Sequence[tuple[str, str]]) -> None:
        """Shape and word, from the left."""
        x = float(_LEFT)
        for mark, words in marks:
            self.parts.append(f'<g transform="translate({x + 6:.1f} 34)">{mark}</g>')
            self.text(x + 16, 38, words, "start")
            x += 34 + sum(13 if ord(letter) > 255 else 7 for letter in words)

    def svg(self) -> str:
        """The picture; screen readers hear the title and the description."""
        uid, title, desc = self.uid, escape(self.labels["title"]), escape(self.labels["desc"])
        fonts = "system-ui, 'Noto Sans SC', 'Microsoft YaHei', sans-serif"
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="100%" role="img" class="chart"'
            f' aria-labelledby="{uid}-title {uid}-desc" font-family="{fonts}">'
            f'<title id="{uid}-title">{title}</title><desc id="{uid}-desc">{desc}</desc>{_patterns(uid)}'
            f'<text x="{_LEFT}" y="18" font-size="14" font-weight="bold" fill="currentColor">{title}</text>'
            + "".join(self.parts)
            + "</svg>"
        )


def _patterns(uid: str) -> str:
    """Stripes for late, dots for what is not known yet."""
    stripes = '<rect width="2.5" height="7" fill="#fff" fill-opacity="0.55"/>'
    points = '<circle cx="2" cy="2" r="1.3" fill="#fff" fill-opacity="0.8"/>'
    turned = 'width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    return (
        f'<defs><pattern id="{uid}-late" {turned}>{stripes}</pattern>'
        f'<pattern id="{uid}-open" width="5" height="5" patternUnits="userSpaceOnUse">{points}</pattern></defs>'
    )


def nice_ticks(top: float, most: int = 5) -> list[float]:
    """Round numbers from 0 to top."""
    raw = top / most
    power = 10 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))
    return [round(step * k, 6) for k in range(int(top / step + 1e-9) + 1)]


def _swatch(colour: str, uid: str = "", pattern: str = "") -> str:
    box = 'x="-5" y="-5" width="11" height="11"'
    return f'<rect {box} fill="{colour}"/>' + (f'<rect {box} fill="url(#{uid}-{pattern})"/>' if pattern else "")


def _shape(late: bool, open_: bool) -> str:
    """A disc is in time, a triangle late; hollow is still open."""
    colour = BAD if late else WAITING if open_ else GOOD
    paint = f'fill="none" stroke="{colour}" stroke-width="1.8"' if open_ else f'fill="{colour}" fill-opacity="0.8"'
    return f'<path d="M0 -5.5l5.5 10h-11z" {paint}/>' if late else f'<circle r="4" {paint}/>'


def dot_plot(dots: Sequence[Dot], limit_s: int | None, ticks: Sequence[tuple[float, str]], labels: Labels, *, uid: str) -> str:
    """Each duration as a mark against the standard, in hours. `uid` makes the ids of this picture its own in the page."""
    longest = max([dot.seconds for dot in dots] + [limit_s or 0])
    figure = _Figure(uid, labels, longest / 3_600 * 1.08)
    figure.axes(ticks, lambda value: f"{value:g}")
    _limit_line(figure, limit_s, labels)
    for dot in dots:
        place = f"translate({figure.x(dot.x):.1f} {figure.y(dot.seconds / 3_600):.1f})"
        figure.parts.append(f'<g transform="{place}"><title>{escape(dot.tip)}</title>{_shape(dot.late, dot.open)}</g>')
    figure.legend(
        [
            (_shape(False, False), labels["in_time"]),
            (_shape(True, False), labels["late"]),
            (_shape(False, True), labels["open"]),
            (_shape(True, True), f"{labels['open']}, {labels['late']}"),
        ]
    )
    return figure.svg()


def _limit_line(figure: _Figure, limit_s: int | None, labels: Labels) -> None:
    if limit_s is not None:
        y = figure.y(limit_s / 3_600)
        figure.line(_LEFT, y, _WIDTH - _RIGHT, y, 'stroke-width="1.6" stroke-dasharray="6 4"')
        figure.text(_WIDTH - _RIGHT, y - 5, labels["limit"], "end")


def histogram(seconds: Sequence[int], late: Sequence[bool], limit_s: int | None, labels: Labels, *, uid: str) -> str:
    """How many took how long, in minutes up to four hours and in hours beyond; the late ones are hatched."""
    longest = max([*seconds, limit_s or 0, 60])
    unit = 60 if longest <= 4 * 3_600 else 3_600
    width = _bin_width(longest / unit)
    count = max(1, math.ceil(longest / unit / width + 1e-9))
    good, bad = [0] * count, [0] * count
    for value, is_late in zip(seconds, late, strict=True):
        (bad if is_late else good)[min(count - 1, int(value / unit / width))] += 1
    figure = _Figure(uid, labels, max([g + b for g, b in zip(good, bad, strict=True)] + [1]) * 1.08)
    every = max(1, count // 8)
    figure.axes(
        [(k / count, f"{k * width:g}") for k in range(0, count + 1, every)], lambda value: f"{value:g}" if value % 1 == 0 else ""
    )
    for k in range(count):
        left, span = figure.x(k / count) + 1, _INSIDE_W / count - 2
        words = f"{k * width:g}–{(k + 1) * width:g}: "
        if good[k]:
            figure.bar(left, span, 0, good[k], GOOD, f"{words}{good[k]} {labels['in_time']}")
        if bad[k]:
            figure.bar(left, span, good[k], good[k] + bad[k], BAD, f"{words}{bad[k]} {labels['late']}", "late")
    if limit_s is not None:
        x = figure.x(min(1.0, limit_s / unit / (count * width)))
        figure.line(x, _TOP - 4, x, figure.y(0), 'stroke-width="1.6" stroke-dasharray="6 4"')
        figure.text(x, _TOP - 6, labels["limit"], "end" if x > _WIDTH * 0.7 else "start")
    figure.legend([(_swatch(GOOD), labels["in_time"]), (_swatch(BAD, uid, "late"), labels["late"])])
    return figure.svg()


def _bin_width(longest: float) -> float:
    """A round width that gives at most some 16 bars."""
    return next(width for width in (1, 2, 3, 5, 10, 15, 20, 30, 60, 120, 240, 480, 1e3, 1e4, 1e5) if longest / width <= 16)


def weekly_strip(weeks: Sequence[WeekRow], labels: Labels, *, uid: str, write: Callable[[date], str] = date.isoformat) -> str:
    """The cases of each week by what became of them: in time, late (hatched), not due yet (dotted)."""
    figure = _Figure(uid, labels, max([week.started for week in weeks] + [1]) * 1.08)
    count, every = max(1, len(weeks)), max(1, math.ceil(len(weeks) / 7))
    ticks = [((k + 0.5) / count, write(week.monday)) for k, week in enumerate(weeks) if k % every == 0]
    figure.axes(ticks, lambda value: f"{value:g}" if value % 1 == 0 else "")
    for k, week in enumerate(weeks):
        left, span, low = figure.x(k / count) + 2, _INSIDE_W / count - 4, 0
        for key, n, colour, pattern in (
            ("in_time", week.in_time, GOOD, ""),
            ("late", week.late, BAD, "late"),
            ("not_yet", week.started - week.in_time - week.late, WAITING, "open"),
        ):
            if n:
                figure.bar(left, span, low, low + n, colour, f"{write(week.monday)}: {n} {labels[key]}", pattern)
                low += n
    figure.legend(
        [
            (_swatch(GOOD), labels["in_time"]),
            (_swatch(BAD, uid, "late"), labels["late"]),
            (_swatch(WAITING, uid, "open"), labels["not_yet"]),
        ]
    )
    return figure.svg()
