#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""many_stacks.py BUILD PROGRAM: the program makes many stacks; the report knows each of them.

SCALE in the environment is the program's. The text report is read: it says how many stacks there
are without listing them.
"""
import os
import re
import subprocess
import sys
import tempfile

TIME_LIMIT_S = 300


def run(*arguments, **more):
    return subprocess.run(arguments, env={**os.environ, **more}, capture_output=True, text=True,
                          timeout=TIME_LIMIT_S, check=True).stdout


def main():
    build, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        profile = f"{directory}/profile.gaia"
        stacks = int(run(program, LD_PRELOAD=f"{build}/libgaiaprof.so", GAIAPROF_OUTPUT=profile,
                         GAIAPROF_REPORT="none"))
        text = run(f"{build}/gaiaprof", "report", profile)
        disk_bytes = os.stat(profile).st_size
    wanted = (rf"leaf: .* in {stacks:,} stacks$", rf"heap +{2 * stacks + 1:,} allocations",
              r"lost +nothing")
    failures = [pattern for pattern in wanted if not re.search(pattern, text, re.M)]
    if disk_bytes > 2 * 100 * stacks + (8 << 20):
        failures.append(f"{disk_bytes} bytes of profile for {stacks} stacks")
    if failures:
        sys.exit("\n".join([text[:3000], "not found or not so:", *failures]))


if __name__ == "__main__":
    main()
