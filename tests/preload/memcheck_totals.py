# SPDX-License-Identifier: MIT
"""Memcheck's "total heap usage" is ours: allocations and bytes, to the block.

    memcheck_totals.py VALGRIND BUILD COMMAND...

COMMAND is one single-threaded program with its arguments. Frees are not compared: Memcheck has libc
free its own buffers at the end, which no program does.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SKIPPED = 77


def run(command, directory, variables):
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=100,
                          check=False, env={**os.environ, **variables})


def memcheck_totals(valgrind, command, directory):
    log = run([valgrind, "--leak-check=no", *command], directory, {}).stderr
    found = re.search(r"total heap usage: ([\d,]+) allocs, [\d,]+ frees, ([\d,]+) bytes", log)
    if not found:
        print(log)
        sys.exit(SKIPPED)
    return tuple(int(number.replace(",", "")) for number in found.groups())


def own_totals(build, command, directory):
    run(command, directory, {"LD_PRELOAD": f"{build}/libgaiaprof.so", "GAIAPROF_REPORT": "json",
                             "GAIAPROF_REPORT_FILE": "report.json"})
    report = json.loads(pathlib.Path(directory, "report.json").read_text(encoding="utf-8"))
    return report["heap"]["allocations"], report["heap"]["allocated_bytes"]


def main():
    valgrind, build, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        memcheck = memcheck_totals(valgrind, command, directory)
        own = own_totals(build, command, directory)
    print(f"{' '.join(command)}: Memcheck {memcheck}, ours {own}")
    sys.exit(memcheck != own)


main()
