# SPDX-License-Identifier: Apache-2.0
"""Medians, ratios to the raw relay, and the tables that people read."""

from statistics import median

from works import cpu_of

BASE = "lws"


def middle(runs):
    """The medians over runs, figure by figure; noisy runs count only when there are no others."""
    quiet = [run for run in runs if not run["noisy"]] or runs
    # Not every run has all: who cannot keep a pace has no latency at it.
    names = [name for name in quiet[0]["figures"] if all(name in run["figures"] for run in quiet)]
    return {name: median(run["figures"][name] for run in quiet) for name in names}


def summary(results):
    """{work: {candidate: {"figures", "ratios", "runs", "noisyRuns"}}}; a ratio over 1 beats the relay."""
    table = {}
    for work, runs_of in results:
        rows = {name: {"figures": middle(runs), "runs": len(runs),
                       "noisyRuns": sum(run["noisy"] for run in runs)}
                for name, runs in runs_of.items() if runs}
        base = rows.get(BASE, {}).get("figures", {})
        for row in rows.values():
            row["ratios"] = ratios(work, row["figures"], base)
        table[work.name] = rows
    return table


def ratios(work, figures, base):
    found = {}
    for figure in work.figures:
        mine, raw = figures.get(figure.name), base.get(figure.name)
        if mine and raw:
            found[figure.name] = mine / raw if figure.more_is_better else raw / mine
    mine, raw = cpu_of(figures), cpu_of(base)
    if len(mine) == 2 and len(raw) == 2:
        if sum(mine.values()) > 0:
            found["cpu"] = sum(raw.values()) / sum(mine.values())
        if mine["serverCpu"] > 0:
            found["serverCpu"] = raw["serverCpu"] / mine["serverCpu"]
    return found


def short(value):
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def rows_of(work, rows, order):
    """A heading and lines of cells for one work."""
    heading = ["candidate"]
    heading += [f"{figure.title}, {figure.unit}" for figure in work.figures]
    heading += ["CPU us server", "CPU us client", f"{work.figures[0].title} / {BASE}",
                f"{BASE} CPU / its CPU", "runs"]
    lines = []
    for name in order:
        if name not in rows:
            continue
        row = rows[name]
        cpu = cpu_of(row["figures"])
        cells = [name] + [short(row["figures"].get(figure.name)) for figure in work.figures]
        cells += [short(cpu.get("serverCpu")), short(cpu.get("clientCpu"))]
        cells += [short(row["ratios"].get(work.figures[0].name)), short(row["ratios"].get("cpu"))]
        noisy = f" ({row['noisyRuns']} noisy)" if row["noisyRuns"] else ""
        lines.append(cells + [f"{row['runs']}{noisy}"])
    return heading, lines


def plain_table(heading, lines):
    widths = [max(len(cells[i]) for cells in [heading] + lines) for i in range(len(heading))]
    pad = [str.ljust] + [str.rjust] * (len(widths) - 1)
    return "\n".join("  ".join(p(cell, w) for p, cell, w in zip(pad, cells, widths))
                     for cells in [heading] + lines)


def markdown_table(heading, lines):
    rule = ["---"] + ["---:"] * (len(heading) - 1)
    return ["| " + " | ".join(cells) + " |" for cells in [heading, rule] + lines]


def markdown(works, table, order, header, quick):
    """One table a work, below what the header says of the machine."""
    text = [f"{name}: {value}  " for name, value in header.items()]
    for work in works:
        if not table.get(work.name):
            continue
        heading, lines = rows_of(work, table[work.name], order)
        text += ["", f"### {work.name}: {work.heading(quick)}", ""]
        text += markdown_table(heading, lines)
    return "\n".join(text) + "\n"


def growth_summary(runs_of):
    """{candidate: {x: {"figures", "runs", "noisyRuns"}}} of {candidate: {x: runs}}."""
    return {name: {x: {"figures": middle(runs), "runs": len(runs),
                       "noisyRuns": sum(run["noisy"] for run in runs)}
                   for x, runs in points.items()}
            for name, points in runs_of.items()}


def growth_rows(axis, rows):
    """A heading and lines of cells: a line a point, and for each candidate how far it is from flat."""
    heading = ["candidate", axis.unit] + [f"{figure.title}, {figure.unit}" for figure in axis.figures]
    heading += ["runs"]
    lines = []
    for name, points in rows.items():
        for x, point in points.items():
            noisy = f" ({point['noisyRuns']} noisy)" if point["noisyRuns"] else ""
            cells = [short(point["figures"].get(figure.name)) for figure in axis.figures]
            lines.append([name, f"{x:,}", *cells, f"{point['runs']}{noisy}"])
        if len(points) > 1:
            cells = [short(change(points, figure.name)) for figure in axis.figures]
            lines.append([name, "last / first", *cells, ""])
    return heading, lines


def change(points, figure):
    """How a figure at the last point compares with the first one; 1 is flat, None where one is missing."""
    first, last = (points[x]["figures"].get(figure) for x in (min(points), max(points)))
    return last / first if first and last is not None else None


def growth_markdown(axes, table, header):
    """One table an axis, below what the header says of the machine."""
    text = [f"{name}: {value}  " for name, value in header.items()]
    for axis in axes:
        text += ["", f"### {axis.name}: {axis.title}", ""]
        text += markdown_table(*growth_rows(axis, table[axis.name]))
    return "\n".join(text) + "\n"
