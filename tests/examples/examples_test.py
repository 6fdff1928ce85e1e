#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The examples that want a kithd. usage: examples_test.py KITHD 01_HELLO 02_CHAT"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
from children import Child, run  # noqa: E402

KITHD, HELLO, CHAT = sys.argv[1:4]


class Examples(unittest.TestCase):
    def setUp(self):
        self.server = self.child(KITHD, "--listen", "127.0.0.1:0", "--data", ":memory:", "--app", "demo")
        self.url = "ws://" + self.server.find("ready", lambda line: True).split()[-1]

    def child(self, *arguments):
        child = Child(arguments)
        self.addCleanup(child.kill)
        return child

    def test_01_hello_ends_by_itself(self):
        code, output, errors = run([HELLO, self.url])
        self.assertEqual(code, 0, errors)
        self.assertEqual(output, "jerry hears from tom: hello\ntom hears from jerry: hello yourself\n")

    def test_02_chat_talks(self):
        tom = self.child(CHAT, self.url, "demo", "tom", "jerry")
        tom.find("tom", lambda line: "connected as tom" in line)
        jerry = self.child(CHAT, self.url, "demo", "jerry", "tom")
        tom.find("jerry", lambda line: line == "* jerry is online")
        tom.write("hello 你好\n")
        jerry.find("the message", lambda line: line == "tom: hello 你好")
        tom.find("the receipt", lambda line: line == "  (delivered)")
        jerry.write("/quit\n")
        self.assertEqual(jerry.wait()[0], 0)
        tom.find("jerry gone", lambda line: line == "* jerry is offline")
        # The end of input is the other way to end.
        self.assertEqual(tom.wait()[0], 0)

    def test_02_chat_says_how_it_is_used(self):
        code, _, errors = run([CHAT])
        self.assertEqual(code, 2)
        self.assertIn("usage", errors)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
