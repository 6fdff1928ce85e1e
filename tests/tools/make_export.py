#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a small export: `kith rescue export` from the stand-in of the vendor (vendor.py), of an application with a few
conversations. usage: make_export.py KITH APP FOLDER"""

import hashlib
import json
import os
import subprocess
import sys

import vendor

TIME = 1770000000000  # 2026-02-02T02:40:00Z
TOGETHER, TRIP, ROOM = (vendor.object_id(number) for number in (1, 2, 3))
PAIR = hashlib.md5(b"jerry:tom").hexdigest()  # as v1 calls what these two say


class Story(vendor.Data):
    """Tom and Jerry talk by v1 and by the current clients, make a trip with Spike, and there is a chat room."""

    def __init__(self):
        super().__init__(conversations=0, messages=0)
        self.conversations = [TOGETHER, TRIP, ROOM]
        self.classes["_Conversation"] = [
            self.row(TOGETHER, 0, c="tom", m=["tom", "jerry"], unique=True, uniqueId=PAIR),
            self.row(TRIP, 3000, c="tom", m=["tom", "jerry", "spike"], name="The trip", attr={"color": "green"}, mu=["spike"]),
            self.row(ROOM, 5000, c="spike", m=[], name="Lobby", tr=True)]
        said = [(PAIR, "tom", "We have known each other for long", "v1"), (PAIR, "jerry", "Since the old clients", "v1"),
                (TOGETHER, "tom", "And the service is switched off", 1), (TOGETHER, "jerry", "Then we move, \u5168\u90e8", 2),
                (TRIP, "tom", "Who comes along?", 3), (TRIP, "spike", "I do", 4), (TRIP, "jerry", "Me too \U0001f600", 5),
                (ROOM, "spike", "Nobody here", 6)]
        self.messages = [self.message_row(number, *each) for number, each in enumerate(said)][::-1]

    @staticmethod
    def row(objectid, after, **fields):
        made = f"2026-02-02T02:39:{after // 1000:02}.000Z"
        return {"objectId": objectid, "createdAt": made, "updatedAt": made, "lm": {"__type": "Date", "iso": made}, **fields}

    @staticmethod
    def message_row(number, conversation, sender, text, kind):
        old = kind == "v1"
        data = text if old else json.dumps({"_lctype": -1, "_lctext": text, "_lcattrs": {"number": kind}})
        to = [{"tom": "jerry", "jerry": "tom"}[sender]] if old else [conversation]
        return {"timestamp": TIME + number * 60000, "conv-id": conversation, "data": data, "from": sender,
                "msg-id": vendor.message_id(number), "is-conv": not old, "is-room": False, "to": to, "bin": False}


def main():
    kith, app, folder = sys.argv[1:4]
    vendor.APP = app
    service = vendor.Vendor(Story())
    try:
        subprocess.run([kith, "rescue", "export", "--server", service.url, "--app", app, "--out", folder, "--rate", "0"],
                       env={**os.environ, "KITH_MASTER_KEY": vendor.MASTER}, check=True)
    finally:
        service.close()


if __name__ == "__main__":
    main()
