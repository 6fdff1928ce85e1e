#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""libkith has no server in it, and libkith-server nothing that only a client needs.

No function or object that the server's own rooms define is found in libkith (in a static build also not in
libkith-core), and none of the client's in libkith-server. A shared libkith-server names neither libwebsockets nor
libcurl among what it needs; nor does any pkg-config file of it.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# What only a client may need.
CLIENTS_ONLY = ("websockets", "curl")


def defined(files, nm):
    """Names that are defined, once, for the linker: text, data and the like, no weak and no undefined ones."""
    output = subprocess.run([nm, "--format=posix", "--defined-only", *files],
                            check=True, capture_output=True, text=True).stdout
    names = set()
    for line in output.splitlines():
        match = re.match(r"(_Z\S+) ([A-Za-z])( |$)", line)
        # In a shared library what is hidden is local. Templates and inline functions of std:: are everybody's.
        if match and match[2] in "TtDdBbRr" and "4kith" in match[1]:
            names.add(match[1])
    return names


def only_of(objects, nm):
    """What these objects define for others."""
    output = subprocess.run([nm, "--format=posix", "--defined-only", "--extern-only", *objects],
                            check=True, capture_output=True, text=True).stdout
    return {match[1] for line in output.splitlines()
            if (match := re.match(r"(_ZN?K?4kith\S+) [TDBR]( |$)", line))}


def needed(library, readelf):
    output = subprocess.run([readelf, "--dynamic", library], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", output)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--client", nargs="+", required=True, help="libkith, and libkith-core of a static build")
    parser.add_argument("--server", nargs="+", required=True, help="libkith-server, and libkith-core of a static build")
    parser.add_argument("--client-objects", nargs="+", required=True, help="objects that only libkith may have")
    parser.add_argument("--server-objects", nargs="+", required=True, help="objects that only libkith-server may have")
    parser.add_argument("--server-pc", type=pathlib.Path, required=True, help="kith-server.pc")
    args = parser.parse_args()
    faults = []
    for name, libraries, objects in (("libkith", args.client, args.server_objects),
                                     ("libkith-server", args.server, args.client_objects)):
        strangers = only_of(objects, args.nm)
        has = defined(libraries, args.nm)
        if not strangers or not has:
            faults.append(f"{name}: nothing to compare ({len(strangers)} names, {len(has)} in the library)")
        faults += [f"{name}: has {symbol} of the other library" for symbol in sorted(strangers & has)[:20]]
    for library in args.server:
        if library.endswith(".a"):
            continue
        faults += [f"{library}: needs {what}" for what in needed(library, args.readelf)
                   if any(word in what for word in CLIENTS_ONLY)]
    for line in args.server_pc.read_text(encoding="utf-8").splitlines():
        faults += [f"{args.server_pc.name}: names {word}" for word in CLIENTS_ONLY if word in line]
    for fault in faults:
        print(fault)
    print(f"check_libraries: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
