#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kith rescue import: an export of the vendor's stand-in (vendor.py) goes into a kithd.
usage: rescue_import_test.py KITHD KITH [unittest arguments]"""

import gzip
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import unittest
import urllib.request

from children import DEADLINE, Child
from vendor import APP, MASTER, Data, Vendor, message_id, object_id

KITHD, KITH = sys.argv[1:3]
HALF = "\ud83d"


def pair_id(*peers):
    return hashlib.md5(":".join(sorted(peers)).encode()).hexdigest()


def archive(files, form=tarfile.GNU_FORMAT):
    """The bytes of a .tar.gz of texts by their names."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", format=form) as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return packed.getvalue()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kith-import-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.out = os.path.join(self.folder, "rescued")
        self.data_folder = os.path.join(self.folder, "data")
        self.url = None

    def kithd(self, data=None):
        child = Child([KITHD, "--listen", "127.0.0.1:0", "--data", data or self.data_folder, "--app",
                       f"{APP}:appkey:{MASTER}", "--require-watch", "never"])
        self.addCleanup(child.kill)
        address = child.find("the line of a ready kithd", lambda line: True)
        self.url = "http://" + address.split()[-1]
        return child

    @staticmethod
    def environment():
        return {**os.environ, "KITH_MASTER_KEY": MASTER}

    def export(self, data, *arguments):
        vendor = Vendor(data)
        self.addCleanup(vendor.close)
        done = subprocess.run([KITH, "rescue", "export", "--server", vendor.url, "--app", APP, "--out", self.out, "--rate",
                               "0", *arguments], env=self.environment(), capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        vendor.close()

    def line(self, *arguments, folder=None):
        return [KITH, "--server", self.url, "--app", APP, "--json", "rescue", "import", folder or self.out, "--backoff",
                "0.01", *arguments]

    def bring(self, *arguments, code=0, folder=None):
        """Runs it to its end; what it says."""
        done = subprocess.run(self.line(*arguments, folder=folder), env=self.environment(), capture_output=True, text=True,
                              timeout=DEADLINE * 2, check=False)
        self.assertEqual(code, done.returncode, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def counts(self, said):
        """Of each part what is not 0."""
        return {part: {name: count for name, count in counts.items() if count} for part, counts in said["parts"].items()}

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"X-LC-Id": APP, "X-LC-Key": MASTER + ",master"})
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return json.load(answer)

    def log(self, conversation=None):
        """All messages that kithd has, or those of one conversation, the oldest first."""
        rows, more = [], "" if conversation is None else f"&convid={conversation}"
        # Of a service conversation the logs of v1 do not have what was imported.
        path = "logs" if conversation is None else "history"
        while True:
            page = self.get(f"/1.1/rtm/messages/{path}?limit=1000{more}")
            rows += page
            if len(page) < 1000:
                return rows[::-1]
            last = page[-1]
            more = (f"&convid={conversation}" if conversation else "") + f"&timestamp={last['timestamp']}&msgid={last['msg-id']}"

    def subscribers(self, service):
        return self.get(f"/1.2/rtm/service-conversations/{service}/subscribers/count")["count"]

    @staticmethod
    def said(rows):
        """What of messages must be the same there and here; half of a character is none here."""
        return [(row["timestamp"], row["msg-id"], row["from"], row["data"].replace(HALF, "\ufffd")) for row in rows]

    def write(self, name, text):
        os.makedirs(os.path.dirname(os.path.join(self.out, name)), exist_ok=True)
        with open(os.path.join(self.out, name), "w", encoding="utf-8", newline="") as file:
            file.write(text)


class Imports(Case):
    def test_kithd_has_what_the_export_has_with_its_ids_and_times(self):
        data = Data(files=3, kinds=True)
        data.classes["_ConversationMemberInfo"] = [
            {"objectId": object_id(2000), "cid": data.conversations[0], "clientId": "peer0", "role": "Manager",
             "createdAt": "2026-01-02T00:00:00.000Z", "updatedAt": "2026-01-02T00:00:00.000Z"}]
        self.export(data, "--lists")
        self.kithd()
        said = self.bring()
        self.assertEqual({"_Conversation": {"added": 7}, "messages": {"added": 143}, "_User": {"added": 3},
                          "_File": {"added": 3}, "lists": {"added": 10},
                          "_ConversationMemberInfo": {"added": 1}, "_Installation": {}, "_SysMessage": {}},
                         self.counts(said))
        self.assertEqual(0, said["missing"])
        self.assertEqual(101, self.subscribers(data.conversations[2]))
        for conversation in data.conversations:
            wanted = [row for row in data.messages[::-1] if row["conv-id"] == conversation]
            self.assertEqual(self.said(wanted), self.said(self.log(conversation)))

    def test_a_second_time_changes_nothing_and_says_so(self):
        self.export(Data())
        kithd = self.kithd()
        self.bring()
        before = self.log()
        said = self.bring()
        self.assertEqual({"present": 143}, self.counts(said)["messages"])
        self.assertEqual({"present": 7}, self.counts(said)["_Conversation"])
        self.assertEqual(before, self.log())
        # Nor does a restart.
        kithd.stop()
        self.kithd()
        self.assertEqual({"present": 143}, self.counts(self.bring())["messages"])

    def test_a_dry_run_says_what_would_be_done(self):
        self.export(Data())
        self.kithd()
        self.bring("--dry-run")
        self.assertEqual([], self.log())
        self.bring()
        self.assertEqual({"present": 143}, self.counts(self.bring("--dry-run"))["messages"])

    def test_what_was_said_after_the_first_export_comes_with_the_second(self):
        self.export(Data())
        self.kithd()
        self.bring()
        shutil.rmtree(self.out)
        later = Data(messages=203)
        later.classes["_Conversation"][0].update(m=["tom", "peer0", "new"], name="another", updatedAt="2026-04-01T00:00:00.000Z")
        self.export(later)
        said = self.bring()
        self.assertEqual({"changed": 1, "present": 6}, self.counts(said)["_Conversation"])
        self.assertEqual({"added": 60, "present": 143}, self.counts(said)["messages"])
        self.assertEqual(0, said["missing"])
        for conversation in later.conversations:
            wanted = [row for row in later.messages[::-1] if row["conv-id"] == conversation]
            self.assertEqual(self.said(wanted), self.said(self.log(conversation)))

    def test_it_goes_on_wherever_it_was_ended(self):
        data = Data(conversations=40, messages=8000)
        self.export(data, "--limit", "1000")
        self.kithd()
        for _ in range(3):
            child = Child(self.line(), env=self.environment())
            self.addCleanup(child.kill)
            target = len(self.log(data.conversations[0])) + 20
            while len(self.log(data.conversations[0])) < target and child.process.poll() is None:
                pass
            child.process.send_signal(signal.SIGKILL)
            child.wait()
        self.bring()
        self.assertEqual(self.said([row for row in data.messages[::-1] if row["conv-id"] == data.conversations[3]]),
                         self.said(self.log(data.conversations[3])))
        self.assertEqual({"present": 8000}, self.counts(self.bring())["messages"])

    def test_kithd_may_end_and_come_back_meanwhile(self):
        data = Data(conversations=40, messages=8000)
        self.export(data, "--limit", "1000")
        first = self.kithd()
        address = self.url.split("//")[1]
        child = Child(self.line(), env=self.environment())
        self.addCleanup(child.kill)
        while not self.log(data.conversations[0]):
            pass
        first.kill()
        second = Child([KITHD, "--listen", address, "--data", self.data_folder, "--app", f"{APP}:appkey:{MASTER}"])
        self.addCleanup(second.kill)
        code, output, errors = child.wait()
        self.assertEqual(0, code, output + errors)
        self.assertEqual(0, json.loads(output)["missing"])
        self.assertEqual({"present": 8000}, self.counts(self.bring())["messages"])

    def test_bad_lines_are_named_and_the_rest_comes(self):
        self.export(Data())
        path = os.path.join(self.out, "messages.jsonl")
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        lines[1] = lines[1][:-5]
        lines[140] = lines[140].replace('"from"', '"form"')
        lines.append("x" * 1_100_000)
        self.write("messages.jsonl", "\n".join(lines))
        self.write("classes/Note.jsonl", '{"objectId":"n1"}\n[1]\n')
        self.kithd()
        said = self.bring(code=3)
        self.assertEqual({"added": 141, "refused": 3}, self.counts(said)["messages"])
        self.assertEqual({"refused": 2}, self.counts(said)["Note"])
        named = "\n".join(said["named"])
        self.assertIn("messages.jsonl: line 2: it ", named)
        self.assertIn("messages.jsonl: line 141: from: ", named)
        self.assertIn("messages.jsonl: line 144: is longer than a megabyte", named)
        self.assertIn("classes/Note.jsonl: line 1: createdAt is no time", named)
        self.assertIn("classes/Note.jsonl: line 2: is no object", named)

    def test_what_is_too_late_or_of_no_conversation_is_counted(self):
        data = Data()
        self.export(data)
        self.kithd()
        newest = data.messages[0]
        path = os.path.join(self.out, "messages.jsonl")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.write("messages.jsonl", json.dumps(newest) + "\n" + json.dumps({**newest, "conv-id": "nowhere"}) + "\n")
        self.assertEqual({"added": 1, "orphans": 1}, self.counts(self.bring())["messages"])
        self.write("messages.jsonl", text)
        counts = self.bring(code=3)["parts"]["messages"]
        in_it = sum(row["conv-id"] == newest["conv-id"] for row in data.messages)
        self.assertEqual(143 - in_it, counts["added"])
        self.assertEqual(143, counts["added"] + counts["present"] + counts["late"])
        self.assertGreater(counts["late"], 0)

    def test_a_check_says_what_kithd_does_not_have(self):
        data = Data()
        self.export(data)
        self.kithd()

        def check(code):
            line = [KITH, "--server", self.url, "--app", APP, "--json", "rescue", "check", self.out, "--kithd"]
            done = subprocess.run(line, env=self.environment(), capture_output=True, text=True, timeout=DEADLINE, check=False)
            self.assertEqual(code, done.returncode, done.stdout + done.stderr)
            return json.loads(done.stdout)
        self.assertEqual(["_Conversation: kithd does not have 7 of 7", "_User: kithd does not have 3 of 3"],
                         check(3)["named"])
        self.assertIn("messages: of no conversation: 143 of 143", check(3)["notes"])
        self.bring()
        self.assertEqual([], check(0)["named"])
        path = os.path.join(self.out, "messages.jsonl")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        edited = text.replace('"data":"142 ', '"data":"241 ')
        self.assertNotEqual(text, edited)
        self.write("messages.jsonl", edited)
        self.assertEqual(["messages: kithd has an older state of 1 of 143"], check(3)["named"])
        self.assertEqual({"changed": 1, "present": 142}, self.counts(self.bring())["messages"])
        check(0)

    def test_exports_of_the_console_come_in_each_of_their_forms(self):
        rows = Data(conversations=3).classes["_Conversation"]
        self.write("_Conversation.0.jsonl", '#filetype:JSON-streaming {"type":"Class","class":"_Conversation"}\n' +
                   json.dumps(rows[0]) + "\n")
        self.write("_Conversation.1.json", json.dumps({"results": [rows[1]]}, indent=2))
        self.write("_Conversation.2.json", json.dumps([rows[2]]))
        self.kithd()
        self.assertEqual({"_Conversation": {"added": 3}}, self.counts(self.bring()))
        self.write("_Conversation.2.json", json.dumps([rows[2]])[:-1])
        said = self.bring(code=3)
        self.assertEqual(["_Conversation.2.json: ends inside of a list"], said["named"])

    def test_archives_come_as_they_are(self):
        data = Data(files=2)
        data.bodies["/files/job0.tar.gz"] = archive(
            {f"{name}.0.jsonl": "".join([f'#filetype:JSON-streaming {{"type":"Class","class":"{name}"}}\n'] +
                                        [json.dumps(row) + "\n" for row in rows]) for name, rows in data.classes.items()})
        self.export(data, "--job", "--private-files", "--backoff", "0.01")
        self.kithd()
        said = self.bring()
        self.assertEqual({"_Conversation": {"added": 7}, "messages": {"added": 143}, "_User": {"added": 3}, "_File": {"added": 2}},
                         {name: counts for name, counts in self.counts(said).items() if counts})
        shutil.rmtree(self.out)
        # Of the console: with a folder around the files, in more than one, and packed by another program.
        rows = Data(conversations=9).classes["_Conversation"]
        os.makedirs(self.out)
        path = os.path.join(self.out, "export.tgz")
        with open(path, "wb") as file:
            file.write(archive({f"app/\u4f60/_Conversation.{number}.json": json.dumps({"results": part})
                                for number, part in enumerate((rows[:8], rows[8:]))}, tarfile.PAX_FORMAT))
        self.assertEqual({"_Conversation": {"added": 2, "present": 7}}, self.counts(self.bring()))
        with open(path, "rb") as file:
            whole = file.read()
        for damaged in (whole[:-30], whole[:200] + b"xxxx" + whole[204:], b"no archive", gzip.compress(b"no tar" * 500)):
            with open(path, "wb") as file:
                file.write(damaged)
            done = subprocess.run(self.line(), env=self.environment(), capture_output=True, text=True, timeout=DEADLINE,
                                  check=False)
            self.assertEqual(1, done.returncode, done.stdout + done.stderr)
            self.assertIn("export.tgz", done.stderr.splitlines()[-1])

    def test_a_pair_of_v1_and_its_unique_conversation_are_one(self):
        data = Data(conversations=1, messages=2)
        pair = pair_id("tom", "peer0")
        for number, row in enumerate(data.messages[:]):
            data.messages.append({**row, "timestamp": row["timestamp"] - 5000, "conv-id": pair, "from": "tom", "to": ["peer0"],
                                  "msg-id": message_id(9000 + number), "is-conv": False, "ack-at": 1})
        self.export(data)
        self.kithd()
        self.assertEqual({"added": 4}, self.counts(self.bring())["messages"])
        both = self.log(object_id(0))
        self.assertEqual(4, len(both))
        self.assertEqual(both, self.log(pair))

    def test_what_is_no_export_and_what_is_no_kithd_is_said(self):
        self.kithd()
        os.makedirs(self.out)
        done = subprocess.run(self.line(), env=self.environment(), capture_output=True, text=True, timeout=DEADLINE,
                              check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("holds neither classes nor messages", done.stderr)
        self.write("classes/_User.jsonl", '{"objectId":"u1"}\n')
        vendor = Vendor(Data())
        self.addCleanup(vendor.close)
        self.url = vendor.url
        done = subprocess.run(self.line("--patience", "0"), env=self.environment(), capture_output=True, text=True,
                              timeout=DEADLINE, check=False)
        self.assertEqual(1, done.returncode)
        self.assertIn("kithd refuses it: 404", done.stderr.splitlines()[-1])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
