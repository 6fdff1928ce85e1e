#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is shipped was really built with the protections that cmake/flags.cmake asks for.

A flag that the compiler or linker ignores, or that a later one takes back, says nothing; the
binary does: position independence, read-only relocations bound at start, no executable stack, no
writable code, stack protector, fortified libc calls, checked standard containers, control-flow
marks (x86), and no path of the build machine to load libraries from.
"""

import argparse
import re
import subprocess
import sys


START_FILES = 6


def tool(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True,
                          env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout


def faults(binary, readelf, objdump):
    """What is missing, one phrase each."""
    head = tool(readelf, "--file-header", "--segments", "--dynamic", "--wide", binary)
    symbols = tool(readelf, "--dyn-syms", "--wide", binary)
    program = "INTERP" in head

    if not re.search(r"Type:\s+DYN", head) or program and not re.search(r"FLAGS_1.*\bPIE\b", head):
        yield "not position independent (-fPIE -pie)"
    if "GNU_RELRO" not in head:
        yield "relocations stay writable (-z relro)"
    if not re.search(r"\(FLAGS(_1)?\).*\b(BIND_)?NOW\b", head):
        yield "symbols are bound late, so their table stays writable (-z now)"
    stack = re.search(r"GNU_STACK(?:\s+0x[0-9a-f]+)+\s+([RWE ]+?)\s+0x", head)
    if not stack or "E" in stack[1]:
        yield "the stack is executable (-z noexecstack)"
    if re.search(r"\n\s*LOAD(?:\s+0x[0-9a-f]+)+\s+RWE", head) or "TEXTREL" in head:
        yield "code is writable"
    if re.search(r"\((RPATH|RUNPATH)\)", head) and not re.search(r"(RPATH|RUNPATH)\).*\[\$ORIGIN", head):
        yield "libraries are looked for at a fixed path (RPATH)"
    if "__stack_chk_fail" not in symbols:
        yield "no stack protector (-fstack-protector-strong)"
    # Only what prints is always replaced; the compiler proves many copies harmless and leaves them.
    plain = re.search(r"UND (printf|fprintf|snprintf|sprintf)@", symbols)
    if plain and not re.search(r"\b__(?!stack)\w+_chk\b", symbols):
        yield "no fortified libc call (-D_FORTIFY_SOURCE=2)"
    if "glibcxx_assert_fail" not in symbols:
        yield "standard containers are not checked (-D_GLIBCXX_ASSERTIONS)"
    if re.search(r"Machine:.*X86-64", head) and not has_landing_marks(binary, objdump):
        yield "functions have no landing marks (-fcf-protection)"


def has_landing_marks(binary, objdump):
    """Every function that can be called through a pointer begins with endbr64.

    The note in the file does not tell: the linker drops it when one object of the system's start
    files lacks it. The few marks of those files themselves do not count.
    """
    code = tool(objdump, "--disassemble", "--no-show-raw-insn", "--section=.text", binary)
    marks = code.count("\tendbr64")
    calls = len(re.findall(r"\tret\b", code))
    return marks > START_FILES and marks * 4 > calls


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readelf", default="readelf")
    parser.add_argument("--objdump", default="objdump")
    parser.add_argument("binaries", nargs="+")
    args = parser.parse_args()
    found = 0
    for binary in args.binaries:
        for fault in faults(binary, args.readelf, args.objdump):
            found += 1
            print(f"{binary}: {fault}")
    print(f"check_hardening: {len(args.binaries)} binaries, {found} protections missing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
