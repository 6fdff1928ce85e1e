#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every public declaration is documented, and callbacks say on which thread they run.

In include/kith, each type, function and enumerator that a user can name carries a `///` comment.
Each function that takes a completion or another callback, each that somebody implements for the
library, and each callback class ends it with the fixed line

    /// Thread: any. Blocks: never. Callback: executor, once. Lifetime: copies its arguments.
"""

import argparse
import pathlib
import re
import sys

from cpp_text import line_of, scopes

THREAD_LINE = re.compile(r"Thread: .+?\. Blocks: .+?\. Callback: .+?\. Lifetime: .+\.$")
TAKES_CALLBACK = re.compile(r"\b\w*(Completion|Callback)\b|std::function\s*<")
# Nothing to say that the language does not say.
OBVIOUS = re.compile(r"~\w+\s*\(|=\s*(default|delete)\s*$|\boverride\b|^using\s+[\w:]+$|"
                     r"^(template\s*<.*>\s*)?(class|struct|enum class|enum)\s+[\w:]+(\s*:\s*[\w:]+)?$|"
                     r"^(friend\s+(class|struct)|static_assert|namespace|extern)\b")


def comment_before(lines, first):
    """The `///` block directly above line `first` (counted from 1), as one text; or ''."""
    block = []
    at = first - 2
    while at >= 0 and lines[at].strip().startswith("///"):
        block.insert(0, lines[at].strip()[3:].strip())
        at -= 1
    return " ".join(block)


def declarations(text):
    """(line, declaration, scope) of everything at namespace or public record level."""
    code, found = scopes(text)
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), code)
    opening = {scope.start: scope for scope in found}
    stack, mark, position, rounds = [], 0, 0, 0

    def take(end):
        statement = code[mark:end]
        start = mark + len(statement) - len(statement.lstrip())
        return line_of(code, start), " ".join(statement.split())

    def visible():
        return all(s.kind == "namespace" or (s.kind == "record" and s.access == "public")
                   for s in stack)

    while position < len(code):
        sign = code[position]
        if sign == "{" and position in opening:
            scope = opening[position]
            if scope.kind in ("namespace", "record"):
                if visible():
                    yield (*take(position), scope)
                stack.append(scope)
                default = "private" if re.match(
                    r"\s*(template\s*<[^{}]*>\s*)?class\b", scope.head) else "public"
                scope.access = default
                mark = position + 1
            else:
                # A body, or a braced value: the statement goes on behind it, or ends with it.
                if visible() and scope.kind in ("function", "enum"):
                    yield (*take(position), scope)
                position = scope.end or len(code) - 1
                if scope.kind in ("function", "enum"):
                    mark = position + 1
        elif sign == "}" and stack:
            stack.pop()
            mark = position + 1
        elif sign == "(":
            rounds += 1
        elif sign == ")":
            rounds -= 1
        elif sign == ";" and rounds == 0:
            if visible() and code[mark:position].strip():
                yield (*take(position), None)
            mark = position + 1
        elif sign == ":" and stack and stack[-1].kind == "record":
            label = re.search(r"(public|private|protected)\s*$", code[mark:position])
            if label and not code[mark:position].strip().startswith(("class", "struct")):
                stack[-1].access = label[1]
                mark = position + 1
        position += 1


def enumerators(text, scope):
    """(line, name) of each value of an enum."""
    code, _ = scopes(text)
    position = scope.start + 1
    for part in code[position:scope.end].split(","):
        name = re.match(r"\s*([A-Za-z_]\w*)", part)
        if name:
            yield line_of(code, position + name.start(1)), name[1]
        position += len(part) + 1


def is_function(declaration):
    head = re.split(r"[={]", declaration.replace("operator==", "operator").replace("operator=", "operator"))[0]
    return "(" in head and not head.startswith(("using", "typedef"))


def check_file(path, text):
    lines = text.splitlines()
    owner_doc = {}
    for line, declaration, scope in declarations(text):
        if scope is not None and scope.kind == "namespace":
            continue
        if scope is None and OBVIOUS.search(declaration):
            continue
        if OBVIOUS.search(declaration) and is_function(declaration):
            continue
        doc = comment_before(lines, line)
        trailing = re.search(r"///<\s*\S", lines[line - 1])
        short = re.sub(r"\s+", " ", declaration)[:60]
        if not doc and not trailing:
            yield f"{path}:{line}: no /// comment: {short}"
            continue
        if scope is not None and scope.kind == "record":
            owner_doc[scope.head] = doc
            callbacks = re.findall(r"virtual\s+void\s+on[A-Z]\w*\s*\(", text[scope.start:scope.end])
            if callbacks and not THREAD_LINE.search(doc):
                yield f"{path}:{line}: a class of callbacks without the line `Thread: ... Lifetime: ...`"
        elif scope is not None and scope.kind == "enum":
            undocumented = [name for at, name in enumerators(text, scope)
                            if not comment_before(lines, at) and "///<" not in lines[at - 1]]
            one_line = text.count("\n", scope.start, scope.end) == 0
            if undocumented and not one_line:
                yield f"{path}:{line}: values without /// comment: {', '.join(undocumented)}"
        elif is_function(declaration):
            parameters = declaration[declaration.index("("):]
            implemented = re.search(r"=\s*0$", declaration) and "const = 0" not in declaration
            if (TAKES_CALLBACK.search(parameters) or implemented) and not THREAD_LINE.search(doc):
                yield f"{path}:{line}: no fixed line `Thread: ... Lifetime: ...`: {short}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parent.parent)
    args = parser.parse_args()
    offences, seen = [], 0
    for file in sorted((args.root / "include" / "kith").glob("*.hpp")):
        text = file.read_text(encoding="utf-8")
        path = file.relative_to(args.root).as_posix()
        seen += sum(1 for _ in declarations(text))
        offences += check_file(path, text)
    for offence in offences:
        print(offence)
    if not seen:
        print("check_docs: found no declaration at all; wrong --root?")
        return 1
    print(f"check_docs: {seen} declarations, {len(offences)} not documented as they should be")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
