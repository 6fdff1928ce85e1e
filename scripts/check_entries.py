#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the entries of ctest, as `ctest --show-only=json-v1` prints them:

- Each has a time limit, and labels that docs/testing.md explains: scripts/test picks by label.
- Entries that run the same program say in the same way that it cannot run here (SKIP_RETURN_CODE), or
  what is skipped under one name fails under the other.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INTERPRETERS = re.compile(r"(python[0-9.]*|node|nodejs|cmake|npm)$")


def program(test):
    """What an entry runs: the script, where the program only reads one."""
    command = test.get("command", [])
    names = [word for word in command if not word.startswith("-")]
    if len(names) > 1 and INTERPRETERS.search(names[0]):
        return names[1]
    return names[0] if names else None


def check(tests, labels):
    problems, skips = [], {}
    for test in tests:
        properties = {p["name"]: p["value"] for p in test.get("properties", [])}
        name = test["name"]
        given = properties.get("LABELS", [])
        if not given:
            problems.append(f"{name}: has no label")
        problems += [f"{name}: docs/testing.md has no row for label '{label}'"
                     for label in given if label not in labels]
        skip = properties.get("SKIP_RETURN_CODE")
        if "TIMEOUT" not in properties and "SKIP_REGULAR_EXPRESSION" not in properties:
            problems.append(f"{name}: has no TIMEOUT")
        what = program(test)
        if what is None:
            continue  # ctest names no program that is not built: the preset dev builds all
        first, code = skips.setdefault(what, (name, skip))
        if skip != code:
            problems.append(f"{name}: SKIP_RETURN_CODE is {skip}, but {code} for {first}, which runs the same program")
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    parser.add_argument("--ctest", default="ctest")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--build", help="a build folder")
    what.add_argument("--json", help="a file with what ctest printed")
    arguments = parser.parse_args()
    if arguments.json:
        text = pathlib.Path(arguments.json).read_text(encoding="utf-8")
    else:
        text = subprocess.run([arguments.ctest, "--show-only=json-v1"], cwd=arguments.build, check=True,
                              capture_output=True, text=True).stdout
    page = (arguments.root / "docs/testing.md").read_text(encoding="utf-8")
    labels = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    tests = json.loads(text)["tests"]
    problems = check(tests, labels) if tests else ["ctest has no entries"]
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(tests)} entries")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
