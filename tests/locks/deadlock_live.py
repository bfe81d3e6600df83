#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A deadlock is reported when it happens, while its threads are stuck, and once.

    deadlock_live.py BUILD PROGRAM
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from known_answer import leaf, report_of  # pylint: disable=wrong-import-position

PATIENCE_S = 20


def shown(file):
    return pathlib.Path(file).read_text(encoding="utf-8")


def watch(build, program, directory):
    profile, messages = f"{directory}/profile", f"{directory}/messages"
    environment = dict(os.environ, LD_PRELOAD=f"{build}/libgaiaprof.so", GAIAPROF_OUTPUT=profile,
                       GAIAPROF_OPTIONS="report=none")
    with open(messages, "wb") as file:
        process = subprocess.Popen([program], env=environment, stderr=file, cwd=directory)
    try:
        until = time.monotonic() + PATIENCE_S
        while "want" not in shown(messages) and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5) # more would come now
        assert process.poll() is None, f"ended with {process.returncode}"
        text = shown(messages)
        found = report_of(build, profile)["order"]
    finally:
        process.kill()
        process.wait()
    lines = [line for line in text.splitlines() if line.startswith("gaiaprof: deadlock")]
    assert len(lines) == 1, f"lines that tell of a deadlock: {lines} in {text!r}"
    for name in ("left", "right", "want_left", "want_right", "take_left", "take_right"):
        assert name in text, f"{name} is not in {text!r}"
    assert [(part["kind"], part["why"]) for part in found] == [("deadlock", "cycle")], found
    edges = {leaf(edge["stack_to"]) for edge in found[0]["edges"]}
    assert edges == {"want_left", "want_right"}, edges


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        watch(*sys.argv[1:3], work)
