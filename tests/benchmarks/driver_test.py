#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench_driver against servers that cheat: every fault must end the run, and no fault must not.

The cheat speaks just enough of Redis' protocol. Usage: driver_test.py FOLDER-WITH-PROGRAMS [unittest's]
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from types import SimpleNamespace

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "benchmarks" / "comparison"))

from candidates import kithd  # noqa: E402
from servers import certificate  # noqa: E402

BIN = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else ".")
SECONDS = 60
CHEATED = 7


class Cheat:
    """Routes PUBLISH to who has SUBSCRIBEd; does something wrong with message number CHEATED."""

    def __init__(self, fault):
        self.fault, self.count, self.held = fault, 0, None
        self.subscribers = {}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Closing alone does not wake the thread that waits in accept().
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        with link, link.makefile("rb") as source:
            try:
                for head in source:
                    words = []
                    for _ in range(int(head[1:])):
                        size = int(source.readline()[1:])
                        words.append(source.read(size + 2)[:-2])
                    with self.lock:
                        self._command(link, words)
            except OSError:
                return

    def _command(self, link, words):
        if words[0] == b"HELLO":
            link.sendall(b"%1\r\n$5\r\nproto\r\n:3\r\n")
        elif words[0] == b"SUBSCRIBE":
            self.subscribers[words[1]] = link
            link.sendall(b">3\r\n$9\r\nsubscribe\r\n" + self._text(words[1]) + b":1\r\n")
        else:
            self._publish(link, words[1], words[2])

    def _publish(self, link, channel, body):
        here = self.count == CHEATED
        self.count += 1
        if here and self.fault == "close":
            return link.shutdown(socket.SHUT_RDWR)
        copies = {"twice": 2, "lost": 0, "late": 0}.get(self.fault, 1) if here else 1
        if here and self.fault == "late":
            self.held = body
        for _ in range(copies):
            self._deliver(channel, body)
        if self.held and not here:
            self._deliver(channel, self.held)
            self.held = None
        if here and self.fault == "refused":
            return link.sendall(b"-ERR no\r\n")
        if not (here and self.fault == "unanswered"):
            link.sendall(b":1\r\n")
        if here and self.fault == "answered twice":
            link.sendall(b":1\r\n" * 50)

    def _deliver(self, channel, body):
        self.subscribers[channel].sendall(b">3\r\n$7\r\nmessage\r\n" + self._text(channel) +
                                          self._text(body))

    @staticmethod
    def _text(text):
        return b"$%d\r\n%s\r\n" % (len(text), text)


def drive(port, *arguments, protocol="redis", limit=SECONDS):
    return subprocess.run([BIN / "bench_driver", "--port", str(port), "--protocol", protocol,
                           "--limit", str(limit), *arguments], capture_output=True, text=True,
                          timeout=2 * SECONDS, check=False)


class Faults(unittest.TestCase):
    def direct(self, fault, limit=SECONDS):
        with Cheat(fault) as cheat:
            return drive(cheat.port, "--work", "direct", "--messages", "40", "--in-flight", "4",
                         limit=limit)

    def assert_fails(self, fault, why, limit=SECONDS):
        done = self.direct(fault, limit)
        self.assertEqual((1, ""), (done.returncode, done.stdout), fault)
        self.assertIn(why, done.stderr)

    def test_an_honest_server_is_measured(self):
        done = self.direct("none")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertGreater(json.loads(done.stdout)["messagesPerSecond"], 0)

    def test_a_message_that_comes_twice_is_a_fault(self):
        self.assert_fails("twice", "twice or out of order")

    def test_a_message_that_is_lost_is_a_fault(self):
        self.assert_fails("lost", "twice or out of order")

    def test_a_message_that_comes_late_is_a_fault(self):
        self.assert_fails("late", "twice or out of order")

    def test_a_message_without_an_answer_is_a_fault_at_the_limit(self):
        self.assert_fails("unanswered", "longer than --limit", limit=1)

    def test_more_answers_than_messages_are_a_fault(self):
        self.assert_fails("answered twice", "more answers than messages")

    def test_a_refused_message_is_a_fault(self):
        self.assert_fails("refused", "-ERR no")

    def test_a_closed_connection_is_a_fault(self):
        self.assert_fails("close", "the server closed the connection")


class Works(unittest.TestCase):
    """Every work in small, against the relay of ours."""

    def relay(self, mode, *pem):
        relay = subprocess.Popen([BIN / "lws_relay", "0", mode, *pem], stdout=subprocess.PIPE, text=True)
        self.addCleanup(lambda: (relay.kill(), relay.wait(), relay.stdout.close()))
        return relay, int(relay.stdout.readline().rsplit(":", 1)[1])

    def figures(self, port, *arguments):
        done = drive(port, *arguments, protocol="relay")
        self.assertEqual(0, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def test_each_work_gives_its_figures_on_both_relays(self):
        works = {"direct": ("--messages", "500", "--in-flight", "64"),
                 "fanout": ("--messages", "20", "--clients", "50", "--in-flight", "8"),
                 "mesh": ("--messages", "1000", "--clients", "20", "--in-flight", "8"),
                 "latency": ("--messages", "100", "--rate", "2000"),
                 "idle": ("--clients", "300",),
                 "offline": ("--messages", "20", "--clients", "30", "--in-flight", "8",
                             "--connections", "3")}
        for mode in ("plain", "packed"):
            relay, port = self.relay(mode)
            for work, arguments in works.items():
                with self.subTest(mode=mode, work=work):
                    figures = self.figures(port, "--work", work, "--server-pid", str(relay.pid),
                                           *arguments)
                    self.assertTrue(all(value >= 0 for value in figures.values()), figures)

    def test_works_go_through_tls_and_bodies_larger_than_a_record_arrive_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            for mode in ("plain", "packed"):
                relay, port = self.relay(mode, *certificate(pathlib.Path(folder)))
                tls = ("--tls", "1", "--server-pid", str(relay.pid))
                self.figures(port, "--work", "direct", "--messages", "500", "--in-flight", "64",
                             "--body", "20000", *tls)
                self.figures(port, "--work", "mesh", "--messages", "1000", "--clients", "20",
                             "--in-flight", "8", *tls)
                plain = drive(port, "--work", "direct", "--messages", "5", "--in-flight", "1",
                              protocol="relay", limit=5)
                self.assertEqual(1, plain.returncode, "a TLS server answered without TLS")

    def test_tls_with_a_server_that_has_none_is_a_fault(self):
        _, port = self.relay("packed")
        done = drive(port, "--work", "direct", "--messages", "5", "--in-flight", "1", "--tls", "1",
                     protocol="relay", limit=5)
        self.assertEqual(1, done.returncode)
        self.assertIn("the TLS handshake failed", done.stderr)

    def test_idle_sessions_are_connected_beside_a_work(self):
        relay, port = self.relay("packed")
        memory = [self.figures(port, "--work", "idle", "--server-pid", str(relay.pid), "--clients", "2",
                               "--idle", str(idle))["serverKbPerSession"] for idle in (0, 400)]
        self.assertGreater(memory[1], memory[0] + 100)
        self.figures(port, "--work", "direct", "--messages", "500", "--in-flight", "8", "--idle", "100")

    def test_a_storm_has_no_idle_sessions(self):
        self.assertEqual(2, drive(1, "--work", "storm", "--idle", "1", protocol="relay").returncode)

    def test_sessions_come_back_after_their_server_was_killed(self):
        relay, port = self.relay("packed")
        driver = subprocess.Popen(
            [BIN / "bench_driver", "--work", "storm", "--protocol", "relay", "--port", str(port),
             "--clients", "50", "--limit", str(SECONDS)], stdout=subprocess.PIPE, text=True)
        self.assertEqual("kill the server\n", driver.stdout.readline())
        os.kill(relay.pid, signal.SIGKILL)
        relay.wait()
        again = subprocess.Popen([BIN / "lws_relay", str(port), "packed"], stdout=subprocess.DEVNULL)
        self.addCleanup(lambda: (again.kill(), again.wait()))
        output, _ = driver.communicate(timeout=2 * SECONDS)
        self.assertEqual(0, driver.returncode)
        self.assertIn("backAt", json.loads(output))


@unittest.skipUnless((BIN / "kithd").is_file(), "there is no kithd beside bench_driver")
class Protocols(unittest.TestCase):
    """What both protocols of kithd do, in small."""

    WORKS = {"direct": ("--messages", "500", "--in-flight", "64"),
             "fanout": ("--messages", "20", "--clients", "50", "--in-flight", "8"),
             "mesh": ("--messages", "1000", "--clients", "20", "--in-flight", "8"),
             "latency": ("--messages", "100", "--rate", "2000"),
             "idle": ("--clients", "100"),
             "login": ("--clients", "200", "--conversations", "3", "--messages", "1", "--connections", "3"),
             "history": ("--messages", "400", "--in-flight", "8", "--pages", "20")}

    def drive(self, protocol, work, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            with kithd(False)(SimpleNamespace(bin=BIN), pathlib.Path(folder) / "kithd") as server:
                return drive(server.port, "--work", work, "--server-pid", str(server.pid), *arguments,
                             protocol=protocol)

    def test_each_work_gives_the_same_figures_over_both(self):
        for work, arguments in self.WORKS.items():
            with self.subTest(work=work):
                done = {protocol: self.drive(protocol, work, *arguments) for protocol in ("avos", "current")}
                for protocol in done:
                    self.assertEqual((0, ""), (done[protocol].returncode, done[protocol].stderr), protocol)
                figures = {protocol: json.loads(done[protocol].stdout) for protocol in done}
                self.assertEqual(set(figures["avos"]), set(figures["current"]))
                for protocol in done:
                    rates = [value for name, value in figures[protocol].items() if name.endswith("PerSecond")]
                    self.assertTrue(all(value > 0 for value in rates), figures)

    def test_a_page_that_is_not_whole_is_a_fault(self):
        for protocol in ("avos", "current"):
            done = self.drive(protocol, "history", "--messages", "50", "--in-flight", "8", "--pages", "5")
            self.assertEqual((1, ""), (done.returncode, done.stdout), protocol)
            self.assertIn("messages, and not 100", done.stderr)

    def test_peers_who_learn_of_less_than_waits_end_at_the_limit(self):
        # v1 hands out the newest fifty messages that wait.
        done = self.drive("avos", "login", "--clients", "100", "--conversations", "30", "--messages", "2",
                          "--connections", "3", "--limit", "3")
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("learning what waits took longer than --limit", done.stderr)


if __name__ == "__main__":
    unittest.main()
