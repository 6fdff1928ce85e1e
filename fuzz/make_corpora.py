#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seed corpora: each frame of the transcripts once, and a few hand-made inputs.

Run it after a change of tests/transcripts; the files are committed.
"""

import hashlib
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPORA = ROOT / "fuzz" / "corpora"

FRAMES = [
    "{}", " {} ", "{", "[]", "null",
    '{"cmd":"ack","peerId":"a","id":"x"}',
    '{"cmd":"ack","appId":"a","installationId":"i","ids":[null,"x"]}',
    '{"cmd":"ackreq","peerId":"a","c":20}',
    '{"cmd":"data","appId":"a","ids":["1"],"msg":[{"alert":"x"}]}',
    '{"cmd":"error","peerId":"a","i":-65535,"code":4114,"reason":"UNPARSEABLE_RAW_MESSAGE"}',
    '{"cmd":"direct","msg":"\\ud83d\\ude00\\u0000\\n\\"\\\\","dt":"t","r":1,"roomId":""}',
    '{"cmd":"direct","msg":"\\udc00"}',
    '{"cmd":"session","op":"open","t":"1412000000","sp":"yes","x":{"y":[[1.5e-3,{}]]}}',
    '{"cmd":"session","op":"closed","sessionPeerIds":null,"onlineSessionPeerIds":["a"]}',
    '{"peerId":"a","peerId":"b"}',
    '{"i":9223372036854775808,"timestamp":-9223372036854775808}',
    '{"x":' + "[" * 40 + "]" * 40 + "}",
]
ROUTES = [
    '{"groupId":"g0","groupUrl":"http://r","server":"wss://h:1/","secondary":"wss://i/","ttl":9}',
    '{"server":"ws://[::1]:7700","ttl":9223372036854775807}',
    '{"code":1,"error":"no such app"}',
    '[{"timestamp":1,"conv-id":"c","from":"a","data":"d","to":["b"],"ack-at":2}]',
    '[{"timestamp":1,"conv-id":"c","from":"a","data":"d","to":"g","is-room":true,"msg-id":"m"}]',
    '{"objectId":"54753e1ee4b0b41b21e0e76e","m":["a","b"],"tr":true,"createdAt":"2014"}',
]
BODIES = [
    "0\r\n\r\n", "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "5;a=b;c=\"d;\\\"e\"\r\nhello\r\n0\r\nA: b\r\n\r\n",
    "A\r\n0123456789\r\n01\r\nx\r\n000\r\n\r\n", "ffffffffffffffff\r\nx", "10000000000000000\r\nx",
    "5\r\nhelloX", "5\nhello\n0\n\n", "-1\r\n", "0\r\nno colon\r\n\r\n", "0\r\n a: folded\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
]
V2 = "\r\n\r\n\0\r\nQUIT\n"
PROXIES = [
    "PROXY TCP4 203.0.113.7 10.0.0.1 56324 443\r\nGET / HTTP/1.1\r\n", "PROXY TCP6 2001:db8::7 ::1 1 2\r\n",
    "PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff::1 ::1 1 2\r\n", "PROXY TCP4 1.1.1.1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n",
    V2 + "\x21\x11\0\x0c\x0a\x01\x02\x03\x7f\0\0\x01\x30\x39\x1e\x14", V2 + "\x20\0\0\0", V2 + "\x21\x21\0\x24" + "\x20" * 36,
    V2 + "\x21\x11\xff\xff", V2 + "\x21\x31\0\x03abc", "1.1.1.1, 203.0.113.7, 10.0.0.9", "[2001:db8::7]:443, 10.0.0.1",
    "203.0.113.7:1234", "10.0.0.0/8", "2001:db8::/32", "::ffff:10.0.0.1", "unknown, _hidden",
]
SIGNS = [
    '{"self_id":"a","watch_ids":["b","c"],"sp":true}',
    '{"self_id":"a","group_id":"g","group_peer_ids":["b"],"action":"kick"}',
    '{"nonce":"1","timestamp":"1416290728","signature":"ab","watch_ids":["b"],"msg":"x"}',
    '{"result":{"nonce":"1","timestamp":7,"signature":"ab","group_peer_ids":[]}}',
    '{"signature":"no"}',
]
QUERIES = [
    '{"a":1}\n{"a":[1]}\na,-b', '{"$or":[{"a.b":{"$gt":1,"$ne":null}},{"c":{"$in":[1,"x",{"__type":"Date","iso":"2014-12-01T08:30:00Z"}]}}]}',
    '{"n":{"$regex":"^\\\\Qa.b\\\\E.*c?$","$options":"ims"}}\n{"n":"a.bxc"}\nn', '{"m":{"$all":["a"],"$size":1,"$exists":true,"$nin":[]}}\n{"m":["a"]}\n-m',
    '{"createdAt":{"$lte":"2014-12-01T08:30:00.000Z"},"objectId":"id"}\n{}', '{"p":{"__type":"Pointer","className":"C","objectId":"1"}}\n{"p":[{"__type":"Pointer"}]}\np.x',
    '{"$and":[{"a.0.b":{"$lt":1e300}}]}\n{"a":[{"b":1}]}\na.b', '{"a":{"$regex":"(a+)+$"}}',
]
CHANGES = [
    '{"name":"x","attr.color":"red","n":{"__op":"Increment","amount":1.5},"ACL":{"*":{"read":true},"role:a":{"write":true}}}\n{"n":1,"attr":{}}',
    '{"m":{"__op":"AddUnique","objects":["a",{"b":1}]},"k":{"__op":"Remove","objects":[1]},"a.b":{"__op":"Delete"}}\n{"m":["a"],"k":[1,1.0],"a":{"b":1}}',
    '{"m":{"__op":"Add","objects":[null]},"ACL":{"__op":"Delete"},"d":{"__type":"Date","iso":"2014-12-01T08:30:00.000Z"}}', '{"n":{"__op":"Increment","amount":1}}\n{"n":9223372036854775807}',
]
CONFIGS = [
    '{"listen":"[::1]:0","apps":[{"id":"a","master_key":"m","require_watch":"never"}]}',
    '{"frame_bytes":5120,"idle_timeout_ms":360000,"log_level":"debug","apps":[]}',
    '{"apps":[{"id":"a","offline_messages":"x"}]}',
    "wss://user@[::1]:7700/a?b#c", "127.0.0.1:7700", "http://Host:080/?x",
]


def varint(value):
    low = value & 0x7F
    return bytes([low]) if value < 0x80 else bytes([low | 0x80]) + varint(value >> 7)


def field(number, value):
    """A field of protobuf: a number, a text or bytes."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value % (1 << 64))
    value = value.encode("utf-8") if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(*fields):
    return b"".join(field(number, value) for number, value in fields)


def command(cmd, op=None, body=None, **more):
    """GenericCommand; `body` is its number and its fields."""
    head = [(1, cmd)] + ([(2, op)] if op else []) + [(3, "app"), (4, "alice"), (5, more.get("i", 1))]
    return message(*head, (8, 2), (9, 1733000000000), *([(body[0], message(*body[1:]))] if body else []))


VERSION = message((1, 17), (2, 0), (3, -1), (4, "beta"), (5, "x"))
PROTOBUFS = [
    b"", b"\x08\x0e", b"\x08\x15", command(14, i=-65535), command(0, 1, (102, (4, "js/5"), (5, 1), (6, "tag"), (7, "d"), (19, 0xBB))),
    command(0, 1, (102, (1, 1733000000), (2, "n"), (3, "s"), (10, "st"), (20, message((1, 2), (2, VERSION), (3, message((1, "r"), (2, "33"))), (4, 0))))),
    command(0, 5, (102, (10, "st"), (11, 2592000))), command(0, 7, (102, (8, "a"), (8, "b"))), command(0, 8, (102, (9, "a"))),
    command(1, 30, (110, (1, "bob"), (1, "\u5c0f"), (3, 1), (103, message((1, '{"name":"x"}'))))),
    command(1, 42, (110, (100, message((1, '[{"objectId":"c","m":["a"]}]'))))), command(1, 7, (110, (101, message((1, '{"m":"a"}'))), (7, "-lm"), (8, 10))),
    command(1, 10, (110, (30, "b"), (31, message((1, 4304), (2, "CONVERSATION_FULL"), (5, "c"))), (12, "2014-12-01T08:30:00.000Z"))),
    command(1, 51, (110, (24, message((1, "b"), (2, 5), (3, 4))), (26, message((1, "b"), (2, "Manager"), (3, "i"))))),
    command(2, None, (104, (1, "hi"), (10, 1), (11, "c"), (14, "dt"), (16, '{"alert":"x"}'), (20, "b"), (21, 1))),
    command(2, None, (104, (3, "a"), (4, 5), (12, "m"), (19, b"\0\xff"), (22, 1))), command(3, None, (105, (5, 7), (6, "m"), (4, "c"))),
    command(3, None, (105, (1, 4401), (2, "INVALID_MESSAGING_TARGET"), (7, 1), (8, 2), (10, "x"))), command(4, None, (108, (1, "m"), (2, "c"), (3, 9), (4, 1), (5, "b"))),
    command(5, None, (106, (1, message((1, "c"), (2, 3), (3, "m"), (4, 5), (5, "a"), (6, "d"), (8, 0), (9, b"\xff"), (10, 1))), (2, 6))),
    command(6, None, (109, (1, "c"), (2, 20), (4, 9), (7, "m"), (10, 2), (11, 1), (13, -1), (105, message((1, "a"), (2, "d"), (9, "b"))), (105, b""))),
    command(7, None, (103, (1, 4112), (2, "SESSION_TOKEN_EXPIRED"), (3, 1), (4, "d"), (6, "m"))), command(8, None, (100,)), command(15, None, (117, (1, 1))),
    command(9, None, (101, (1, "1"), (2, message((1, '{"op":"create"}'))), (3, 1))), command(10, 80, (111, (1, "r"), (6, "a"), (7, "b"))),
    command(11, None, (107, (3, message((1, "c"), (2, 5), (3, "m"))))), command(12, None, (112, (1, 1), (2, "a"))), command(13, 100, (113, (1, 1), (2, "token"), (3, "t"))),
    command(18, 150, (114, (1, message((1, "c"), (2, "m"), (3, 5), (4, 1), (10, "x"), (11, -4408), (12, "no"))), (2, 6))), command(19, 120, (115, (3, "t"), (6, "s"))),
    command(20, 170, (116, (1, "c"), (2, "b"), (5, 10), (11, message((1, 1), (2, "r"))))),
    command(1, 42, (110, (100, message((1, '\n{"m":["a"]}\r'))), (103, message((1, "null"))))), command(2, None, (104, (1, b"a\xed\xa0\xbd"))), command(2, None, (104, (11, b"\xed\xa0\xbd"))),
    # Unknown fields of every wire type, a group, other wire types, bodies twice, what is missing.
    b"\x08\x0e\x60\x05\x61\1\2\3\4\5\6\7\x08\x62\2\x08\x63\x65\1\2\3\4", b"\x08\x0e\x63\x64", b"\x0a\0", b"\x08\2\xc0\6\1", b"\x10\1",
    command(2, None, (104, (1, "a"))) + field(104, message((11, "c"))), command(7, None, (103, (1, 1))), b"\x08\2\xc2\6\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
]
FLAT = [
    "{}", " { } ", '{"cmd":"conv","op":"start","m":["a","b"],"attr":{"name":"x"},"unique":true,"i":7,"peerId":"a"}',
    '{"cmd":"session","op":"open","appId":"app","peerId":"a","ua":"u","t":"1733000000","n":"n","s":"s","i":-65535,"r":1,"configBitmap":187}',
    '{"op":"query-result","cmd":"session","onlineSessionPeerIds":[],"sessionPeerIds":["a",null,"\\u5c0f"]}',
    '{"cmd":"direct","cid":"c","msg":"\\ud83d\\ude00\\u0000\\n","binaryMsg":"AP8=","r":true,"mentionPids":["b"],"dt":"x","transient":0}',
    '{"cmd":"direct","msg":"\\udc00"}', '{"cmd":"conv","op":"results","results":[{"objectId":"c","n":1e400,"x":[[[]]]}],"where":"t","attr":-0.5}',
    '{"cmd":"conv","op":"added","failedPids":[{"code":4304,"reason":"CONVERSATION_FULL","pids":["c"]}],"info":{"pid":"b","role":"Manager"}}',
    '{"cmd":"unread","convs":[{"cid":"c","unread":2,"timestamp":5,"mentioned":false}],"notifTime":9}', '{"cmd":"read","convs":[{"mid":"m"}]}',
    '{"cmd":"logs","l":20,"direction":"NEW","lctype":-1,"logs":[{"from":"a","data":"d","bin":true},{}]}', '{"cmd":"presence","status":"on","sessionPeerIds":["a"]}',
    '{"cmd":"error","i":1,"code":4114,"reason":"UNPARSEABLE_RAW_MESSAGE","appCode":1,"detail":"d"}', '{"cmd":"error"}', '{"cmd":"dance","op":"tango"}', '{"cmd":1,"op":999}',
    '{"cmd":"data","ids":["1"],"msg":[{"a":[1 ,2]}, "x",-1.5e3,true,null]}', '{"cmd":"session","systemInfo":{"deviceType":"ios","osVersion":{"major":17}}}',
    '{"cmd":"ack","i":1,"i":1}', '{"cmd":"ack","i":2147483648}', '{"cmd":"echo","x":' + "[" * 40 + "]" * 40 + "}", "[]", "null", '{"cmd"',
]


def transcript_frames():
    for path in sorted((ROOT / "tests" / "transcripts").glob("T*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.match(r"\S*>\S* (\{.*\})", line)
            if match and "HTTP" not in line:
                yield match[1]



def hub_scripts():
    """Each transcript as a script of fuzz/hub_script.hpp; its clients are A to F."""
    for path in sorted((ROOT / "tests" / "transcripts").glob("T*.txt")):
        names, steps = {}, []
        for line in path.read_text(encoding="utf-8").splitlines():
            match = re.match(r"([A-Z]\d?)> (\{.*\})", line)
            if match and match[1] not in ("HTTP",):
                name = names.setdefault(match[1], "ABCDEF"[len(names)])
                steps.append(f"{name}>{match[2]}")
        if steps:
            yield "\n".join(steps)


def watch(app, peer, ids="", more=""):
    return (f'{{"cmd":"session","op":"open","appId":"{app}","peerId":"{peer}",'
            f'"sessionPeerIds":[{ids}]{more}}}')


def send(peer, to, more=""):
    return f'{{"cmd":"direct","peerId":"{peer}","toPeerIds":["{to}"],"msg":"m"{more}}}'


DEMO = "testapp0001"
HUB = [
    # Connections that come, go, stay silent and come back.
    "A~\nA+70000", "A~\nA!\nA!\nA=\nA?\nA~\nA~",
    f"A>{watch(DEMO, 'a')}\nA+400000\nA>{{}}",
    f"A>{watch(DEMO, 'a')}\nA+300000\nA?\nA+300000\nA>{{}}\nA+200000",
    # Offline messages beyond the limit, replayed to a slow reader.
    "\n".join([f"A>{watch(DEMO, 'a')}", *[f"A>{send('a', 'b')}"] * 5, f"B:{watch(DEMO, 'b')}",
               "B:{}", "B=", 'B>{"cmd":"ack","peerId":"b"}']),
    # A group of an unknown id holds the connection; what comes behind it keeps its order.
    f"A>{watch(DEMO, 'a')}\n"
    + 'A:{"cmd":"room","op":"join","peerId":"a","roomId":"r","i":1}\nA:{}\n'
    + 'A:{"cmd":"direct","peerId":"a","roomId":"r2","msg":"m","i":2}\nA:{}\nA!\nB~',
    # Receipts, resend tokens, transient ones, super peers, wrong directions.
    f"A>{watch(DEMO, 'a')}\nB>{watch(DEMO, 'b')}\nA>" + send("a", "b", ',"r":1,"i":"x"')
    + "\nA>" + send("a", "b", ',"dt":"t","i":3') + "\nA>" + send("a", "b", ',"dt":"t","i":4')
    + "\nA>" + send("a", "b", ',"transient":true') + '\nB>{"cmd":"ack","peerId":"b","i":9}',
    "A>" + watch(DEMO, "a", "", ',"sp":true'),
    "\n".join(["A>{}", 'A>{"cmd":"rcp","peerId":"a","i":5}', 'A>{"cmd":"presence"}', 'A>{"cmd":7}',
               'A>[1]']),
    # Another app: must watch, signs, waits before it tells who left.
    f"A>{watch('watching', 'a')}\nA>{send('a', 'b')}\nB>" + watch("watching", "b", '"a"')
    + f"\nA!\nB+400\nA>{watch('watching', 'a')}\nA!\nB+600",
    "A>" + watch("signing", "a", "", ',"s":"no","t":1412000000,"n":"1"') + "\nA+61000",
    # Too many peers on one connection, ids that are none, an app that is none.
    "\n".join(f"A>{watch(DEMO, p)}" for p in "abcdefg"),
    f"A>{watch(DEMO, '')}", f"A>{watch('nowhere', 'a')}", f"A>{watch(DEMO, 'a' * 65)}",
    'A>{"cmd":"session","op":"close","peerId":"a","i":1}',
]
NOW = "1412000005"
SIGNATURES = [
    "\x01a\n\n" + NOW + "\nn\n", "\x01a\nb,c\n" + NOW + "000\nn\nx", "\x05a\nb\n" + NOW + "\nn\n",
    "\x05a\nb\n" + NOW + "\nn\nxx", "\x03a\nb,\ufb01,\U0001f600\n" + NOW + "\nn\nx",
    "\x11a\nb\n" + NOW + "\nn\n", "\x09a\nb\n1\nn\n", "\x01a\nb\n1411978405\nn\n",
    "\x01a\nb\n1411978404\nn\n", "\x01a\nb\n1412021606\nn\n", "\x01a\nb\n-1\nn\n",
    "\x01a\nb\n9223372036854775807\nn\n", "\x01a\nb\n9223372036854775808\nn\n",
    "\x01a\nb\n-9223372036854775808\nn\n", "\x01a\nb\n100000000000\nn\n",
    "\x01a\nb\n100000000000001\nn\n", "\x01a\nb\n1412000005.0\nn\n", "\x01a\nb\n1.412e9\nn\n",
    '\x01a\nb\n"1412000005"\nn\n', "\x01a\nb\nnull\nn\n", "\x01a\nb\n" + NOW + "\n\n",
    "\x01a\nb\n" + NOW + "\n" + "n" * 4000 + "\n", "\x00a\nb\n" + NOW + "\nn\n" + "0" * 40,
    "\x00a\nb\n" + NOW + "\nn\n" + "g" * 40, "\x00a\nb\n" + NOW + "\nn\n" + "0" * 39,
    "\x00a\nb\n" + NOW + "\nn\n" + "f" * 4000, "\x00a\nb\n" + NOW + '\nn\n"}', "\x01\n\n\n\n",
]



def frame(first, payload=b"", mask=True, size=None, wide=0):
    """A WebSocket frame with whatever first byte and length; a key of zeros leaves it readable."""
    size = len(payload) if size is None else size
    wide = wide or (0 if size < 126 else 2 if size < 65536 else 8)
    head = bytes([first, (0x80 if mask else 0) | (size if not wide else 126 if wide == 2 else 127)])
    return head + (size.to_bytes(wide, "big") if wide else b"") + (bytes(4) if mask else b"") + payload


def frames(mask):
    """What each rule of RFC 6455 forbids, and a few things that it allows."""
    def one(first, payload=b"", **more):
        return frame(first, payload, mask, **more)
    return [
        one(0x81, b"{}"), one(0x82, b"{}"), one(0x81), one(0x81, b"{}") * 3,
        one(0xC1, b"{}"), one(0xA1, b"{}"), one(0x91, b"{}"),
        *(one(0x80 | opcode, b"{}") for opcode in (3, 7, 11, 15)),
        one(0x89, b"ping"), one(0x8A, b"pong"), one(0x89, b"x" * 126), one(0x09, b"ping"),
        one(0x01, b"{") + one(0x80, b"}"), one(0x01, b"{") + one(0x89, b"p") + one(0x80, b"}"),
        one(0x80, b"{}"), one(0x00, b"{}"), one(0x01, b"{") + one(0x81, b"{}"),
        one(0x01) + one(0x00) + one(0x80, b"{}"), one(0x01, b"{") + one(0x88, b"\x03\xe8"),
        one(0x88), one(0x88, b"\x03"), one(0x88, b"\x03\xe8bye"), one(0x88, b"\x03\xed"),
        one(0x88, b"\x00\x00"), one(0x88, b"\x03\xf5" + b"1013 later"), one(0x88, b"\xff\xff"),
        one(0x88, b"\x03\xe8\xff\xfe"), one(0x88, b"\x03\xe8") + one(0x81, b"{}"),
        one(0x81, b"\xff\xfe"), one(0x81, b"\xed\xa0\x80"), one(0x81, b"{}", wide=2),
        one(0x81, b"{}", wide=8), one(0x81, b"{}", size=1 << 63, wide=8),
        one(0x81, b"{}", size=(1 << 64) - 1, wide=8), one(0x81, b"{}", size=1 << 32, wide=8),
        one(0x81, b"x" * 200, size=60000), frame(0x81, b"{}", not mask),
    ]


def hello(version="13", key="dGhlIHNhbXBsZSBub25jZQ==", line="GET / HTTP/1.1", more=""):
    return (f"{line}\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n{more}\r\n")


def get(target, headers="", line="GET {} HTTP/1.1"):
    return f"{line.format(target)}\r\nHost: x:1\r\n{headers}\r\n"


LOGS = "/1.1/rtm/messages/logs"
KEY = "X-LC-Id: app\r\n"
REQUESTS = [
    hello(), hello("8"), hello("99"), hello(key=""), hello(key="short"), hello(key="x" * 300),
    hello(line="GET / HTTP/1.0"), hello(line="POST / HTTP/1.1"),
    hello(more="Sec-WebSocket-Protocol: a, kith\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"),
    get("/healthz"), get("/healthz") * 3, get("/v1/route?appId=app&cb=f&secure=1"),
    get("/v1/route?appId=app&cb=f%0d%0aX:%20y"), get("/v1/route?appId=%00%ff"), get("/v1/route?&&=&a"),
    get("/../../etc/passwd"), get("/%2e%2e/%2e%2e/x"), get("/%00"), get("/%"), get("/%zz"), get("//"),
    get("http://x/healthz"), get("*", line="OPTIONS {} HTTP/1.1"), get("/healthz", line="HEAD {} HTTP/1.1"),
    get("/healthz", line="BREW {} HTTP/1.1"), get("/healthz", line="GET {} HTTP/9.9"),
    get("/healthz", line="GET {}"), get("x:1", line="CONNECT {} HTTP/1.1"),
    get(LOGS + "?convid=c&limit=1&max_ts=1", KEY), get(LOGS + "/?from=a", KEY),
    get("/1.1/classes/AVOSRealtimeGroups/g?keys=m", KEY), get("/1.1/classes/AVOSRealtimeGroups/%2f", KEY),
    get("/healthz", "Content-Length: 5\r\n") + "GET /", get("/healthz", "Content-Length: -1\r\n"),
    get("/v1/route", "Content-Length: 9\r\n", "POST {} HTTP/1.1") + "{}",
    get("/v1/route", "Transfer-Encoding: chunked\r\n", "POST {} HTTP/1.1") + "2\r\n{}\r\n0\r\n\r\n",
    get("/healthz", " folded\r\n"), get("/healthz", "No colon\r\n"), "\r\n\r\n", "\0\0", "GET", "\x16\x03\x01",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", get("/healthz", "Upgrade: h2c\r\nConnection: Upgrade\r\n"),
    get("/healthz", "Host: y\r\nHost: z\r\n"), get("/" + "a" * 2000), get("/healthz", "X: " + "y" * 2000 + "\r\n"),
]
OPEN = b'{"cmd":"session","op":"open","appId":"app","peerId":"guest","sessionPeerIds":["a"]}'
SAY = b'{"cmd":"direct","peerId":"guest","appId":"app","toPeerIds":["guest"],"msg":"m"}'
WS_SERVER = [
    *(b"\x00" + text.encode("latin-1") for text in REQUESTS),
    *(b"\x01" + stream for stream in frames(True)),
    b"\x03" + frames(True)[11] * 3, b"\x05" + frame(0x81, OPEN) + frame(0x81, SAY) * 3,
    b"\x09" + frame(0x81, SAY) * 40, b"\x00" + hello().encode() + frame(0x81, OPEN),
]
WS_READER = [
    *(b"\0\7" + stream for stream in frames(True)), *(b"\1\7" + stream for stream in frames(False)),
    b"\0\3" + b"".join(frames(True)[:4]) + frame(0x81, b"x" * 200) * 2,
    b"\1\x0b" + frame(0x01, b"x" * 2000, False) + frame(0x80, b"x" * 2000, False) + frame(0x81, b"{}", False),
]
UP = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
ACCEPT = "Sec-WebSocket-Accept: $ACCEPT\r\n"
ANSWERS = [
    UP + ACCEPT + "\r\n", UP + "\r\n", UP + "Sec-WebSocket-Accept: bm8=\r\n\r\n", UP + ACCEPT,
    "HTTP/1.1 101 x\r\n" + ACCEPT + "\r\n", UP.replace("1.1", "1.0") + ACCEPT + "\r\n",
    UP.lower() + ACCEPT.lower() + "\r\n", UP + ACCEPT + "Sec-WebSocket-Protocol: chat\r\n\r\n",
    UP + ACCEPT + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
    UP + ACCEPT + "X: " + "y" * 3000 + "\r\n\r\n", UP.replace("websocket", "h2c") + ACCEPT + "\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n",
    "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n\r\n", "HTTP/1.1 503 Busy\r\n\r\n",
    "HTTP/1.1 999999999999 x\r\n\r\n", "\r\n\r\n", "\0", "HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n",
]
WS_CLIENT = [
    *(b"\x00" + text.encode() for text in ANSWERS), *(b"\x01" + stream for stream in frames(False)),
    *(bytes([switches | 1]) + frame(0x81, b"{}", False) * 3 for switches in (2, 8, 16, 32)),
    b"\x00" + (UP + ACCEPT + "\r\n").encode() + frame(0x81, b"{}", False), b"\x01" + frame(0x81, b"x" * 4096, False),
    b"\x01" + frame(0x01, b"x" * 3000, False) + frame(0x80, b"x" * 2000, False),
]


def answer(body, headers="", status="HTTP/1.1 200 OK", size=None):
    return f"\0{status}\r\nContent-Length: {len(body) if size is None else size}\r\n{headers}\r\n{body}"


CHUNKED = "\0HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HTTP_ANSWERS = [
    answer(ROUTES[0]), answer(ROUTES[1], "Connection: close\r\n"), answer(SIGNS[2]), answer("{}", size=9),
    answer("{}{}", size=1), answer("{}", size=-1), answer("{}", size=10**19), answer("x" * 4000, size=5000),
    answer("{}", "Content-Length: 3\r\n"), answer("", "Location: http://127.0.0.1:1/\r\n", "HTTP/1.1 302 Found"),
    answer("", "Location: file:///etc/hostname\r\n", "HTTP/1.1 301 Moved"), answer("no", "", "HTTP/1.1 404 x"),
    answer("", "WWW-Authenticate: Basic realm=x\r\n", "HTTP/1.1 401 x"), answer("", "", "HTTP/1.1 407 x"),
    answer("", "", "HTTP/1.1 100 Continue") + answer("{}")[1:], answer("", "", "HTTP/1.1 204 x"),
    answer("{}", "", "HTTP/1.0 200 OK"), answer("{}", "", "HTTP/2 200"), answer("{}", "", "HTTP/1.1 99999 x"),
    answer("{}", "Content-Encoding: gzip\r\n"), answer("{}", "Set-Cookie: a=b; domain=.x\r\n"),
    answer("{}", "Alt-Svc: h3=\":1\"\r\n"), answer("{}", "Strict-Transport-Security: max-age=9\r\n"),
    answer("{}", " folded\r\n"), answer("{}", "No colon\r\n"), answer("{}", "X: " + "y" * 3000 + "\r\n"),
    answer("{}", "Retry-After: 1\r\n", "HTTP/1.1 503 x"), answer("", "Upgrade: h2c\r\n", "HTTP/1.1 101 x"),
    CHUNKED + "2\r\n{}\r\n0\r\n\r\n", CHUNKED + "ffffffffffffffffff\r\n{}", CHUNKED + "-1\r\n{}", CHUNKED + "2;x=y\r\n{}\r\n0\r\nT: v\r\n\r\n",
    CHUNKED + "z\r\n", CHUNKED, "\0", "\0\r\n\r\n", "\0{}", "\0HTTP/1.1", "\x02" + answer("{}")[1:], "\x08" + answer(SIGNS[3])[1:],
    "\0HTTP/1.1 200 OK\r\n\r\n{}",
]


# Ends inside of a character: RapidJSON's own check of UTF-8 reads on beyond such an end.
CUT = [b'{"a":"\xe5', b'{"\xf0\x9f\x98']


def write(name, texts):
    folder = CORPORA / name
    folder.mkdir(parents=True, exist_ok=True)
    seeds = (text if isinstance(text, bytes) else text.encode("utf-8") for text in texts)
    for data in [*dict.fromkeys(seeds), *CUT]:
        (folder / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)


write("avos_decode", [*transcript_frames(), *FRAMES])
write("leancloud_protobuf", PROTOBUFS)
write("leancloud_json", FLAT)
write("route_answer", ROUTES)
write("sign_contract", SIGNS)
write("server_config", CONFIGS)
write("objects_query", QUERIES)
write("objects_changes", CHANGES)
write("hub_frames", [*hub_scripts(), *HUB])
write("hub_signatures", SIGNATURES)
write("http_head", [text.encode("latin-1") for text in REQUESTS])
write("proxy_header", [text.encode("latin-1") for text in PROXIES])
write("http_body", [text.encode("latin-1") for text in BODIES])
write("ws_server", WS_SERVER)
write("ws_client", WS_CLIENT)
write("ws_reader", WS_READER)
write("http_answer", HTTP_ANSWERS)
