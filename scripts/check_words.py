#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names that docs/glossary.md has retired do not come back.

Each row of its second table has the words, with commas between, then in backquotes what to say instead and the
folders where this holds. Code, comments and texts of the sources there are searched for the words, whole and case by case.
"""

import argparse
import pathlib
import re
import sys

SOURCES = ("*.cpp", "*.hpp", "*.h", "*.hpp.in", "*.py", "CMakeLists.txt", "README.md")
HEADING = "## Retired names"
WORDS = re.compile(r"`([^`]+)`")


def rows_of(page):
    """[(words, instead, folders)] of the table below the heading."""
    found = []
    for line in page.partition(HEADING)[2].splitlines():
        cells = line.strip("|").split("|")
        instead, folders = (WORDS.findall(cell) for cell in (cells + ["", ""])[1:3])
        if instead and folders:
            found.append(([word.strip() for word in cells[0].split(",")], instead, folders))
    return found


def check(root):
    faults = []
    rows = rows_of((root / "docs/glossary.md").read_text(encoding="utf-8"))
    if not rows:
        faults.append("docs/glossary.md: no names are retired there")
    for words, instead, folders in rows:
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, words)) + r")\b")
        for folder in folders:
            if not (root / folder).is_dir():
                faults.append(f"docs/glossary.md: there is no folder {folder}")
            for file in sorted({file for glob in SOURCES for file in (root / folder).rglob(glob)}):
                text = file.read_text(encoding="utf-8")
                faults += [f"{file.relative_to(root)}:{text.count(chr(10), 0, match.start()) + 1}: "
                           f"{match[1]} is retired; say {', '.join(instead)}" for match in pattern.finditer(text)]
    return len(rows), faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    rows, faults = check(parser.parse_args().root)
    for fault in faults:
        print(fault)
    print(f"check_words: {rows} rows of retired names, {len(faults)} uses of them")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
