#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up JUnit files that ctest wrote and prints one line: `N passed, N failed`.

A ctest entry that is a Catch2 program counts as its test cases, any other entry as one. Exit status 1
when something failed or nothing ran.
"""

import re
import sys
import xml.etree.ElementTree as xml

# Catch2's last line: "All tests passed (9 assertions in 3 test cases)", or
# "test cases: 4 | 3 passed | 1 failed".
ALL = re.compile(r"All tests passed \(.*? in (\d+) test cases?\)")
SOME = re.compile(r"test cases: *(\d+)(?: *\| *(\d+) passed)?(?: *\| *(\d+) failed)?")
# node --test and Python's unittest.
NODE = re.compile(r"^# pass (\d+)\n# fail (\d+)", re.MULTILINE)
PYTHON = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)


def count(case):
    """(passed, failed) of one ctest entry; None when it was not run."""
    if case.get("status") in ("notrun", "disabled"):
        return None
    output = case.findtext("system-out") or ""
    if case.get("status") == "run":
        passed = sum(int(n) for pattern in (ALL, PYTHON) for n in pattern.findall(output))
        passed += sum(int(found[0]) for found in NODE.findall(output))
        return max(passed, 1), 0
    passed = failed = 0
    for found in SOME.findall(output):
        passed += int(found[1] or 0)
        failed += int(found[2] or 0)
    # A crash or a time-out has no summary, and is a failure all the same.
    return passed, max(failed, 1)


def main():
    passed = failed = 0
    for path in sys.argv[1:]:
        for case in xml.parse(path).getroot().iter("testcase"):
            result = count(case)
            if result:
                passed, failed = passed + result[0], failed + result[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
