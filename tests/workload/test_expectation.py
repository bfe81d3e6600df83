# SPDX-License-Identifier: MIT
"""expectation.py accepts a report that says what it should and objects to every other figure."""
import copy
import sys

from expectation import compare
from stress import expected, finish, scenarios


def stack_of(site):
    """A stack that has the site's function in its place, with a caller and what it calls."""
    if "frames" in site:
        names = [f["function"] for f in site["frames"] for _ in range(f["count"])]
    else:
        names = ["in_libc"] * site["frame"] + [site["function"]]
    return [{"function": name} for name in names + ["main"]]


def perfect_report(want):
    """The report that a profile of this scenario should be, every stack reported in one piece."""
    report = {"heap": {"sites": [], "peak_bytes": 0, "reallocs": 0}, "leaks": {}, "locks": [],
              "threads": {"records": []}, **copy.deepcopy(want)}
    heap = report["heap"]
    heap["peak_bytes"] = heap.get("peak_bytes_at_least", 0)
    heap["sites"] = [{"peak_bytes": 0, **site, "stack": stack_of(site)} for site in heap["sites"]]
    for lock in report["locks"]:
        lock["wait_ns"] = lock["wait_ns_min"]
        for stack in lock["waiters"] + lock["holders"]:
            stack["stack"] = [{"function": stack["function"]}]
    report["threads"]["records"] = [
        {**record, "created_by": [{"function": record["created_by"]}]}
        for record in report["threads"]["records"] for _ in range(record["count"])]
    return report


def figures(node, path=()):
    """Paths of all numbers and lists below a node of the expectation."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if isinstance(child, (dict, list)):
            yield from figures(child, path + (key,))
        elif isinstance(child, int) and key not in ("schema", "frame"):
            yield path + (key,)


def changed(want, path):
    """The expectation with one figure wrong: one more, or a minimum that is not reached."""
    wrong = copy.deepcopy(want)
    node = wrong
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] += -10**12 if path[-1] == "wait_ns_max" else 1
    return wrong


def failures(stress):
    for name in scenarios(stress):
        want = expected(stress, name)
        report = perfect_report(want)
        if compare(want, report):
            yield f"{name}: objects to a perfect report: {compare(want, report)}"
        for path in figures(want):
            if not compare(changed(want, path), report):
                yield f"{name}: does not notice that {path} is wrong"


finish([*failures(sys.argv[1])])
