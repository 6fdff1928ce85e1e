#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Examples and kithd under valgrind: no errors, nothing definitely lost, nothing suppressed.

usage: valgrind_test.py KITHD 01_HELLO 04_EMBEDDED_SERVER. Ends with 77, which ctest shows as skipped, where
valgrind (Debian: apt-get install valgrind) is missing.
"""

import pathlib
import shutil
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import children  # noqa: E402
from children import Child  # noqa: E402

VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full",
            "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", "--num-callers=30"]
# Everything takes twenty times as long.
children.DEADLINE = 240


class Valgrind(unittest.TestCase):
    def under_valgrind(self, *arguments):
        child = Child([*VALGRIND, *arguments])
        self.addCleanup(child.kill)
        return child

    def ends_well(self, end):
        code, _, errors = end
        self.assertEqual(code, 0, errors)
        self.assertNotIn("==", errors)

    def test_04_embedded_server(self):
        self.ends_well(self.under_valgrind(EMBEDDED).wait())

    def test_kithd_and_01_hello(self):
        kithd = self.under_valgrind(KITHD, "--listen", "127.0.0.1:0", "--data", ":memory:", "--app", "demo")
        url = "ws://" + kithd.find("ready", lambda line: True).split()[-1]
        self.ends_well(self.under_valgrind(HELLO, url).wait())
        self.ends_well(kithd.stop())


if __name__ == "__main__":
    KITHD, HELLO, EMBEDDED = sys.argv[1:4]
    if shutil.which("valgrind") is None:
        print("SKIPPED: there is no valgrind here (apt-get install valgrind)")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1], verbosity=2)
