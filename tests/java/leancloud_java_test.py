# SPDX-License-Identifier: Apache-2.0
"""The vendor's Java client, unmodified, against kithd.
usage: leancloud_java_test.py KITHD FOLDER MVN JAVAC JAVA, where FOLDER keeps what Maven brings.
Ends with 77 when Maven cannot bring the client."""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tools"))

from children import Child  # noqa: E402

KITHD, FOLDER, MVN, JAVAC, JAVA = sys.argv[1:6]
INSTALL_SECONDS = 240
TEST_SECONDS = 240


def installed(folder):
    """The jars of the client, by name from Maven; None, and why, when they cannot be had."""
    jars = folder / "jars"
    if not (jars / "realtime-core-6.0.5.jar").exists():
        command = [MVN, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies",
                   f"-DoutputDirectory={jars}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except subprocess.TimeoutExpired:
            return None, "Maven did not answer in time"
        if done.returncode != 0:
            return None, "Maven cannot bring the client: " + done.stdout.strip()[-300:]
    return jars, ""


def main():
    folder = pathlib.Path(FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    jars, why = installed(folder)
    if jars is None:
        print(f"SKIPPED: {why}")
        return 77
    classes = folder / "classes"
    subprocess.run([JAVAC, "-Xlint:none", "-encoding", "UTF-8", "-d", str(classes), "-cp", f"{jars}/*",
                    str(HERE / "LeancloudRealtimeTest.java")], check=True, timeout=TEST_SECONDS)
    kithd = Child([KITHD, "--listen", "127.0.0.1:0", "--data", ":memory:", "--app", "testapp0001",
                   "--log-level", "warn"])
    try:
        line = kithd.find("its address", lambda text: text.startswith("listening on"))
        address = re.search(r"127\.0\.0\.1:\d+", line).group()
        # The client keeps what it learns in its working folder.
        done = subprocess.run([JAVA, "-Dfile.encoding=UTF-8", "-cp", f"{classes}:{jars}/*",
                               "LeancloudRealtimeTest", address], cwd=folder, timeout=TEST_SECONDS,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    finally:
        kithd.process.kill()
        kithd.process.wait()
    print(done.stdout)
    return done.returncode


sys.exit(main())
