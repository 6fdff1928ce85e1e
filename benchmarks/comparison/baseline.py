# SPDX-License-Identifier: Apache-2.0
"""An older Kith in the same run: each of our candidates once more, with the programs of a baseline.

Clients that are not Kith's (the driver) stay those of this tree, so that only the server differs.
"""

import sys
from dataclasses import replace
from statistics import geometric_mean

from programs import build
from report import short
from works import cpu_of

SUFFIX = "-before"
# Nothing may lose more than this share (goal of docs/benchmarks.md); a line that does is marked.
MAY_LOSE = 0.05


def programs_of(folder):
    """The folder with kith and kithd: the one that was named, or where a tree's preset bench puts them."""
    folder = folder.resolve()
    if (folder / "CMakePresets.json").is_file():
        return build(["kith_tool", "kithd"], root=folder)
    if not all((folder / name).is_file() for name in ("kith", "kithd")):
        sys.exit(f"compare: --baseline {folder}: neither a tree of Kith nor a folder with kith and kithd")
    return folder


def with_baseline(candidates, programs):
    """Each of our candidates followed by its older twin, so that both meet the same minute."""
    both = []
    for candidate in candidates:
        both.append(candidate)
        if candidate.name.startswith("kith"):
            both.append(replace(candidate, name=candidate.name + SUFFIX, programs=programs,
                                promise="as " + candidate.name + ", the baseline"))
    return both


def changes(works, table, other_of=lambda name: name + SUFFIX):
    """[(work, candidate, figure, before, after, ratio)]; a ratio over 1 is better than before.

    `other_of(candidate)` names the one whose figures are those before.
    """
    found = []
    for work in works:
        rows = table.get(work.name, {})
        for name, row in rows.items():
            before = rows.get(other_of(name))
            if not before:
                continue
            pairs = [(figure.name, figure.more_is_better, before["figures"].get(figure.name),
                      row["figures"].get(figure.name)) for figure in work.figures]
            old, new = cpu_of(before["figures"]), cpu_of(row["figures"])
            pairs += [(key, False, old.get(key), new.get(key)) for key in sorted(new)]
            found += [(work.name, name, figure, was, now, now / was if more else was / now)
                      for figure, more, was, now in pairs if was and now]
    return found


def report(works, table):
    """(lines to print, lines of a markdown table)."""
    found = changes(works, table)
    if not found:
        return ["no candidate has a baseline"], []
    plain, marked = [], ["| work | candidate | figure | before | after | better by |", "|---|---|---|---:|---:|---:|"]
    for work, name, figure, before, after, ratio in found:
        word = "" if ratio >= 1 - MAY_LOSE else "  LOSES"
        plain.append(f"{work:<10} {name:<20} {figure:<22} {short(before):>9} {short(after):>9}  {ratio:5.2f}{word}")
        marked.append(f"| {work} | {name} | {figure} | {short(before)} | {short(after)} | {ratio:.2f} |")
    mean = geometric_mean([ratio for *_, ratio in found])
    plain.append(f"{'all of them':<54} {'':>9} {'':>9}  {mean:5.2f}")
    return plain, marked
