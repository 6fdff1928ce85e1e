# SPDX-License-Identifier: Apache-2.0
"""A rough reader of C++ text, good enough to check the house's habits: no preprocessor, no types."""

import re

_SKIP = re.compile(
    r'R"(?P<d>[^(\s]{0,16})\((?:.|\n)*?\)(?P=d)"'      # raw string
    r'|"(?:\\.|[^"\\\n])*"'                            # string
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"            # character, but not a digit separator
    r"|//[^\n]*"
    r"|/\*(?:.|\n)*?\*/")


def blank(text):
    """`text` with comments and literals blanked out, every position and line kept."""
    def spaces(match):
        found = match.group(0)
        inside = re.sub(r"[^\n]", " ", found)
        return '"' + inside[1:-1] + '"' if found.endswith('"') and len(found) > 1 else inside
    return _SKIP.sub(spaces, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


_CASE = re.compile(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)')
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"')


def test_names(text):
    """The names of the test cases in `text`, adjacent literals joined."""
    return ["".join(_PIECE.findall(pieces)).replace('\\"', '"').replace("\\\\", "\\")
            for pieces in _CASE.findall(text)]


class Scope:
    """One pair of braces. `kind` is namespace, record, enum, function, init or block."""

    def __init__(self, kind, head, start, parent):
        self.kind = kind
        self.head = head
        self.start = start  # position of the opening brace
        self.end = None
        self.parent = parent
        self.public = parent is None or parent.kind != "record"
        self.access = "public"

    def inside(self, kind):
        scope = self.parent
        while scope:
            if scope.kind == kind:
                return True
            scope = scope.parent
        return False


_CONTROL = re.compile(r"(?:^|[^\w])(if|for|while|switch|catch|do|else|try)\b[^;{}]*$")


def kind_of(head):
    """What an opening brace with this text before it begins."""
    head = " ".join(head.split())
    # Attributes and access labels are not part of the declaration.
    head = re.sub(r"^(?:(?:public|private|protected)\s*:\s*)+", "", head)
    if re.search(r"(^|\s)namespace\b[^()]*$", head) or re.fullmatch(r'extern\s*"\s*"', head):
        return "namespace"
    if re.match(r"(typedef )?enum\b", head):
        return "enum"
    plain = re.sub(r"^template\s*<.*?>\s*(?=class|struct|union)", "", head)
    if re.match(r"(typedef )?(class|struct|union)\b[^()=]*(\([^()]*\))?[^()=]*$", plain):
        return "record"
    if re.search(r"\)\s*(const|noexcept|override|final|mutable|&|&&|\s|noexcept\s*\(.*\)|"
                 r"->\s*[\w:<>,&*\s]+|requires\b.*|KITH_\w+(\(.*\))?)*$", head):
        if re.match(r"(if|for|while|switch|catch|do|else|try|return)\b", head):
            return "block"
        if re.search(r"\[[^\[\]]*\]\s*(\([^()]*\))?[^()]*$", head) and not re.search(
                r"operator\s*\[\s*\]", head):
            return "lambda"
        return "function"
    if re.search(r"\)\s*(noexcept\s*)?:\s*[^;{}]*[\w>]$", head) and not head.startswith("case"):
        return "init"  # a member initialiser written with braces
    if re.search(r"\)\s*(noexcept\s*)?:\s*[^;{}]*[)}]$", head):
        return "function"
    if re.search(r"\[[^\[\]]*\]$", head):
        return "lambda"
    return "block"


def scopes(text):
    """All scopes of `text`, in the order in which they open."""
    code = blank(text)
    code = re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), code)
    found, stack, mark, rounds = [], [], 0, 0
    for position, sign in enumerate(code):
        if sign == "(":
            rounds += 1
        elif sign == ")":
            rounds = max(0, rounds - 1)
        elif sign == ";" and rounds == 0:
            mark = position + 1
        elif sign == "{":
            head = code[mark:position]
            kind = kind_of(head) if rounds == 0 else "block"
            scope = Scope(kind, head, position, stack[-1] if stack else None)
            scope.mark, scope.rounds = mark, rounds
            found.append(scope)
            stack.append(scope)
            mark, rounds = position + 1, 0
        elif sign == "}" and stack:
            scope = stack.pop()
            scope.end = position
            rounds = scope.rounds
            # A braced value belongs to the statement around it, which goes on.
            mark = scope.mark if scope.kind in ("init", "block") and scope.head.strip() and (
                scope.kind == "init" or scope.rounds) else position + 1
    return code, found
