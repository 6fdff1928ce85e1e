#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Keeps code in Markdown equal to the compiled example that it shows.

A fence that directly follows `<!-- snippet: path -->` holds that file without its leading comment
lines. Without arguments the fences are rewritten; with --check they are only compared.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ["README.md", "README.zh-CN.md", "docs/tour.md", "docs/server.md"]
FENCE = re.compile(r"(<!-- snippet: (\S+) -->\n```\w*\n)(.*?)(```)", re.S)


def shown(path):
    lines = (ROOT / path).read_text().splitlines(keepends=True)
    while lines and (lines[0].startswith("//") or not lines[0].strip()):
        lines.pop(0)
    return "".join(lines)


def main():
    check = "--check" in sys.argv[1:]
    stale = []
    for name in PAGES:
        page = ROOT / name
        if not page.exists():
            continue
        text = page.read_text()
        fresh = FENCE.sub(lambda m: m.group(1) + shown(m.group(2)) + m.group(4), text)
        if fresh != text:
            stale.append(name)
            if not check:
                page.write_text(fresh)
    if check and stale:
        print(f"code in {', '.join(stale)} differs from the example: run scripts/sync_snippets.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
