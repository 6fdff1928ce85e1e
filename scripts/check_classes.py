#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Classes a reader can hold: how many functions and data members each has.

Functions count by name: overloads are one thing to know, and what is deleted is none. Data members count in classes with
functions; a record of data may have as many fields as it takes. The budget is the class's, however many files its functions
are in. Lists what is over the budget. Up to one and a half times the budget is a warning, more is an error.
"""

import argparse
import pathlib
import re
import sys

from budget import report
from cpp_text import line_of, scopes

FUNCTIONS, MEMBERS = 40, 24
FOLDERS = ["include", "src"]
SUFFIXES = {".hpp", ".cpp", ".h", ".c"}
NO_MEMBER = re.compile(r"(using|typedef|friend|static_assert|class|struct|union|enum)\b|$")


def statements(code, record):
    """What is declared directly in the record, without bodies and initialisers."""
    depth, piece = 0, []
    for sign in code[record.start + 1:record.end]:
        if sign == "{":
            depth += 1
            if depth == 1:
                piece.append("{}")
        elif sign == "}":
            depth -= 1
            # A function ends with its body; `X x{1};` and `int a{0}, b{1};` go on.
            if depth == 0 and re.search(r"\)[^;=]*\{\}$", "".join(piece)):
                yield "".join(piece)
                piece = []
        elif depth == 0 and sign == ";":
            yield "".join(piece)
            piece = []
        elif depth == 0:
            piece.append(sign)


def declared(statement):
    """("function" or "member", name) that a statement declares, or None."""
    text = " ".join(statement.split())
    text = re.sub(r"^(?:(?:public|private|protected)\s*:\s*)+", "", text)
    text = re.sub(r"\[\[.*?\]\]|\balignas\s*\([^()]*\)", "", text).strip()
    before = None
    while before != text:  # template arguments hide brackets, innermost first
        before, text = text, re.sub(r"(?<!operator)(?<!operator<)<[^<>;]*>", "", text)
    text = re.sub(r"^template\s*", "", text)
    if NO_MEMBER.match(text):
        return None
    function = re.search(r"(operator\s*[^\w\s(]+|operator\s*\(\)|operator\s+[\w:]+|~?\w+)\s*\(", text)
    if function and not re.match(r"[^({=]*(=|\{\})", text[:function.start()]):
        return None if re.search(r"=\s*delete$", text) else ("function", " ".join(function[1].split()))
    name = re.search(r"(\w+)\s*(?:\[[^\]]*\])?\s*(?:\{\}|=.*)?$", text)
    return ("member", name[1]) if name and not text.startswith("static ") else None


def classes(text):
    """(name, line, set of function names, set of data members) of each class."""
    code, found = scopes(text)
    for scope in found:
        if scope.kind != "record" or not scope.end:
            continue
        head = re.sub(r"<[^<>]*>", "", " ".join(scope.head.split()))
        name = re.search(r"(?:class|struct|union)\s+(?:KITH_\w+\s+)?([\w:]+)", head)
        things = [thing for thing in map(declared, statements(code, scope)) if thing]
        yield (name[1] if name else "(unnamed)", line_of(code, scope.start),
               {n for kind, n in things if kind == "function"}, {n for kind, n in things if kind == "member"})


def files(root):
    return [file for folder in FOLDERS for file in sorted((root / folder).rglob("*")) if file.suffix in SUFFIXES]


def check(root):
    """(number of classes, (line, by how much) for each that is over the budget) for the whole tree."""
    seen, offences = 0, []
    for file in files(root):
        path = file.relative_to(root).as_posix()
        for name, line, functions, members in classes(file.read_text(encoding="utf-8")):
            seen += 1
            for what, count, budget in [("functions", len(functions), FUNCTIONS),
                                        ("members", len(members) if len(functions) > 1 else 0, MEMBERS)]:
                if count > budget:
                    offences.append((f"{path}:{line}: {name} has {count} {what} of {budget}", count / budget))
    return seen, offences


def largest(root):
    """The largest classes, one a line."""
    rows = [(max(len(functions), len(members)), f"{len(functions):4} functions {len(members):4} members  {name}  {file.relative_to(root)}")
            for file in files(root) for name, _, functions, members in classes(file.read_text(encoding="utf-8"))]
    return [row for _, row in sorted(rows, reverse=True)[:25]]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--list", action="store_true", help="print the largest classes instead")
    args = parser.parse_args()
    if args.list:
        print("\n".join(largest(args.root)))
        return 0
    seen, offences = check(args.root)
    return report("check_classes", seen, "classes", offences)


if __name__ == "__main__":
    sys.exit(main())
