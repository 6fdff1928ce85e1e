# SPDX-License-Identifier: Apache-2.0
"""Hand-made SVG, one file a figure: horizontal bars, or lines over a logarithmic axis; Kith's in colour."""

import math
from html import escape

from report import short

WIDTH, BAR, GAP, LEFT, RIGHT, TOP = 720, 18, 8, 150, 110, 54
PLOT_HEIGHT = 340
KITH, OTHER = "#1f6feb", "#9aa4b2"


def head(title, note, height):
    return [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
            f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            f'<text x="12" y="22" font-size="16" font-weight="bold">{escape(title)}</text>',
            f'<text x="12" y="42" fill="#57606a">{escape(note)}</text>']


def bars(title, note, unit, rows):
    """`rows`: (name, value), drawn in this order; the longest bar fills the width."""
    height = TOP + len(rows) * (BAR + GAP) + 16
    longest = max(value for _, value in rows) or 1
    parts = head(title, note, height)
    for i, (name, value) in enumerate(rows):
        top = TOP + i * (BAR + GAP)
        width = max(1.0, (WIDTH - LEFT - RIGHT) * value / longest)
        colour = KITH if name.startswith("kith") else OTHER
        parts.append(f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
        parts.append(f'<text x="{LEFT + width + 6:.1f}" y="{top + 14}">'
                     f'{escape(short(value))} {escape(unit)}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def height_of(series):
    most = {name: max(y for _, y in points) for name, points in series.items()}
    ours = [value for name, value in most.items() if name.startswith("kith")]
    return min(max(most.values()), 3 * max(ours or most.values())) or 1


def lines(title, note, x_title, unit, series):
    """`series`: {name: [(x, y)]}. x is logarithmic; y begins at zero, so that what is flat looks flat.

    The height is Kith's: a reference far above would press it flat, so such a line leaves the chart.
    """
    xs = sorted({x for points in series.values() for x, _ in points})
    low, high = math.log10(xs[0]), math.log10(xs[-1])
    most = height_of(series)
    bottom, right = PLOT_HEIGHT - 48, WIDTH - RIGHT - 20

    def place(x, y):
        part = (math.log10(x) - low) / (high - low) if high > low else 0.5
        return 70 + part * (right - 70), bottom - y / most * (bottom - TOP - 10)

    parts = head(title, note, PLOT_HEIGHT)
    parts.append(f'<clipPath id="inside"><rect x="60" y="{TOP + 9}" width="{right - 50}" '
                 f'height="{bottom - TOP}"/></clipPath>')
    for y in (0, most / 2, most):
        at = place(xs[0], y)[1]
        parts.append(f'<path d="M70 {at:.1f}H{right}" stroke="#d0d7de"/>')
        parts.append(f'<text x="62" y="{at + 4:.1f}" text-anchor="end">{escape(short(y))}</text>')
    for x in xs:
        parts.append(f'<text x="{place(x, 0)[0]:.1f}" y="{bottom + 18}" text-anchor="middle">{x:,}</text>')
    parts.append(f'<text x="{(70 + right) / 2:.0f}" y="{bottom + 38}" text-anchor="middle" '
                 f'fill="#57606a">{escape(x_title)} ({escape(unit)} upwards)</text>')
    for name, points in series.items():
        colour = KITH if name.startswith("kith") else OTHER
        spots = [place(x, y) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
                     f'clip-path="url(#inside)"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots
                  if y >= TOP + 9]
        last = max(points)[1]
        said = name if last <= most else f"{name}: {short(last)}"
        parts.append(f'<text x="{spots[-1][0] + 8:.1f}" y="{max(spots[-1][1], TOP + 10) + 4:.1f}" '
                     f'fill="{colour}">{escape(said)}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def write_plots(folder, works, table, order, quick):
    """<work>_<figure>.svg for every figure that somebody has; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for work in works:
        rows_of = table.get(work.name, {})
        for figure in work.figures:
            rows = [(name, rows_of[name]["figures"][figure.name]) for name in order
                    if name in rows_of and figure.name in rows_of[name]["figures"]]
            if not rows:
                continue
            better = "more is better" if figure.more_is_better else "less is better"
            file = folder / f"{work.name}_{figure.name}.svg"
            file.write_text(bars(f"{work.name}: {figure.title}", f"{work.heading(quick)} ({better})",
                                 figure.unit, rows), encoding="utf-8")
            files.append(file)
    return files


def write_lines(folder, axes, table):
    """<axis>_<figure>.svg for every figure that somebody has; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for axis in axes:
        for figure in axis.figures:
            series = {name: [(x, point["figures"][figure.name]) for x, point in points.items()
                             if figure.name in point["figures"]]
                      for name, points in table[axis.name].items()}
            series = {name: points for name, points in series.items() if points}
            if not series:
                continue
            better = "more is better" if figure.more_is_better else "less is better"
            file = folder / f"{axis.name}_{figure.name}.svg"
            file.write_text(lines(f"{axis.name}: {figure.title}", f"{axis.title} ({better})", axis.unit,
                                  figure.unit, series), encoding="utf-8")
            files.append(file)
    return files
