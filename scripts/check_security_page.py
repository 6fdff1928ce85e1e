#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every test that docs/security.md names exists.

A claim about safety is worth the test behind it. The page writes the name of a test in backquotes:
`room: sentence` of a TEST_CASE, or `test_name` of a Python test.
"""

import argparse
import pathlib
import re
import sys

from cpp_text import test_names

PAGE = "docs/security.md"
NAMED = re.compile(r"`([a-z][a-z ]*: [^`]+|test_\w+)`")


def existing(root):
    names = set()
    for file in sorted((root / "tests").rglob("*_test.*")):
        text = file.read_text(encoding="utf-8")
        names.update(test_names(text))
        names.update(re.findall(r"def (test_\w+)\(", text))
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    names = existing(args.root)
    text = (args.root / PAGE).read_text(encoding="utf-8")
    named = [" ".join(name.split()) for name in NAMED.findall(text)]
    missing = [name for name in named if name not in names]
    for name in missing:
        print(f"{PAGE}: there is no test `{name}`")
    if not named:
        print(f"{PAGE}: names no test at all")
        return 1
    print(f"check_security_page: {len(named)} tests named, {len(missing)} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
