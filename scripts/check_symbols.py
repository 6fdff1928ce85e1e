#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A shared library of ours shows its own API and nothing else.

A private dependency or a std:: instantiation that leaks out of libkith binds to the program's own
copy of it, of another version or with other flags, and breaks far from here.
"""

import argparse
import re
import subprocess
import sys

# The C++ API, what the compiler makes for its classes, the C ABI, and the version node itself.
OURS = re.compile(r"(?:(?:typeinfo|typeinfo name|vtable|VTT|construction vtable|guard variable) for )?"
                  r"kith::(?!\w*(?:json|avos|engine|ws|tls|net|config|rest|sign|dispatch|store|sqlite|core|storage|front|base)::)|kith_\w+$|KITH_\d+$")


def symbols(library, nm):
    output = subprocess.run([nm, "--dynamic", "--demangle", "--defined-only", library],
                            check=True, capture_output=True, text=True).stdout
    for line in output.splitlines():
        match = re.match(r"[0-9a-fA-F]*\s+(\w)\s+(.*)$", line)
        if match:
            yield match[1], re.sub(r"@@?KITH_\d+$", "", match[2])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm")
    parser.add_argument("libraries", nargs="+")
    args = parser.parse_args()
    leaks = seen = 0
    for library in args.libraries:
        for kind, name in symbols(library, args.nm):
            seen += 1
            if not OURS.match(name):
                leaks += 1
                print(f"{library}: shows {kind} {name}")
    if not seen:
        print("check_symbols: the libraries show nothing at all")
        return 1
    print(f"check_symbols: {seen} symbols, {leaks} that nobody should see")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
