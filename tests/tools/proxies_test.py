#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kithd behind the real nginx and HAProxy: the limits of an address count for the clients.
usage: proxies_test.py KITHD [unittest arguments]; exit status 77 where neither proxy is installed"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from children import DEADLINE, Child

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
NGINX = shutil.which("nginx", path=PATH)
HAPROXY = shutil.which("haproxy", path=PATH)
KITHD = ""

HANDSHAKE = ("GET / HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
             "X-Forwarded-For: 198.51.100.1\r\n\r\n")

NGINX_HTTP = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 128; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://{kithd};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }}
  }}
}}
"""

HAPROXY_TCP = """
global
  maxconn 128
defaults
  mode {mode}
  timeout connect 10s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend clients
  bind 127.0.0.1:{port}
  {options}
  default_backend kithd
backend kithd
  server one {kithd} {send}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxies(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="kith-proxies-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.chmod(self.folder, 0o755)

    def kithd(self, *arguments):
        config = os.path.join(self.folder, "kithd.json")
        with open(config, "w", encoding="utf-8") as file:
            file.write('{"trusted_proxies": ["127.0.0.1"], "connections": {"per_address": 2}}')
        child = Child([KITHD, "--listen", "127.0.0.1:0", "--data", ":memory:", "--app", "demo",
                       "--config", config, *arguments])
        self.addCleanup(child.kill)
        return child.find("kithd", lambda line: line.startswith("listening on ")).split()[-1]

    def proxy(self, program, name, text, arguments):
        """Starts it; somebody else may have taken the port that was free: then with another."""
        for _ in range(5):
            port = free_port()
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text(port))
            process = subprocess.Popen([program, *arguments(path)], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, cwd=self.folder)
            give_up = time.monotonic() + DEADLINE
            while process.poll() is None and time.monotonic() < give_up:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                except OSError:
                    continue
                self.addCleanup(self.end, process)
                return port
            why = process.stderr.read().decode(errors="replace") if process.poll() is not None else "no answer"
            self.end(process)
        raise AssertionError(f"{program} does not listen: {why}")

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait(timeout=DEADLINE)
        process.stderr.close()

    def status(self, port, client, open_sockets):
        """What a WebSocket handshake from this address of ours gets. The socket stays open."""
        one = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE, source_address=(client, 0))
        open_sockets.append(one)
        one.sendall(HANDSHAKE.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            more = one.recv(65536)
            if not more:
                return "closed"
            head += more
        return head.split()[1].decode()

    def check_limits(self, port):
        opened = []
        try:
            for client in ("127.0.0.21", "127.0.0.22", "127.0.0.23"):
                got = [self.status(port, client, opened) for _ in range(3)]
                self.assertEqual(["101", "101", "503"], got, client)
        finally:
            for one in opened:
                one.close()

    @unittest.skipUnless(NGINX, "SKIPPED: nginx is not installed (On Debian: apt-get install nginx-light)")
    def test_nginx_with_x_forwarded_for(self):
        kithd = self.kithd()
        port = self.proxy(NGINX, "nginx.conf",
                          lambda port: NGINX_HTTP.format(folder=self.folder, port=port, kithd=kithd),
                          lambda path: ["-p", self.folder, "-c", path, "-e", os.path.join(self.folder, "nginx.log")])
        self.check_limits(port)

    def haproxy(self, mode, options, send, *kithd):
        address = self.kithd(*kithd)
        return self.proxy(HAPROXY, "haproxy.cfg",
                          lambda port: HAPROXY_TCP.format(mode=mode, options=options, send=send, port=port,
                                                          kithd=address),
                          lambda path: ["-db", "-f", path])

    @unittest.skipUnless(HAPROXY, "SKIPPED: haproxy is not installed (On Debian: apt-get install haproxy)")
    def test_haproxy_with_x_forwarded_for(self):
        self.check_limits(self.haproxy("http", "option forwardfor", ""))

    @unittest.skipUnless(HAPROXY, "SKIPPED: haproxy is not installed (On Debian: apt-get install haproxy)")
    def test_haproxy_with_the_proxy_protocol(self):
        for send in ("send-proxy", "send-proxy-v2", "send-proxy-v2 check inter 100"):
            with self.subTest(send=send):
                self.check_limits(self.haproxy("tcp", "", send, "--proxy-protocol"))


if __name__ == "__main__":
    KITHD = sys.argv.pop(1)
    if not NGINX and not HAPROXY:
        print("SKIPPED: neither nginx nor haproxy is installed (On Debian: apt-get install nginx-light haproxy)")
        sys.exit(77)
    for name, program in (("nginx", NGINX), ("haproxy", HAPROXY)):
        if not program:
            print(f"SKIPPED: {name} is not installed")
    unittest.main()
