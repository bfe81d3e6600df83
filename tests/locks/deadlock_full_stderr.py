#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A deadlock is found while the standard error is a full pipe that nobody reads: its report there
is given up, and the program goes on as without the profiler.

    deadlock_full_stderr.py BUILD PROGRAM     PROGRAM: deadlock_orphan_late
"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from known_answer import report_of  # pylint: disable=wrong-import-position

STUCK_STATUS = 7 # of stuck.h
PATIENCE_S = 30


def full_pipe():
    """Both ends: without a reader, writing would fail."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(writer, b"x" * size)
        except BlockingIOError:
            pass
    os.set_blocking(writer, True)
    return reader, writer


def run(build, program, directory):
    profile = f"{directory}/profile"
    environment = dict(os.environ, LD_PRELOAD=f"{build}/libgaiaprof.so", GAIAPROF_OUTPUT=profile,
                       GAIAPROF_OPTIONS="report=none")
    _, writer = full_pipe()
    status = subprocess.run([program], env=environment, stderr=writer, cwd=directory, check=False,
                            timeout=PATIENCE_S).returncode
    assert status == STUCK_STATUS, f"ended with {status}"
    found = [(part["kind"], part["why"]) for part in report_of(build, profile)["order"]]
    assert found == [("deadlock", "orphan")], found


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        run(*sys.argv[1:3], work)
