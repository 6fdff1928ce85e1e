#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every test named in docs/conformance.md exists, and every test of RFC 6455 is named there."""

import argparse
import pathlib
import sys

from cpp_text import test_names

PAGE = pathlib.Path("docs") / "conformance.md"
SIDES = {
    "server": pathlib.Path("tests") / "server" / "front" / "rfc6455_test.cpp",
    "client": pathlib.Path("tests") / "net" / "client" / "rfc6455_test.cpp",
}


def named(page):
    """The two columns of the table of tests."""
    names = {"server": set(), "client": set()}
    for line in page.partition("## The tests")[2].splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3 or cells[0] in ("rule", "---"):
            continue
        for side, name in zip(("server", "client"), cells[1:]):
            if name != "-":
                names[side].add(name)
    return names


def problems(root):
    names = named((root / PAGE).read_text(encoding="utf-8"))
    for side, path in SIDES.items():
        prefix = f"rfc6455 {side}: "
        there = {name.removeprefix(prefix)
                 for name in test_names((root / path).read_text(encoding="utf-8"))
                 if name.startswith(prefix)}
        for name in sorted(names[side] - there):
            yield f"{PAGE}: {path} has no test 'rfc6455 {side}: {name}'"
        for name in sorted(there - names[side]):
            yield f"{path}: 'rfc6455 {side}: {name}' is not in {PAGE}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    found = list(problems(parser.parse_args().root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
