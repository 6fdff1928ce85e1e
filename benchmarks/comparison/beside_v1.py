# SPDX-License-Identifier: Apache-2.0
"""The current protocol beside v1: the same works, kithd and driver, in one run."""

from baseline import changes
from report import short

V1_OF = {"kith-current": "kith-lean", "kith-current-durable": "kith-lean-durable"}
# It may be slower than v1 by so much; a line that says more is marked.
MAY_COST = 0.2


def report(works, table):
    """(lines to print, lines of a markdown table); none where not both were measured."""
    plain, marked = [], ["| work | candidate | figure | v1 | current | better by |", "|---|---|---|---:|---:|---:|"]
    for work, name, figure, v1, current, ratio in changes(works, table, V1_OF.get):
        # The client's time says something of our driver alone.
        if figure == "clientCpu":
            continue
        is_time = figure != "serverKbPerSession"
        word = "  SLOWER" if is_time and ratio * (1 + MAY_COST) < 1 else ""
        plain.append(f"{work:<10} {name:<20} {figure:<22} {short(v1):>9} {short(current):>9}  {ratio:5.2f}{word}")
        marked.append(f"| {work} | {name} | {figure} | {short(v1)} | {short(current)} | {ratio:.2f} |")
    return (plain, marked) if plain else ([], [])
