#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up JUnit files that ctest wrote. The last line is `N passed, N failed, N skipped`; the lines
before it say what was skipped and why.

A ctest entry that is a Catch2, unittest or node:test program counts as its test cases, any other entry
as one. A test that cannot run here says so in a line `SKIPPED: <why>`; Catch2 2, which has no word for
that, counts it as passed, so the line takes it off again. Each --step names one
that failed, also where no JUnit file tells of it, as when the build broke: no fewer failures are told than
steps. Exit status 1 when something failed or nothing passed.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as xml

# Catch2's last line: "All tests passed (9 assertions in 3 test cases)", or
# "test cases: 4 | 3 passed | 1 failed".
ALL = re.compile(r"All tests passed \(.*? in (\d+) test cases?\)")
SOME = re.compile(r"test cases: *(\d+)(?: *\| *(\d+) passed)?(?: *\| *(\d+) failed)?")
# node --test and Python's unittest.
NODE = re.compile(r"^[#\u2139] pass (\d+)\n[#\u2139] fail (\d+)", re.MULTILINE)
NODE_SKIPPED = re.compile(r"^ok \d+ - (.*?) # SKIP\b *(.*)$", re.MULTILINE)
PYTHON = re.compile(r"^Ran (\d+) tests? in", re.MULTILINE)
PYTHON_SKIPPED = re.compile(r"^(?:OK|FAILED) \(.*?skipped=(\d+)", re.MULTILINE)
PYTHON_REASON = re.compile(r"^(\w+) \(.*?\)(?:\n.*?)? \.\.\. skipped (['\"])(.*)\2$", re.MULTILINE)
SKIPPED = re.compile(r"SKIPPED: *(.+)")


class Count:
    def __init__(self, passed=0, failed=0, skipped=()):
        self.passed, self.failed, self.skipped = passed, failed, list(skipped)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def skips_inside(output):
    """(those counted among the passed, those that are not): a line for each test of a program that ran."""
    counted = SKIPPED.findall(output)
    reasons = [f"{test}: {why}" for test, _, why in PYTHON_REASON.findall(output)]
    number = sum(int(found) for found in PYTHON_SKIPPED.findall(output))
    # Without -v unittest gives no reason.
    counted += (reasons + ["no reason given"] * number)[:number]
    return counted, [": ".join(filter(None, found)) for found in NODE_SKIPPED.findall(output)]


def count(case):
    """What one ctest entry is worth."""
    output = case.findtext("system-out") or ""
    status = case.get("status")
    if status == "disabled":
        return Count()
    if status == "notrun":
        skipped = case.find("skipped")
        message = skipped.get("message", "") if skipped is not None else ""
        if message.startswith("SKIP_"):
            return Count(skipped=(SKIPPED.findall(output) or ["no reason given"])[:1])
        # Its program was not built, or what it needs failed before it.
        return Count(failed=1)
    if status == "run":
        counted, others = skips_inside(output)
        passed = sum(int(n) for pattern in (ALL, PYTHON) for n in pattern.findall(output))
        passed += sum(int(found[0]) for found in NODE.findall(output))
        return Count(max(passed, 1) - len(counted), 0, counted + others)
    passed = failed = 0
    for found in SOME.findall(output):
        passed += int(found[1] or 0)
        failed += int(found[2] or 0)
    # A crash or a time-out has no summary, and is a failure all the same.
    return Count(passed, max(failed, 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", action="append", default=[])
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    total = Count()
    for path in arguments.files:
        for case in xml.parse(path).getroot().iter("testcase"):
            one = count(case)
            one.skipped = [f"{case.get('name')}: {why}" for why in one.skipped]
            total.add(one)
    # The steps that only ran tests are told by these already.
    total.failed = max(total.failed, len(arguments.step))
    for name in arguments.step:
        print(f"failed: {name}")
    for line in total.skipped:
        print(f"skipped: {line}")
    print(f"{total.passed} passed, {total.failed} failed, {len(total.skipped)} skipped")
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
