# SPDX-License-Identifier: MIT
"""Memcheck sees the leak classes that the scenarios promise, and nothing lost in a normal run."""
import re
import sys

from stress import expected, finish, run, scenarios, skip_without_valgrind

CLASSES = {"definite": "definitely lost", "indirect": "indirectly lost",
           "possible": "possibly lost", "reachable": "still reachable"}


def memcheck(valgrind, *command):
    return run(valgrind, "--leak-check=full", *command, timeout=55).stderr


def number(text):
    return int(text.replace(",", ""))


def leaks_seen(log):
    """{class: {blocks, bytes}}, of which Memcheck prints none if all is freed."""
    seen = {}
    for name, words in CLASSES.items():
        found = re.search(words + r": ([\d,]+) bytes in ([\d,]+) blocks", log)
        size, blocks = found.groups() if found else ("0", "0")
        seen[name] = {"blocks": number(blocks), "bytes": number(size)}
    return seen


def heap_usage(log):
    """(allocations, frees, bytes)"""
    return tuple(map(number, re.search(
        r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes", log).groups()))


def sum_of_sites(want):
    sites = want["heap"]["sites"]
    return tuple(sum(s[figure] for s in sites)
                 for figure in ("allocations", "frees", "allocated_bytes"))


# Memcheck refuses pvalloc, which alloc-api calls.
def scenario_failures(stress, valgrind):
    for name in scenarios(stress):
        want = expected(stress, name)
        if name == "alloc-api" or not ("leaks" in want or "heap" in want):
            continue
        log = memcheck(valgrind, stress, "--scenario", name)
        for leak_class, figures in want.get("leaks", {}).items():
            if leaks_seen(log)[leak_class] != figures:
                yield f"{name}: {leak_class} should be {figures}:\n{log}"
        # pthread_create allocates too: only of scenarios without threads is the sum known.
        if not want.get("threads", {}).get("created") and heap_usage(log) != sum_of_sites(want):
            yield f"{name}: heap usage should be {sum_of_sites(want)}:\n{log}"


def normal_run_failures(stress, valgrind):
    log = memcheck(valgrind, stress, "--operations", "30", "--threads", "2")
    if "no leaks are possible" not in log or "ERROR SUMMARY: 0 errors" not in log:
        yield f"a normal run is not clean:\n{log}"


stress, valgrind = sys.argv[1:]
skip_without_valgrind(valgrind, stress)
finish([*scenario_failures(stress, valgrind), *normal_run_failures(stress, valgrind)])
