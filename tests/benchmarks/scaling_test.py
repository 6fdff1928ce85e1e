#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of benchmarks/scaling: medians, change along an axis, charts, on made-up runs."""

import contextlib
import io
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "benchmarks" / "comparison"))

import growth  # noqa: E402
import measure  # noqa: E402
import plots  # noqa: E402
import report  # noqa: E402
from servers import Failed, Server  # noqa: E402

GROUPS = next(axis for axis in growth.AXES if axis.name == "groups")


def run(rate, cpu, noisy=False):
    return {"figures": {"deliveriesPerSecond": rate, "serverCpuPerMessage": cpu}, "noisy": noisy,
            "foreignShare": 0.5 if noisy else 0.0}


def table(points):
    return report.growth_summary({"kith-lean": {x: [run(*figures)] for x, figures in points.items()}})


class Tables(unittest.TestCase):
    def test_a_point_is_the_median_of_its_quiet_runs(self):
        rows = report.growth_summary({"lws": {10: [run(1, 1), run(3, 1), run(50, 1, noisy=True)]}})
        self.assertEqual(2, rows["lws"][10]["figures"]["deliveriesPerSecond"])
        self.assertEqual((3, 1), (rows["lws"][10]["runs"], rows["lws"][10]["noisyRuns"]))

    def test_a_figure_that_a_run_lacks_is_left_out(self):
        short_of_one = run(1, 1)
        del short_of_one["figures"]["deliveriesPerSecond"]
        for runs in ([run(1, 1), short_of_one], [short_of_one, run(1, 1)]):
            rows = report.growth_summary({"lws": {10: runs}})
            self.assertEqual({"serverCpuPerMessage": 1}, rows["lws"][10]["figures"])

    def test_the_last_line_says_how_far_it_is_from_flat(self):
        _, lines = report.growth_rows(GROUPS, table({10: (100, 2), 100: (90, 3), 1000: (50, 2)}))
        self.assertEqual(["kith-lean", "last / first", "0.50", "1.00", ""], lines[-1])

    def test_a_figure_that_one_point_lacks_has_no_change(self):
        rows = table({10: (100, 2), 1000: (50, 2)})
        del rows["kith-lean"][1000]["figures"]["deliveriesPerSecond"]
        _, lines = report.growth_rows(GROUPS, rows)
        self.assertEqual(["kith-lean", "last / first", "", "1.00", ""], lines[-1])


class Charts(unittest.TestCase):
    def chart(self, points):
        with tempfile.TemporaryDirectory() as folder:
            files = plots.write_lines(pathlib.Path(folder), [GROUPS], {"groups": table(points)})
            self.assertEqual(["groups_deliveriesPerSecond.svg", "groups_serverCpuPerMessage.svg"],
                             [file.name for file in files])
            return [(float(spot.get("cx")), float(spot.get("cy"))) for spot in xml.parse(files[1]).getroot()
                    if spot.tag.endswith("circle")]

    def test_steps_of_ten_are_equally_wide_and_what_is_flat_is_level(self):
        spots = self.chart({10: (1, 2), 100: (1, 2), 1000: (1, 2)})
        self.assertAlmostEqual(spots[1][0] - spots[0][0], spots[2][0] - spots[1][0], places=0)
        self.assertEqual(1, len({y for _, y in spots}))

    def test_more_is_higher_in_proportion_to_zero(self):
        (_, one), (_, two) = self.chart({10: (1, 1), 100: (1, 2)})
        zero = plots.PLOT_HEIGHT - 48
        self.assertAlmostEqual(2.0, (zero - two) / (zero - one), places=1)

    def test_a_reference_far_above_does_not_make_growth_look_flat(self):
        series = {"kith-lean": [(10, 1), (100, 10)], "lws": [(10, 5), (100, 3000)]}
        self.assertEqual(30, plots.height_of(series))
        chart = plots.lines("title", "note", "sessions", "us", series)
        self.assertIn(">lws: 3,000</text>", chart)
        self.assertIn(">kith-lean</text>", chart)
        xml.fromstring(chart)


class Runs(unittest.TestCase):
    def test_sizes_fit_what_the_driver_takes(self):
        asked = []

        def driven(work, **size):
            asked.append((work, size))
            return {"messagesPerSecond": 1e6, "latencyP50": 1, "latencyP99": 1}

        candidate = growth.Driven("avos", None)
        figures = growth.beside_idle(driven, candidate, 100)
        self.assertEqual([98, 98], [size["idle"] for _, size in asked])
        self.assertIn("latencyP99", figures)

    def test_who_can_not_keep_the_pace_has_no_latency(self):
        figures = growth.beside_idle(lambda *_, **__: {"messagesPerSecond": 100}, growth.LWS, 10000)
        self.assertEqual({"messagesPerSecond": 100}, figures)

    def test_the_history_is_filled_up_to_the_point_and_made_anew_when_there_is_too_much(self):
        history = growth.History(None, "kith", growth.Driven("avos", lambda *_: FakeServer()))
        history.places = FakePlaces()
        sent = []
        history._send = lambda messages, _: (sent.append(messages),
                                             setattr(history, "stored", history.stored + messages))
        history.prepare(1000)
        first = history.server
        history.prepare(1000)
        self.assertEqual(([1000], first), (sent, history.server))
        history.stored = 2000
        history.prepare(1000)
        self.assertEqual([1000, 1000], sent)
        self.assertIsNot(first, history.server)
        history.prepare(growth.AT_ONCE + 2000)
        self.assertEqual([growth.AT_ONCE, 1000], sent[2:])

    def test_a_page_that_is_not_whole_is_no_measurement(self):
        with self.assertRaises(Failed):
            growth.read_page(FakeLink(200, b"[1,2]"), 5)
        self.assertGreater(growth.read_page(FakeLink(200, b"[%s0]" % (b"0," * 99)), 5), 0)

    def test_a_noisy_run_is_repeated_after_its_preparation(self):
        noisy, prepared = [True, False], []

        class Noise:
            def wait_until_quiet(self, _):
                pass

            def before(self):
                pass

            def after(self, _):
                return {"foreignShare": 0.5 if noisy[0] else 0.0, "noisy": noisy.pop(0)}

        args = type("Args", (), {"quick": False, "retries": 3, "patience": 0})
        found = measure.least_noisy(lambda: ({"a": len(noisy)}, 0), Noise(), args, lambda: prepared.append(1))
        self.assertEqual((1, False, 2), (found["figures"]["a"], found["noisy"], len(prepared)))


class Servers(unittest.TestCase):
    def test_a_server_that_has_ended_by_itself_is_no_second_fault(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as said:
            server = Server(None, pathlib.Path(folder) / "server")
            server.process = subprocess.Popen(["sh", "-c", "exit 3"])
            os.waitid(os.P_PID, server.pid, os.WEXITED | os.WNOWAIT)
            server.kill()
            self.assertEqual(3, server.process.returncode)
            self.assertIn("ended by itself: status 3", said.getvalue())
            server.kill()


class FakePlaces:
    run = pathlib.Path("nowhere")


class FakeServer:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class FakeLink:
    def __init__(self, status, body):
        self.status, self.body = status, body

    def request(self, *_, **__):
        pass

    def getresponse(self):
        return self

    def read(self):
        return self.body


if __name__ == "__main__":
    unittest.main()
