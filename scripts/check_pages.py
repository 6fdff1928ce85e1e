#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pages say what is so. In every *.md of ours:

- a link to a file, and to a heading of it, leads somewhere;
- a path in backquotes, or of ours in a block of commands, is there (`*` stands for anything, {a,b} for both);
- a name in backquotes that looks like one of code, `word_word`, `wordWord`, `Type::word` or `word()`, occurs
  in a file that is no page, unless it is another project's;
- a decision, or record, is named with a link to its page, whose number is the one that is said. In
  comments and names of tests, where no link can be, its page is there.

CHANGELOG.md tells of what was: there only links count.
"""

import argparse
import fnmatch
import itertools
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ("benchmarks/", "cmake/", "docs/", "examples/", "fuzz/", "include/", "scripts/", "src/", "tests/")
ENDINGS = (".cmake", ".cpp", ".h", ".hpp", ".js", ".md", ".py", ".service", ".toml")
SOURCES = ENDINGS + (".txt", ".json", ".map", ".in")
PATH = re.compile(r"[\w.*{},/-]+")
NAME = re.compile(r"(?:\w+::)*(\w+)(\(\))?")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
DECISION = re.compile(r"\b(?:decisions?|records?) (\d{3})\b|\bdecisions/(\d{3})\b")
CODE = re.compile(r"`([^`\n]+)`")
# Names of the system, the compiler and libraries; and the habits of CONTRIBUTING.md, which name themselves.
OTHERS = re.compile(r"[A-Z0-9_]+|(lws|curl|sqlite3|epoll)_\w+|(snake_case|([Uu]pper|lower|kUpper)Camel(Case)?)_?")


def tracked(root):
    """All files of the tree, as paths from its root; without git, as in a test, all that are there."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                                check=True, capture_output=True, text=True).stdout.split("\0")
        return sorted(name for name in listed if name and (root / name).is_file())
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def expanded(text):
    """`a.{b,c}` as `a.b` and `a.c`."""
    pieces = [part[1:-1].split(",") if part.startswith("{") else [part] for part in re.split(r"(\{[^{}]*\})", text)]
    return ["".join(choice) for choice in itertools.product(*pieces)]


def anchors(text):
    """Of each heading what GitHub makes of it."""
    headings = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


class Pages:
    def __init__(self, root):
        self.root, self.files, self.problems = root, tracked(root), []
        self.places = set(self.files)
        for name in self.files:
            self.places |= {str(folder) for folder in pathlib.PurePosixPath(name).parents}
        self.decisions = {name[len("docs/decisions/"):][:3] for name in self.files
                          if re.match(r"docs/decisions/\d{3}-", name)}
        words = set()
        for name in self.files:
            words |= set(re.findall(r"\w+", name))
            if name.endswith(SOURCES) and not name.endswith(".md") or "." not in name.rsplit("/", 1)[-1]:
                words |= set(re.findall(r"\w+", self.read(name)))
        self.words = words

    def read(self, name):
        return (self.root / name).read_text(encoding="utf-8", errors="replace")

    def exists(self, page, path):
        """From the root, from the page's folder, or, as prose says it, the end of a path."""
        path = path.removeprefix("./").rstrip("/")
        near = (pathlib.PurePosixPath(page).parent / path).as_posix()
        if path in self.places or near in self.places:
            return True
        patterns = (path, near, f"*/{path}")
        return any(fnmatch.fnmatchcase(place, p) for place in self.places for p in patterns)

    def say(self, page, line, what):
        self.problems.append(f"{page}:{line}: {what}")

    def link(self, page, line, text, target):
        if re.match(r"[a-z]+:", target):
            return
        path, _, anchor = target.partition("#")
        file = page
        if path:
            file = pathlib.PurePosixPath(page).parent / path
            file = pathlib.Path(self.root / file).resolve()
            if not file.exists():
                return self.say(page, line, f"{target} leads nowhere")
            file = file.relative_to(self.root.resolve()).as_posix()
        if anchor and file.endswith(".md") and anchor not in anchors(self.read(file)):
            self.say(page, line, f"{target}: there is no such heading")

    def code(self, page, line, token):
        is_path = PATH.fullmatch(token) and "<" not in token
        if is_path and (token.removeprefix("./").startswith(OURS) or "/" in token and token.endswith(ENDINGS)):
            for path in expanded(token):
                if not self.exists(page, path):
                    self.say(page, line, f"there is no {path}")
            return
        name = NAME.fullmatch(token)
        if not name:
            return
        word = name.group(1)
        like_code = "_" in word.strip("_") or "::" in token or name.group(2) or re.search(r"[a-z][A-Z]", word)
        others = OTHERS.fullmatch(word) and not word.startswith("KITH_")
        if like_code and not others and word not in self.words:
            self.say(page, line, f"no file but pages has the name {word}")

    def decision(self, page, line, text):
        if page.startswith("docs/decisions/README"):
            return
        linked = {}
        for words, target in LINK.findall(text):
            for found in DECISION.findall(words):
                linked[found[0] or found[1]] = target
        for found in DECISION.findall(re.sub(r"\]\([^)]*\)", "]", text)):
            number = found[0] or found[1]
            if number not in linked:
                self.say(page, line, f"decision {number} without a link to its page")
            elif not linked[number].rsplit("/", 1)[-1].startswith(f"{number}-"):
                self.say(page, line, f"decision {number} leads to {linked[number]}")

    def page(self, page):
        fenced = False
        for line, text in enumerate(self.read(page).splitlines(), 1):
            if text.lstrip().startswith("```"):
                fenced = not fenced
                continue
            if fenced:
                for word in text.split("#")[0].split():
                    if word.removeprefix("./").startswith(OURS):
                        self.code(page, line, word.rstrip(".,;:"))
                continue
            plain = CODE.sub("", text)
            for words, target in LINK.findall(plain):
                self.link(page, line, words, target)
            if page == "CHANGELOG.md":
                continue
            for token in CODE.findall(text):
                self.code(page, line, token)
            self.decision(page, line, plain)

    def source(self, name):
        for line, text in enumerate(self.read(name).splitlines(), 1):
            for found in DECISION.findall(text):
                number = found[0] or found[1]
                if number not in self.decisions:
                    self.say(name, line, f"there is no decision {number}")

    def check(self):
        for name in self.files:
            if name.endswith(".md"):
                self.page(name)
            elif name.startswith(OURS) and name.endswith(SOURCES) and not name.endswith("checks_test.py"):
                self.source(name)
        return self.problems


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", type=pathlib.Path, default=ROOT)
    pages = Pages(parser.parse_args().root)
    problems = pages.check()
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{sum(name.endswith('.md') for name in pages.files)} pages")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
