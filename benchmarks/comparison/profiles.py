# SPDX-License-Identifier: Apache-2.0
"""What perf saw of a process, summed by whose code it was."""

import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from statistics import median

from servers import CLIENT_CORE, Failed, child

OTHERS = "clock, OpenSSL, libstdc++, others"
KINDS = ("kernel", "our code", "libc", OTHERS, "libwebsockets")
# Of the names of shared objects; what begins with none of them is of OTHERS.
BEGINNINGS = {"kithd": "our code", "kith": "our code", "libkith": "our code", "libc.so": "libc",
              "ld-linux": "libc", "libwebsockets": "libwebsockets"}
START_SECONDS = 10
SAMPLES_A_SECOND = 4000


def missing():
    """Why there can be no profile, or an empty text."""
    if not shutil.which("perf"):
        return "perf is not installed (Debian: linux-perf, or scripts/install-deps --bench)"
    return ""


def kind_of(name):
    """Of a shared object as perf names it: kernel and modules are in brackets, but so is the clock."""
    if name.startswith("[") and name not in ("[vdso]", "[unknown]"):
        return "kernel"
    return next((kind for beginning, kind in BEGINNINGS.items() if name.startswith(beginning)), OTHERS)


def samples_by_kind(report):
    """Of lines "samples|shared object", as read_samples() asks perf for them."""
    found = Counter()
    for line in report.splitlines():
        count, bar, name = line.partition("|")
        if bar:
            found[kind_of(name.strip())] += int(count)
    if found["kernel"] == 0:
        raise Failed("perf saw nothing of the kernel; be root, or set kernel.perf_event_paranoid to 1")
    return found


def rows(runs_of):
    """A heading and lines of cells of {(work, side): [(microseconds a message, samples), ...]}."""
    lines = []
    for (work, side), runs in runs_of.items():
        samples = sum((found for _, found in runs), Counter())
        cost = median(microseconds for microseconds, _ in runs)
        shares = [f"{100 * samples[kind] / samples.total():.0f} %" for kind in KINDS]
        lines.append([f"`{work}`, {side} ({cost:.1f} us a message)", *shares, f"{samples.total():,}"])
    return ["", *KINDS, "samples"], lines


def recording(file):
    """The command of a recording; who or what is recorded comes behind it."""
    return ["perf", "record", "-e", "cpu-clock", "-F", str(SAMPLES_A_SECOND), "-g", "-o", str(file)]


class Recording:
    """perf looks at a process that runs, all its threads, until the end of the block."""

    def __init__(self, pid, file):
        self.file = file
        file.unlink(missing_ok=True)
        self.process = subprocess.Popen([*recording(file), "-p", str(pid)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        preexec_fn=child(CLIENT_CORE))

    def __enter__(self):
        deadline = time.monotonic() + START_SECONDS
        # It writes the head of its file when it is attached.
        while not self.file.exists() or self.file.stat().st_size == 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise Failed("perf does not record: " + self.errors.strip()[-300:])
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGINT)
        self.errors = self.process.communicate()[1]


def read_samples(file):
    done = subprocess.run(["perf", "report", "-i", file, "--stdio", "-q", "-g", "none", "--no-children",
                           "-F", "sample,dso", "-t", "|"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed("perf report: " + done.stderr.strip()[-300:])
    return samples_by_kind(done.stdout)
