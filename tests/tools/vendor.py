# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the vendor's REST, of ours: what kith rescue asks for, after leancloud-current sections 6 and 9 and the
vendor's public REST guide. No test of ours talks to the vendor. It has its limits and, where a test plants them, its faults:
a number of a request -> a Fault. Nothing here sleeps."""

import base64
import collections
import gzip
import hashlib
import http.server
import json
import os
import socket
import struct
import sys
import threading
import time
import urllib.parse

APP = "rescued-app-Id1"
MASTER = "mk-rescue-0123456789"
JSON = "application/json;charset=utf-8"

Request = collections.namedtuple("Request", "method path query headers body")


class Fault:
    """What is done in place of an answer, or to it."""

    def __init__(self, status=None, code=None, retry_after=None, cut=None, hang=False, text=None, before=None,
                 after=None, reset=False):
        self.status, self.code, self.retry_after = status, code, retry_after
        self.cut = cut          # so many bytes of the answer's body, then the connection ends
        self.hang = hang        # nothing, until the client gives up
        self.text = text        # a body that is none of ours
        self.before = before    # called before the answer
        self.reset = reset      # the whole answer, then the connection is gone without a word
        self.after = after      # called when so much of it as `cut` says was sent, before the connection ends


def object_id(number):
    return f"{0x5a0000000000000000000000 + number * 0x10001:024x}"


def message_id(number):
    return base64.urlsafe_b64encode(hashlib.md5(str(number).encode()).digest()).decode().rstrip("=")


class Data:
    """An application: conversations, users, messages, files; the same at each start."""

    def __init__(self, conversations=7, messages=143, users=3, files=0, kinds=False):
        self.conversations = [object_id(number) for number in range(conversations)]
        self.classes = {
            "_Conversation": [self.conversation(number) for number in range(conversations)],
            "_User": [{"objectId": object_id(1000 + n), "username": f"user{n}", "createdAt": "2026-01-02T00:00:00.000Z",
                       "updatedAt": "2026-01-02T00:00:00.000Z"} for n in range(users)],
            "_ConversationMemberInfo": [], "_Installation": [], "_SysMessage": [],
            "_File": [self.file(number) for number in range(files)]}
        # By path: bytes, or a whole answer (status, body, headers).
        self.bodies = {f"/files/bucket/{number}.png": b"picture %02d" % number for number in range(files)}
        # By the path behind /1.2/rtm/: client ids; a service's subscribers come as rows.
        self.lists = {}
        if kinds:
            self.classes["_Conversation"][1]["tr"] = True
            self.classes["_Conversation"][2]["sys"] = True
            paths = {row["objectId"]: self.path(row) for row in self.classes["_Conversation"]}
            ids = self.conversations
            self.lists = {f"{paths[ids[0]]}/permanent-silenceds": [f"silent{n}" for n in range(60)],
                          f"{paths[ids[0]]}/blacklists": [f"barred{n}" for n in range(120)],
                          f"{paths[ids[1]]}/blacklists": ["barred"],
                          f"{paths[ids[2]]}/subscribers": [f"subscriber{n}" for n in range(101)],
                          f"{paths[ids[3]]}/blacklists": [f"barred {n}" for n in range(50)]}
        rows = [self.message(number) for number in range(messages)]
        self.messages = sorted(rows, key=lambda row: (row["timestamp"], row["msg-id"]), reverse=True)

    def conversation(self, number):
        return {"objectId": object_id(number), "name": f"Conversation {number} \u4f60\u597d", "m": ["tom", f"peer{number}"],
                "c": "tom", "unique": True, "lm": {"__type": "Date", "iso": "2026-03-04T05:06:07.008Z"},
                "attr": {"deep": {"list": [1, 2.5e3, None, True]}}, "createdAt": f"2026-01-{number % 27 + 1:02}T00:00:00.000Z",
                "updatedAt": "2026-03-04T05:06:07.008Z", "ACL": {"*": {"read": True}}}

    @staticmethod
    def path(row):
        kind = "chatrooms" if row.get("tr") else "service-conversations" if row.get("sys") else "conversations"
        return f"{kind}/{row['objectId']}"

    def file(self, number):
        return {"objectId": object_id(5000 + number), "name": f"picture {number}.png", "key": f"bucket/{number}.png",
                "mime_type": "image/png", "metaData": {"size": 10}, "createdAt": "2026-02-03T00:00:00.000Z",
                "updatedAt": "2026-02-03T00:00:00.000Z"}

    def message(self, number):
        # Seven at a time have one timestamp, so that pages end between them.
        data = ["plain", '{"_lctype":-1,"_lctext":"\u4f60\\n"}', "half of a pair: \ud83d", "\"quoted\" \\ \u0001"][number % 4]
        return {"timestamp": 1770000000000 + number // 7 * 1000, "conv-id": self.conversations[number % len(self.conversations)],
                "data": f"{number} {data}", "from": f"peer{number % 5}", "msg-id": message_id(number), "is-conv": True,
                "is-room": False, "to": self.conversations[number % len(self.conversations)], "bin": False,
                "from-ip": "198.51.100.7"}


class Vendor:
    def __init__(self, data, cursor_life=600, repeat=0, requests_a_window=None, window=0.3, tls=None):
        self.data, self.repeat = data, repeat
        self.cursor_life = cursor_life      # seconds; 0 = a cursor is never good
        self.requests_a_window, self.window = requests_a_window, window
        self.faults = {}                    # number of a request, from 1 on -> Fault
        self.refuse = {}                    # path -> (status, body), and headers
        self.jobs = {}
        self.requests = []
        self.lock = threading.Lock()
        self.cursors = {}
        self.recent = collections.deque()
        self.refused_until = 0
        self.closing = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.serve(self)

            do_POST = do_GET

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                if not isinstance(sys.exc_info()[1], ConnectionError):  # of a client that was killed
                    super().handle_error(request, client_address)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.server.server_address[1]}"

    def close(self):
        if self.closing.is_set():
            return
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def paths(self):
        with self.lock:
            return [request.path for request in self.requests]

    # -- one request ---------------------------------------------------------------------------

    def serve(self, handler):
        parts = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        request = Request(handler.command, parts.path, query, dict(handler.headers), body)
        with self.lock:
            self.requests.append(request)
            fault = self.faults.get(len(self.requests), Fault())
        if fault.before:
            fault.before()
        if fault.hang:
            self.closing.wait(60)
            handler.close_connection = True
            return
        status, answer, headers = self.answer(request)
        if fault.status or fault.code:
            status = fault.status or 200
            answer = {"code": fault.code or status, "error": "planted"}
            headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        data = answer if isinstance(answer, bytes) else json.dumps(answer, separators=(", ", ": ")).encode()
        if fault.text is not None:
            data = fault.text.encode()
        # The vendor packs what is longer, for clients that can undo it.
        if len(data) > 1000 and "gzip" in request.headers.get("Accept-Encoding", ""):
            data = gzip.compress(data, 1)
            headers = {**headers, "Content-Encoding": "gzip"}
        try:
            handler.send_response(status)
            handler.send_header("Content-Type", JSON)
            handler.send_header("Content-Length", str(len(data)))
            for name, value in headers.items():
                handler.send_header(name, value)
            handler.end_headers()
            if fault.reset:
                handler.wfile.write(data)
                self.reset_connection(handler)
                return
            if fault.cut is None:
                handler.wfile.write(data)
                return
            handler.wfile.write(data[:fault.cut])
            handler.wfile.flush()
            if fault.after:
                fault.after()
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            handler.close_connection = True  # the client has gone

    @staticmethod
    def reset_connection(handler):
        handler.close_connection = True
        connection = handler.connection
        connection.shutdown(socket.SHUT_WR)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())

    def answer(self, request):
        """(status, body, headers)"""
        path = urllib.parse.unquote(request.path)
        if path.startswith("/files/"):
            return self.download(path, request.headers)
        limited = self.limited()
        if limited:
            return limited
        if (request.headers.get("X-LC-Id"), request.headers.get("X-LC-Key")) != (APP, MASTER + ",master"):
            return 401, {"code": 401, "error": "Unauthorized."}, {}
        if path in self.refuse:
            status, body, *headers = self.refuse[path]
            return status, body, headers[0] if headers else {}
        if path.startswith("/1.1/scan/classes/"):
            return self.scan(path.rsplit("/", 1)[1], request.query)
        if path == "/1.1/classes/files":
            return self.find_files(request.query)
        if path.startswith("/1.1/classes/"):
            return self.count(path.rsplit("/", 1)[1], request.query)
        if path == "/1.2/rtm/messages":
            return self.page(self.data.messages, request.query)
        if path.startswith("/1.2/rtm/"):
            return self.about_conversation(path[len("/1.2/rtm/"):], request.query)
        if path.startswith("/1.1/exportData"):
            return self.job(request, path)
        if path == "/1.1/date":
            return 200, {"__type": "Date", "iso": "2026-11-30T00:00:00.000Z"}, {}
        return 404, {"code": 1, "error": "No such path."}, {}

    def limited(self):
        """What comes too often is refused for the rest of the window, and all the others with it."""
        if self.requests_a_window is None:
            return None
        with self.lock:
            now = time.monotonic()
            while self.recent and self.recent[0] < now - self.window:
                self.recent.popleft()
            self.recent.append(now)
            if len(self.recent) > self.requests_a_window:
                self.refused_until = now + self.window
            if now < self.refused_until:
                return 429, {"code": 429, "error": "Too many requests."}, {}
        return None

    # -- classes -------------------------------------------------------------------------------

    @staticmethod
    def limit(query):
        limit = int(query.get("limit", 100))
        return limit if 1 <= limit <= 1000 else 100

    @staticmethod
    def no_class():
        return 404, {"code": 101, "error": "Class or object doesn't exists."}, {}

    def count(self, name, query):
        if name not in self.data.classes:
            return self.no_class()
        return 200, {"results": [], "count": len(self.data.classes[name])}, {}

    def scan(self, name, query):
        if name not in self.data.classes:
            return self.no_class()
        objects = sorted(self.data.classes[name], key=lambda row: row["objectId"])
        begin = 0
        if "cursor" in query:
            with self.lock:
                made, begin = self.cursors.get((name, query["cursor"]), (0, None))
            if begin is None or time.monotonic() - made >= self.cursor_life:
                return 400, {"code": 1, "error": "Invalid cursor."}, {}
        end = begin + self.limit(query)
        # A repeated object at the edge, as a scan while objects are written may have it.
        rows = objects[max(0, begin - (1 if self.repeat else 0)):end]
        cursor = None
        if end < len(objects):
            cursor = base64.b64encode(hashlib.md5(f"{name}{end}".encode()).digest()).decode()
            with self.lock:
                self.cursors[name, cursor] = (time.monotonic(), end)
        answer = {"results": [self.scanned(name, row) for row in rows]}
        if cursor is not None or begin == 0:
            answer["cursor"] = cursor
        return 200, answer, {}

    @staticmethod
    def scanned(name, row):
        # A scan of files has no `url` of those that the vendor keeps itself.
        if name == "_File" and "key" in row:
            return {key: value for key, value in row.items() if key != "url"}
        return row

    # -- messages ------------------------------------------------------------------------------

    def page(self, rows, query):
        timestamp = int(query.get("timestamp", 1 << 62))
        till = int(query.get("till_timestamp", 0))
        key = (timestamp, query["msgid"]) if "msgid" in query else (timestamp, "")
        begin = next((i for i, row in enumerate(rows) if (row["timestamp"], row["msg-id"]) < key), len(rows))
        for _ in range(self.repeat):
            if begin > 0 and "msgid" in query and rows[begin - 1]["timestamp"] == timestamp:
                begin -= 1
        found = [row for row in rows[begin:] if row["timestamp"] > till]
        return 200, found[:self.limit(query)], {}

    def about_conversation(self, path, query):
        kind, wanted, what = path.split("/")
        # Messages of a service are asked for as those of a plain conversation.
        paths = {self.data.path(row) for row in self.data.classes["_Conversation"]}
        known = f"{kind}/{wanted}" in paths or what == "messages" and f"service-{kind}/{wanted}" in paths
        if not known:
            return 404, {"code": 4303, "error": "CONVERSATION_NOT_FOUND"}, {}
        if what == "messages":
            return self.page([row for row in self.data.messages if row["conv-id"] == wanted], query)
        ids, limit = self.data.lists.get(path, []), min(50, int(query.get("limit", 10)))
        if what == "subscribers":
            begin = ids.index(query["client_id"]) + 1 if "client_id" in query else 0
            return 200, [{"timestamp": 1770000000000 + begin + n, "subscriber": name, "conv_id": wanted}
                         for n, name in enumerate(ids[begin:begin + limit])], {}
        begin = int(query.get("next", "0"))
        answer = {"client_ids": ids[begin:begin + limit]}
        if begin + limit < len(ids):
            answer["next"] = str(begin + limit)
        return 200, answer, {}

    # -- files and export jobs -----------------------------------------------------------------

    def find_files(self, query):
        where = json.loads(query.get("where", "{}"))
        wanted = where.get("objectId")
        wanted = wanted["$in"] if isinstance(wanted, dict) else [wanted]
        rows = [dict(row) for row in self.data.classes["_File"] if row["objectId"] in wanted]
        for row in rows:
            row.setdefault("url", f"{self.url}/files/{urllib.parse.quote(row['key'])}")
        return 200, {"results": rows[:self.limit(query)]}, {}

    def download(self, path, asked):
        body = self.data.bodies.get(path)
        if isinstance(body, tuple):
            return body
        if body is None:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>", {}
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        rest = asked.get("Range")
        if rest and asked.get("If-Range") == etag:
            begin = int(rest[len("bytes="):-1])
            return 206, body[begin:], {"ETag": etag, "Content-Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"}
        return 200, body, {"ETag": etag}

    def job(self, request, path):
        with self.lock:
            if request.method == "POST":
                name = f"job{len(self.jobs)}"
                self.jobs[name] = {"polls": 0, "asked": json.loads(request.body)}
                return 200, {"status": "running", "id": name, "app_id": APP}, {}
            name = path.rsplit("/", 1)[1]
            if name not in self.jobs:
                return 404, {"code": 1, "error": "No such job."}, {}
            job = self.jobs[name]
            job["polls"] += 1
            if job["polls"] < 3:
                return 200, {"status": "running", "id": name, "app_id": APP}, {}
            return 200, {"status": "done", "id": name, "app_id": APP, "download_url": f"{self.url}/files/{name}.tar.gz"}, {}
