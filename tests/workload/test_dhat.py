# SPDX-License-Identifier: MIT
"""DHAT sees the same sites: allocations, bytes, what is live at exit and at the peak, stacks."""
import json
import os
import re
import sys
import tempfile

from expectation import compare
from stress import expected, finish, run, scenarios, skip_without_valgrind

# DHAT refuses pvalloc, and counts a realloc as a block that changes its size.
OTHER_COUNTING = ("alloc-api", "realloc-growth")


def stack_of(point, frame_table):
    """Frames of a program point, leaf first, without Valgrind's own malloc."""
    frames = [frame_table[i] for i in point["fs"]]
    return [{"function": re.match(r"0x[0-9A-F]+: (\S+)", frame).group(1)}
            for frame in frames if "vgpreload" not in frame]


def site_of(point, frame_table):
    return {
        "stack": stack_of(point, frame_table),
        "allocations": point["tbk"], "allocated_bytes": point["tb"],
        "frees": point["tbk"] - point["ebk"], "freed_bytes": point["tb"] - point["eb"],
        "live_blocks": point["ebk"], "live_bytes": point["eb"], "peak_bytes": point["gb"],
    }


def dhat_report(valgrind, stress, scenario):
    """What DHAT saw of a scenario, in the form of the profiler's report."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "dhat.out")
        run(valgrind, "--tool=dhat", "--num-callers=150", f"--dhat-out-file={out}", stress,
            "--scenario", scenario)
        with open(out) as file:
            profile = json.load(file)
    sites = [site_of(point, profile["ftbl"]) for point in profile["pps"]]
    return {"heap": {"sites": sites, "peak_bytes": sum(site["peak_bytes"] for site in sites)}}


def failures(stress, valgrind):
    for name in scenarios(stress):
        want = expected(stress, name)
        if not want.get("heap", {}).get("sites") or name in OTHER_COUNTING:
            continue
        report = dhat_report(valgrind, stress, name)
        for difference in compare(want, report, ("temporary", "leaks", "locks", "threads")):
            yield f"{name}: {difference}"


stress, valgrind = sys.argv[1:]
skip_without_valgrind(valgrind, stress)
finish([*failures(stress, valgrind)])
