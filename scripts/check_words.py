#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Names that docs/glossary.md has retired do not come back, and comments speak of things.

Each row of its second table has the words, with commas between, then in backquotes what to say instead and the
folders where this holds. Code, comments and texts of the sources there are searched for the words, whole and case by case.

The section about comments names folders, in backquotes, in which no comment of C++ has a word for a person.
"""

import argparse
import pathlib
import re
import sys

SOURCES = ("*.cpp", "*.hpp", "*.h", "*.hpp.in", "*.py", "CMakeLists.txt", "README.md")
HEADING = "## Retired names"
COMMENTS = "## Comments"
WORDS = re.compile(r"`([^`]+)`")
PERSONS = re.compile(r"\b(who|whom|whoever|nobody|somebody|someone|anybody|anyone|everybody|everyone|no one|he|him|his|himself)\b",
                     re.IGNORECASE)
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|(//[^\n]*|/\*(?:.|\n)*?\*/)')


def rows_of(page):
    """[(words, instead, folders)] of the table below the heading."""
    found = []
    for line in page.partition(HEADING)[2].splitlines():
        cells = line.strip("|").split("|")
        instead, folders = (WORDS.findall(cell) for cell in (cells + ["", ""])[1:3])
        if instead and folders:
            found.append(([word.strip() for word in cells[0].split(",")], instead, folders))
    return found


def folders_of(page):
    """The folders whose comments have no words for persons."""
    section = page.partition(COMMENTS)[2].partition("\n## ")[0]
    return [word for word in WORDS.findall(section) if "/" in word and not word.endswith(".py")]


def persons_in(text):
    """[(position, word)] of words for persons in the comments of C++."""
    return [(match.start(1) + word.start(), word[0]) for match in COMMENT.finditer(text) if match[1]
            for word in PERSONS.finditer(match[1])]


def sources(root, folder, globs):
    return sorted({file for glob in globs for file in (root / folder).rglob(glob)})


def check_comments(root, folders):
    faults = [f"docs/glossary.md: there is no folder {folder}" for folder in folders if not (root / folder).is_dir()]
    for file in sorted({file for folder in folders for file in sources(root, folder, ("*.cpp", "*.hpp", "*.h"))}):
        text = file.read_text(encoding="utf-8")
        faults += [f"{file.relative_to(root)}:{text.count(chr(10), 0, position) + 1}: a comment says '{word}'; "
                   "its subject is a thing" for position, word in persons_in(text)]
    return faults


def check(root):
    page = (root / "docs/glossary.md").read_text(encoding="utf-8")
    faults = check_comments(root, folders_of(page))
    rows = rows_of(page)
    if not rows:
        faults.append("docs/glossary.md: no names are retired there")
    for words, instead, folders in rows:
        pattern = re.compile(r"\b(" + "|".join(map(re.escape, words)) + r")\b")
        for folder in folders:
            if not (root / folder).is_dir():
                faults.append(f"docs/glossary.md: there is no folder {folder}")
            for file in sources(root, folder, SOURCES):
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
