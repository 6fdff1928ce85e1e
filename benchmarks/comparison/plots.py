# SPDX-License-Identifier: Apache-2.0
"""Hand-made SVG: one file a figure, horizontal bars, Kith's in another colour."""

from html import escape

from report import short

WIDTH, BAR, GAP, LEFT, RIGHT, TOP = 720, 18, 8, 150, 110, 54
KITH, OTHER = "#1f6feb", "#9aa4b2"


def bars(title, note, unit, rows):
    """`rows`: (name, value), drawn in this order; the longest bar fills the width."""
    height = TOP + len(rows) * (BAR + GAP) + 16
    longest = max(value for _, value in rows) or 1
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
             f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
             f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
             f'<text x="12" y="22" font-size="16" font-weight="bold">{escape(title)}</text>',
             f'<text x="12" y="42" fill="#57606a">{escape(note)}</text>']
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
