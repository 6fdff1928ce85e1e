#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every mutex is one that the compiler checks: base::Mutex, with what it guards named beside it.

Refuses std::mutex and its relatives outside of src/base/sync.hpp, and a base::Mutex without a KITH_GUARDED_BY or
KITH_REQUIRES of its name in the same file (or, for a reference to one, without the same). Clang holds the rest: preset ci.
"""

import argparse
import pathlib
import re
import sys

from cpp_text import blank, line_of

OWN = "src/base/sync.hpp"
PLAIN = re.compile(r"\bstd::(mutex|shared_mutex|recursive_mutex|condition_variable(_any)?|lock_guard|scoped_lock|unique_lock)\b")
MUTEX = re.compile(r"\b(?:base::)?Mutex(&?)\s+(\w+)\s*;")


def check(root):
    seen, offences = 0, []
    for file in sorted((root / "src").rglob("*")):
        path = file.relative_to(root).as_posix()
        if file.suffix not in (".hpp", ".cpp") or path == OWN:
            continue
        code = blank(file.read_text(encoding="utf-8"))
        for match in PLAIN.finditer(code):
            offences.append(f"{path}:{line_of(code, match.start())}: {match[0]}: take base/sync.hpp")
        for match in MUTEX.finditer(code):
            seen += 1
            name = match[2]
            if not re.search(rf"KITH_(GUARDED_BY|REQUIRES)\({name}\)|Mutex& {name}\b|\w+_\{{[^}}]*\b{name}\b[^}}]*\}}", code):
                offences.append(f"{path}:{line_of(code, match.start())}: {name} guards nothing: name it in KITH_GUARDED_BY")
    return seen, offences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    seen, offences = check(args.root)
    for offence in offences:
        print(offence)
    if not seen:
        print("check_locks: found no mutex at all; wrong --root?")
        return 1
    print(f"check_locks: {seen} mutexes, {len(offences)} offences")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
