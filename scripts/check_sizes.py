#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sizes a reader can hold: public headers, sources and functions.

Lists what is over the budget. Up to one and a half times the budget is a warning, more is an error.
"""

import argparse
import pathlib
import sys

from budget import report
from cpp_text import line_of, scopes

HEADER, SOURCE, FUNCTION = 200, 500, 50
FOLDERS = ["include", "src", "tests", "examples", "fuzz", "benchmarks"]
# A test case is a story and may be longer than a function; its file may not.
FUNCTION_FOLDERS = {"include", "src", "examples", "benchmarks"}
SUFFIXES = {".hpp", ".cpp", ".h", ".c"}


def functions(text):
    """(name, first line, number of lines) of each outermost function body."""
    code, found = scopes(text)
    for scope in found:
        if scope.kind == "function" and scope.end and not scope.inside("function"):
            head = " ".join(scope.head.split())
            start = line_of(code, scope.start)
            name = head.split("(")[0].split(" ")[-1] or head
            yield name, start, line_of(code, scope.end) - start + 1


def check(root):
    """(lines over budget, by how much) for the whole tree."""
    offences, seen = [], 0

    def look(where, what, size, budget):
        if size > budget:
            offences.append((f"{where}: {what} has {size} lines of {budget}", size / budget))

    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            seen += 1
            text = file.read_text(encoding="utf-8")
            path = file.relative_to(root).as_posix()
            public = folder == "include"
            look(path, "header" if public else "file", text.count("\n"), HEADER if public else SOURCE)
            if folder in FUNCTION_FOLDERS:
                for name, line, size in functions(text):
                    look(f"{path}:{line}", f"{name}()", size, FUNCTION)
    return seen, offences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    seen, offences = check(args.root)
    return report("check_sizes", seen, "files", offences)


if __name__ == "__main__":
    sys.exit(main())
