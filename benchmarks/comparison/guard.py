# SPDX-License-Identifier: Apache-2.0
"""The regression guard: how far Kith may fall behind the raw relay of the same run.

A shared machine makes rates swing by half and CPU time by a tenth or two, so the better one of the two
ratios (rate, and CPU time of both sides) counts, and the bounds are about half of what was seen when they
were set: they catch a wrong turn (a write or some allocations a frame), not a few per cent.
"""

from works import WORKS

RATE_OF = {work.name: work.figures[0].name for work in WORKS}

# (candidate, work, figure) -> the least ratio to lws.
BOUNDS = {
    ("kith", "direct"): 1.3,
    ("kith", "fanout"): 0.9,
    ("kith", "mesh"): 0.6,
    ("kith-lean", "direct"): 1.6,
    ("kith-lean", "fanout"): 1.6,
    ("kith-lean", "mesh"): 0.7,
}


def check(table):
    """(lines to print, whether all is well); what was not measured is a failure too."""
    lines, well = [], True
    for (candidate, work), bound in BOUNDS.items():
        found = table.get(work, {}).get(candidate, {}).get("ratios", {})
        found = {name: found[name] for name in (RATE_OF[work], "cpu") if name in found}
        best = max(found.values(), default=0.0)
        well = well and best >= bound
        word = "ok" if best >= bound else "TOO SLOW" if found else "NOT MEASURED"
        said = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
        lines.append(f"{candidate:<10} {work:<7} at least {bound:.2f} of lws: {word} ({said})")
    return lines, well
