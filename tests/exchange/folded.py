#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""folded.py TEST: gaiaprof report -f folded, as flamegraph.pl reads it."""
import pathlib

import exchange
from exchange import check, check_equal, report


def read(text):
    """By stack, which is a tuple of names, root first."""
    stacks = {}
    for line in text.splitlines():
        stack, value = line.rsplit(" ", 1)
        key = tuple(stack.split(";"))
        check(key not in stacks, "a stack that is there twice:", line)
        check(all(key), "an empty name in", line)
        stacks[key] = int(value)
        check(stacks[key] != 0, "a stack without a value:", line)
    check_equal(list(stacks), sorted(stacks, key=lambda key: [name.encode() for name in key]),
                "order")
    return stacks


def json_stacks(sites, key):
    """The same from JSON, of sites that are no damaged stacks."""
    stacks = {}
    for site in sites:
        names = tuple(frame["function"] if frame.get("function") else
                      f"{int(frame['offset']):#x} ({pathlib.Path(frame['module']).name})"
                      for frame in reversed(site["stack"]))
        stacks[names] = stacks.get(names, 0) + site[key]
    return {stack: value for stack, value in stacks.items() if value}


def test_totals():
    for program in ("host", "stripped", "fixed"):
        path = exchange.profile_host(program)
        wanted = exchange.json_totals(exchange.read_json(path))
        for view, types in exchange.VIEWS.items():
            for index, value in enumerate(types):
                text = report("-f", "folded", "-v", view, "--value", value, path)
                check_equal(sum(read(text).values()), wanted[view][index], program, view, value)
    path = exchange.profile_host()
    stacks = read(report("-f", "folded", "-v", "allocs", path))
    kept = [stack for stack in stacks if stack[-1] == "make_kept"]
    check_equal([stacks[stack] for stack in kept], [20000], "make_kept")
    check_equal(kept[0][-2:], ("main", "make_kept"), "root first")
    inlined = [stack[-3:] for stack in stacks if "has_inlines" in stack]
    check_equal(inlined, [("has_inlines", "inlined_outer", "inlined_inner")], "inlined functions")
    check_equal(report("-f", "folded", path),
                report("-f", "folded", "-v", "heap", "--value", "inuse_space", path), "default")
    text = report("-f", "folded", "-v", "allocs", "--focus", "make_kept", path)
    check_equal(list(read(text).values()), [20000], "focus")


def test_names():
    path = exchange.profile("templates")
    stacks = read(report("-f", "folded", "-v", "allocs", path))
    sites = exchange.read_json(path)["heap"]["sites"]
    check_equal(stacks, json_stacks(sites, "allocated_bytes"), "stacks")
    names = {name for stack in stacks for name in stack}
    check(any(name.startswith("demo::pool<std::") for name in names), "templates in", names)
    odd = pathlib.Path('odd; "name"\n\t\\\x1b[31m')
    odd.write_bytes((exchange.PROGRAMS / "stripped").read_bytes())
    odd.chmod(0o755)
    path = exchange.profile(str(odd.absolute()), name="odd.gaia")
    text = report("-f", "folded", "-v", "allocs", path)
    check_equal(sum(read(text).values()), exchange.heap_totals(exchange.read_json(path))[1],
                "total of odd names")
    check('(odd: "name"' in text and "\x1b" not in text and "\t" not in text, text)


def test_diff():
    old, new = exchange.profiles_to_compare()
    arguments = ("-f", "folded", "-v", "allocs", "--value", "alloc_space")
    before, after = (read(report(*arguments, path)) for path in (old, new))
    lines = exchange.diff(*arguments, old, new).splitlines()
    compared = {}
    for line in lines:
        stack, first, second = line.rsplit(" ", 2)
        compared[tuple(stack.split(";"))] = (int(first), int(second))
    check_equal(compared, {stack: (before.get(stack, 0), after.get(stack, 0))
                           for stack in set(before) | set(after)}, "two columns")


if __name__ == "__main__":
    exchange.main(globals())
