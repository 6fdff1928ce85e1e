# SPDX-License-Identifier: Apache-2.0
"""Who is compared: how each is started, which works it can do, and what its acknowledgement means."""

import json
import pathlib
import shutil
import socket
from dataclasses import dataclass
from typing import Callable, Optional

from servers import SERVER_CORE, Failed, Server, certificate
from works import TLS

RELAYS = pathlib.Path(__file__).resolve().parent.parent / "relays"
LIVE = ("direct", "fanout", "mesh", "latency", "idle", "storm")
KEPT = ("login", "members", "history")


@dataclass(frozen=True)
class Candidate:
    name: str
    promise: str
    works: tuple
    # None: measured by `kith bench`, which starts a server of its own.
    protocol: Optional[str] = None
    server: Optional[Callable] = None
    bench: tuple = ()
    needs: tuple = ()
    node_module: str = ""
    # Where its kith and kithd are; None: where this tree's are.
    programs: Optional[pathlib.Path] = None

    def missing(self, places):
        """Why it cannot take part, or an empty text."""
        for tool in self.needs:
            if not shutil.which(tool):
                return f"{tool} is not installed (scripts/install-deps --bench)"
        if self.node_module and not (places.node / "node_modules" / self.node_module).is_dir():
            return f"the npm package {self.node_module} could not be installed"
        return ""


def relay(mode):
    return lambda places, folder, tls=False: Server(
        lambda port, home: [places.bin / "lws_relay", str(port), mode, *(certificate(home) if tls else ())],
        folder, says_port=True)


def node(script):
    return lambda places, folder: Server(
        lambda port, _: ["node", RELAYS / script, str(port)], folder, says_port=True,
        environment={"NODE_PATH": str(places.node / "node_modules"), "NODE_ENV": "production"})


def kithd(durable, app=None, io_threads=0, cores=(SERVER_CORE,)):
    """`app`: settings of kith::AppOptions that are not its defaults."""
    def make(places, folder, tls=False):
        def command(port, home):
            data = home / "data" if durable else ":memory:"
            words = [places.bin / "kithd", "--listen", f"127.0.0.1:{port}", "--data", data,
                     "--require-watch", "never", "--log-level", "error", "--app", "bench",
                     "--io-threads", str(io_threads)]
            if tls:
                cert, key = certificate(home)
                words += ["--tls-cert", cert, "--tls-key", key]
            if app:
                (home / "kithd.json").write_text(json.dumps({"apps": [{"id": "bench", **app}]}))
                words += ["--config", home / "kithd.json"]
            return words

        return Server(command, folder, says_port=True, cores=cores)

    return make


def mosquitto(_, folder):
    def command(port, home):
        # No limit on what is under way or waits: the other candidates have none here either.
        (home / "mosquitto.conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_inflight_messages 0\nmax_queued_messages 0\npersistence false\nlog_type none\n"
            "user root\n")
        return ["mosquitto", "-c", home / "mosquitto.conf"]

    return Server(command, folder)


def nats(_, folder):
    return Server(lambda port, _: ["nats-server", "-a", "127.0.0.1", "-p", str(port)], folder)


def jetstream(_, folder):
    return Server(lambda port, home: ["nats-server", "-a", "127.0.0.1", "-p", str(port), "-js",
                                      "-sd", home / "store"], folder, greet=make_stream)


def make_stream(port):
    """The stream that keeps what is sent to p.<name>."""
    body = b'{"name":"KITH","subjects":["p.*"],"storage":"file"}'
    ask = b"SUB a 1\r\nPUB $JS.API.STREAM.CREATE.KITH a %d\r\n%s\r\n" % (len(body), body)
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
        link.sendall(b'CONNECT {"verbose":false}\r\n' + ask)
        while b"}\r\n" not in answer.partition(b"MSG ")[2]:
            more = link.recv(65536)
            if not more:
                break
            answer += more
    if b'"did_create":true' not in answer:
        raise Failed("JetStream made no stream: " + answer[-200:].decode(errors="replace"))


def redis(*settings):
    return lambda _, folder: Server(
        lambda port, home: ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                            "--maxclients", "15000", "--dir", home, *settings], folder)


MEMORY = ("--appendonly", "no")
EVERY_WRITE = ("--appendonly", "yes", "--appendfsync", "always")
NOTHING_KEPT = "nothing is kept; the answer says that the server has read the message"

# Every other kithd has the rates that a user gets: far below those measured here.
UNLIMITED = {"rates": {"peer_per_second": 0, "app_per_second": 0}}

CANDIDATES = [
    Candidate("kith", "in memory; each message is kept until the receiver has acknowledged it",
              LIVE + TLS + ("shared", "offline"), bench=("--memory",)),
    Candidate("kith-durable", "committed with synchronous=FULL before the answer",
              ("direct", "mesh", "latency", "offline"), bench=("--durable",)),
    Candidate("kith-lean", "kithd as in `kith`, with the driver in the place of libkith",
              LIVE + TLS + ("offline",) + KEPT, "avos", kithd(False)),
    Candidate("kith-current", "as kith-lean, over the vendor's current protocol (lc.protobuf2.3)",
              LIVE + TLS + KEPT, "current", kithd(False)),
    Candidate("kith-lean-durable", "kithd as in `kith-durable`, with the driver in the place of libkith",
              ("direct", "mesh", "latency", "offline") + KEPT, "avos", kithd(True)),
    Candidate("kith-current-durable", "as kith-lean-durable, over the vendor's current protocol",
              ("direct", "mesh", "latency") + KEPT, "current", kithd(True)),
    Candidate("kith-lean-unlimited", "kithd as in `kith-lean`, without RateLimits: nobody waits in the slow lane",
              ("direct", "mesh", "latency"), "avos", kithd(False, UNLIMITED)),
    Candidate("lws", NOTHING_KEPT + "; offline: a list in memory",
              LIVE + TLS + ("offline",), "relay", relay("plain")),
    Candidate("lws-packed", "as lws, the frames of a turn in one write",
              LIVE + TLS + ("offline",), "relay", relay("packed")),
    Candidate("nats", NOTHING_KEPT + " (+OK of verbose mode)", LIVE, "nats", nats,
              needs=("nats-server",)),
    Candidate("jetstream", "in a file, not synced at each write; receivers acknowledge",
              ("direct", "mesh", "latency", "offline"), "jetstream", jetstream,
              needs=("nats-server",)),
    Candidate("mosquitto", "QoS 1 both ways; the queue is in memory", LIVE + ("offline",), "mqtt",
              mosquitto, needs=("mosquitto",)),
    Candidate("redis", NOTHING_KEPT + " (PUBLISH); offline: a list a peer in memory",
              LIVE + ("offline",), "redis", redis(*MEMORY), needs=("redis-server",)),
    Candidate("redis-aof", "a list a peer, appendfsync always: synced before the answer",
              ("offline",), "redis", redis(*EVERY_WRITE), needs=("redis-server",)),
    Candidate("ws", NOTHING_KEPT, LIVE, "relay", node("ws_relay.js"), needs=("node",),
              node_module="ws"),
    Candidate("socketio", NOTHING_KEPT, LIVE, "socketio", node("socketio_relay.js"),
              needs=("node",), node_module="socket.io"),
]
