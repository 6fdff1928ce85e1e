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
SIGNS = [
    '{"self_id":"a","watch_ids":["b","c"],"sp":true}',
    '{"self_id":"a","group_id":"g","group_peer_ids":["b"],"action":"kick"}',
    '{"nonce":"1","timestamp":"1416290728","signature":"ab","watch_ids":["b"],"msg":"x"}',
    '{"result":{"nonce":"1","timestamp":7,"signature":"ab","group_peer_ids":[]}}',
    '{"signature":"no"}',
]
CONFIGS = [
    '{"listen":"[::1]:0","apps":[{"id":"a","master_key":"m","require_watch":"never"}]}',
    '{"frame_bytes":5120,"idle_timeout_ms":360000,"log_level":"debug","apps":[]}',
    '{"apps":[{"id":"a","offline_messages":"x"}]}',
    "wss://user@[::1]:7700/a?b#c", "127.0.0.1:7700", "http://Host:080/?x",
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


# Ends inside of a character: RapidJSON's own check of UTF-8 reads on beyond such an end.
CUT = [b'{"a":"\xe5', b'{"\xf0\x9f\x98']


def write(name, texts):
    folder = CORPORA / name
    folder.mkdir(parents=True, exist_ok=True)
    for data in [*(text.encode("utf-8") for text in dict.fromkeys(texts)), *CUT]:
        (folder / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)


write("wire_decode", [*transcript_frames(), *FRAMES])
write("route_answer", ROUTES)
write("sign_contract", SIGNS)
write("server_config", CONFIGS)
write("hub_frames", [*hub_scripts(), *HUB])
write("hub_signatures", SIGNATURES)
