#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps code in Markdown equal to the compiled example that it shows.

A fence that directly follows `<!-- snippet: path -->` holds that file without its leading comment
lines. Without arguments the fences are rewritten; with --check they are only compared.
"""
import argparse
import re
import sys
from pathlib import Path

PAGES = ["README.md", "README.zh-CN.md", "docs/tour.md", "docs/server.md"]
FENCE = re.compile(r"(<!-- snippet: (\S+) -->\n```\w*\n)(.*?)(```)", re.S)


def shown(file):
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    while lines and (lines[0].startswith("//") or not lines[0].strip()):
        lines.pop(0)
    return "".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    arguments = parser.parse_args()
    stale = []
    for name in PAGES:
        page = arguments.root / name
        if not page.exists():
            continue
        text = page.read_text(encoding="utf-8")
        fresh = FENCE.sub(lambda m: m[1] + shown(arguments.root / m[2]) + m[4], text)
        if fresh == text:
            continue
        stale.append(name)
        if not arguments.check:
            page.write_text(fresh, encoding="utf-8")
    if arguments.check and stale:
        print(f"code in {', '.join(stale)} differs from the example: run scripts/sync_snippets.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
