#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kithd and kith from the outside. usage: command_line_test.py KITHD KITH [unittest arguments]"""

import hashlib
import hmac
import http.server
import json
import os
import pty
import select
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

from children import DEADLINE, Child, run

KITHD, KITH = sys.argv[1:3]
MASTER = "mk-0123456789abcdef"


def events(output):
    return [json.loads(line) for line in output.splitlines()]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kith-tools-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.url = None

    def child(self, arguments, **options):
        child = Child(arguments, **options)
        self.addCleanup(child.kill)
        return child

    def kithd(self, *flags, data=":memory:", listen="127.0.0.1:0"):
        """A running kithd; its address is in self.url from then on."""
        child = self.child([KITHD, "--listen", listen, "--data", data, *flags])
        address = child.find("the line of a ready kithd", lambda line: True)
        self.assertRegex(address, r"^listening on 127\.0\.0\.1:\d+$")
        self.url = "ws://" + address.split()[-1]
        return child

    def kith_line(self, *arguments, app="demo"):
        return [KITH, "--server", self.url, "--app", app, *arguments]

    def kith(self, *arguments, text="", app="demo", code=0):
        """Runs kith to its end; its output."""
        result, output, errors = run(self.kith_line(*arguments, app=app), text)
        self.assertEqual(result, code, f"kith {arguments}: {output}{errors}")
        return errors if code else output

    def listen(self, peer, *arguments, app="demo", flags=()):
        child = self.child(self.kith_line(*flags, "--json", "listen", peer, *arguments, app=app))
        child.event("opened")
        return child


class KithdStarts(Case):
    def refused(self, code, *arguments):
        """kithd with these arguments ends with `code`; its only line of complaint."""
        result, output, errors = run([KITHD, *arguments])
        self.assertEqual((result, output), (code, ""), errors)
        lines = errors.splitlines()
        self.assertTrue(lines[0].startswith("kithd: "), errors)
        if code == 1:
            self.assertEqual(len(lines), 1, errors)
        else:
            self.assertTrue(lines[1].startswith("usage: kithd "), errors)
        return lines[0]

    def test_unknown_options_are_refused_with_a_usage_line(self):
        for bad in (["--nonsense"], ["extra"], ["--app"], ["--app", "demo", "--require-watch", "x"],
                    ["--app", "demo", "--log-level", "loud"], []):
            self.refused(2, *bad)

    def test_help_and_version_go_to_standard_output(self):
        code, output, errors = run([KITHD, "--help"])
        self.assertEqual((code, errors), (0, ""))
        for word in ("--listen", "127.0.0.1:7700", "--data", "--app", "--require-signature",
                     "--require-watch", "always", "--tls-cert", "--tls-key", "--config",
                     "--log-level"):
            self.assertIn(word, output)
        self.assertRegex(run([KITHD, "--version"])[1], r"^\d+\.\d+\.\d+")

    def test_a_busy_port_is_one_clear_line(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            address = f"127.0.0.1:{busy.getsockname()[1]}"
            line = self.refused(1, "--app", "demo", "--data", ":memory:", "--listen", address)
        self.assertIn(address, line)

    def test_a_data_folder_that_is_a_file_is_one_clear_line(self):
        path = os.path.join(self.folder, "file")
        with open(path, "w", encoding="utf-8") as file:
            file.write("not a folder")
        line = self.refused(1, "--app", "demo", "--data", path, "--listen", "127.0.0.1:0")
        self.assertIn(path, line)

    def certificate(self, name):
        paths = [os.path.join(self.folder, name + end) for end in (".crt", ".key")]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
        return paths

    def test_a_certificate_that_does_not_fit_its_key_is_one_clear_line(self):
        one, other = self.certificate("one"), self.certificate("other")
        memory = ("--app", "demo", "--data", ":memory:", "--listen", "127.0.0.1:0")
        self.refused(1, *memory, "--tls-cert", one[0], "--tls-key", other[1])
        self.refused(1, *memory, "--tls-cert", one[0])
        self.refused(1, *memory, "--tls-cert", one[0], "--tls-key", self.folder + "/missing.key")

    def test_tls_works_and_a_stranger_is_not_trusted(self):
        cert, key = self.certificate("one")
        self.kithd("--app", "demo", "--tls-cert", cert, "--tls-key", key)
        self.url = self.url.replace("ws://", "wss://")
        self.assertIn("is up", self.kith("--ca-file", cert, "status"))
        self.assertIn("TlsUntrusted", self.kith("--timeout", "5", "status", code=1))

    def test_signatures_need_a_master_key(self):
        self.refused(1, "--app", "demo", "--data", ":memory:", "--listen", "127.0.0.1:0",
                     "--require-signature")

    def test_sigterm_and_sigint_end_it_with_0(self):
        for end in (signal.SIGTERM, signal.SIGINT):
            code, _, errors = self.kithd("--app", "demo").stop(end)
            self.assertEqual(code, 0, errors)

    def test_sigterm_with_connected_peers_ends_it_with_0(self):
        server = self.kithd("--app", "demo")
        tom = self.listen("tom")
        self.assertEqual(server.stop()[0], 0)
        tom.event("paused")

    def test_a_settings_file_is_read_and_flags_win(self):
        path = os.path.join(self.folder, "kithd.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"listen": "127.0.0.1:1", "data": ":memory:",
                       "apps": [{"id": "fromfile", "require_watch": "never"}]}, file)
        child = self.child([KITHD, "--config", path, "--listen", "127.0.0.1:0", "--app", "flag"])
        self.url = "ws://" + child.find("ready", lambda line: True).split()[-1]
        self.kith("status", app="flag")
        self.kith("status", app="fromfile")
        with open(path, "w", encoding="utf-8") as file:
            file.write('{"nonsense": 1}')
        self.assertIn("nonsense", self.refused(1, "--config", path))
        self.assertIn("missing", self.refused(1, "--config", self.folder + "/missing.json"))


    def test_what_kithd_writes_is_for_its_owner_alone(self):
        data = os.path.join(self.folder, "data")
        server = self.kithd("--app", "demo", data=data)
        with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as status:
            self.assertIn("Umask:\t0077\n", status.read())
        modes = {os.stat(os.path.join(data, name)).st_mode & 0o777 for name in os.listdir(data)}
        self.assertEqual({0o600}, modes)
        self.assertEqual(0o700, os.stat(data).st_mode & 0o777)

    def test_a_crash_of_kithd_leaves_no_core_unless_asked_for(self):
        # What must not be dumped has its files below /proc given to root; so it must not be root's.
        user = os.geteuid() or 65534
        for flags, owner in [([], 0), (["--core-dumps"], user)]:
            try:
                server = self.child([KITHD, "--listen", "127.0.0.1:0", "--data", ":memory:",
                                     "--app", "demo", *flags],
                                    **({} if os.geteuid() else {"user": user}))
            except PermissionError:
                self.skipTest("another user may not run kithd from here")
            server.find("the line of a ready kithd", lambda line: True)
            self.assertEqual(owner, os.stat(f"/proc/{server.process.pid}/environ").st_uid)

    def test_a_web_page_that_is_not_allowed_gets_403(self):
        self.kithd("--app", "demo", "--allow-origin", "https://a.example",
                   "--allow-origin", "https://b.example")
        url = "http" + self.url[len("ws"):] + "/healthz"
        for origin, expected in [("https://b.example", 200), ("https://c.example", 403)]:
            request = urllib.request.Request(url, headers={"Origin": origin})
            try:
                status = urllib.request.urlopen(request, timeout=60).status
            except urllib.error.HTTPError as refused:
                status = refused.code
            self.assertEqual(expected, status)

    def test_sighup_reads_the_switches_of_the_settings_file_again(self):
        path = os.path.join(self.folder, "kithd.json")

        def write(history):
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"data": ":memory:", "switches": {"history": history},
                           "apps": [{"id": "demo"}]}, file)
        write(False)
        child = self.child([KITHD, "--config", path, "--listen", "127.0.0.1:0"])
        url = "http://" + child.find("ready", lambda line: True).split()[-1]
        request = urllib.request.Request(url + "/1.1/rtm/messages/logs?convid=x", headers={"X-LC-Id": "demo"})

        def status():
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status
            except urllib.error.HTTPError as refused:
                return refused.code
        self.assertEqual(503, status())
        write(True)
        child.process.send_signal(signal.SIGHUP)
        give_up = time.monotonic() + DEADLINE
        while status() != 200 and time.monotonic() < give_up:
            pass
        self.assertEqual(200, status())
        with open(path, "w", encoding="utf-8") as file:
            file.write("{")
        child.process.send_signal(signal.SIGHUP)
        code, _, errors = child.stop()
        self.assertEqual(0, code)
        self.assertIn("SIGHUP: presence on, history on", errors)
        self.assertIn("SIGHUP: nothing is changed", errors)


class KithTalks(Case):
    def test_usage_errors_end_with_2(self):
        for bad in ([], ["--nonsense"], ["--app", "demo"], ["--app", "demo", "sing"],
                    ["status"], ["--app", "demo", "send", "tom", "hi"],
                    ["--app", "demo", "listen"], ["--app", "demo", "listen", "tom", "--nonsense"],
                    ["--app", "demo", "group", "tom", "invite"],
                    ["--app", "demo", "history", "tom"],
                    ["--app", "demo", "--master-key", "k", "--sign-url", "http://x", "status"]):
            code, output, errors = run([KITH, *bad])
            self.assertEqual((code, output), (2, ""), f"{bad}: {errors}")
            self.assertTrue(errors.startswith("kith: "), errors)
            self.assertIn("usage: kith", errors)
        self.assertEqual(run([KITH, "--help"])[0], 0)
        self.assertEqual(run([KITH, "send", "--help"])[0], 0)

    def test_no_server_is_one_clear_line_within_the_timeout(self):
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            self.url = f"ws://127.0.0.1:{closed.getsockname()[1]}"
            errors = self.kith("--timeout", "1", "send", "tom", "--to", "jerry", "hi", code=1)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertIn(self.url, errors)
        self.assertRegex(errors, "ConnectionRefused|NetworkDown")

    def test_wrong_arguments_name_the_field(self):
        self.kithd("--app", "demo")
        self.assertIn("InvalidPeerId", self.kith("send", "x" * 65, "--to", "jerry", "hi", code=1))
        self.assertIn("InvalidPeerId", self.kith("send", "tom", "--to", "a,,b", "hi", code=1))
        self.assertIn("MessageTooLong",
                      self.kith("send", "tom", "--to", "jerry", "x" * 6000, code=1))
        self.assertIn("AppNotAvailable", self.kith("status", app="stranger", code=1))

    def test_listen_and_send_talk(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry", "--watch", "tom", "--count", "1")
        output = self.kith("--json", "send", "tom", "--to", "jerry", "--receipt", "héllo 你好 👋\t\"q\"")
        heard = jerry.event("message")
        self.assertEqual(heard["text"], "héllo 你好 👋\t\"q\"")
        self.assertEqual((heard["peer"], heard["from"]), ("jerry", "tom"))
        self.assertFalse(heard["offline"] or heard["transient"])
        self.assertIn("tom", jerry.event("online")["peers"])
        self.assertEqual(jerry.wait()[0], 0)
        told = {event["event"]: event for event in events(output)}
        self.assertEqual(told["sent"]["id"], heard["id"])
        self.assertEqual(told["sent"]["timestamp"], heard["timestamp"])
        self.assertEqual(told["delivered"]["id"], heard["id"])

    def test_people_read_lines_and_control_characters_are_harmless(self):
        self.kithd("--app", "demo")
        jerry = self.child(self.kith_line("listen", "jerry", "--count", "2"))
        jerry.find("connected", lambda line: "is connected" in line)
        self.kith("send", "tom", "--to", "jerry", "plain")
        self.kith("send", "tom", "--to", "jerry", "evil \x1b[2J text")
        code, output, _ = jerry.wait()
        self.assertEqual(code, 0)
        self.assertRegex(output, r"\d\d:\d\d:\d\d tom: plain")
        self.assertNotIn("\x1b", output)
        self.assertIn("evil \ufffd[2J text", output)

    def test_a_thousand_lines_of_standard_input_arrive_in_order(self):
        self.kithd("--app", "demo")
        lines = [f"line {i} – строка {i}" for i in range(1000)]
        jerry = self.listen("jerry", "--count", "1000")
        self.kith("send", "tom", "--to", "jerry", "-", text="\n".join(lines))
        code, output, errors = jerry.wait()
        self.assertEqual(code, 0, errors)
        heard = [e for e in events(output) if e["event"] == "message"]
        self.assertEqual([e["text"] for e in heard], lines)
        self.assertEqual(len({e["id"] for e in heard}), 1000)

    def test_one_bad_line_fails_alone(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry", "--count", "2")
        code, output, errors = run(self.kith_line("--json", "send", "tom", "--to", "jerry", "-"),
                                   "one\n" + "x" * 6000 + "\ntwo\n")
        self.assertEqual(code, 1)
        self.assertIn("MessageTooLong", errors)
        self.assertEqual([e["event"] for e in events(output) if e["event"] in ("sent", "failed")].count("sent"), 2)
        self.assertEqual(jerry.wait()[0], 0)

    def test_offline_messages_wait_once(self):
        self.kithd("--app", "demo", data=self.folder)
        self.kith("send", "tom", "--to", "jerry", "-", text="one\ntwo\nthree\n")
        output = self.kith("--json", "listen", "jerry", "--count", "3")
        heard = [e for e in events(output) if e["event"] == "message"]
        self.assertEqual([e["text"] for e in heard], ["one", "two", "three"])
        self.assertTrue(all(e["offline"] for e in heard))
        # They were acknowledged: what comes next is the next message.
        self.kith("send", "tom", "--to", "jerry", "four")
        output = self.kith("--json", "listen", "jerry", "--count", "1")
        self.assertEqual([e["text"] for e in events(output) if e["event"] == "message"], ["four"])

    def no_server(self):
        """From now on self.url is an address where nobody listens."""
        closed = socket.socket()
        self.addCleanup(closed.close)
        closed.bind(("127.0.0.1", 0))
        self.url = f"ws://127.0.0.1:{closed.getsockname()[1]}"

    def texts(self, output):
        return [e["text"] for e in events(output) if e["event"] == "message"]

    def test_a_message_that_could_not_go_out_goes_at_the_next_start_once(self):
        store = ("--store", os.path.join(self.folder, "tom.db"))
        self.no_server()
        for text in ("one", "two"):
            errors = self.kith(*store, "--timeout", "1", "send", "tom", "--to", "jerry", text, code=1)
            self.assertEqual(len(errors.splitlines()), 1, errors)
            self.assertIn("kept in " + store[1] + " for the next start", errors)
        self.kithd("--app", "demo")
        jerry = self.listen("jerry", "--count", "4")
        told = events(self.kith(*store, "--json", "send", "tom", "--to", "jerry", "three"))
        self.assertEqual([e["event"] for e in told if e["event"] in ("sent", "failed")], ["sent"] * 3)
        # Nothing is left to be sent again.
        self.kith(*store, "send", "tom", "--to", "jerry", "four")
        code, output, errors = jerry.wait()
        self.assertEqual(code, 0, errors)
        self.assertEqual(self.texts(output), ["one", "two", "three", "four"])

    def test_listen_sends_what_waits_in_the_store(self):
        store = ("--store", os.path.join(self.folder, "tom.db"))
        self.no_server()
        self.kith(*store, "--timeout", "1", "send", "tom", "--to", "jerry", "one", code=1)
        self.kithd("--app", "demo")
        jerry = self.listen("jerry", "--count", "1")
        tom = self.listen("tom", "--watch", "jerry", flags=store)
        tom.event("sent")
        code, output, errors = jerry.wait()
        self.assertEqual((code, self.texts(output)), (0, ["one"]), errors)
        # The file is tom's as long as he listens.
        errors = self.kith(*store, "send", "tom", "--to", "jerry", "two", code=1)
        self.assertIn("tom.db is in use by another process", errors)
        self.assertEqual(tom.stop(signal.SIGINT)[0], 0)

    def test_a_store_that_can_not_be_used_is_one_clear_line(self):
        self.no_server()
        errors = self.kith("--store", self.folder, "send", "tom", "--to", "jerry", "one", code=1)
        self.assertEqual(len(errors.splitlines()), 1, errors)
        self.assertIn("StoreFailed", errors)
        self.assertIn("--store is for", self.kith("--store", "x", "status", code=2))

    def test_listen_ends_in_time(self):
        self.kithd("--app", "demo")
        self.assertIn("0 of 1", self.kith("listen", "jerry", "--count", "1", "--timeout", "0.5", code=1))
        self.kith("listen", "jerry", "--timeout", "0.5")
        self.assertEqual(self.listen("jerry").stop(signal.SIGINT)[0], 0)

    def test_transient_messages_reach_who_is_there(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry", "--count", "1")
        self.kith("send", "tom", "--to", "jerry,ghost", "--transient", "now")
        self.assertTrue(jerry.event("message")["transient"])
        self.assertEqual(jerry.wait()[0], 0)

    def test_presence_and_query(self):
        self.kithd("--app", "demo")
        tom = self.listen("tom", "--watch", "jerry")
        jerry = self.listen("jerry")
        self.assertEqual(tom.event("online")["peers"], ["jerry"])
        output = events(self.kith("--json", "query", "spike", "jerry,ghost,tom"))
        self.assertEqual({e["event"]: sorted(e["peers"]) for e in output if e["event"] in ("online", "offline")},
                         {"online": ["jerry", "tom"], "offline": ["ghost"]})
        self.assertEqual(self.kith("query", "spike", "jerry,ghost"), "jerry: online\nghost: offline\n")
        jerry.stop()
        self.assertEqual(tom.event("offline")["peers"], ["jerry"])

    def test_groups(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry")
        tom = self.listen("tom")
        group = self.kith("group", "tom", "create").strip()
        self.assertRegex(group, r"^[0-9a-f]{24}$")
        self.assertEqual(self.kith("group", "tom", "invite", group, "jerry,spike").strip(), "jerry, spike")
        joined = jerry.event("joined")
        self.assertEqual((joined["group"], joined["by"]), (group, "tom"))
        self.kith("group", "jerry", "send", group, "-", text="one\ntwo\n")
        self.assertEqual(tom.event("message")["text"], "one")
        self.assertEqual(tom.event("message", lambda e: e["text"] == "two")["group"], group)
        self.assertEqual(set(self.kith("group", "tom", "members", group).strip().split(", ")),
                         {"jerry", "spike", "tom"})
        kicked = events(self.kith("--json", "group", "tom", "kick", group, "spike"))
        self.assertIn({"event": "membersLeft", "peer": "tom", "group": group, "peers": ["spike"], "by": "tom"}, kicked)
        self.assertEqual(jerry.event("membersLeft", lambda e: e["peers"] == ["spike"])["by"], "tom")
        self.kith("group", "jerry", "leave", group)
        self.assertEqual(tom.event("membersLeft", lambda e: e["peers"] == ["jerry"])["by"], "jerry")
        self.assertIn("InvalidTarget", self.kith("group", "spike", "send", group, "may I?", code=1))
        self.assertIn("GroupNotFound", self.kith("group", "tom", "join", "0" * 24, code=1))

    def test_history(self):
        self.kithd("--app", "demo:appkey", data=self.folder)
        self.kith("send", "tom", "--to", "jerry", "-", text="one\ntwo\n")
        self.kith("send", "jerry", "--to", "tom", "three")
        output = events(self.kith("--json", "history", "tom", "--with", "jerry", app="demo:appkey"))
        self.assertEqual([(e["from"], e["text"]) for e in output],
                         [("tom", "one"), ("tom", "two"), ("jerry", "three")])
        output = self.kith("history", "tom", "--with", "jerry", "--limit", "1", app="demo:appkey")
        self.assertRegex(output, r"^\d\d:\d\d:\d\d jerry: three\n$")

    def test_history_is_read_on_from_a_message(self):
        self.kithd("--app", "demo")
        texts = [f"line {i}" for i in range(25)]
        self.kith("send", "tom", "--to", "jerry", "-", text="".join(t + "\n" for t in texts))
        seen, place = [], ()
        for _ in range(len(texts) + 1):
            page = events(self.kith("--json", "history", "tom", "--with", "jerry", "--limit", "4", *place))
            if not page:
                break
            self.assertLessEqual(len(page), 4)
            seen = [e["text"] for e in page] + seen
            place = ("--before", str(page[0]["timestamp"]), "--before-id", page[0]["id"])
        self.assertEqual(seen, texts)
        more = events(self.kith("--json", "history", "tom", "--with", "jerry", "--limit", "5000"))
        self.assertEqual([e["text"] for e in more], texts)
        self.assertIn("before_id", self.kith("history", "tom", "--with", "jerry", "--before-id", "x", code=1))

    def test_signatures(self):
        self.kithd("--app", f"demo:key:{MASTER}", "--require-signature")
        self.assertIn("SignatureFailed", self.kith("status", code=1))
        self.assertIn("SignatureFailed", self.kith("--master-key", "wrong", "status", code=1))
        signed = ("--master-key", MASTER)
        jerry = self.listen("jerry", "--watch", "tom", "--count", "1", flags=signed)
        self.kith(*signed, "send", "tom", "--to", "jerry", "signed")
        self.assertEqual(jerry.event("message")["text"], "signed")
        group = self.kith(*signed, "group", "tom", "create").strip()
        self.assertEqual(self.kith(*signed, "group", "tom", "invite", group, "jerry").strip(), "jerry")
        # With the app key alone nobody reads.
        for what in (("history", "eve", "--with", "tom"), ("history", "eve", "--group", group)):
            self.assertIn("needs a signature", self.kith(*what, app="demo:key", code=1))
        self.assertIn("signed", self.kith(*signed, "history", "tom", "--with", "jerry", app="demo:key"))
        self.assertEqual(self.kith(*signed, "history", "tom", "--group", group, app="demo:key"), "")
        self.assertEqual(self.kith(*signed, "group", "tom", "members", group, app="demo:key").strip(),
                         "tom, jerry")

    def test_the_applications_server_signs(self):
        asked = []

        class Signer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                asked.append((self.path, body))
                now, group = str(int(time.time())), self.path == "/group_sign"
                ids = body.get("group_peer_ids" if group else "watch_ids", [])
                # An id with a colon would make the signature one for something else, too.
                if body["self_id"] == "mallory" or ":" in "".join([body["self_id"], *ids]):
                    self.answer({"error": "not this one"}, 403)  # a web page would be a firewall's
                    return
                if self.path == "/history_sign":
                    self.sign_history(body, now)
                    return
                parts = ["demo", body["self_id"]] + ([body.get("group_id") or ""] if group else [])
                parts += [":".join(sorted(ids)), now, "n" + str(len(asked))]
                parts += [body["action"]] if group else []
                digest = hmac.new(MASTER.encode(), ":".join(parts).encode(), "sha1").hexdigest()
                answer = {"nonce": "n" + str(len(asked)), "timestamp": int(now), "signature": digest,
                          "group_peer_ids" if group else "watch_ids": ids}
                self.answer(answer)

            def sign_history(self, body, now):
                pair = sorted([body["self_id"], *body.get("peer_ids", [])])
                convid = body.get("group_id") or hashlib.md5(":".join(pair).encode()).hexdigest()
                parts = ["demo", body["self_id"], convid, "h" + str(len(asked)), now]
                digest = hmac.new(MASTER.encode(), ":".join(parts).encode(), "sha1").hexdigest()
                self.answer({"nonce": parts[3], "timestamp": int(now), "signature": digest})

            def answer(self, answer, status=200):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Signer) as signer:
            threading.Thread(target=signer.serve_forever, daemon=True).start()
            self.addCleanup(signer.shutdown)
            self.kithd("--app", f"demo:key:{MASTER}", "--require-signature")
            url = ("--sign-url", f"http://127.0.0.1:{signer.server_address[1]}")
            group = self.kith(*url, "group", "tom", "create").strip()
            self.assertEqual(self.kith(*url, "group", "tom", "invite", group, "jerry").strip(), "jerry")
            self.kith(*url, "send", "tom", "--to", "jerry", "hi")
            self.assertIn("SignatureRefused", self.kith(*url, "query", "mallory", "tom", code=1))
            key = {"app": "demo:key"}
            self.assertIn("tom: hi", self.kith(*url, "history", "jerry", "--with", "tom", **key))
            self.assertEqual(self.kith(*url, "history", "jerry", "--group", group, **key), "")
            self.assertEqual(self.kith(*url, "group", "tom", "members", group, **key).strip(), "tom, jerry")
            self.assertIn("SignatureRefused",
                          self.kith(*url, "history", "mallory", "--with", "tom", code=1, **key))
        self.assertIn(("/sign", "jerry"), [(p, b["watch_ids"][0]) for p, b in asked if b.get("watch_ids")])
        self.assertEqual([b["action"] for p, b in asked if p == "/group_sign"],
                         ["join", "invite", "members"])

    def prefix_proxy(self, prefix):
        """A reverse proxy before kithd that has it below `prefix` and nothing elsewhere; its `host:port`."""
        name, port = self.url.removeprefix("ws://").split(":")
        real, prefix = (name, int(port)), prefix.encode()

        class Proxy(socketserver.BaseRequestHandler):
            def handle(self):
                head = b""
                while b"\r\n\r\n" not in head:
                    more = self.request.recv(4096)
                    if not more:
                        return
                    head += more
                method, path, rest = head.split(b" ", 2)
                if not (path + b"/").startswith(prefix + b"/"):
                    self.request.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n"
                                         b"Connection: close\r\n\r\nwiki")
                    return
                # One request a connection, unless it is a WebSocket: the path of the next is not cut.
                if b"upgrade: websocket" not in rest.lower():
                    rest = rest.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
                with socket.create_connection(real) as server:
                    server.sendall(b" ".join((method, path[len(prefix):] or b"/", rest)))
                    self.pipe({server: self.request, self.request: server})

            def pipe(self, sides):
                while ready := select.select(list(sides), [], [], DEADLINE)[0]:
                    for side in ready:
                        data = side.recv(65536)
                        if not data:
                            return
                        sides[side].sendall(data)

        proxy = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy)
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        self.addCleanup(proxy.server_close)
        self.addCleanup(proxy.shutdown)
        return f"127.0.0.1:{proxy.server_address[1]}"

    def test_behind_the_path_of_a_reverse_proxy_everything_works(self):
        self.kithd("--app", "demo")
        host = self.prefix_proxy("/chat")
        for self.url in (f"ws://{host}/chat", f"ws://{host}/chat/?token=x", f"http://{host}/chat/"):
            with self.subTest(url=self.url):
                self.kith("send", "tom", "--to", "jerry", "hi")
                self.assertIn("tom: hi", self.kith("history", "tom", "--with", "jerry"))
                group = self.kith("group", "tom", "create").strip()
                self.assertEqual(self.kith("group", "tom", "members", group).strip(), "tom")
        self.url = f"ws://{host}"
        self.assertIn("404", self.kith("--timeout", "2", "history", "tom", "--with", "jerry", code=1))

    def test_the_router_knows_the_address(self):
        self.kithd("--app", "demo")
        self.url = self.url.replace("ws://", "http://")
        self.assertIn("is up", self.kith("status"))
        self.assertIn("RouterFailed", self.kith("--timeout", "2", "status", app="stranger", code=1))

    def test_it_pauses_and_resumes_over_kill_9_and_nothing_is_lost(self):
        server = self.kithd("--app", "demo", data=self.folder)
        jerry = self.listen("jerry")
        self.kith("send", "tom", "--to", "jerry,spike", "before")
        jerry.event("message")
        server.kill()
        jerry.event("paused")
        self.kithd("--app", "demo", data=self.folder, listen=self.url[len("ws://"):])
        jerry.event("resumed")
        self.kith("send", "tom", "--to", "jerry", "after")
        jerry.event("message", lambda e: e["text"] == "after")
        self.assertEqual(sum("before" in line for line in jerry.lines), 1)
        output = self.kith("--json", "listen", "spike", "--count", "1")
        self.assertIn("before", output)


class KithChats(Case):
    def test_piped_lines_are_said_and_commands_answered(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry", "--count", "2")
        output = self.kith("chat", "tom", "--with", "jerry",
                           text="hello\n/who\n/nonsense\n//slash\n/history\n/help\n")
        self.assertEqual(jerry.event("message")["text"], "hello")
        self.assertEqual(jerry.event("message", lambda e: e["text"] == "/slash")["from"], "tom")
        self.assertIn("jerry is online", output)
        self.assertIn("there is no /nonsense", output)
        self.assertIn("tom: hello", output)
        self.assertIn("/invite", output)

    def test_groups_in_a_chat(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry")
        tom = self.child(self.kith_line("chat", "tom", "--group", "new"))
        tom.find("the group", lambda line: "you talk in group" in line)
        tom.write("/invite jerry\n")
        group = jerry.event("joined")["group"]
        tom.write("hello group\n/who\n")
        self.assertEqual(jerry.event("message")["group"], group)
        tom.find("members", lambda line: "in the group: " in line and "jerry" in line)
        self.kith("group", "jerry", "send", group, "hello tom")
        tom.find("the answer", lambda line: line.endswith("jerry: hello tom"))
        tom.write("/kick jerry\n")
        jerry.event("left")
        tom.write("/leave\n/quit\n")
        self.assertEqual(tom.wait()[0], 0)

    def test_a_terminal_shows_lines_above_the_one_being_typed(self):
        self.kithd("--app", "demo")
        jerry = self.listen("jerry")
        screen = Screen(self, self.kith_line("chat", "tom", "--with", "jerry"))
        screen.until("tom> ")
        screen.type("helo\x1b[Dl\x1b[C wörld")
        screen.until("hello wörld")
        self.kith("send", "jerry", "--to", "tom", "incoming")
        screen.until("jerry: incoming\r\n\rtom> hello wörld")
        screen.type("\r")
        self.assertEqual(jerry.event("message", lambda e: e["from"] == "tom")["text"], "hello wörld")
        screen.until("tom: hello wörld \u2713\u2713")
        screen.type("\x03")
        self.assertEqual(screen.wait(), 0)
        self.assertTrue(screen.echoes(), "the terminal is as it was")

    def test_half_a_key_does_not_hold_up_what_others_say(self):
        self.kithd("--app", "demo")
        screen = Screen(self, self.kith_line("chat", "tom", "--with", "jerry"))
        screen.until("tom> ")
        screen.type("hllo\x1b[D\x1b[D\x1b")
        screen.until("tom> hllo")
        self.kith("send", "jerry", "--to", "tom", "behind escape")
        screen.until("jerry: behind escape\r\n\rtom> hllo")
        screen.type("[De")
        screen.until("tom> hello")
        os.write(screen.master, "\x1b[Fö".encode()[:-1])
        self.kith("send", "jerry", "--to", "tom", "inside of a letter")
        screen.until("jerry: inside of a letter")
        os.write(screen.master, "ö".encode()[-1:])
        screen.until("tom> helloö")
        screen.type("\x03")
        self.assertEqual(screen.wait(), 0)


class Screen:
    """A program on a terminal of its own."""

    def __init__(self, case, arguments):
        self.master, slave = pty.openpty()
        self.slave = slave
        case.addCleanup(os.close, self.master)
        case.addCleanup(os.close, slave)
        self.process = subprocess.Popen(arguments, stdin=slave, stdout=slave, stderr=slave,
                                        env={**os.environ, "LC_ALL": "C.UTF-8"})
        case.addCleanup(self._kill)
        self.seen = b""

    def _kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=DEADLINE)

    def type(self, keys):
        os.write(self.master, keys.encode())

    def until(self, text):
        deadline = time.monotonic() + DEADLINE
        # Clearing to the end of a line changes nothing that the text says.
        while text not in self.seen.decode(errors="replace").replace("\x1b[K", ""):
            ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise AssertionError(f"{text!r} did not appear: {self.seen.decode(errors='replace')!r}")
            self.seen += os.read(self.master, 65536)

    def wait(self):
        return self.process.wait(timeout=DEADLINE)

    def echoes(self):
        import termios
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)


class KithMeasures(Case):
    def bench(self, work, *flags):
        code, output, errors = run([KITH, "--json", "bench", work, "--repeat", "1", *flags])
        self.assertEqual(code, 0, errors)
        result = json.loads(output)
        self.assertEqual(result["work"], work)
        self.assertEqual(len(result["runs"]), 1)
        self.assertTrue(all(value is not None for value in result["median"].values()))
        return result["median"]

    def test_the_works(self):
        self.assertGreater(self.bench("direct", "--messages", "2000")["messagesPerSecond"], 0)
        self.assertGreater(self.bench("direct", "--rate", "500", "--messages", "200")["latencyP99"], 0)
        self.assertGreater(self.bench("direct", "--messages", "2000", "--durable")["messagesPerSecond"], 0)
        self.assertGreater(self.bench("direct", "--messages", "2000", "--tls")["messagesPerSecond"], 0)
        self.assertGreater(self.bench("fanout", "--clients", "30", "--messages", "20")["deliveriesPerSecond"], 0)
        self.assertGreater(self.bench("idle", "--clients", "100", "--signed")["openSeconds"], 0)
        self.assertGreater(self.bench("storm", "--clients", "50")["backSeconds"], 0)
        self.assertGreater(self.bench("offline", "--clients", "20")["drainedPerSecond"], 0)
        attack = self.bench("attack", "--messages", "200")
        for phase in ("alone", "burn", "connect", "junk", "unsigned", "messages", "http", "history", "addresses",
                      "group"):
            self.assertGreater(attack[phase + ".p99"], 0)
        self.assertGreater(self.bench("mesh", "--clients", "10", "--messages", "1000")["messagesPerSecond"], 0)

    def test_io_threads(self):
        for threads, flags in ((1, ()), (3, ("--io-threads", "3"))):
            code, output, errors = run([KITH, "--json", "bench", "idle", "--clients", "30", "--repeat", "1",
                                        *flags])
            self.assertEqual(code, 0, errors)
            self.assertEqual(json.loads(output)["settings"]["ioThreads"], threads)
        for flags in (("direct",), ("idle", "--shared")):
            code, _, errors = run([KITH, "bench", *flags, "--io-threads", "3"])
            self.assertEqual(code, 1)
            self.assertIn("--io-threads is for idle and storm", errors)

    def test_a_table_for_people(self):
        code, output, _ = run([KITH, "bench", "direct", "--messages", "500", "--repeat", "3"])
        self.assertEqual(code, 0)
        self.assertRegex(output, r"messagesPerSecond +[\d ]+ msg/s")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
