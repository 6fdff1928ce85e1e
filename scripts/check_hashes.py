#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No table of the server that strangers fill has a hash without a seed.

In src/server, src/protocol/avos, src/ws and src/net a std::unordered_map or -set whose keys are texts, plain 64-bit numbers or
network addresses names base::TextHash, base::NumberHash or another hash of its own, and std::hash is named
nowhere. Tables by numbers that the server makes itself (a SocketId, a Token) and by pointers are free.
"""

import argparse
import pathlib
import re
import sys

from cpp_text import blank, line_of

ROOMS = ("src/server", "src/protocol/avos", "src/ws", "src/net")
TABLE = re.compile(r"std::unordered_(?:multi)?(map|set)\s*<")
CHOSEN = re.compile(r"(const\s+)?(std::(string|string_view|u?int(32|64)_t|size_t)|(net::)?AddressKey)$")


def arguments(text, start):
    """The template arguments that begin at `start`, behind the bracket."""
    depth, piece, found = 0, start, []
    for at in range(start, len(text)):
        if text[at] in "<(":
            depth += 1
        elif text[at] in ">)":
            if depth == 0:
                return found + [" ".join(text[piece:at].split())]
            depth -= 1
        elif text[at] == "," and depth == 0:
            found.append(" ".join(text[piece:at].split()))
            piece = at + 1
    return found


def faults_of(text):
    for match in TABLE.finditer(text):
        given = arguments(text, match.end())
        named = len(given) > (2 if match[1] == "map" else 1)
        if given and CHOSEN.match(given[0]) and not named:
            yield match.start(), f"a table by {given[0]} without a hash of its own; take base/seeded_hash.hpp"
    for match in re.finditer(r"std::hash\s*<", text):
        yield match.start(), "std::hash has no seed; take base/seeded_hash.hpp"


def check(root):
    faults, files = [], 0
    for room in ROOMS:
        for file in sorted((root / room).rglob("*.[ch]pp")):
            files += 1
            text = blank(file.read_text(encoding="utf-8"))
            name = file.relative_to(root)
            faults += [f"{name}:{line_of(text, at)}: {what}" for at, what in faults_of(text)]
    if files == 0:
        faults.append("there are no files to check")
    return files, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    files, faults = check(parser.parse_args().root)
    for fault in faults:
        print(f"check_hashes: {fault}")
    if not faults:
        print(f"check_hashes: {files} files")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
