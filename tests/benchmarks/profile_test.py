#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of benchmarks/profile: whose code a sample was of, shares, medians, on made-up reports."""

import pathlib
import sys
import unittest
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "benchmarks" / "comparison"))

import profiles  # noqa: E402
from servers import Failed  # noqa: E402

REPORT = """
2220       |kith
1353       |[kernel.kallsyms]
47         |[nf_conntrack]
688        |libc.so.6
67         |libwebsockets.so.17
36         |[vdso]
16         |libstdc++.so.6.0.30
1          |libcrypto.so.3
2          |[unknown]

"""


class Samples(unittest.TestCase):
    def test_are_summed_by_whose_code_it_was(self):
        self.assertEqual({"our code": 2220, "kernel": 1400, "libc": 688, "libwebsockets": 67,
                          profiles.OTHERS: 55}, dict(profiles.samples_by_kind(REPORT)))

    def test_our_programs_and_our_library_are_our_code(self):
        for name in ("kithd", "kith", "libkith.so.0", "libkith-server.so.0.1.0"):
            self.assertEqual("our code", profiles.kind_of(name))

    def test_of_the_kernel_there_are_some_or_perf_was_not_allowed_to_look(self):
        with self.assertRaisesRegex(Failed, "perf_event_paranoid"):
            profiles.samples_by_kind("10|kithd\n5|libc.so.6\n")


class Table(unittest.TestCase):
    def test_sums_the_samples_of_all_runs_and_takes_the_median_of_what_a_message_cost(self):
        runs = [(2.0, Counter({"kernel": 10, "our code": 20})), (9.0, Counter({"kernel": 30})),
                (1.5, Counter({"libc": 20, profiles.OTHERS: 20}))]
        heading, lines = profiles.rows({("direct", "kithd"): runs})
        self.assertEqual(["", *profiles.KINDS, "samples"], heading)
        self.assertEqual([["`direct`, kithd (2.0 us a message)", "40 %", "20 %", "20 %", "20 %", "0 %",
                           "100"]], lines)


if __name__ == "__main__":
    unittest.main()
