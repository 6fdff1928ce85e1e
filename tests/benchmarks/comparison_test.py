#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of benchmarks/compare: medians, ratios, noise and the guard, on made-up runs."""

import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "benchmarks" / "comparison"))

import baseline  # noqa: E402
import beside_v1  # noqa: E402
import guard  # noqa: E402
import plots  # noqa: E402
import report  # noqa: E402
from candidates import CANDIDATES  # noqa: E402
from works import WORKS  # noqa: E402

BY_NAME = {work.name: work for work in WORKS}


def run(noisy=False, **figures):
    return {"figures": figures, "noisy": noisy, "foreignShare": 0.5 if noisy else 0.0, "slowness": 1.0}


def direct(rate, server, client, noisy=False):
    return run(noisy, messagesPerSecond=rate, serverCpuPerMessage=server, clientCpuPerMessage=client)


def table_of(work, **runs_of):
    runs = {name.replace("_", "-"): runs for name, runs in runs_of.items()}
    return report.summary([(BY_NAME[work], runs)])


class Medians(unittest.TestCase):
    def test_a_noisy_run_counts_only_when_there_is_no_quiet_one(self):
        quiet = [direct(100, 1, 1), direct(110, 1, 1)]
        self.assertEqual(105, report.middle(quiet + [direct(1, 1, 1, noisy=True)])["messagesPerSecond"])
        self.assertEqual(1, report.middle([direct(1, 1, 1, noisy=True)])["messagesPerSecond"])

    def test_noisy_runs_are_counted_in_the_table(self):
        rows = table_of("direct", lws=[direct(1, 1, 1), direct(1, 1, 1, noisy=True)])["direct"]
        self.assertEqual((2, 1), (rows["lws"]["runs"], rows["lws"]["noisyRuns"]))


class Ratios(unittest.TestCase):
    def test_a_higher_rate_and_less_cpu_time_are_both_over_one(self):
        rows = table_of("direct", lws=[direct(100, 4, 2)], kith=[direct(200, 1, 2)])["direct"]
        self.assertEqual({"messagesPerSecond": 2.0, "cpu": 2.0, "serverCpu": 4.0}, rows["kith"]["ratios"])

    def test_less_time_is_over_one_where_less_is_better(self):
        rows = table_of("idle", lws=[run(openSeconds=2.0)], kith=[run(openSeconds=1.0)])["idle"]
        self.assertEqual({"openSeconds": 2.0}, rows["kith"]["ratios"])

    def test_without_the_relay_there_are_no_ratios(self):
        self.assertEqual({}, table_of("direct", kith=[direct(1, 1, 1)])["direct"]["kith"]["ratios"])

    def test_who_failed_has_no_row(self):
        self.assertEqual(["lws"], list(table_of("direct", lws=[direct(1, 1, 1)], kith=[])["direct"]))


class Guard(unittest.TestCase):
    @staticmethod
    def table(factor):
        """Every guarded candidate at `factor` times its bound, in rate and in CPU time."""
        table = {}
        for (candidate, work), bound in guard.BOUNDS.items():
            ratios = {guard.RATE_OF[work]: bound * factor, "cpu": bound * factor}
            table.setdefault(work, {})[candidate] = {"ratios": ratios}
        return table

    def test_above_the_bounds_all_is_well(self):
        self.assertTrue(guard.check(self.table(1.01))[1])

    def test_below_a_bound_it_fails_and_says_where(self):
        table = self.table(1.01)
        table["mesh"]["kith"]["ratios"] = {"messagesPerSecond": 0.01, "cpu": 0.01}
        lines, well = guard.check(table)
        self.assertFalse(well)
        self.assertEqual(1, sum("TOO SLOW" in line and "mesh" in line for line in lines))

    def test_one_good_ratio_is_enough_because_machines_are_noisy(self):
        table = self.table(1.01)
        table["mesh"]["kith"]["ratios"]["messagesPerSecond"] = 0.01
        self.assertTrue(guard.check(table)[1])

    def test_the_servers_cpu_time_alone_is_not_enough(self):
        table = self.table(1.01)
        table["mesh"]["kith"]["ratios"] = {"messagesPerSecond": 0.01, "cpu": 0.01, "serverCpu": 9.0}
        self.assertFalse(guard.check(table)[1])

    def test_what_was_not_measured_fails(self):
        table = self.table(1.01)
        del table["direct"]["kith-lean"]
        lines, well = guard.check(table)
        self.assertFalse(well)
        self.assertTrue(any("NOT MEASURED" in line for line in lines))


class Pages(unittest.TestCase):
    def test_every_candidate_names_works_that_there_are(self):
        for candidate in CANDIDATES:
            self.assertLessEqual(set(candidate.works), set(BY_NAME), candidate.name)
            self.assertNotEqual(bool(candidate.protocol), bool(candidate.bench), candidate.name)

    def test_every_candidate_has_its_promise_in_the_readme(self):
        page = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
        for candidate in CANDIDATES:
            self.assertIn(f"`{candidate.name}`", page)

    def test_a_work_through_tls_is_the_same_work_with_one_more_option(self):
        plain, tls = BY_NAME["direct"], BY_NAME["direct-tls"]
        self.assertEqual(plain.driver_arguments(False), [word for word in tls.driver_arguments(False)
                                                         if word not in ("--tls", "1")])
        self.assertIn("--tls", tls.driver_arguments(False))
        self.assertIn("--tls", tls.kith_arguments(False))
        self.assertEqual(plain.figures, tls.figures)

    def test_a_heading_has_the_sizes_of_the_run(self):
        self.assertIn("1,000 connections", BY_NAME["fanout"].heading())
        self.assertIn("200 sessions", BY_NAME["storm"].heading(quick=True))

    def test_a_plot_is_well_formed_and_its_longest_bar_is_the_most(self):
        table = table_of("direct", lws=[direct(50, 1, 1)], kith=[direct(100, 1, 1)])
        with tempfile.TemporaryDirectory() as folder:
            files = plots.write_plots(pathlib.Path(folder), [BY_NAME["direct"]], table, ["lws", "kith"],
                                      quick=False)
            self.assertEqual(["direct_messagesPerSecond.svg"], [file.name for file in files])
            bars = [float(bar.get("width")) for bar in xml.parse(files[0]).getroot()
                    if bar.tag.endswith("rect") and bar.get("x")]
        self.assertAlmostEqual(2.0, bars[1] / bars[0], places=2)


class Baseline(unittest.TestCase):
    def test_each_of_ours_is_followed_by_its_older_twin_with_the_older_programs(self):
        both = baseline.with_baseline(CANDIDATES, pathlib.Path("old"))
        names = [candidate.name for candidate in both]
        self.assertEqual(["kith", "kith-before"], names[:2])
        self.assertNotIn("lws-before", names)
        self.assertEqual({pathlib.Path("old")},
                         {c.programs for c in both if c.name.endswith(baseline.SUFFIX)})
        self.assertEqual({None}, {c.programs for c in both if not c.name.endswith(baseline.SUFFIX)})

    def test_more_messages_and_less_processor_time_than_before_are_over_one(self):
        table = table_of("direct", kith=[direct(200, 1, 2)], kith_before=[direct(100, 4, 2)])
        found = {figure: ratio for _, _, figure, _, _, ratio in baseline.changes([BY_NAME["direct"]], table)}
        self.assertEqual({"messagesPerSecond": 2.0, "serverCpu": 4.0, "clientCpu": 1.0}, found)

    def test_what_loses_more_than_it_may_is_marked_and_less_is_not(self):
        table = table_of("direct", kith=[direct(94, 1.04, 1)], kith_before=[direct(100, 1, 1)])
        marked = [line for line in baseline.report([BY_NAME["direct"]], table)[0] if line.endswith("LOSES")]
        self.assertEqual(1, len(marked))
        self.assertIn("messagesPerSecond", marked[0])

    def test_without_older_runs_it_says_so(self):
        table = table_of("direct", kith=[direct(1, 1, 1)])
        self.assertEqual((["no candidate has a baseline"], []), baseline.report([BY_NAME["direct"]], table))

    def test_a_folder_without_programs_is_refused_by_name(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(SystemExit) as stopped:
            baseline.programs_of(pathlib.Path(folder))
        self.assertIn("neither a tree of Kith nor a folder with kith and kithd", str(stopped.exception))


class BesideV1(unittest.TestCase):
    def marked(self, **runs):
        return beside_v1.report([BY_NAME["direct"]], table_of("direct", **runs))[0]

    def test_the_current_protocol_is_held_against_v1_of_its_own_kind(self):
        lines = self.marked(kith_lean=[direct(100, 1, 1)], kith_current=[direct(90, 1, 1)],
                            kith_current_durable=[direct(1, 9, 9)])
        self.assertEqual(["messagesPerSecond", "serverCpu"], [line.split()[2] for line in lines])
        self.assertEqual({"kith-current"}, {line.split()[1] for line in lines})

    def test_what_is_slower_by_more_than_a_fifth_is_marked_and_less_is_not(self):
        lines = self.marked(kith_lean=[direct(100, 1.0, 1)], kith_current=[direct(84, 1.21, 9)])
        self.assertEqual([False, True], [line.endswith("SLOWER") for line in lines])
        lines = self.marked(kith_lean=[direct(100, 1.0, 1)], kith_current=[direct(84, 1.19, 9)])
        self.assertEqual([False, False], [line.endswith("SLOWER") for line in lines])

    def test_memory_has_a_goal_of_its_own_and_is_not_marked(self):
        v1, current = run(openSeconds=1.0, serverKbPerSession=1.0), run(openSeconds=2.0, serverKbPerSession=2.0)
        lines = beside_v1.report([BY_NAME["login"]],
                                 table_of("login", kith_lean=[v1], kith_current=[current]))[0]
        self.assertEqual({"openSeconds": True, "serverKbPerSession": False},
                         {line.split()[2]: line.endswith("SLOWER") for line in lines})

    def test_where_not_both_were_measured_nothing_is_said(self):
        self.assertEqual(([], []), beside_v1.report([BY_NAME["direct"]],
                                                    table_of("direct", kith_current=[direct(1, 1, 1)])))

    def test_both_do_the_same_works_but_what_only_v1_has(self):
        by_name = {candidate.name: candidate for candidate in CANDIDATES}
        for current, v1 in beside_v1.V1_OF.items():
            self.assertEqual({"offline"}, set(by_name[v1].works) - set(by_name[current].works))
            self.assertLessEqual(set(by_name[current].works), set(by_name[v1].works))


if __name__ == "__main__":
    unittest.main()
