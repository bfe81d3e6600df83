#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A program under a debugger or a tracer: the same with and without us, and it is recorded.

    traced.py --build DIR strace|gdb PROGRAM

The program's threads are traced already, so that nobody else can hold them while it ends.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
TIME_LIMIT_S = 60


def command(tracer, preload, program, work):
    variables = [f"LD_PRELOAD={preload}"] if preload else []
    if tracer == "strace":
        settings = [word for variable in variables for word in ("-E", variable)]
        return ["strace", "-f", "-qq", "-o", f"{work}/log", *settings, program]
    settings = [word for variable in variables
                for word in ("-ex", "set environment " + variable.replace("=", " ", 1))]
    return ["gdb", "-nx", "-q", "-batch", "-ex", "set startup-with-shell off",
            "-ex", "set debuginfod enabled off", *settings, "-ex", "break clean_up",
            "-ex", f"set inferior-tty {work}/output", "-ex", "run",
            "-ex", "backtrace 1", "-ex", "delete", "-ex", "continue", program]


def run(tracer, preload, program, environment):
    """The tracer's status, the program's output, and what the debugger shows of its frames."""
    with tempfile.TemporaryDirectory() as work:
        with open(f"{work}/output", "w+", encoding="utf-8") as output:
            done = subprocess.run(command(tracer, preload, program, work), cwd=work,
                                  env=environment, capture_output=True, check=False,
                                  timeout=TIME_LIMIT_S)
            printed = output.read()
    shown = done.stdout.decode()
    if tracer == "strace":
        return done.returncode, shown, []
    frames = re.findall(r"^#0 .*", shown, flags=re.MULTILINE)
    return done.returncode, printed, [re.sub("0x[0-9a-f]+", "N", frame) for frame in frames]


def main():
    build, tracer, program = sys.argv[2:5]
    if not shutil.which(tracer):
        print(f"no {tracer}")
        sys.exit(SKIPPED)
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("GAIAPROF_") and key != "LD_PRELOAD"}
    plain = run(tracer, None, program, environment)
    with tempfile.TemporaryDirectory() as profiles:
        profile = f"{profiles}/profile.gaia"
        environment.update(GAIAPROF_OUTPUT=profile, GAIAPROF_OPTIONS="report_file=/dev/null")
        profiled = run(tracer, f"{build}/libgaiaprof.so", program, environment)
        report = json.loads(subprocess.run(
            [f"{build}/gaiaprof", "report", "-f", "json", profile], capture_output=True,
            check=True, timeout=TIME_LIMIT_S).stdout)
    assert plain == profiled and plain[1], f"without {plain}, with {profiled}"
    assert report["process"]["exit"] == {"kind": "exited", "status": 0}, report["process"]
    assert report["heap"]["allocations"] > 0 and report["threads"]["created"] > 0


if __name__ == "__main__":
    main()
