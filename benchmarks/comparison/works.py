# SPDX-License-Identifier: Apache-2.0
"""The works, what each measures, and how large they are.

A size is given to the driver and to `kith bench` alike, so that windows, bodies and counts are the
same for every candidate.
"""

from dataclasses import dataclass, replace

BODY = 128


@dataclass(frozen=True)
class Figure:
    """One number of a work, as it is printed."""

    name: str
    title: str
    unit: str
    more_is_better: bool


@dataclass(frozen=True)
class Work:
    name: str
    title: str
    figures: tuple
    size: dict
    quick: dict
    # What `kith bench` calls it, and what only it is told; empty = it has it not.
    kith: tuple = ()
    # The server is killed and started again while it runs.
    kills: bool = False
    # The same as the work of this name, through TLS.
    tls_of: str = ""
    # What the driver calls it, where that is another name.
    driver: str = ""

    def sizes(self, quick):
        return {**self.size, **(self.quick if quick else {}), "body": BODY}

    def driver_arguments(self, quick):
        tls = ["--tls", "1"] if self.tls_of else []
        return ["--work", self.driver or self.tls_of or self.name] + tls + options(self.sizes(quick))

    def kith_arguments(self, quick):
        return list(self.kith) + (["--tls"] if self.tls_of else []) + options(self.sizes(quick))

    def heading(self, quick=False):
        """The title with the sizes of this run."""
        return self.title.format(**{name.replace("-", "_"): f"{value:,}"
                                    for name, value in self.sizes(quick).items()})


def options(size):
    return [word for name, value in size.items() for word in (f"--{name}", str(value))]


RATE = "msg/s"
WORKS = [
    Work("direct", "one to one, {in_flight} in flight, acknowledged",
         (Figure("messagesPerSecond", "messages", RATE, True),),
         {"messages": 200000, "in-flight": 64}, {"messages": 20000}, ("direct",)),
    Work("fanout", "a group of {clients} connections, {in_flight} in flight",
         (Figure("deliveriesPerSecond", "deliveries", "del/s", True),),
         {"messages": 400, "clients": 1000, "in-flight": 8}, {"messages": 40}, ("fanout",)),
    Work("mesh", "{clients} clients at random, {in_flight} in flight each, acknowledged",
         (Figure("messagesPerSecond", "messages", RATE, True),),
         {"messages": 200000, "clients": 200, "in-flight": 8}, {"messages": 20000}, ("mesh",)),
    Work("latency", "one to one at {rate} messages a second",
         (Figure("latencyP50", "p50", "us", False), Figure("latencyP99", "p99", "us", False)),
         {"messages": 20000, "rate": 2000}, {"messages": 2000}, ("direct",)),
    Work("idle", "{clients} sessions opened, 256 at a time; those of `kith` are signed",
         (Figure("openSeconds", "opened", "s", False),
          Figure("serverKbPerSession", "server memory", "kB", False),
          Figure("clientKbPerSession", "client memory", "kB", False)),
         {"clients": 10000}, {"clients": 1000}, ("idle", "--signed")),
    Work("shared", "{clients} signed sessions on one socket",
         (Figure("openSeconds", "opened", "s", False),
          Figure("serverKbPerSession", "server memory", "kB", False),
          Figure("clientKbPerSession", "client memory", "kB", False)),
         {"clients": 10000}, {"clients": 1000}, ("idle", "--signed", "--shared")),
    Work("storm", "{clients} sessions back after kill -9",
         (Figure("backSeconds", "all back", "s", False),),
         {"clients": 2000}, {"clients": 200}, ("storm",), kills=True),
    Work("offline", "{clients} x {messages} messages for absent peers",
         (Figure("storedPerSecond", "stored", RATE, True),
          Figure("drainedPerSecond", "drained", RATE, True)),
         {"messages": 50, "clients": 1000, "in-flight": 64, "connections": 20},
         {"clients": 100}, ("offline",)),
    Work("login", "{clients} peers come, each to {conversations} conversations in which {messages} message waits",
         (Figure("openSeconds", "all known", "s", False),
          Figure("serverKbPerSession", "server memory", "kB", False)),
         {"clients": 10000, "conversations": 20, "messages": 1, "connections": 10}, {"clients": 1000}),
    Work("members", "{clients} peers come, each to {conversations} conversations in which nothing waits",
         (Figure("openSeconds", "opened", "s", False),
          Figure("serverKbPerSession", "server memory", "kB", False)),
         {"clients": 4000, "conversations": 100, "messages": 0, "connections": 10}, {"clients": 400},
         driver="login"),
    Work("history", "{pages} pages of 100 of {messages} messages, one after the other",
         (Figure("pagesPerSecond", "pages", "pages/s", True), Figure("pageP50", "p50", "us", False),
          Figure("pageP99", "p99", "us", False)),
         {"messages": 20000, "in-flight": 64, "pages": 2000}, {"messages": 5000, "pages": 200}),
]

# The handshake of OpenSSL takes a millisecond of either side, hence fewer sessions.
WORKS += [replace(work, name=f"{work.name}-tls", title=f"{work.title}; TLS", tls_of=work.name,
                  size={**work.size, **({"clients": 1000} if work.name == "idle" else {})},
                  quick={**work.quick, **({"clients": 200} if work.name == "idle" else {})})
          for work in WORKS if work.name in ("direct", "fanout", "mesh", "idle")]
TLS = tuple(work.name for work in WORKS if work.tls_of)

# Microseconds of CPU on either side; the works count them for a message or for a session.
CPU = ("serverCpu", "clientCpu")


def cpu_of(figures):
    """The two CPU figures under names that do not depend on the work."""
    found = {}
    for side in CPU:
        for per in ("PerMessage", "PerOpen", "PerSession", "PerPage"):
            if side + per in figures:
                found[side] = figures[side + per]
    return found
