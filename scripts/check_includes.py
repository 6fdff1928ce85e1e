#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every #include of include/ and src/ follows an arrow of docs/house-plan.md.

Reads the table "Who may include what" there. Exit status 1 and one line per offence otherwise.
"""

import argparse
import pathlib
import re
import sys

PLAN = "docs/house-plan.md"
COLUMNS = ["room", "folder", "may include", "third party", "system"]

# How a third party's headers are recognised.
THIRD_PARTY = {
    "RapidJSON": r"rapidjson/",
    "libwebsockets": r"(libwebsockets\.h$|lws_|libwebsockets/)",
    "libcurl": r"curl/",
    "OpenSSL": r"openssl/",
    "SQLite": r"sqlite3(ext)?\.h$",
    "zlib": r"zlib\.h$",
    "CLI11": r"CLI/",
    "Catch2": r"catch2/",
}

POSIX = re.compile(r"(sys|netinet|arpa|net|linux)/|(unistd|poll|fcntl|netdb|pthread|termios|signal|"
                   r"dirent|dlfcn|malloc|sched|ifaddrs|resolv|syslog|errno|time|stdlib|string|stdio)\.h$")
# What a pure room must be handed instead of reaching for it.
IMPURE = {"thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch",
          "barrier", "stop_token", "atomic", "fstream", "iostream", "filesystem", "random",
          "cstdio", "cstdlib", "csignal", "ctime"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SUFFIXES = {".hpp", ".cpp", ".h", ".c"}


class Room:
    def __init__(self, name, folder, may_include, third_party, system):
        self.name = name
        self.folder = folder
        self.may_include = may_include
        self.third_party = third_party  # name -> files of the room that may use it, empty = all
        match = re.fullmatch(r"(pure|std|posix)(?:, posix \(([^)]+)\))?", system)
        if not match:
            raise ValueError(f"{PLAN}: room {name}: unknown system '{system}'")
        self.system = match[1]
        self.posix_files = {f.strip() for f in (match[2] or "").split(",") if f.strip()}

    def system_of(self, path):
        return "posix" if pathlib.PurePath(path).name in self.posix_files else self.system

    def files(self):
        """The single files that make up this room, when it is not a whole folder."""
        match = re.fullmatch(r"(.*)/\{(.*)\}(\.\w+)", self.folder)
        return {f"{match[1]}/{name}{match[3]}" for name in match[2].split(",")} if match else None


def split_list(text):
    """Splits at commas outside brackets."""
    return [part.strip() for part in re.split(r",\s*(?![^(]*\))", text) if part.strip()]


def read_plan(root):
    """The rooms by name, as the table in the house plan says."""
    rows, rooms = [], {}
    for line in (root / PLAN).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == len(COLUMNS):
            rows.append(cells)
    if not rows or rows[0] != COLUMNS:
        raise ValueError(f"{PLAN}: no table with the columns {COLUMNS}")
    for name, folder, may_include, third_party, system in rows[2:]:
        parties = {}
        for party in split_list(third_party):
            match = re.fullmatch(r"(\w+)(?:\s*\(([^)]*)\))?", party)
            if not match or match[1] not in THIRD_PARTY:
                raise ValueError(f"{PLAN}: room {name}: unknown third party '{party}'")
            parties[match[1]] = {f.strip() for f in (match[2] or "").split(",") if f.strip()}
        rooms[name] = Room(name, folder, split_list(may_include), parties, system)
    for room in rooms.values():
        for below in room.may_include:
            if below not in rooms and not below.endswith(".hpp"):
                raise ValueError(f"{PLAN}: room {room.name} may include '{below}', which is no room")
    return rooms


def room_of(path, rooms):
    """The room that a file (given from the root) belongs to; None when it has none."""
    for room in rooms.values():
        files = room.files()
        if files is not None and path in files:
            return room
    inside = [room for room in rooms.values()
              if room.files() is None and path.startswith(room.folder + "/")]
    return max(inside, key=lambda room: len(room.folder), default=None)


def third_party_of(header):
    for name, pattern in THIRD_PARTY.items():
        if re.match(pattern, header):
            return name
    return None


def why_not(root, rooms, room, path, quote, header):
    """Why `path` may not include `header`, or None when it may."""
    if header.startswith("kith/") or quote == '"':
        if header.startswith("kith/"):
            if quote == '"':
                return "write <kith/...> with angle brackets"
            target = "include/" + header
            if header != "kith/version.hpp" and not (root / target).exists():
                return "no such public header"
        else:
            target = "src/" + header
            if not (root / target).exists():
                return "include lines start at src/; no such file there"
            if path.startswith("include/"):
                return "a public header includes only std and kith/"
        below = room_of(target, rooms)
        if below is None:
            return "the file included is in no room"
        # The umbrella and the shells see each other: they are one floor.
        allowed = below is room or below.name in room.may_include or header in room.may_include
        if allowed and room.system == "pure" and below.system_of(target) != below.system:
            return f"room {room.name} is pure: {header} reaches for the system"
        return None if allowed else f"room {room.name} may not include room {below.name}"
    party = third_party_of(header)
    if party:
        if party not in room.third_party:
            return f"room {room.name} may not use {party}"
        files = room.third_party[party]
        if files and pathlib.PurePath(path).name not in files:
            return f"only {', '.join(sorted(files))} of room {room.name} may use {party}"
        return None
    if re.fullmatch(r"[a-z0-9_]+", header):
        if room.system == "pure" and header in IMPURE:
            return f"room {room.name} is pure: <{header}> must be handed in from outside"
        return None
    if POSIX.match(header):
        return None if room.system_of(path) == "posix" else f"room {room.name} may not use the system's <{header}>"
    return "neither std, nor POSIX, nor a third party that this script knows"


def check(root):
    rooms = read_plan(root)
    offences, seen = [], 0
    for base in ("include", "src"):
        for file in sorted((root / base).rglob("*")):
            if file.suffix not in SUFFIXES:
                continue
            path = file.relative_to(root).as_posix()
            room = room_of(path, rooms)
            if room is None:
                offences.append(f"{path}: in no room of {PLAN}")
                continue
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    seen += 1
                    why = why_not(root, rooms, room, path, match[1], match[2])
                    if why:
                        offences.append(f"{path}:{number}: {match[2]}: {why}")
    return seen, offences


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    try:
        seen, offences = check(args.root)
    except (OSError, ValueError) as error:
        print(f"check_includes: {error}", file=sys.stderr)
        return 2
    for offence in offences:
        print(offence)
    if not seen:
        print("check_includes: found no include at all; wrong --root?")
        return 1
    print(f"check_includes: {seen} includes, {len(offences)} against the house plan")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
