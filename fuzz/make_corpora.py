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
