#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kithd as its operator meets it: backups, signals, certificates, keys, addresses.
usage: operator_test.py KITHD KITH [unittest arguments]"""

import json
import os
import re
import resource
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from children import DEADLINE, run
from command_line_test import KITH, KITHD, MASTER, Case

BOM = "\ufeff"


class Operator(Case):
    def data(self, name="data"):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read()

    def refused(self, code, *arguments, **options):
        done = subprocess.run([KITHD, *arguments], capture_output=True, text=True, timeout=DEADLINE,
                              check=False, **options)
        self.assertEqual((code, ""), (done.returncode, done.stdout), done.stderr)
        return done.stderr.splitlines()[0]

    def until(self, what, holds):
        give_up = time.monotonic() + DEADLINE
        while not holds():
            self.assertLess(time.monotonic(), give_up, what)

    def healthy(self):
        with urllib.request.urlopen("http" + self.url[len("ws"):] + "/healthz") as answer:
            return answer.read().strip() == b"ok"


class Backups(Operator):
    def count(self, file):
        with sqlite3.connect(file) as database:
            self.assertEqual([("ok",)], database.execute("PRAGMA integrity_check").fetchall())
            return database.execute("SELECT COUNT(*) FROM messages").fetchone()[0]

    def test_a_backup_under_traffic_is_whole_and_a_server_starts_with_it(self):
        self.kithd("--app", "demo", "--require-watch", "never", data=self.data())
        self.kith("send", "tom", "--to", "jerry", "-", text="early\n" * 40)
        failures = []

        def talk():
            try:
                self.kith("send", "tom", "--to", "spike", "-", text="later\n" * 2000)
            except AssertionError as problem:
                failures.append(problem)
        talker = threading.Thread(target=talk)
        talker.start()
        copies = []
        while talker.is_alive() or not copies:
            copies.append(self.data(f"copy{len(copies)}"))
            code, output, errors = run([KITHD, "--data", self.data(), "--backup", copies[-1]])
            self.assertEqual(0, code, errors)
            self.assertRegex(output, rf"^{copies[-1]} holds \d+ messages in \d+ bytes, and is sound$")
        talker.join()
        self.assertEqual([], failures)
        for copy in copies:
            self.assertGreaterEqual(self.count(copy), 40)
        os.mkdir(self.data("restored"))
        os.rename(copies[0], self.data("restored/kith.db"))
        self.kithd("--app", "demo", data=self.data("restored"))
        output = self.kith("--json", "listen", "jerry", "--count", "40")
        self.assertEqual(40, output.count('"early"'))

    def test_the_tools_of_sqlite_copy_a_live_database(self):
        self.kithd("--app", "demo", "--require-watch", "never", data=self.data())
        self.kith("send", "tom", "--to", "jerry", "-", text="early\n" * 40)
        source = sqlite3.connect(os.path.join(self.data(), "kith.db"), timeout=DEADLINE)
        target = sqlite3.connect(self.data("api"))
        give_up = time.monotonic() + DEADLINE
        # A locked database is tried again for ever otherwise.
        source.backup(target, progress=lambda *_: self.assertLess(time.monotonic(), give_up))
        source.execute("VACUUM INTO ?", (self.data("vacuum"),))
        for connection in (source, target):
            connection.close()
        for name in ("api", "vacuum"):
            self.assertEqual(40, self.count(self.data(name)))
        self.kith("send", "tom", "--to", "jerry", "after")

    def test_a_backup_that_cannot_be_made_is_one_clear_line(self):
        memory = ("--data", ":memory:", "--backup", self.data("b"))
        self.assertIn("nothing on disk", self.refused(2, *memory))
        os.mkdir(self.data())
        self.assertIn("kith.db cannot be read",
                      self.refused(1, "--data", self.data(), "--backup", self.data("b")))
        self.assertEqual([], os.listdir(self.data()))
        self.kithd("--app", "demo", data=self.data())
        path = self.write("b", "precious")
        self.assertIn("b exists", self.refused(1, "--data", self.data(), "--backup", path))

    def test_a_second_server_on_the_folder_is_refused(self):
        self.kithd("--app", "demo", data=self.data())
        line = self.refused(1, "--app", "demo", "--data", self.data(), "--listen", "127.0.0.1:0")
        self.assertIn("kith.db is in use by another process", line)
        self.assertTrue(self.healthy())


class Signals(Operator):
    def test_usr1_and_usr2_of_a_log_rotation_do_not_end_it(self):
        server = self.kithd("--app", "demo")
        for name in ("SIGUSR1", "SIGUSR2"):
            server.process.send_signal(getattr(signal, name))
        self.assertTrue(self.healthy())
        code, _, errors = server.stop()
        self.assertEqual(0, code)
        for name in ("SIGUSR1", "SIGUSR2"):
            self.assertIn(f"kithd: {name}: nothing to do", errors)

    def test_signals_do_no_harm_when_the_reader_of_the_log_is_gone(self):
        reader, writer = os.pipe()
        server = subprocess.Popen([KITHD, "--listen", "127.0.0.1:0", "--data", ":memory:", "--app",
                                   "demo"], stdout=subprocess.PIPE, stderr=writer, text=True)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        os.close(writer)
        self.url = "ws://" + server.stdout.readline().split()[-1]
        os.close(reader)
        # Each is heard before the next is looked at, and the last one ends it in good order.
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            server.send_signal(number)
            self.assertTrue(self.healthy())
        server.send_signal(signal.SIGTERM)
        self.assertEqual(0, server.wait(timeout=DEADLINE))

    def test_a_limit_of_the_size_of_files_is_one_clear_line(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        line = self.refused(1, "--app", "demo", "--data", self.data(), "--listen", "127.0.0.1:0",
                            preexec_fn=limit)
        self.assertIn("kith.db cannot be used", line)


class ClosedStreams(Operator):
    def test_no_file_or_socket_gets_the_number_of_a_stream_that_was_closed(self):
        port = socket.create_server(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % port.getsockname()[1]
        port.close()
        self.url = "ws://" + address
        server = subprocess.Popen([KITHD, "--listen", address, "--data", self.data(), "--app",
                                   "demo"], preexec_fn=lambda: os.closerange(0, 3))
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)

        def up():
            try:
                return self.healthy()
            except OSError:
                return False
        self.until("a ready kithd", up)
        for number in range(3):
            self.assertEqual("/dev/null", os.readlink(f"/proc/{server.pid}/fd/{number}"))
        lock = os.path.join(self.data(), "kith.db-lock")
        self.assertEqual(0, os.stat(lock).st_size)
        server.send_signal(signal.SIGTERM)
        self.assertEqual(0, server.wait(timeout=DEADLINE))


class Certificates(Operator):
    def certificate(self, name, path="live"):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-out", self.data(path + ".crt"), "-keyout", self.data(path + ".key")],
                       check=True, capture_output=True)

    def shown(self):
        host, port = self.url[len("ws://"):].split(":")
        return ssl.get_server_certificate((host, int(port)))

    def installed(self):
        with open(self.data("live.crt"), encoding="ascii") as file:
            return file.read()

    def test_sighup_takes_a_renewed_certificate_and_refuses_a_bad_one(self):
        self.certificate("first")
        server = self.kithd("--app", "demo", "--tls-cert", self.data("live.crt"), "--tls-key",
                            self.data("live.key"))
        first = self.shown()
        self.assertEqual(first, self.installed())
        self.certificate("second")
        self.assertEqual(first, self.shown())
        server.process.send_signal(signal.SIGHUP)
        self.until("the renewed certificate", lambda: self.shown() != first)
        second = self.shown()
        self.assertEqual(second, self.installed())
        self.write("live.crt", "half a certifi")
        server.process.send_signal(signal.SIGHUP)
        self.assertEqual(second, self.shown())
        code, _, errors = server.stop()
        self.assertEqual(0, code)
        self.assertIn("SIGHUP: the certificate was read again", errors)
        self.assertIn("SIGHUP: the certificate is not changed: tls: file", errors)


class Settings(Operator):
    def test_it_listens_on_every_address_and_says_so_line_by_line(self):
        server = self.child([KITHD, "--listen", "127.0.0.1:0", "--listen", "[::1]:0", "--data",
                             ":memory:", "--app", "demo"])
        lines = [server.find("the first address", lambda line: "127.0.0.1" in line),
                 server.find("the second address", lambda line: "[::1]" in line)]
        self.assertEqual(lines, server.lines)
        for line in lines:
            self.url = "ws://" + re.fullmatch(r"listening on (\S+)", line)[1]
            self.assertTrue(self.healthy())
            self.assertIn("is up", self.kith("status"))

    def test_settings_of_an_editor_that_writes_a_byte_order_mark_are_read(self):
        config = self.write("kithd.json", BOM + '{"data": ":memory:",\r\n"apps": [{"id": "a"}]}\r\n')
        apps = self.write("apps", BOM + "b:kb\r\n\r\n# none: of these\r\n  c \r\n")
        server = self.child([KITHD, "--config", config, "--app-file", apps, "--listen",
                             "127.0.0.1:0"])
        self.url = "ws://" + server.find("ready", lambda line: True).split()[-1]
        for app in ("a", "b:kb", "c"):
            self.kith("status", app=app)

    def arguments(self, server):
        with open(f"/proc/{server.process.pid}/cmdline", encoding="utf-8") as file:
            return file.read().split("\0")[1:-1]

    def test_no_key_is_in_the_arguments_once_it_is_ready(self):
        server = self.kithd("--app", "demo:appkey:master:key", "--app=two:keyoftwo", "--app", "none")
        seen = self.arguments(server)
        self.assertEqual(["--app", "demo:" + "x" * 17, "--app=two:xxxxxxxx", "--app", "none"],
                         seen[-5:])
        self.kith("--master-key", "master:key", "status", app="demo:appkey")
        self.kith("history", "tom", "--with", "jerry", app="demo:wrong", code=1)
        self.kith("history", "tom", "--with", "jerry", app="demo:appkey")
        self.kith("history", "tom", "--with", "jerry", app="two:keyoftwo")

    def test_keys_come_from_a_file_or_the_environment_and_the_nearest_wins(self):
        apps = self.write("apps", "file:kf\nboth:file\n")
        server = self.child([KITHD, "--app-file", apps, "--app", "both:flag:m", "--listen",
                             "127.0.0.1:0", "--data", ":memory:"],
                            env={**os.environ, "KITH_APPS": "env:ke:me\nboth:env\n"})
        self.url = "ws://" + server.find("ready", lambda line: True).split()[-1]
        for app in ("env:ke", "file:kf", "both:flag"):
            self.kith("history", "tom", "--with", "jerry", app=app)
        for app in ("env:", "both:file", "both:env"):
            self.kith("history", "tom", "--with", "jerry", app=app, code=1)
        line = self.refused(1, "--app-file", self.data("missing"), "--data", ":memory:")
        self.assertIn("missing: No such file", line)
        line = self.refused(1, "--app-file", self.folder, "--data", ":memory:")
        self.assertIn("Is a directory", line)


class SettingsThatChange(Operator):
    """SIGHUP reads applications and switches again."""

    def settings(self, **more):
        demo = {"id": "demo", "app_key": "first", "require_watch": "never"}
        text = json.dumps({"data": ":memory:", "apps": [{**demo, **more}]}, indent=1)
        return self.write("kithd.json", text)

    def start(self, *flags):
        server = self.child([KITHD, "--config", self.settings(), "--listen", "127.0.0.1:0", *flags])
        self.url = "ws://" + server.find("ready", lambda line: True).split()[-1]
        return server

    def history(self, app):
        """Whether the history may be read with this app and key."""
        code, _, _ = run(self.kith_line("history", "tom", "--with", "jerry", app=app))
        return code == 0

    def reread(self, server):
        server.process.send_signal(signal.SIGHUP)

    def test_sighup_adds_an_app_that_a_client_can_use_and_leaves_sessions_alone(self):
        apps = self.write("apps", "# none yet\n")
        server = self.start("--app-file", apps)
        jerry = self.listen("jerry", "--count", "1", app="demo:first")
        self.kith("status", app="later", code=1)
        self.write("apps", "later:key\n")
        self.reread(server)
        self.until("the app", lambda: self.history("later:key"))
        self.assertIn("is up", self.kith("status", app="later"))
        self.assertFalse(self.history("later:other"))
        self.kith("send", "tom", "--to", "jerry", "still here")
        jerry.event("message", lambda event: event["text"] == "still here")
        code, _, errors = server.stop()
        self.assertEqual(0, code)
        self.assertIn("SIGHUP: apps as in the settings: 2", errors)

    def test_sighup_changes_keys_and_rules_of_an_app_and_keeps_one_that_is_left_out(self):
        server = self.start("--app", "gone:key")
        self.settings(app_key="second", require_signature=True, master_key=MASTER)
        self.reread(server)
        self.until("the new key", lambda: not self.history("demo:first"))
        self.assertFalse(self.history("demo:second"))  # reading is to be signed now
        run_signed = run(self.kith_line("--master-key", MASTER, "status", app="demo:second"))
        self.assertEqual(0, run_signed[0], run_signed[2])
        self.kith("status", app="demo:second", code=1)
        self.write("kithd.json", json.dumps({"apps": [{"id": "other"}]}))
        self.reread(server)
        self.until("the other app", lambda: self.history("other"))
        self.assertTrue(self.history("gone:key"))
        _, _, errors = server.stop()
        self.assertIn("SIGHUP: app 'demo' is in the settings no more; it is served until", errors)
        self.assertNotIn("second", errors)
        self.assertNotIn(MASTER, errors)

    def test_a_file_with_a_fault_changes_nothing_and_the_log_says_which_line(self):
        apps = self.write("apps", "early:key\n")
        server = self.start("--app-file", apps)
        faults = {
            "kithd.json": ('{"apps": [\n {"id": "demo", "app_key": "second"},\n {]}', "line 3"),
            "apps": ("early:second\n\n:key\n", "apps: line 3 names no application")}
        good = {name: self.read(name) for name in faults}
        wanted = [line for _, line in faults.values()]
        for name, (text, _) in faults.items():
            self.write(name, text)
            self.reread(server)
            self.until("the line of the log", lambda: server.errors().count("nothing is changed") >
                       list(faults).index(name))
            self.write(name, good[name])
        # Here each line is good, and the whole is not.
        self.settings(app_key="second", require_signature=True)
        self.reread(server)
        self.until("the last line", lambda: "apps[0].master_key is empty" in server.errors())
        self.settings(app_key="second", require_watch="maybe")
        self.reread(server)
        self.until("the wrong word", lambda: "require_watch must be one of" in server.errors())
        wanted.append("(line 7)")
        self.assertTrue(self.history("demo:first"))
        self.assertTrue(self.history("early:key"))
        self.assertFalse(self.history("demo:second"))
        _, _, errors = server.stop()
        for line in wanted:
            self.assertIn(line, errors)


class Administration(Operator):
    """kith admin app: a running kithd gets applications, keys and limits, and keeps them."""

    ADMIN_KEY = "an-admin-key-of-tests"

    def setUp(self):
        super().setUp()
        self.key_file = self.write("admin.key", self.ADMIN_KEY + "\n")

    def start(self, *flags, data=None):
        return self.kithd("--app", "demo:first:" + MASTER, "--admin-key-file", self.key_file,
                          "--require-watch", "never", *flags, data=data or self.data())

    def admin(self, *arguments, key=True, text="", code=0, env=None):
        line = [KITH, "--server", self.url, "admin"]
        line += ["--admin-key-file", self.key_file] if key else []
        done = subprocess.run([*line, "app", *arguments], input=text, capture_output=True,
                              text=True, timeout=DEADLINE, check=False,
                              env={**os.environ, **(env or {})})
        self.assertEqual(code, done.returncode, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stderr if code else done.stdout

    def history(self, app, code=0):
        return self.kith("history", "tom", "--with", "jerry", app=app, code=code)

    def test_an_app_is_added_talked_in_and_there_after_a_restart(self):
        server = self.start()
        printed = self.admin("add", "shop", "require_watch=never", "rates.peer_per_second=50")
        keys = dict(line.split() for line in printed.splitlines())
        self.assertEqual(["app_key", "master_key"], sorted(keys))
        shop = "shop:" + keys["app_key"]
        self.kith("send", "tom", "--to", "jerry", "hello", app=shop)
        self.assertIn("hello", self.history(shop))
        self.history("shop:other", code=1)
        code, _, errors = server.stop()
        self.assertEqual(0, code)
        self.assertIn("app 'shop' was added over HTTP", errors)
        self.start()
        output = self.kith("--json", "listen", "jerry", "--count", "1", app=shop)
        self.assertIn('"hello"', output)
        self.kith("send", "tom", "--to", "jerry", "again", app=shop)
        self.assertIn("refused with 409", self.admin("add", "shop", code=1))
        for file in ("apps.json", "kith.db"):
            self.assertEqual(0o600, os.stat(os.path.join(self.data(), file)).st_mode & 0o777)

    def test_keys_are_rotated_by_the_admin_key_and_by_the_master_key_of_the_app(self):
        server = self.start()
        second = self.admin("rotate-key", "demo", "app").strip()
        self.assertRegex(second, r"^\w{24}$")
        self.history("demo:first", code=1)
        self.history("demo:" + second)
        given = self.admin("rotate-key", "demo", "app", "--key-file", "-", text="third\n",
                           key=False, env={"KITH_MASTER_KEY": MASTER})
        self.assertEqual("", given)
        self.history("demo:third")
        self.admin("rotate-key", "demo", "master", "--key-file", self.write("new", "m2"))
        refused = self.admin("rotate-key", "demo", "app", key=False, code=1,
                             env={"KITH_MASTER_KEY": MASTER})
        self.assertIn("refused with 401: unauthorized", refused)
        self.admin("rotate-key", "demo", "app", "--key-file", self.write("new", "fourth"), key=False,
                   env={"KITH_MASTER_KEY": "m2"})
        server.stop()
        self.start()
        self.history("demo:fourth")
        for old in ("first", second, "third"):
            self.history("demo:" + old, code=1)

    def test_limits_change_for_who_is_connected_and_stay_changed_over_sighup_and_restart(self):
        apps = self.write("apps", "demo:first:" + MASTER)
        server = self.start("--app-file", apps)
        jerry = self.listen("jerry")
        self.admin("limits", "demo", "watched_peers=1", "switches.history=false")
        self.history("demo:first", code=1)
        server.process.send_signal(signal.SIGHUP)
        self.until("SIGHUP", lambda: "SIGHUP: apps as in" in server.errors())
        self.history("demo:first", code=1)
        self.kith("send", "tom", "--to", "jerry", "still here")
        jerry.event("message", lambda event: event["text"] == "still here")
        jerry.kill()
        server.stop()
        server = self.start()
        self.history("demo:first", code=1)
        self.admin("limits", "demo", "switches=null")
        self.history("demo:first")
        line = self.admin("limits", "demo", "watched_peers=many", code=1)
        self.assertIn("refused with 400: watched_peers must be a whole number", line)
        self.assertIn("refused with 404", self.admin("limits", "none", "watched_peers=1", code=1))

    def test_without_the_admin_key_nothing_is_changed_and_no_key_is_on_a_command_line(self):
        self.kithd("--app", "demo:first:" + MASTER, data=self.data())
        self.assertIn("403: this server has no admin key", self.admin("add", "shop", code=1))
        self.assertIn("--admin-key-file or in KITH_ADMIN_KEY",
                      self.admin("add", "shop", key=False, code=2))
        self.assertIn("KITH_ADMIN_KEY", self.admin("limits", "demo", "watched_peers=1", key=False,
                                                   code=2, env={"KITH_MASTER_KEY": MASTER}))
        self.assertIn("comes from a file", self.admin("add", "shop", "app_key=secret", code=2))
        self.assertIn("is no setting", self.admin("limits", "demo", "watched_peers", code=2))
        self.assertIn("name a setting", self.admin("limits", "demo", code=2))
        empty = self.write("empty", "\n")
        self.assertIn("holds no key", self.admin("rotate-key", "demo", "app", "--key-file", empty,
                                                 code=2))
        self.assertFalse(os.path.exists(os.path.join(self.data(), "apps.json")))
        self.history("demo:first")
        line = self.refused(1, "--data", ":memory:", "--admin-key-file", self.data("missing"))
        self.assertIn("--admin-key-file: " + self.data("missing") + ": No such file", line)
        line = self.refused(1, "--data", ":memory:", "--admin-key-file", self.write("short", "x"))
        self.assertIn("admin_key must be 16 characters or more", line)

    def test_a_server_that_begins_without_any_app_gets_its_first_one_through_tls(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=chat.test", "-addext", "subjectAltName=DNS:chat.test",
                        "-out", self.data("crt"), "-keyout", self.data("key")],
                       check=True, capture_output=True)
        self.kithd("--admin-key-file", self.key_file, "--tls-cert", self.data("crt"), "--tls-key",
                   self.data("key"))
        address = self.url[len("ws://"):]
        line = [KITH, "--server", "wss://chat.test", "--ca-file", self.data("crt"), "admin",
                "--connect", address, "app", "add", "demo"]
        code, output, errors = run([*line, "--admin-key-file", self.key_file])
        self.assertEqual(0, code, errors)
        self.assertIn("master_key ", output)
        code, _, errors = run([*line[:2], "wss://other.test", *line[3:], "--admin-key-file",
                               self.key_file])
        self.assertEqual(1, code)
        self.assertRegex(errors, "(?i)certificate")


class TheKeysOfKith(Operator):
    def test_the_keys_of_a_client_are_not_in_its_arguments_for_long(self):
        self.kithd("--app", "demo:appkey:masterkey")
        client = self.child(self.kith_line("--json", "--master-key", "masterkey", "listen", "tom",
                                           app="demo:appkey"))
        client.event("opened")
        with open(f"/proc/{client.process.pid}/cmdline", encoding="utf-8") as file:
            seen = file.read()
        self.assertIn("\0demo:xxxxxx\0", seen)
        self.assertIn("\0--master-key\0xxxxxxxxx\0", seen)


class WhoReadsIsGone(Operator):
    def test_kith_ends_when_the_reader_of_its_output_is_gone_also_where_sigpipe_is_ignored(self):
        self.kithd("--app", "demo", "--require-watch", "never")
        for restore in (True, False):
            reader, writer = os.pipe()
            client = subprocess.Popen(self.kith_line("--json", "listen", "tom"), stdout=writer,
                                      stderr=subprocess.DEVNULL, restore_signals=restore)
            self.addCleanup(client.wait)
            self.addCleanup(client.kill)
            os.close(writer)
            self.assertIn(b"opened", os.read(reader, 1000))
            os.close(reader)
            self.kith("send", "jerry", "--to", "tom", "text")
            self.assertNotEqual(0, client.wait(timeout=DEADLINE))


class AppsServer(BaseHTTPRequestHandler):
    """An app's own server, which knows one user."""
    asked = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((self.path, self.headers["Content-Type"], body))
        known = body["session_token"] == "of-alice"
        answer = json.dumps({"client_id": "alice"} if known else {"error": "who?"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class SignIns(Operator):
    def sign(self, token):
        request = urllib.request.Request(
            "http" + self.url[len("ws"):] + "/1.1/rtm/sign", method="POST",
            data=json.dumps({"session_token": token}).encode(),
            headers={"X-LC-Id": "shop", "X-LC-Key": "key", "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.load(refused)

    def test_the_login_of_a_user_whom_the_apps_own_server_knows_is_signed(self):
        apps_server = ThreadingHTTPServer(("127.0.0.1", 0), AppsServer)
        threading.Thread(target=apps_server.serve_forever, daemon=True).start()
        port = apps_server.server_address[1]
        settings = {"apps": [{"id": "shop", "app_key": "key", "master_key": MASTER,
                              "sign_in_url": f"http://127.0.0.1:{port}/who?x=1"}]}
        server = self.kithd("--config", self.write("kithd.json", json.dumps(settings)))
        status, signed = self.sign("of-alice")
        self.assertEqual((200, "alice"), (status, signed["client_id"]), signed)
        self.assertRegex(signed["signature"], "^[0-9a-f]{40}$")
        self.assertEqual([("/who?x=1", "application/json",
                           {"app_id": "shop", "session_token": "of-alice"})], AppsServer.asked)
        status, refused = self.sign("of-nobody")
        self.assertEqual((400, 211), (status, refused["code"]))
        apps_server.shutdown()
        apps_server.server_close()
        status, refused = self.sign("of-alice")
        self.assertEqual(503, status, refused)
        self.assertEqual(503, self.sign("of-alice")[0])
        code, _, errors = server.stop()
        self.assertEqual(0, code)
        self.assertEqual(1, errors.count("an app's own server (sign_in_url) was not reached"), errors)
        self.assertNotIn("of-alice", errors)


if __name__ == "__main__":
    socket.setdefaulttimeout(DEADLINE)
    unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
