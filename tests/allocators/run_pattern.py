#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the program pattern under an allocator and compares the report with what it says it did.

    run_pattern.py --build DIR [--after LIBRARY | --before LIBRARY] [--allocator NAME] PROGRAM

--after and --before preload LIBRARY after or before us; without either the program brings its
allocator itself. --allocator is the name that the report gives. An allocator preloaded before us
hides the heap from us: the report must say so, and nothing may break.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

TIME_LIMIT_S = 60
COUNTS = ("allocations", "allocated_bytes", "frees", "freed_bytes")


def run(program, preload, **more):
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("GAIAPROF_")}
    environment.update(more, LD_PRELOAD=":".join(filter(None, preload)))
    done = subprocess.run([program], env=environment, capture_output=True, text=True,
                          timeout=TIME_LIMIT_S, check=False)
    return done.returncode, done.stdout, done.stderr


def report_of(build, profile):
    done = subprocess.run([f"{build}/gaiaprof", "report", "-f", "json", profile],
                          capture_output=True, check=True, timeout=TIME_LIMIT_S)
    return json.loads(done.stdout)


def found(report, function):
    sites = [site for site in report["heap"]["sites"]
             if any(frame.get("function") == function for frame in site["stack"])]
    return [sum(site[key] for site in sites) for key in COUNTS]


def failures_of_pattern(report, stdout, allocator):
    for line in stdout.splitlines()[:-1]:
        function, *counts = line.split()
        wanted = [int(count) for count in counts]
        if found(report, function) != wanted:
            yield f"{function}: {dict(zip(COUNTS, wanted))}, reported {found(report, function)}"
    if any(report["health"]["dropped"].values()):
        yield f"dropped: {report['health']['dropped']}"
    if report["health"]["allocator"] != allocator:
        yield f"the allocator is named {report['health']['allocator']}, not {allocator}"


def failures_of_hidden(report):
    if not any("malloc" in note for note in report["health"]["notes"]):
        yield f"no note says that the heap was not seen: {report['health']['notes']}"
    if report["heap"] and report["heap"]["live_blocks"] > report["heap"]["allocations"]:
        yield "more blocks live than were allocated"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--after")
    parser.add_argument("--before")
    parser.add_argument("--allocator", default="glibc")
    parser.add_argument("program")
    options = parser.parse_args()
    ours = f"{options.build}/libgaiaprof.so"

    plain = run(options.program, [options.before, options.after])
    with tempfile.TemporaryDirectory() as directory:
        profile = f"{directory}/profile.gaia"
        profiled = run(options.program, [options.before, ours, options.after],
                       GAIAPROF_OUTPUT=profile, GAIAPROF_REPORT="none")
        report = report_of(options.build, profile)
    failures = []
    if plain[0] != 0 or not plain[1].endswith("done\n"):
        failures.append(f"without us: {plain}")
    if plain != profiled:
        failures.append(f"with us: {profiled}")
    failures += (failures_of_hidden(report) if options.before
                 else failures_of_pattern(report, profiled[1], options.allocator))
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    main()
