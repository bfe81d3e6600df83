#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares a profile of a scenario with what `stress --scenario NAME --expect` says of it.

    expectation.py EXPECT.json REPORT.json

REPORT.json is the profiler's JSON report, schema 1. Prints a line per difference; exit status 1 if
there is any.
"""
import json
import sys
from itertools import groupby

SITE_FIGURES = ("allocations", "allocated_bytes", "frees", "freed_bytes", "temporary",
                "live_blocks", "live_bytes", "peak_bytes")


def differ(where, figure, want, got):
    return [] if want == got else [f"{where}: {figure} should be {want}, is {got}"]


def function_at(stack, frame):
    return stack[frame]["function"] if frame < len(stack) else None


def frame_runs(stack):
    """[(function, how many frames in a row), ...], leaf first."""
    return [(name, len(list(run))) for name, run in groupby(f["function"] for f in stack)]


def compare_frames(want, stacks):
    runs = [(frame["function"], frame["count"]) for frame in want]
    return [f"{runs[0][0]}: stack should begin {runs}, begins {frame_runs(stack)[:len(runs)]}"
            for stack in stacks if frame_runs(stack)[:len(runs)] != runs]


def compare_site(want, sites, unknown):
    found = [s for s in sites if function_at(s["stack"], want["frame"]) == want["function"]]
    differences = []
    for figure in SITE_FIGURES:
        if figure in want and figure not in unknown:
            got = sum(site[figure] for site in found)
            differences += differ(want["function"], figure, want[figure], got)
    return differences + compare_frames(want.get("frames", []), [s["stack"] for s in found])


def compare_heap(want, heap, unknown):
    differences = []
    for site in want["sites"]:
        differences += compare_site(site, heap["sites"], unknown)
    if heap.get("peak_bytes", 0) < want.get("peak_bytes_at_least", 0):
        differences.append(f"heap: peak_bytes should be at least {want['peak_bytes_at_least']}, "
                           f"is {heap.get('peak_bytes')}")
    if "reallocs" in want and "reallocs" not in unknown:
        differences += differ("heap", "reallocs", want["reallocs"], heap.get("reallocs"))
    return differences


def compare_leaks(want, leaks):
    differences = []
    for name, figures in want.items():
        for figure, value in figures.items():
            differences += differ(name, figure, value, leaks.get(name, {}).get(figure))
    return differences


def count_by_leaf(stacks, function):
    return sum(s["count"] for s in stacks if function_at(s["stack"], 0) == function)


def compare_lock(want, locks):
    found = [lock for lock in locks if lock["name"] in (want["name"], want["name"] + "+0")]
    if len(found) != 1:
        return [f"{want['name']}: reported {len(found)} times"]
    lock, differences = found[0], []
    for figure in ("acquisitions", "contentions"):
        differences += differ(want["name"], figure, want[figure], lock[figure])
    if not want["wait_ns_min"] <= lock["wait_ns"] <= want["wait_ns_max"]:
        differences.append(f"{want['name']}: wait_ns is {lock['wait_ns']}, not in "
                           f"[{want['wait_ns_min']}, {want['wait_ns_max']}]")
    for role in ("waiters", "holders"):
        for stack in want[role]:
            differences += differ(f"{want['name']} {role}", stack["function"], stack["count"],
                                  count_by_leaf(lock[role], stack["function"]))
    return differences


def compare_threads(want, threads):
    differences = []
    for figure in ("created", "finished", "leaked", "running_at_exit"):
        differences += differ("threads", figure, want[figure], threads[figure])
    for record in want["records"]:
        key = (record["created_by"], record["exit"], record["join"])
        got = sum((function_at(r["created_by"], 0), r["exit"], r["join"]) == key
                  for r in threads["records"] if r.get("created_by"))
        differences += differ("threads", " ".join(key), record["count"], got)
    return differences


def compare(want, report, unknown=()):
    """Differences, a line each. Figures named in `unknown` are not looked at."""
    differences = []
    if "heap" in want:
        differences += compare_heap(want["heap"], report["heap"], unknown)
    if "leaks" in want and "leaks" not in unknown:
        differences += compare_leaks(want["leaks"], report["leaks"])
    if "locks" in want and "locks" not in unknown:
        for lock in want["locks"]:
            differences += compare_lock(lock, report["locks"])
    if "threads" in want and "threads" not in unknown:
        differences += compare_threads(want["threads"], report["threads"])
    return differences


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1]) as want, open(sys.argv[2]) as report:
        differences = compare(json.load(want), json.load(report))
    for difference in differences:
        print(difference)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
