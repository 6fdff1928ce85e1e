# SPDX-License-Identifier: Apache-2.0
"""One measurement: one work, one candidate, one fresh server."""

import json
import os
import subprocess
import threading
import time
from types import SimpleNamespace

from servers import CLIENT_CORE, SERVER_CORE, Failed, child

RUN_SECONDS = 240
# The programs keep the limit themselves; this is for one that hangs.
HANG_SECONDS = RUN_SECONDS + 60


class Client:
    """The measuring process, on the clients' core; wait() gives its last line of output."""

    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, env={**os.environ, **(environment or {})}, preexec_fn=child(CLIENT_CORE))
        self.cpu_seconds = 0.0
        self.hangs = threading.Timer(HANG_SECONDS, self.process.kill)
        self.hangs.daemon = True
        self.hangs.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.hangs.cancel()
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def wait(self):
        # Both ends are small: a line or two, and the program has its own limit.
        lines = self.process.stdout.read().strip().splitlines()
        errors = self.process.stderr.read().strip()
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        # Of a `kith bench` it holds the server's as well.
        self.cpu_seconds = usage.ru_utime + usage.ru_stime
        if self.process.returncode != 0 or not lines:
            raise Failed(errors[-300:] or f"exit status {self.process.returncode}")
        return json.loads(lines[-1])


def by_kith_bench(candidate, work, places, quick):
    command = [(candidate.programs or places.bin) / "kith", "--json", "bench", *work.kith_arguments(quick), *candidate.bench,
               "--repeat", "1", "--server-core", str(SERVER_CORE), "--limit", str(RUN_SECONDS)]
    # A durable server's folder is on the same disk as everybody's.
    with Client(command, {"TMPDIR": str(places.run)}) as client:
        return client.wait()["median"], client.cpu_seconds


def driver(places, protocol, server, arguments):
    return Client([places.bin / "bench_driver", *arguments, "--protocol", protocol,
                   "--port", str(server.port), "--server-pid", str(server.pid),
                   "--limit", str(RUN_SECONDS)])


def by_driver(candidate, work, places, quick):
    tls = {"tls": True} if work.tls_of else {}
    its = SimpleNamespace(bin=candidate.programs or places.bin, node=places.node)
    with candidate.server(its, places.run / candidate.name, **tls) as server:
        with driver(places, candidate.protocol, server, work.driver_arguments(quick)) as client:
            killed = kill_and_restart(client, server) if work.kills else None
            figures = client.wait()
        if work.kills:
            figures = {"backSeconds": figures["backAt"] - killed}
        server.kill()
        return figures, client.cpu_seconds + server.cpu_seconds


def kill_and_restart(client, server):
    """When the client says that all are open; returns when it was done, on the monotonic clock."""
    if client.process.stdout.readline().strip() != "kill the server":
        client.wait()
        raise Failed("the driver ended before the kill")
    killed = time.monotonic()
    server.kill()
    server.start()
    return killed


def measure(candidate, work, places, quick):
    """The figures of one run, and the CPU seconds of its processes; Failed says what went wrong."""
    run = by_driver if candidate.protocol else by_kith_bench
    return run(candidate, work, places, quick)


def least_noisy(run, noise, args, prepare=None):
    """Of one run, or more while they are noisy, the least noisy one; `run()` as measure()."""
    best = None
    for _ in range(1 + (0 if args.quick else args.retries)):
        if prepare:
            prepare()
        if not args.quick:
            noise.wait_until_quiet(args.patience)
        noise.before()
        figures, children_seconds = run()
        found = {"figures": figures, **noise.after(children_seconds)}
        if best is None or found["foreignShare"] < best["foreignShare"]:
            best = found
        if not found["noisy"]:
            break
    return best
