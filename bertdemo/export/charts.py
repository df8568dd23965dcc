"""Charts and tables as HTML and SVG, from plain values. Whatever a person wrote is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bertdemo.data.pair import TextPair
from bertdemo.text import sentence

# Okabe & Ito 2008: told apart with any kind of colour vision, on light and dark
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C8C", "#B8A800")
CLIPPED = 160
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 440, 268, 62, 24, 20, 36
LARGEST_DOT = 18  # no margin is smaller
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARES = tuple((share, f"{share:.0%}") for share in QUARTERS)

Ticks = Sequence[tuple[float, str]]
"""Places along an axis, 0 to 1, and what stands there."""


def clipped(text: str) -> str:
    """The beginning of a text, on one line; of a pair both texts, told apart by a slash."""
    if isinstance(text, TextPair):
        text = f"{text.first} / {text.second}"
    text = " ".join(text.split())
    return text if len(text) <= CLIPPED else text[: CLIPPED - 1] + "…"


def named(label: str) -> str:
    """The name of a label as HTML that a narrow column breaks behind an underscore rather than anywhere."""
    return escape(label).replace("_", "_<wbr>")


def across(share: float) -> float:
    """The place of 0 to 1 along the horizontal axis of `chart`."""
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def upward(value: float, floor: float = 0.0) -> float:
    """The place of `floor` to 1 along its vertical axis."""
    return TOP + (1 - (value - floor) / (1 - floor)) * (HEIGHT - BOTTOM - TOP)


def floor_of(values: Sequence[float]) -> float:
    """Where an axis of shares begins: a tenth or two below the least of them."""
    return max(0.0, int(10 * min(values, default=0.0)) / 10 - 0.1)


def line(points: Sequence[tuple[float, float]], floor: float = 0.0) -> str:
    """A curve through (0 to 1, `floor` to 1)."""
    path = " ".join(f"{across(x):.1f},{upward(y, floor):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{PALETTE[0]}" stroke-width="2.5"/>'


def dot(x: float, y: float, floor: float = 0.0, radius: float = 5.0, color: str = PALETTE[0]) -> str:
    """A filled circle at a point."""
    place = f'cx="{across(x):.1f}" cy="{upward(y, floor):.1f}"'
    return f'<circle {place} r="{radius:.1f}" fill="{color}" opacity=".8"/>'


def whisker(x: float, low: float, high: float, floor: float = 0.0) -> str:
    """An upright line from `low` to `high`."""
    ends = f'y1="{upward(max(floor, low), floor):.1f}" y2="{upward(min(1.0, high), floor):.1f}"'
    return f'<line x1="{across(x):.1f}" x2="{across(x):.1f}" {ends} stroke="{PALETTE[0]}" stroke-width="1.5"/>'


def chart(
    inside: str, x_title: str, y_title: str, description: str, floor: float = 0.0, x_ticks: Ticks = SHARES
) -> str:
    """`inside` on labelled axes; the vertical one shows shares from `floor` to 1."""
    grid = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{upward(v, floor):.1f}" y2="{upward(v, floor):.1f}" class="grid"/>'
        f'<text x="{LEFT - 6}" y="{upward(v, floor) + 4:.1f}" text-anchor="end">{v:.0%}</text>'
        for v in _round_shares(floor)
    )
    below = "".join(
        f'<text x="{across(v):.0f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{escape(words)}</text>'
        for v, words in x_ticks
    )
    titles = (
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 4}" text-anchor="middle">{escape(x_title)}</text>'
        f'<text x="12" y="{HEIGHT / 2 - 12}" text-anchor="middle" '
        f'transform="rotate(-90 12 {HEIGHT / 2 - 12})">{escape(y_title)}</text>'
    )
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(description)}">'
        f"{grid}{below}{titles}{inside}</svg>"
    )


def _round_shares(floor: float) -> list[float]:
    """From 1 down to `floor` in even steps, six at most."""
    step = next(step for step in (0.02, 0.05, 0.1, 0.2) if (1 - floor) / step < 5.5)
    return [1 - step * i for i in range(int((1 - floor) / step + 0.001) + 1)]


def numbers(heads: Sequence[str], rows: Sequence[Sequence[str]], lang: str) -> str:
    """The numbers behind a chart, folded away; `heads` are names of sentences."""
    head = "".join(f'<th scope="col">{escape(sentence(name, lang))}</th>' for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    summary = escape(sentence("as_table", lang))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<details class="parts"><summary>{summary}</summary>{table}</details>'


def plain_table(heads: Sequence[str], rows: Sequence[tuple[str, Sequence[str], bool]], lang: str) -> str:
    """A table on show: rows of (name, cells, whether it is picked out)."""
    head = "".join(f'<th scope="col">{escape(sentence(name, lang))}</th>' for name in heads)
    body = "".join(
        f'<tr{" class=picked" if picked else ""}><th scope="row">{named(name)}</th>'
        f"{''.join(f'<td class=num>{escape(cell)}</td>' for cell in cells)}</tr>"
        for name, cells, picked in rows
    )
    table = f'<table class="plain"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="scroll">{table}</div>'
