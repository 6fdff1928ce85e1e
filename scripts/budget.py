# SPDX-License-Identifier: Apache-2.0
"""What the checks of sizes say: a warning above a budget, an error far above it."""

# Above the budget a warning, above this many times it an error.
TOLERANCE = 1.5


def report(check, seen, what, offences):
    """Prints (text, how many times its budget) each, and says what was looked at. The exit status."""
    errors = 0
    for text, ratio in offences:
        errors += ratio > TOLERANCE
        print(("error: " if ratio > TOLERANCE else "warning: ") + text)
    if not seen:
        print(f"{check}: found no {what} at all; wrong --root?")
        return 1
    print(f"{check}: {seen} {what}, {len(offences) - errors} warnings, {errors} errors")
    return 1 if errors else 0
