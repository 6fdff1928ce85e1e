# SPDX-License-Identifier: Apache-2.0
"""How much of the machine somebody else used while we measured.

Two independent views: the kernel's count of busy time on our two cores less what our own processes used,
and a fixed loop that is timed on each core before and after.
"""

import os
import time

from servers import CLIENT_CORE, SERVER_CORE

CORES = sorted({SERVER_CORE, CLIENT_CORE})
FOREIGN_SHARE = 0.04
SLOWER = 1.25


def busy_seconds():
    """User, nice, system and stolen time of our cores; interrupts are left out, loopback makes them."""
    total = 0.0
    with open("/proc/stat", encoding="ascii") as stat:
        for line in stat:
            words = line.split()
            if words[0] in [f"cpu{core}" for core in CORES]:
                total += sum(int(words[i]) for i in (1, 2, 3, 8))
    return total / os.sysconf("SC_CLK_TCK")


def _loop():
    total = 0
    for i in range(200000):
        total += i
    return total


class Noise:
    """before() and after() around a measurement; remembers the fastest loop that it has seen."""

    def __init__(self):
        self.fastest = None

    def calibrate(self):
        """The slower core's time for the loop, relative to the fastest ever seen."""
        allowed = os.sched_getaffinity(0)
        times = []
        for core in CORES:
            os.sched_setaffinity(0, {core})
            start = time.perf_counter()
            _loop()
            times.append(time.perf_counter() - start)
        os.sched_setaffinity(0, allowed)
        self.fastest = min(times + ([self.fastest] if self.fastest else []))
        return max(times) / self.fastest

    def wait_until_quiet(self, seconds):
        """True when it is quiet; False when it was not within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.calibrate() > SLOWER:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return True

    def before(self):
        self._slowness = self.calibrate()
        self._own = time.process_time()
        self._start = time.monotonic()
        self._busy = busy_seconds()

    def after(self, children_seconds):
        """{"foreignShare", "slowness", "noisy"}; our children used so many CPU seconds in between."""
        wall = time.monotonic() - self._start
        own = time.process_time() - self._own + children_seconds
        foreign = max(0.0, busy_seconds() - self._busy - own)
        share = foreign / (wall * len(CORES)) if wall > 0 else 0.0
        slowness = max(self._slowness, self.calibrate())
        return {"foreignShare": round(share, 3), "slowness": round(slowness, 2),
                "noisy": share > FOREIGN_SHARE or slowness > SLOWER}
