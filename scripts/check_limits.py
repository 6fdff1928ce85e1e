#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page of limits names tests and constants that exist.

Every row of a table in docs/limits.md with a `test` column names a test case in back quotes; every constant
(`kName`) in its name column is in the sources.
"""

import argparse
import pathlib
import re
import sys

from cpp_text import test_names

QUOTED = re.compile(r"`([^`]+)`")


def tests_of(root):
    return {name for file in (root / "tests").rglob("*.cpp")
            for name in test_names(file.read_text(encoding="utf-8"))}


def constants(root):
    words = set()
    for folder in ("include", "src"):
        for file in (root / folder).rglob("*.[ch]pp"):
            words.update(re.findall(r"\bk[A-Z]\w+", file.read_text(encoding="utf-8")))
    return words


def rows(page):
    """(line number, cells) of every table row that has a test column."""
    columns = None
    for number, line in enumerate(page.splitlines(), 1):
        if not line.startswith("|"):
            columns = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if columns is None:
            columns = cells
        elif columns[-1] == "test" and not set(line) <= set("|-"):
            yield number, cells


def check(root):
    page = root / "docs" / "limits.md"
    tests, known = tests_of(root), constants(root)
    faults, seen = [], 0
    for number, cells in rows(page.read_text(encoding="utf-8")):
        seen += 1
        where = f"docs/limits.md:{number}"
        named = QUOTED.findall(cells[-1])
        if len(named) != 1:
            faults.append(f"{where}: the last cell names one test in back quotes")
        faults += [f"{where}: there is no test '{name}'" for name in named if name not in tests]
        for word in re.findall(r"\bk[A-Z]\w+", cells[1] if len(cells) > 1 else ""):
            if word not in known:
                faults.append(f"{where}: there is no {word} in the sources")
    if seen == 0:
        faults.append("docs/limits.md: no row has a test")
    return seen, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    seen, faults = check(parser.parse_args().root)
    for fault in faults:
        print(f"check_limits: {fault}")
    if not faults:
        print(f"check_limits: {seen} limits, each with a test")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
