# SPDX-License-Identifier: Apache-2.0
"""What every benchmark command needs first: our programs built, and a word about the machine."""

import datetime
import os
import pathlib
import platform
import subprocess
import sys

from servers import CLIENT_CORE, SERVER_CORE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def say(text):
    print(text, flush=True)


def install(what="--build"):
    """Packages, by scripts/install-deps; what cannot be had is skipped, or fails the build."""
    done = subprocess.run([ROOT / "scripts" / "install-deps", what], check=False)
    if done.returncode != 0:
        say("not everything could be installed; going on with what is here")


def build(targets, folder="bench", options=(), root=ROOT):
    """The preset bench of a tree, as fast as it is shipped and without sanitizers, in its build/<folder>."""
    place = root / "build" / folder
    for command in (["cmake", "--preset", "bench", "-B", place, *options],
                    ["cmake", "--build", place, "--target", *targets]):
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        if done.returncode != 0:
            sys.exit("the build failed\n" + done.stdout[-3000:])
    return place / "bin"


def machine():
    """The head of every result."""
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(": ", 1)[1]
            break
    return {"date": datetime.datetime.now().isoformat(timespec="seconds"), "processor": model,
            "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}",
            "server core": SERVER_CORE, "client core": CLIENT_CORE,
            "load before": " ".join(f"{load:.2f}" for load in os.getloadavg())}
