# SPDX-License-Identifier: Apache-2.0
"""What grows while the cost should not: connected sessions, members of a group, stored messages; and
the threads that should bring something.

Each axis measures at every point with bench_driver alone, so that the server's figures are the subject.
"""

import hashlib
import http.client
import json
import os
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Callable

from candidates import kithd, relay
from measure import driver
from servers import CLIENT_CORE, SERVER_CORE, Failed
from works import BODY, Figure, options

FILL = {"in-flight": 1024, "body": BODY}
# Messages of one run of the driver, which has a time limit.
AT_ONCE = 1000000
PACE = 2000
PAGE = 100
PAGES = 100
SERVER_CPU = Figure("serverCpuPerMessage", "server CPU a message", "us", False)


@dataclass(frozen=True)
class Driven:
    """A server that bench_driver talks to."""

    protocol: str
    server: Callable
    # How many messages `direct` takes beside so many sessions.
    messages: Callable = lambda _: 50000


@dataclass(frozen=True)
class Axis:
    name: str
    title: str
    # What is counted along it.
    unit: str
    points: tuple
    figures: tuple
    # {name: Driven}
    candidates: dict
    # A context of something with prepare(x) and measure(x); the latter as measure.measure().
    open: Callable
    # The server stays from one point to the next, so that they come in order.
    keeps: bool = False


def drive(places, protocol, server, work, **size):
    """The figures of one run of the driver, and its CPU seconds."""
    words = options({name.replace("_", "-"): value for name, value in size.items()})
    with driver(places, protocol, server, ["--work", work, *words]) as client:
        return client.wait(), client.cpu_seconds


def fresh(measure):
    """For axes that need a new server at each point: `measure(run, candidate, x)` gives the figures."""
    @contextmanager
    def opened(places, name, candidate):
        def at(x):
            with candidate.server(places, places.run / name) as server:
                used = 0.0

                def run(work, **size):
                    nonlocal used
                    figures, seconds = drive(places, candidate.protocol, server, work, body=BODY, **size)
                    used += seconds
                    return figures

                figures = measure(run, candidate, x)
                server.kill()
                return figures, used + server.cpu_seconds

        yield SimpleNamespace(prepare=lambda _: None, measure=at)

    return opened


def beside_idle(run, candidate, sessions):
    """A pair that talks, and all other sessions silent."""
    idle = sessions - 2
    figures = run("direct", messages=candidate.messages(sessions), in_flight=64, idle=idle)
    # Near its limit a server has no latency, only a queue.
    if figures["messagesPerSecond"] > 2 * PACE:
        figures.update(run("latency", messages=int(1.5 * PACE), rate=PACE, idle=idle))
    return figures


def in_group(run, _, members):
    return run("fanout", messages=max(40, 400000 // members), clients=members, in_flight=8)


class History:
    """One server whose folder grows; direct messages of one conversation fill it."""

    # A run adds to what is stored; a folder that has so much more than it should is made anew.
    TOO_MANY = 1.25
    RUN = 20000

    def __init__(self, places, name, candidate):
        self.places, self.name = places, name
        self.candidate = candidate
        self.server, self.stored, self.since = None, 0, 0

    def close(self):
        if self.server:
            self.server.__exit__()
        self.server = None

    def prepare(self, x):
        if self.server is None or self.stored > x * self.TOO_MANY:
            self.close()
            self.server = self.candidate.server(self.places, self.places.run / self.name)
            self.server.__enter__()
            self.stored, self.since = 0, int(time.time() * 1000)
        while self.stored < x:
            self._send(min(AT_ONCE, x - self.stored), FILL)

    def measure(self, _):
        before = self.server.cpu_now()
        figures, used = self._send(self.RUN, {"in-flight": 64, "body": BODY})
        figures.update(self._read_pages())
        return figures, used + self.server.cpu_now() - before

    def _send(self, messages, size):
        words = {name.replace("-", "_"): value for name, value in size.items()}
        sent = drive(self.places, self.candidate.protocol, self.server, "direct", messages=messages, **words)
        self.stored += messages
        return sent

    def _read_pages(self):
        """Pages of 100 messages that begin anywhere in the newer half of the conversation."""
        chance = random.Random(1)
        now = int(time.time() * 1000)
        before, times = self.server.cpu_now(), []
        link = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {CLIENT_CORE})
        try:
            for _ in range(PAGES):
                times.append(read_page(link, chance.randint((self.since + now) // 2, now)))
        finally:
            os.sched_setaffinity(0, allowed)
            link.close()
        used = self.server.cpu_now() - before
        times.sort()
        return {"pageP50": times[len(times) // 2], "pageP99": times[int(len(times) * 0.99) - 1],
                "serverCpuPerPage": used * 1e6 / PAGES}


def read_page(link, timestamp):
    """Microseconds; Failed when it is not a whole page."""
    conversation = hashlib.md5(b"receiver:sender").hexdigest()
    began = time.perf_counter()
    link.request("GET", f"/1.1/rtm/messages/logs?convid={conversation}&timestamp={timestamp}&limit={PAGE}",
                 headers={"X-LC-Id": "bench"})
    answer = link.getresponse()
    body = answer.read()
    micros = (time.perf_counter() - began) * 1e6
    if answer.status != 200 or len(json.loads(body)) != PAGE:
        raise Failed(f"the history answered {answer.status} with {body[:100]!r}")
    return micros


@contextmanager
def kept_history(places, name, candidate):
    history = History(places, name, candidate)
    try:
        yield history
    finally:
        history.close()


# Works that say something of threads: the beginning of their figures' names, work, size, server.
MESH = {"clients": 200, "in_flight": 8}
THREADED = (
    ("direct", "direct", {"messages": 200000, "in_flight": 64}, {}),
    ("mesh", "mesh", {"messages": 200000, **MESH}, {}),
    ("meshTls", "mesh", {"messages": 100000, **MESH}, {"tls": True}),
    ("latency", "latency", {"messages": 3000, "rate": PACE}, {}),
    ("durableMesh", "mesh", {"messages": 100000, **MESH}, {"durable": True}),
    ("durableLatency", "latency", {"messages": 3000, "rate": PACE}, {"durable": True}),
)


@contextmanager
def on_threads(places, name, cores):
    """kithd on these cores; the clients stay on theirs, which may be one of them."""
    def once(threads, work, size, tls=False, durable=False):
        make = kithd(durable, io_threads=threads - 1, cores=cores)
        with make(places, places.run / f"{len(cores)}-cores", tls=tls) as server:
            figures, used = drive(places, "avos", server, work, body=BODY, **size, **({"tls": 1} if tls else {}))
            server.kill()
            return figures, used + server.cpu_seconds

    def measure(threads):
        all_figures, all_used = {}, 0.0
        for prefix, work, size, how in THREADED:
            figures, used = once(threads, work, size, **how)
            all_figures.update({f"{prefix}_{figure}": value for figure, value in figures.items()})
            all_used += used
        return all_figures, all_used

    yield SimpleNamespace(prepare=lambda _: None, measure=measure)


# poll() for each write looks at all connections, so that it would take minutes where there are many.
LWS = Driven("relay", relay("plain"), lambda sessions: min(50000, 5_000_000 // sessions))
AXES = [
    Axis("sessions", "a pair of sessions talks, all others are silent", "sessions connected",
         (10, 100, 1000, 10000),
         (Figure("messagesPerSecond", "messages", "msg/s", True), SERVER_CPU,
          Figure("latencyP50", "p50 at 2,000 messages a second", "us", False),
          Figure("latencyP99", "p99 at 2,000 messages a second", "us", False)),
         {"kith-lean": Driven("avos", kithd(False)), "lws": LWS}, fresh(beside_idle)),
    Axis("groups", "one member of a group speaks, all others hear it", "members",
         (10, 100, 1000, 10000),
         (Figure("deliveriesPerSecond", "deliveries", "del/s", True),
          Figure("serverCpuPerMessage", "server CPU a delivery", "us", False)),
         {"kith-lean": Driven("avos", kithd(False, {"group_members": 10000})), "lws": LWS}, fresh(in_group)),
    Axis("history", "a durable pair talks, and pages of 100 messages are read", "messages stored before",
         (1000, 10000, 100000, 1000000),
         (Figure("messagesPerSecond", "messages", "msg/s", True), SERVER_CPU,
          Figure("pageP50", "a page of history, p50", "us", False),
          Figure("pageP99", "a page of history, p99", "us", False),
          Figure("serverCpuPerPage", "server CPU a page", "us", False)),
         {"kith-lean-durable": Driven("avos", kithd(True))}, kept_history, keeps=True),
    Axis("threads", "kithd's service and the threads that serve its connections", "threads",
         (1, 2, 3),
         (Figure("direct_messagesPerSecond", "one to one", "msg/s", True),
          Figure("direct_serverCpuPerMessage", "its server CPU a message", "us", False),
          Figure("mesh_messagesPerSecond", "200 at random", "msg/s", True),
          Figure("mesh_serverCpuPerMessage", "its server CPU a message", "us", False),
          Figure("meshTls_messagesPerSecond", "200 at random through TLS", "msg/s", True),
          Figure("latency_latencyP50", "p50 at 2,000 messages a second", "us", False),
          Figure("latency_latencyP99", "its p99", "us", False),
          Figure("durableMesh_messagesPerSecond", "200 at random, durable", "msg/s", True),
          Figure("durableLatency_latencyP50", "p50 at 2,000, durable", "us", False),
          Figure("durableLatency_latencyP99", "its p99", "us", False)),
         {"kith-lean on 1 core": (SERVER_CORE,), "kith-lean on 2 cores": tuple({SERVER_CORE, CLIENT_CORE})},
         on_threads),
]
LONG_HISTORY = 10000000
