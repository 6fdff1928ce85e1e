# SPDX-License-Identifier: Apache-2.0
"""Starting and stopping the servers: each a child of ours on one core, on loopback, known by its pid."""

import ctypes
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

START_SECONDS = 15
# With fewer than two cores both sides share one; the report says so.
SERVER_CORE = 0
CLIENT_CORE = 1 if (os.cpu_count() or 1) > 1 else 0

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """A candidate could not do something; the others go on."""


def child(*cores):
    """What a child does before it becomes a program: its cores, many files, and our death is its own."""

    def prepare():
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cores)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    return prepare


def certificate(folder):
    """A self-signed certificate for 127.0.0.1 and its key, as the paths of two PEM files."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    done = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", "2", "-subj", "/CN=kith benchmark", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", cert], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed("openssl made no certificate: " + done.stderr[-200:])
    return cert, key


def free_port():
    """A port that nobody uses now, for daemons that cannot be given port 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One server process. `command(port, folder)` makes its command line."""

    def __init__(self, command, folder, says_port=False, environment=None, greet=None,
                 cores=(SERVER_CORE,)):
        self.command, self.folder, self.says_port = command, folder, says_port
        self.environment = {**os.environ, **(environment or {})}
        self.greet, self.cores = greet, cores
        self.process, self.port, self.cpu_seconds = None, 0, 0.0

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def pid(self):
        return self.process.pid

    def cpu_now(self):
        """CPU seconds of the running process, all its threads: its CPU clock, as clock_getcpuclockid()."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def start(self):
        """At the same port again after kill()."""
        port = self.port or (0 if self.says_port else free_port())
        log = self.folder / "log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                self.command(port, self.folder), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, env=self.environment, preexec_fn=child(*self.cores))
        deadline = time.monotonic() + START_SECONDS
        while not self._is_up(port, log):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("the server did not start: " + log.read_text(errors="replace")[-300:])
            time.sleep(0.005)
        if self.greet:
            self.greet(self.port)

    def _is_up(self, port, log):
        if self.says_port:
            line = re.search(r"^listening on 127\.0\.0\.1:(\d+)$", log.read_text(errors="replace"),
                             re.MULTILINE)
            if not line:
                return False
            port = int(line[1])
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            return False
        self.port = port
        return True

    def kill(self):
        """kill -9 and wait; its CPU time is added to cpu_seconds."""
        if self.process is None or self.process.returncode is not None:
            return
        # Not Popen.kill(), which takes the status of one that has ended by itself.
        os.kill(self.process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.process.returncode != -signal.SIGKILL:
            print(f"  {self.process.args[0]} ended by itself: status {self.process.returncode}", flush=True)
        self.cpu_seconds += usage.ru_utime + usage.ru_stime
