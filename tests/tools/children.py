# SPDX-License-Identifier: Apache-2.0
"""kithd and kith as child processes, and lines that can be waited for. Nothing here sleeps."""

import json
import queue
import signal
import subprocess
import threading
import time

DEADLINE = 30


class Child:
    """A process whose lines of standard output are collected, and waited for with one deadline."""

    def __init__(self, arguments, **options):
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", **options)
        self.lines = []
        self._queue = queue.Queue()
        self._errors = []
        self._threads = [threading.Thread(target=self._read_out, daemon=True),
                         threading.Thread(target=self._read_errors, daemon=True)]
        for thread in self._threads:
            thread.start()

    def _read_out(self):
        for line in self.process.stdout:
            self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def _read_errors(self):
        for line in self.process.stderr:
            self._errors.append(line)

    def errors(self):
        """What has come on standard error so far."""
        return "".join(self._errors)

    def find(self, what, match):
        """The first line, seen already or still to come, that `match` likes."""
        for line in self.lines:
            if match(line):
                return line
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                line = self._queue.get(timeout=max(0.001, deadline - time.monotonic()))
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"{what} did not come; last lines: {self.lines[-5:]}; "
                                     f"errors: {self.errors()}")
            self.lines.append(line)
            if match(line):
                return line

    def event(self, name, match=lambda event: True):
        """The first `--json` event with this name that `match` likes."""
        def wanted(line):
            event = json.loads(line)
            return event["event"] == name and match(event)
        return json.loads(self.find(f"event {name}", wanted))

    def write(self, text):
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def wait(self):
        """(exit code, standard output, standard error), when it has ended by itself."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        code = self.process.wait(timeout=DEADLINE)
        for thread in self._threads:
            thread.join(timeout=DEADLINE)
        while not self._queue.empty():
            line = self._queue.get()
            if line is not None:
                self.lines.append(line)
        self.process.stdout.close()
        self.process.stderr.close()
        return code, "\n".join(self.lines), self.errors()

    def stop(self, with_signal=signal.SIGTERM):
        self.process.send_signal(with_signal)
        return self.wait()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.wait()


def run(arguments, text=""):
    """(exit code, standard output, standard error) of a command that is fed `text`."""
    done = subprocess.run([str(a) for a in arguments], input=text, capture_output=True, text=True,
                          encoding="utf-8", timeout=DEADLINE * 2, check=False)
    return done.returncode, done.stdout, done.stderr
