#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kith rescue against a stand-in of the vendor (vendor.py). usage: rescue_test.py KITH [unittest arguments]"""

import json
import os
import pty
import re
import resource
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from children import DEADLINE, Child
from vendor import APP, MASTER, Data, Fault, Vendor, object_id

KITH = sys.argv[1]
TIMES = re.compile(rb'"(started|finished)": ?("[^"]*"|null)')


def header(name):
    return '#filetype:JSON-streaming {"type":"Class","class":"%s"}\n' % name


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kith-rescue-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.out = os.path.join(self.folder, "out")

    def vendor(self, data=None, **options):
        vendor = Vendor(data or Data(), **options)
        self.addCleanup(vendor.close)
        return vendor

    def line(self, vendor, *arguments, out=None, limit=10):
        usual = {"--server": vendor.url, "--app": APP, "--out": out or self.out, "--rate": "0", "--backoff": "0.01",
                 "--limit": str(limit)}
        options = [word for option in usual.items() if option[0] not in arguments for word in option]
        return [KITH, "rescue", "export", *options, *arguments]

    @staticmethod
    def environment(key=MASTER):
        return {**os.environ, "KITH_MASTER_KEY": key}

    def start(self, vendor, *arguments, out=None, limit=10, **options):
        child = Child(self.line(vendor, *arguments, out=out, limit=limit), env=self.environment(), **options)
        self.addCleanup(child.kill)
        return child

    def export(self, vendor, *arguments, code=0, out=None, key=MASTER, limit=10, **options):
        """Runs it to its end: (standard output, standard error)."""
        done = subprocess.run(self.line(vendor, *arguments, out=out, limit=limit), env=self.environment(key),
                              capture_output=True, text=True, timeout=DEADLINE * 2, check=False, **options)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stdout, done.stderr

    def read(self, name, out=None):
        with open(os.path.join(out or self.out, name), "rb") as file:
            return file.read()

    def manifest(self):
        return json.loads(self.read("export.json"))

    def everything(self, out=None):
        """The bytes of each file of the folder, without the times of the run."""
        found = {}
        out = out or self.out
        for folder, _, names in os.walk(out):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), out)
                found[path] = TIMES.sub(rb"", self.read(path, out))
        return found

    def plain(self):
        out = os.path.join(self.folder, "plain")
        self.export(self.vendor(), out=out)
        return self.without_server(out)

    def without_server(self, out=None):
        """The port is another one each time."""
        return {name: re.sub(rb"127\.0\.0\.1:\d+", b"", body) for name, body in self.everything(out).items()}


class Exports(Case):
    def test_the_folder_holds_what_the_vendor_has(self):
        data = Data()
        output, _ = self.export(self.vendor(data))
        rows = [json.loads(line) for line in self.read("messages.jsonl").splitlines()]
        self.assertEqual(data.messages, rows)
        for name, objects in data.classes.items():
            text = self.read(f"classes/{name}.jsonl").decode()
            self.assertTrue(text.startswith(header(name)))
            self.assertEqual(objects, [json.loads(line) for line in text.splitlines()[1:]])
        self.assertEqual({"classes", "export.json", "messages.jsonl", "state.json"}, set(os.listdir(self.out)))
        # What an application does not have is no fault.
        self.assertNotIn("AVOSRealtimeGroups.jsonl", os.listdir(os.path.join(self.out, "classes")))
        self.assertRegex(output, r"messages +143 rows")

    def test_rows_stay_as_they_came_also_where_they_are_no_good_text(self):
        self.export(self.vendor())
        text = self.read("messages.jsonl")
        self.assertIn(b'"data":"2 half of a pair: \\ud83d"', text)
        self.assertIn(b'"data":"3 \\"quoted\\" \\\\ \\u0001"', text)

    def test_the_manifest_counts_what_is_there(self):
        data = Data()
        self.export(self.vendor(data))
        manifest = self.manifest()
        self.assertEqual(("kith-rescue", 1, APP), (manifest["format"], manifest["version"], manifest["app"]))
        self.assertRegex(manifest["finished"], r"^2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        self.assertLessEqual(manifest["started"], manifest["finished"])
        self.assertEqual(7, manifest["classes"]["_Conversation"]["rows"])
        self.assertEqual(0, manifest["classes"]["AVOSRealtimeGroups"]["rows"])
        messages = manifest["messages"]
        self.assertEqual((143, len(self.read("messages.jsonl"))), (messages["rows"], messages["bytes"]))
        self.assertEqual(("app", None, None), (messages["by"], messages["from"], messages["until"]))
        self.assertEqual("2026-02-02T02:40:00.000Z", messages["oldest"])
        self.assertEqual([], manifest["refusals"])

    def test_a_second_run_changes_nothing(self):
        vendor = self.vendor()
        self.export(vendor)
        before = {name: self.read(name) for name in self.everything()}
        asked = len(vendor.paths())
        self.export(vendor)
        self.assertEqual(before, {name: self.read(name) for name in self.everything()})
        self.assertEqual(asked, len(vendor.paths()))

    def test_only_the_owner_can_read_the_folder(self):
        self.export(self.vendor())
        self.assertEqual(0o700, os.stat(self.out).st_mode & 0o777)
        self.assertEqual(0o600, os.stat(os.path.join(self.out, "messages.jsonl")).st_mode & 0o777)

    def test_named_classes_alone(self):
        vendor = self.vendor()
        self.export(vendor, "--classes", "_User,_Conversation")
        self.assertEqual({"_User.jsonl", "_Conversation.jsonl"}, set(os.listdir(os.path.join(self.out, "classes"))))

    def test_a_time_range_bounds_the_messages(self):
        data = Data()
        low, high = 1770000003000, 1770000010000
        self.export(self.vendor(data), "--from", "2026-02-02T02:40:03Z", "--until", "2026-02-02T02:40:10Z")
        rows = [json.loads(line) for line in self.read("messages.jsonl").splitlines()]
        self.assertEqual([row for row in data.messages if low <= row["timestamp"] < high], rows)
        self.assertEqual("2026-02-02T02:40:03.000Z", self.manifest()["messages"]["from"])

    def test_by_conversation_the_same_messages_come_one_conversation_after_the_other(self):
        data = Data()
        self.export(self.vendor(data), "--by", "conversation")
        rows = [json.loads(line) for line in self.read("messages.jsonl").splitlines()]
        wanted = [row for conversation in data.conversations for row in data.messages if row["conv-id"] == conversation]
        self.assertEqual(wanted, rows)

    def test_rows_that_come_again_at_the_edge_of_a_page_are_there_once(self):
        plain = self.plain()
        for repeat in (1, 3):
            out = os.path.join(self.folder, str(repeat))
            self.export(self.vendor(repeat=repeat), out=out)
            self.assertEqual(plain, self.without_server(out))


class Faults(Case):
    def test_every_fault_that_passes_leaves_the_same_bytes(self):
        plain = self.plain()
        faults = {
            "status 429": Fault(status=429), "429 with Retry-After": Fault(status=429, retry_after=0),
            "429 as a number": Fault(code=429), "500": Fault(status=500), "503": Fault(status=503),
            "a cut answer": Fault(cut=70), "nothing": Fault(cut=0), "another page": Fault(text="<html>maintenance</html>"),
            "half a page": Fault(text='[{"timestamp": 1')}
        for what, fault in faults.items():
            with self.subTest(what):
                out = os.path.join(self.folder, what)
                vendor = self.vendor()
                # At the count, twice in a row at a scan, and at pages of messages.
                vendor.faults = {1: fault, 2: fault, 8: fault, 9: fault, 20: fault, 25: fault}
                self.export(vendor, out=out)
                self.assertEqual(plain, self.without_server(out))

    def limits(self, vendor):
        return [int(request.query["limit"]) for request in vendor.requests if request.path == "/1.2/rtm/messages"]

    def test_an_answer_that_does_not_come_is_asked_for_again_in_smaller_pages(self):
        plain = self.plain()
        vendor = self.vendor()
        vendor.faults = {2: Fault(hang=True), 16: Fault(hang=True)}
        self.export(vendor, "--timeout", "1", limit=40)
        self.assertEqual(plain, self.without_server())
        self.assertEqual([40, 20, 20], self.limits(vendor)[:3])

    def test_an_answer_that_is_too_long_is_asked_for_in_smaller_pages(self):
        plain = self.plain()
        vendor = self.vendor()
        vendor.faults = {number: Fault(text=" " * (64 * 1024 * 1024 + 1)) for number in (15, 16)}
        self.export(vendor, limit=40)
        self.assertEqual(plain, self.without_server())
        self.assertEqual([40, 20, 10, 10], self.limits(vendor)[:4])

    def test_an_address_that_has_moved_is_told_and_not_followed(self):
        vendor = self.vendor()
        elsewhere = self.vendor()
        for path in ("/1.1/classes/_Conversation", "/1.1/scan/classes/_Conversation"):
            vendor.refuse[path] = (301, {}, {"Location": elsewhere.url + "/x"})
        output, _ = self.export(vendor, "--classes", "_Conversation", code=3)
        self.assertIn(f"refused: classes/_Conversation: 301 HTTP 301, it is at {elsewhere.url}/x", output)
        self.assertEqual([], elsewhere.paths())

    def test_retry_after_is_waited_for(self):
        vendor = self.vendor()
        vendor.faults = {3: Fault(status=429, retry_after=1)}
        times = []
        vendor.faults[4] = Fault(before=lambda: times.append(time.monotonic()))
        vendor.faults[3].before = lambda: times.append(time.monotonic())
        self.export(vendor)
        self.assertGreaterEqual(times[1] - times[0], 0.99)

    def test_a_rate_that_is_too_high_for_the_vendor_ends_in_the_same_bytes(self):
        plain = self.plain()
        vendor = self.vendor(requests_a_window=5)
        self.export(vendor, "--backoff", "0.1")
        self.assertEqual(plain, self.without_server())
        self.assertGreater(len(vendor.paths()), 30)

    def test_the_rate_is_kept(self):
        vendor = self.vendor(Data(messages=20))
        begin = time.monotonic()
        self.export(vendor, "--rate", "20")
        self.assertGreaterEqual(time.monotonic() - begin, (len(vendor.paths()) - 1) / 20)

    def test_it_is_given_up_when_the_patience_is_over_and_goes_on_later(self):
        plain = self.plain()
        vendor = self.vendor()
        vendor.faults = {number: Fault(status=502) for number in range(18, 100)}
        _, errors = self.export(vendor, "--patience", "0.2", code=1)
        line = errors.splitlines()[-1]
        self.assertRegex(line, r"^kith: http://127\.0\.0\.1:\d+/1\.2/rtm/messages: 502 planted; given up after \d+ tries, "
                               r"the same command goes on where it was$")
        self.assertIsNone(self.manifest()["finished"])
        vendor.faults = {}
        self.export(vendor)
        self.assertEqual(plain, self.without_server())

    def test_what_is_refused_is_noted_and_the_rest_goes_on(self):
        vendor = self.vendor()
        vendor.refuse["/1.1/scan/classes/_User"] = (403, {"code": 1, "error": "Forbidden by class permissions."})
        output, _ = self.export(vendor, code=3)
        self.assertIn("refused: classes/_User: 403 Forbidden by class permissions.", output)
        self.assertEqual([{"what": "classes/_User", "status": 403, "code": 1, "reason": "Forbidden by class permissions."}],
                         self.manifest()["refusals"])
        self.assertEqual(143, self.manifest()["messages"]["rows"])
        # Once it is allowed, the same command gets it.
        vendor.refuse = {}
        self.export(vendor)
        self.assertEqual(3, self.manifest()["classes"]["_User"]["rows"])
        self.assertEqual([], self.manifest()["refusals"])

    def test_an_answer_that_is_something_else_is_noted_and_the_rest_goes_on(self):
        vendor = self.vendor()
        odd = {"/1.1/scan/classes/_User": {"results": [{"username": "no id"}]},
               "/1.2/rtm/messages": [{"timestamp": 5, "msg-id": "a"}, {"timestamp": 6, "msg-id": "b"}]}
        vendor.refuse = {path: (200, body) for path, body in odd.items()}
        self.export(vendor, code=3)
        self.assertEqual([("classes/_User", "the page of objects has an object without an objectId"),
                          ("messages", "the page of messages is not newest first: 6 comes after 5")],
                         [(it["what"], it["reason"]) for it in self.manifest()["refusals"]])
        self.assertEqual(7, self.manifest()["classes"]["_Conversation"]["rows"])
        vendor.refuse = {}
        self.export(vendor)
        self.assertEqual((3, 143), (self.manifest()["classes"]["_User"]["rows"], self.manifest()["messages"]["rows"]))

    def test_messages_that_are_refused_are_noted(self):
        vendor = self.vendor()
        vendor.refuse["/1.2/rtm/messages"] = (403, {"code": 1, "error": "Forbidden."})
        self.export(vendor, code=3)
        self.assertEqual(1, self.manifest()["messages"]["refused"])
        self.export(vendor, code=3)
        self.assertEqual(1, self.manifest()["messages"]["refused"])

    def test_a_conversation_that_is_refused_does_not_keep_others(self):
        data = Data()
        vendor = self.vendor(data)
        path = f"/1.2/rtm/conversations/{data.conversations[2]}/messages"
        vendor.refuse[path] = (403, {"code": 1, "error": "Forbidden."})
        self.export(vendor, "--by", "conversation", code=3)
        self.assertEqual([f"conversations/{data.conversations[2]}"], [it["what"] for it in self.manifest()["refusals"]])
        rows = {json.loads(line)["conv-id"] for line in self.read("messages.jsonl").splitlines()}
        self.assertEqual(set(data.conversations) - {data.conversations[2]}, rows)

    def test_a_class_that_was_named_and_is_not_there_is_told(self):
        output, _ = self.export(self.vendor(), "--classes", "_Conversation,Post", code=3)
        self.assertIn("refused: classes/Post: 404 Class or object doesn't exists.", output)

    def test_a_cursor_that_is_too_old_begins_the_scan_anew_without_repeats(self):
        plain = self.plain()
        for limit in (1, 2, 3):
            with self.subTest(limit):
                out = os.path.join(self.folder, str(limit))
                vendor = self.vendor(Data(messages=3))
                # Into the scan of the conversations; then all cursors are forgotten.
                vendor.faults = {4: Fault(before=lambda: vendor.cursors.clear())}
                self.export(vendor, out=out, limit=limit)
                same = {name: body for name, body in plain.items() if name.startswith("classes/")}
                self.assertEqual(same, {name: body for name, body in self.everything(out).items()
                                        if name.startswith("classes/")})

    def test_killed_while_a_scan_that_began_anew_leaves_out_what_was_taken(self):
        plain = self.plain()
        for number in (6, 7, 8, 9):
            with self.subTest(number):
                out = os.path.join(self.folder, str(number))
                vendor = self.vendor(Data(messages=3))
                vendor.faults = {4: Fault(before=lambda: vendor.cursors.clear()),
                                 number: Fault(before=lambda: child.process.kill(), hang=True)}
                child = self.start(vendor, out=out, limit=1)
                self.assertEqual(-signal.SIGKILL, child.wait()[0])
                vendor.cursors.clear()
                self.export(vendor, out=out, limit=1)
                same = {name: body for name, body in plain.items() if name.startswith("classes/")}
                self.assertEqual(same, {name: body for name, body in self.everything(out).items()
                                        if name.startswith("classes/")})

    def test_a_wrong_key_is_one_clear_line(self):
        _, errors = self.export(self.vendor(), key="wrong-key", code=1)
        self.assertRegex(errors, r"^kith: http://127\.0\.0\.1:\d+/1\.1/classes/_Conversation: 401 Unauthorized\.; are --app and "
                                 r"the master key those of this server\?\n$")

    def test_a_server_that_is_not_there_is_one_clear_line(self):
        vendor = self.vendor()
        vendor.close()
        _, errors = self.export(vendor, code=1)
        self.assertEqual(1, len(errors.splitlines()))


class Interrupted(Case):
    """A run that ends anywhere is taken up there, and the folder is the same in the end."""

    def killed_at(self, number, fault, *arguments, out):
        """An export that is killed when this request has come; the fault says how much was answered."""
        vendor = self.vendor(Data())
        ready = []

        def kill():
            ready.append(True)
            child.process.kill()
            child.process.wait(timeout=DEADLINE)
        fault.before = kill
        vendor.faults = {number: fault}
        child = self.start(vendor, *arguments, out=out)
        code, _, errors = child.wait()
        self.assertEqual((-signal.SIGKILL, [True]), (code, ready), errors)
        vendor.faults = {}
        return vendor

    def test_killed_at_any_request_it_goes_on_to_the_same_bytes(self):
        for by in ("app", "conversation"):
            plain = os.path.join(self.folder, "plain" + by)
            vendor = self.vendor()
            self.export(vendor, "--by", by, out=plain)
            requests = len(vendor.paths())
            for number in range(1, requests + 1, 3):
                with self.subTest(by=by, number=number):
                    out = os.path.join(self.folder, f"{by}{number}")
                    vendor = self.killed_at(number, Fault(), "--by", by, out=out)
                    self.export(vendor, "--by", by, out=out)
                    self.assertEqual(self.without_server(plain), self.without_server(out))

    def test_what_was_being_written_is_cut_off(self):
        plain = self.plain()
        vendor = self.killed_at(20, Fault(), out=self.out)
        whole = len(self.read("messages.jsonl"))
        self.assertGreater(whole, 0)
        for rest in (b'{"timestamp": 177', b'{"timestamp":1,"msg-id":"x"}\n{"time', b"\n"):
            with open(os.path.join(self.out, "messages.jsonl"), "ab") as file:
                file.write(rest)
            with open(os.path.join(self.out, "state.json.new"), "wb") as file:
                file.write(b'{"format":"kith-re')
            vendor.faults = {len(vendor.paths()) + 2: Fault(before=self.stop_child)}
            self.child = self.start(vendor)
            self.child.wait()
        vendor.faults = {}
        self.export(vendor)
        self.assertEqual(plain, self.without_server())

    def stop_child(self):
        self.child.process.kill()
        self.child.process.wait(timeout=DEADLINE)

    def test_a_signal_ends_it_in_good_order(self):
        plain = self.plain()
        for number in (signal.SIGINT, signal.SIGTERM):
            out = os.path.join(self.folder, str(number))
            vendor = self.vendor()
            vendor.faults = {15: Fault(hang=True, before=lambda: child.process.send_signal(number))}
            child = self.start(vendor, out=out)
            code, _, errors = child.wait()
            self.assertEqual((1, "kith: stopped; the same command goes on where it was"), (code, errors.splitlines()[-1]))
            self.export(vendor, out=out)
            self.assertEqual(plain, self.without_server(out))

    def test_a_full_disk_is_one_clear_line_and_it_goes_on_when_there_is_room(self):
        plain = self.plain()
        vendor = self.vendor()

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))
        _, errors = self.export(vendor, code=1, preexec_fn=limit)
        self.assertRegex(errors.splitlines()[-1], r"^kith: .*/messages\.jsonl: File too large; make room, and the same command "
                                                  r"goes on$")
        self.export(vendor)
        self.assertEqual(plain, self.without_server())

    def test_an_answer_that_was_cut_by_the_end_of_the_program_leaves_nothing(self):
        plain = self.plain()
        vendor = self.killed_at(22, Fault(cut=200), out=self.out)
        self.export(vendor)
        self.assertEqual(plain, self.without_server())

    def test_a_folder_that_holds_something_else_is_left_alone(self):
        os.mkdir(self.out)
        with open(os.path.join(self.out, "messages.jsonl"), "w", encoding="ascii") as file:
            file.write("precious")
        _, errors = self.export(self.vendor(), code=1)
        self.assertIn("messages.jsonl: is there, and no export was begun here; export into another folder", errors)
        self.assertEqual(b"precious", self.read("messages.jsonl"))

    def test_what_is_left_of_the_first_moment_is_no_hindrance(self):
        plain = self.plain()
        os.mkdir(self.out)
        with open(os.path.join(self.out, "state.json.new"), "w", encoding="ascii") as file:
            file.write('{"for')
        vendor = self.vendor()
        self.export(vendor)
        self.assertEqual(plain, self.without_server())
        os.unlink(os.path.join(self.out, "export.json"))
        self.export(vendor)
        self.assertEqual(plain, self.without_server())

    def test_a_folder_that_lost_bytes_is_refused(self):
        vendor = self.killed_at(20, Fault(), out=self.out)
        with open(os.path.join(self.out, "messages.jsonl"), "r+b") as file:
            file.truncate(10)
        _, errors = self.export(vendor, code=1)
        self.assertRegex(errors, r"messages\.jsonl: has 10 bytes of the \d+ that were written; export into another folder\n$")


class Files(Case):
    def files(self):
        return [json.loads(line) for line in self.read("files.jsonl").splitlines()]

    def test_each_file_is_there_with_its_bytes(self):
        data = Data(files=4)
        vendor = self.vendor(data)
        output, _ = self.export(vendor, "--files", "--private-files")
        for number in range(4):
            name = f"files/{object_id(5000 + number)}-picture {number}.png"
            self.assertEqual(b"picture %02d" % number, self.read(name))
            self.assertEqual({"objectId": object_id(5000 + number), "file": name, "bytes": 10}, self.files()[number])
        self.assertEqual((4, 40), tuple(self.manifest()["files"][name] for name in ("rows", "file_bytes")))
        self.assertRegex(output, r"files +4 rows  40 bytes")
        self.assertEqual(1, vendor.paths().count("/1.1/classes/files"))
        # The place where files are is another's: it does not get the key.
        for request in vendor.requests:
            self.assertEqual(request.path.startswith("/files/"), "X-LC-Key" not in request.headers, request.path)

    def test_a_file_that_cannot_be_had_is_noted_and_the_rest_goes_on(self):
        data = Data(files=5)
        del data.bodies["/files/bucket/0.png"]
        data.bodies["/files/bucket/1.png"] = (500, b"", {})
        data.bodies["/files/bucket/2.png"] = b"other size"[:9]
        data.classes["_File"][3]["url"] = "ftp://127.0.0.1/x"
        vendor = self.vendor(data)
        output, _ = self.export(vendor, "--files", "--private-files", code=3)
        ids = [object_id(5000 + number) for number in range(5)]
        self.assertEqual({"objectId": ids[0], "problem": "HTTP 404"}, self.files()[0])
        self.assertEqual({"objectId": ids[1], "problem": "HTTP 500"}, self.files()[1])
        self.assertEqual(("has 9 bytes, its object says 10", 9), (self.files()[2]["problem"], self.files()[2]["bytes"]))
        self.assertIn("problem", self.files()[3])
        self.assertEqual(10, self.files()[4]["bytes"])
        self.assertEqual(4, self.manifest()["files"]["refused"])
        self.assertIn(f"refused: files/{ids[0]}: 0 HTTP 404", output)
        self.assertEqual(5, vendor.paths().count("/files/bucket/1.png"))
        self.assertEqual({ids[2], ids[4]}, {name.split("-")[0] for name in os.listdir(os.path.join(self.out, "files"))})

    def test_a_file_is_followed_to_where_it_is(self):
        data = Data(files=1)
        data.bodies["/files/bucket/0.png"] = (302, b"", {"Location": "/files/elsewhere"})
        data.bodies["/files/elsewhere"] = b"0123456789"
        self.export(self.vendor(data), "--files", "--private-files")
        self.assertEqual(b"0123456789", self.read(self.files()[0]["file"]))

    def test_a_url_into_a_private_network_is_not_asked(self):
        vendor = self.vendor(Data(files=2))
        self.export(vendor, "--files", code=3)
        for line in self.files():
            self.assertRegex(line["problem"], r"leads to this machine or a private network$")
        self.assertEqual([], [path for path in vendor.paths() if path.startswith("/files/")])

    def test_cut_downloads_and_ends_of_the_program_leave_whole_files_only(self):
        def data():
            made = Data(files=6)
            for number in range(6):
                made.bodies[f"/files/bucket/{number}.png"] = bytes([number]) * 100_000
                made.classes["_File"][number]["metaData"] = {"size": 100_000}
            return made
        plain = os.path.join(self.folder, "plain")
        vendor = self.vendor(data())
        self.export(vendor, "--files", "--private-files", out=plain)
        downloads = [number for number, path in enumerate(vendor.paths(), 1) if path.startswith("/files/")]
        self.assertEqual(6, len(downloads))
        for number in (downloads[0], downloads[3] - 1, downloads[3], downloads[5]):
            for killed in (False, True):
                out = os.path.join(self.folder, f"{number}{killed}")
                vendor = self.vendor(data())
                vendor.faults = {number: Fault(cut=60_000)}
                if killed:
                    vendor.faults[number].after = lambda: child.process.kill()
                child = self.start(vendor, "--files", "--private-files", out=out)
                code, _, errors = child.wait()
                if killed:
                    self.assertEqual(-signal.SIGKILL, code, errors)
                    self.export(vendor, "--files", "--private-files", out=out)
                self.assertEqual(self.without_server(plain), self.without_server(out))

    def test_a_download_that_is_cut_goes_on_where_it_was(self):
        path = "/files/bucket/0.png"

        def large(first):
            data = Data(files=1, messages=3)
            data.bodies[path] = bytes([first]) + os.urandom(2_000_000)
            data.classes["_File"][0]["metaData"] = {"size": 2_000_001}
            return data
        data = large(1)
        vendor = self.vendor(data)
        self.export(vendor, out=os.path.join(self.folder, "count"))
        # More often than tries without any progress are made.
        begin = len(vendor.paths()) + 2
        vendor = self.vendor(data)
        vendor.faults = {number: Fault(cut=150_000) for number in range(begin, begin + 20, 2)}
        self.export(vendor, "--files", "--private-files")
        self.assertEqual(data.bodies[path], self.read(self.files()[0]["file"]))
        ranges = [it.headers.get("Range") for it in vendor.requests if it.path == path]
        self.assertEqual([None, "bytes=150000-", "bytes=300000-"], ranges[:3])
        self.assertEqual(11, len(ranges))
        # A server that will not go on is asked for all of it, one that cannot now is asked again.
        for status, then in ((416, None), (503, "bytes=150000-")):
            out = os.path.join(self.folder, str(status))
            vendor = self.vendor(data)
            vendor.faults = {begin: Fault(cut=150_000), begin + 2: Fault(status=status)}
            self.export(vendor, "--files", "--private-files", out=out)
            self.assertEqual(data.bodies[path], self.read(self.files()[0]["file"], out))
            ranges = [it.headers.get("Range") for it in vendor.requests if it.path == path]
            self.assertEqual([None, "bytes=150000-", then], ranges)
        # Another file in its place is another file.
        out = os.path.join(self.folder, "changed")
        vendor, other = self.vendor(data), large(2)
        vendor.faults = {begin: Fault(cut=150_000, after=lambda: data.bodies.update(other.bodies))}
        self.export(vendor, "--files", "--private-files", out=out)
        self.assertEqual(other.bodies[path], self.read(self.files()[0]["file"], out))

    def test_files_may_be_asked_for_later(self):
        vendor = self.vendor(Data(files=3))
        self.export(vendor)
        before = self.read("messages.jsonl")
        self.export(vendor, "--files", "--private-files")
        self.assertEqual(3, len(self.files()))
        self.assertEqual(before, self.read("messages.jsonl"))
        self.assertEqual(143, self.manifest()["messages"]["rows"])

    def test_a_full_disk_while_a_file_comes_is_one_clear_line(self):
        data = Data(files=1, messages=3)
        data.bodies["/files/bucket/0.png"] = b"x" * 50_000
        data.classes["_File"][0]["metaData"] = {"size": 50_000}
        vendor = self.vendor(data)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        _, errors = self.export(vendor, "--files", "--private-files", code=1, preexec_fn=limit)
        self.assertRegex(errors.splitlines()[-1], r"\.png\.part: File too large; make room, and the same command goes on$")
        self.export(vendor, "--files", "--private-files")
        self.assertEqual(50_000, self.files()[0]["bytes"])


class Lists(Case):
    def read_lists(self, out=None):
        found = {}
        for line in self.read("lists.jsonl", out).splitlines():
            row = json.loads(line)
            names = row.get("client_ids") or [it["subscriber"] for it in row["subscribers"]]
            found.setdefault((row["conv-id"], row["list"]), []).extend(names)
        return found

    def test_what_the_vendor_tells_of_each_conversation_alone_is_there(self):
        data = Data(kinds=True)
        vendor = self.vendor(data)
        self.export(vendor, "--lists")
        wanted = {(path.split("/")[1], path.split("/")[2]): names for path, names in data.lists.items()}
        self.assertEqual(wanted, self.read_lists())
        self.assertEqual((10, 0), tuple(self.manifest()["lists"][name] for name in ("rows", "refused")))

    def test_killed_anywhere_the_lists_are_the_same(self):
        plain = os.path.join(self.folder, "plain")
        vendor = self.vendor(Data(kinds=True, messages=5))
        self.export(vendor, "--lists", out=plain)
        asked = [number for number, path in enumerate(vendor.paths(), 1)
                 if path.endswith(("silenceds", "blacklists", "subscribers"))]
        for number in asked[::2]:
            out = os.path.join(self.folder, str(number))
            vendor = self.vendor(Data(kinds=True, messages=5))
            vendor.faults = {number: Fault(before=lambda: child.process.kill(), hang=True)}
            child = self.start(vendor, "--lists", out=out)
            self.assertEqual(-signal.SIGKILL, child.wait()[0])
            vendor.faults = {}
            self.export(vendor, "--lists", out=out)
            self.assertEqual(self.without_server(plain), self.without_server(out))

    def test_a_list_that_is_refused_is_noted(self):
        data = Data(kinds=True)
        vendor = self.vendor(data)
        path = next(path for path in data.lists if path.endswith("permanent-silenceds"))
        vendor.refuse["/1.2/rtm/" + path] = (403, {"code": 1, "error": "Forbidden."})
        self.export(vendor, "--lists", code=3)
        self.assertEqual(["lists/" + path.split("/", 1)[1]], [it["what"] for it in self.manifest()["refusals"]])
        self.assertEqual(4, len(self.read_lists()))

    def test_messages_of_a_chat_room_are_asked_for_where_it_is(self):
        data = Data(kinds=True)
        self.export(self.vendor(data), "--by", "conversation")
        self.assertEqual(143, self.manifest()["messages"]["rows"])


class Jobs(Case):
    ARCHIVE = b"\x1f\x8b" + bytes(range(256)) * 20

    def served(self):
        data = Data()
        data.bodies["/files/job0.tar.gz"] = self.ARCHIVE
        return self.vendor(data)

    def test_the_vendors_archive_is_kept_as_it_is(self):
        vendor = self.served()
        self.export(vendor, "--job", "--private-files", "--classes", "_User,_Conversation")
        self.assertEqual(self.ARCHIVE, self.read("classes.tar.gz"))
        self.assertEqual({"classes": "_User,_Conversation"}, vendor.jobs["job0"]["asked"])
        self.assertEqual(143, self.manifest()["messages"]["rows"])
        self.assertEqual(len(self.ARCHIVE), self.manifest()["job"]["bytes"])
        self.assertEqual([], os.listdir(os.path.join(self.out, "classes")))
        self.assertNotIn("X-LC-Key", next(it for it in vendor.requests if it.path.startswith("/files/")).headers)

    def test_a_job_that_is_running_is_not_asked_for_twice(self):
        vendor = self.served()
        vendor.faults = {3: Fault(before=lambda: child.process.kill(), hang=True)}
        child = self.start(vendor, "--job", "--private-files")
        self.assertEqual(-signal.SIGKILL, child.wait()[0])
        self.export(vendor, "--job", "--private-files")
        self.assertEqual(["job0"], list(vendor.jobs))
        self.assertEqual(self.ARCHIVE, self.read("classes.tar.gz"))

    def test_a_job_that_is_refused_or_fails_is_noted_and_messages_come_all_the_same(self):
        vendor = self.served()
        vendor.refuse["/1.1/exportData"] = (403, {"code": 1, "error": "Only once a day."})
        self.export(vendor, "--job", "--private-files", code=3)
        self.assertEqual([("job", "Only once a day.")], [(it["what"], it["reason"]) for it in self.manifest()["refusals"]])
        vendor.refuse = {"/1.1/exportData/job0": (200, {"status": "failed", "id": "job0"})}
        self.export(vendor, "--job", "--private-files", code=3)
        self.assertEqual([("job", "the job is failed")], [(it["what"], it["reason"]) for it in self.manifest()["refusals"]])
        self.assertEqual(143, self.manifest()["messages"]["rows"])


class Checks(Case):
    def check(self, *arguments, code=0, vendor=None, out=None):
        server = ["--server", vendor.url, "--app", APP, "--rate", "0", "--backoff", "0.01"] if vendor else []
        done = subprocess.run([KITH, "rescue", "check", out or self.out, *server, *arguments], env=self.environment(),
                              capture_output=True, text=True, timeout=DEADLINE * 2, check=False)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return done.stdout if code != 1 else done.stderr

    def faults(self, *arguments, **options):
        return [line[len("  fault: "):] for line in self.check(*arguments, code=3, **options).splitlines()
                if line.startswith("  fault: ")]

    def notes(self, *arguments, **options):
        return [line[len("  note: "):] for line in self.check(*arguments, **options).splitlines()
                if line.startswith("  note: ")]

    def edit(self, name, change):
        body = self.read(name)
        with open(os.path.join(self.out, name), "wb") as file:
            file.write(change(body))

    def test_a_folder_as_it_was_exported_is_whole_and_stays_as_it_is(self):
        for arguments in ((), ("--by", "conversation"), ("--files", "--private-files", "--lists"), ("--classes", "_Conversation")):
            out = os.path.join(self.folder, "-".join(arguments) or "plain")
            self.export(self.vendor(Data(files=3, kinds=True)), *arguments, out=out)
            before = self.everything(out)
            self.assertIn(f"{out} is whole", self.check(out=out))
            self.assertEqual(before, self.everything(out))

    def test_whatever_is_not_as_it_was_is_found(self):
        self.export(self.vendor(Data(files=3, kinds=True)), "--files", "--private-files", "--lists")
        picture = f"files/{object_id(5001)}-picture 1.png"
        lines = self.read("messages.jsonl").splitlines(keepends=True)
        rows = "export.json says"
        for name, change, words in (
                ("messages.jsonl", lambda body: body[:-1], "messages.jsonl: ends inside of a line"),
                ("messages.jsonl", lambda body: body + lines[-1], "messages.jsonl: has 144 rows, export.json says 143"),
                ("messages.jsonl", lambda body: body + lines[-1], "messages.jsonl: twice: "),
                ("messages.jsonl", lambda body: b"".join(lines[:5] + lines[6:]), "messages.jsonl: has 142 rows"),
                ("messages.jsonl", lambda body: body.replace(b"plain", b"pl\nain", 1), "is not JSON"),
                ("messages.jsonl", lambda body: body.replace(b"plain", b"PLAIN!", 1), "bytes, export.json says"),
                ("messages.jsonl", lambda body: b"".join(lines[-3:] + lines[:-3]), "is newer than the one before it"),
                ("classes/_User.jsonl", lambda body: body[body.index(b"\n") + 1:], "classes/_User.jsonl: line 1 is not #filetype"),
                ("classes/_User.jsonl", lambda body: body.replace(b'"objectId"', b'"objectid"', 1), "line 2 has no objectId"),
                ("classes/_User.jsonl", lambda body: body + body.splitlines(keepends=True)[1], "classes/_User.jsonl: twice: "),
                ("files.jsonl", lambda body: body.replace(b'"bytes":10', b'"bytes":11', 1), "has 10 bytes, files.jsonl says 11"),
                ("files.jsonl", lambda body: body.replace(b'"bytes":10', b'"bytes":11', 1), "files: have 31 bytes, export.json says 30"),
                ("lists.jsonl", lambda body: body.replace(b'"conv-id"', b'"conv"', 1), "line 1 is no list of a conversation"),
                ("lists.jsonl", lambda body: body + body[:body.index(b"\n") + 1], "lists.jsonl: has 11 rows, export.json says 10"),
                (picture, lambda body: body[:-1], picture + ": has 9 bytes, files.jsonl says 10"),
                ("export.json", lambda body: re.sub(rb'"finished": "[^"]*"', b'"finished": null', body), "the export is not finished"),
                ("export.json", lambda body: body.replace(b'"rows":143', b'"rows":144'), f"has 143 rows, {rows} 144")):
            with self.subTest(words):
                kept = self.read(name)
                self.edit(name, change)
                faults = self.faults()
                self.edit(name, lambda _, kept=kept: kept)
                self.assertTrue(any(words in fault for fault in faults), faults)
        os.unlink(os.path.join(self.out, picture))
        self.assertEqual([picture + ": is not there"], self.faults())

    def test_conversations_that_are_not_there_are_named(self):
        data = Data()
        gone = data.conversations[3]
        data.classes["_Conversation"] = [row for row in data.classes["_Conversation"] if row["objectId"] != gone]
        self.export(self.vendor(data))
        self.assertEqual([f"20 messages of 1 conversations that are not among the classes: {gone} (20)"], self.notes())

    def test_what_was_refused_is_told(self):
        vendor = self.vendor()
        vendor.refuse["/1.1/scan/classes/_User"] = (403, {"code": 1, "error": "Forbidden."})
        self.export(vendor, code=3)
        self.assertEqual(["classes/_User was refused: Forbidden."], self.notes())

    def test_what_is_no_export_is_one_clear_line(self):
        self.assertEqual(f"kith: {self.out}: No such file or directory\n", self.check(code=1))
        os.mkdir(self.out)
        self.assertEqual(f"kith: {self.out}/export.json: is not there; is this folder an export?\n", self.check(code=1))
        with open(os.path.join(self.out, "export.json"), "w", encoding="ascii") as file:
            file.write('{"format":"other"}')
        self.assertEqual("kith: export.json was not written by this version of kith rescue\n", self.check(code=1))

    def test_an_archive_is_looked_at(self):
        data = Data()
        data.bodies["/files/job0.tar.gz"] = Jobs.ARCHIVE
        vendor = self.vendor(data)
        self.export(vendor, "--job", "--private-files")
        self.check()
        self.edit("classes.tar.gz", lambda body: b"PK" + body[2:])
        self.assertEqual(["classes.tar.gz: is no gzip file"], self.faults())

    def test_the_vendor_still_has_what_the_folder_has(self):
        vendor = self.vendor(Data(kinds=True))
        self.export(vendor)
        self.assertEqual(["140 messages of 7 conversations compared with the vendor's"], self.notes(vendor=vendor))
        self.assertEqual(["40 messages of 2 conversations compared with the vendor's"],
                         self.notes("--sample", "2", vendor=vendor))

    def test_what_the_vendor_has_and_the_folder_does_not_is_found(self):
        data = Data()
        vendor = self.vendor(data)
        self.export(vendor)
        lost, edited = dict(data.messages[8]), dict(data.messages[9])
        lines = [line for line in self.read("messages.jsonl").splitlines(keepends=True)
                 if lost["msg-id"].encode() not in line]
        self.edit("messages.jsonl", lambda _: b"".join(lines))
        data.messages[9] = {**edited, "data": "edited"}
        data.classes["_User"].append({"objectId": object_id(2000), "username": "later"})
        # Newer than all that is in the folder: it cannot be there.
        data.messages.insert(0, {**lost, "timestamp": 1790000000000, "msg-id": "newer"})
        output = self.check(vendor=vendor, code=3)
        self.assertIn(f"fault: conversation {lost['conv-id']}: message {lost['msg-id']} is not in the folder", output)
        self.assertIn(f"note: conversation {edited['conv-id']}: message {edited['msg-id']} is another one", output)
        self.assertIn("fault: _User: the vendor has 4 objects now, the folder 3", output)
        self.assertNotIn("newer", output)

    def test_for_a_script_the_findings_are_json(self):
        self.export(self.vendor())
        self.edit("messages.jsonl", lambda body: body[:-1])
        event = json.loads(self.check("--json", code=3))
        self.assertEqual(("checked", 3, 3), (event["event"], event["faults"], len(event["named"])))


class Ways(Case):
    """How the vendor is reached."""

    def certified(self):
        certificate = os.path.join(self.folder, "vendor.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=vendor", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout",
                        certificate + ".key"], check=True, capture_output=True)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, certificate + ".key")
        return tls

    def test_https_is_checked(self):
        vendor = self.vendor(Data(messages=20), tls=self.certified())
        _, errors = self.export(vendor, code=1)
        self.assertEqual(1, len(errors.splitlines()), errors)
        self.assertRegex(errors, r"^kith: https://127\.0\.0\.1:\d+/1\.1/classes/_Conversation: .*certificate")
        self.assertEqual([], vendor.paths())
        self.export(vendor, "--ca-file", os.path.join(self.folder, "vendor.pem"))
        self.assertEqual(20, self.manifest()["messages"]["rows"])

    def test_connections_that_are_cut_under_tls_are_survived(self):
        vendor = self.vendor(Data(messages=30), tls=self.certified())
        vendor.faults = {number: Fault(cut=cut) for number, cut in ((2, 0), (4, 10), (6, 1), (15, 500), (16, 0), (17, 900))}
        self.export(vendor, "--ca-file", os.path.join(self.folder, "vendor.pem"))
        self.assertEqual(30, self.manifest()["messages"]["rows"])

    def test_a_connection_that_is_gone_does_not_end_the_program(self):
        vendor = self.vendor(Data(messages=30), tls=self.certified())
        vendor.faults = {number: Fault(reset=True) for number in range(1, 30)}
        # Time for the end of a connection to arrive before the next request.
        self.export(vendor, "--ca-file", os.path.join(self.folder, "vendor.pem"), "--rate", "50")
        self.assertEqual(30, self.manifest()["messages"]["rows"])

    def test_a_proxy_is_asked_when_it_is_named_and_no_other(self):
        vendor = self.vendor(Data(messages=20))
        nowhere = {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"}
        done = subprocess.run(self.line(vendor), env={**self.environment(), **nowhere}, capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        out = os.path.join(self.folder, "by-proxy")
        self.export(vendor, "--server", "http://127.0.0.1:1", "--proxy", vendor.url, out=out)
        self.assertEqual(self.read("messages.jsonl"), self.read("messages.jsonl", out))


class Options(Case):
    def refused(self, vendor, *arguments, code=2):
        _, errors = self.export(vendor, *arguments, code=code)
        return errors.splitlines()[0]

    def test_another_export_is_not_mixed_in(self):
        vendor = self.vendor()
        self.export(vendor)
        for arguments in (("--by", "conversation"), ("--from", "2026-01-01"), ("--app", "another-app")):
            self.assertIn("the folder holds an export with another " + arguments[0], self.refused(vendor, *arguments))

    def test_a_folder_has_one_export_at_a_time(self):
        vendor = self.vendor()
        vendor.faults = {3: Fault(hang=True)}
        first = self.start(vendor)
        give_up = time.monotonic() + DEADLINE
        while len(vendor.paths()) < 3:
            self.assertLess(time.monotonic(), give_up)
        self.assertIn("another export is writing into it", self.refused(vendor, code=1))
        first.kill()

    def test_what_is_wrong_is_named(self):
        vendor = self.vendor()
        for arguments, words in ((("--from", "yesterday"), "--from: 'yesterday' is no time in UTC"),
                                 (("--from", "2026-02-02", "--until", "2026-02-01"), "--until is before --from"),
                                 (("--classes", "../x"), "--classes: '../x' is no name of a class"),
                                 (("--by", "conversation", "--classes", "_User"), "need the class _Conversation"),
                                 (("--lists", "--classes", "_User"), "need the class _Conversation"),
                                 (("--server", "http://api.example"), "say https"),
                                 (("--files", "--classes", "_User"), "--files needs the class _File"),
                                 (("--job", "--files"), "--job keeps the vendor's archive as it is"),
                                 (("--limit", "1001"), "1001"), (("--by", "day"), "day")):
            self.assertIn(words, self.refused(vendor, *arguments))
        self.assertEqual([], vendor.paths())
        self.assertFalse(os.path.exists(self.out))

    def test_a_key_is_needed_and_kept_nowhere(self):
        vendor = self.vendor()
        _, errors = self.export(vendor, key="", code=2)
        self.assertIn("--master-key-file or in KITH_MASTER_KEY", errors)
        path = os.path.join(self.folder, "key")
        with open(path, "w", encoding="ascii") as file:
            file.write(MASTER + "\n")
        seen = []
        vendor.faults = {5: Fault(before=lambda: seen.append(self.command_line(child))), 9: Fault(status=500)}
        child = self.start(vendor, "--master-key", MASTER, "--log-level", "trace")
        code, output, errors = child.wait()
        self.assertEqual(0, code, errors)
        self.assertNotIn(MASTER.encode(), seen[0])
        for text in [output.encode(), errors.encode(), *self.everything().values()]:
            self.assertNotIn(MASTER.encode(), text)
        out = os.path.join(self.folder, "by-file")
        self.export(vendor, "--master-key-file", path, out=out, key="")

    @staticmethod
    def command_line(child):
        with open(f"/proc/{child.process.pid}/cmdline", "rb") as file:
            return file.read()

    def test_the_progress_is_told_on_standard_error_line_by_line(self):
        vendor = self.vendor(Data(files=1))
        _, errors = self.export(vendor, "--progress", "0.001", "--files", "--private-files")
        self.assertRegex(errors, r"kith: _Conversation: 7 rows, [\d.]+ kB, 100 %")
        self.assertRegex(errors, r"kith: files/\w+-picture 0\.png: 10 bytes\n")
        self.assertRegex(errors, r"kith: messages: \d+ rows, [\d.]+ kB, at 2026-02-02T[\d:.]+Z, \d+ %")

    def test_on_a_terminal_the_progress_is_one_line_that_is_written_anew(self):
        vendor = self.vendor()
        leader, follower = pty.openpty()
        self.addCleanup(os.close, leader)
        with subprocess.Popen(self.line(vendor), env=self.environment(), stdout=follower, stderr=follower) as process:
            os.close(follower)
            text = b""
            while True:
                try:
                    piece = os.read(leader, 4096)
                except OSError:  # the other side has been closed
                    break
                if not piece:
                    break
                text += piece
            self.assertEqual(0, process.wait(timeout=DEADLINE))
        self.assertTrue(text.startswith(b"\r\x1b[K_Conversation: 0 rows"), text)
        self.assertRegex(text, rb"[^\n]\r\nexported into ")

    def test_for_a_script_the_summary_is_json(self):
        output, _ = self.export(self.vendor(), "--json")
        event = json.loads(output)
        self.assertEqual(("exported", 143, 7, 0), (event["event"], event["rows"]["messages"],
                                                   event["rows"]["classes/_Conversation"], event["refused"]))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
