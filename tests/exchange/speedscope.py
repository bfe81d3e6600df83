#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""speedscope.py TEST: gaiaprof report -f speedscope, by what speedscope's schema demands."""
import json
import pathlib

import exchange
from exchange import check, check_equal, report

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
UNITS = {"bytes", "none", "nanoseconds"}


def check_frames(frames):
    for frame in frames:
        check(set(frame) <= {"name", "file", "line", "col"}, "members of a frame", frame)
        check(isinstance(frame["name"], str) and frame["name"], "name of a frame", frame)
        check(isinstance(frame.get("file", ""), str), "file of a frame", frame)
        check(isinstance(frame.get("line", 1), int) and frame.get("line", 1) > 0, "line", frame)


def check_profile(profile, frame_count):
    check_equal(set(profile), {"type", "name", "unit", "startValue", "endValue", "samples",
                               "weights"}, "members of a profile")
    check_equal(profile["type"], "sampled", "type")
    check(profile["unit"] in UNITS, "unit", profile["unit"])
    check_equal(profile["startValue"], 0, "startValue")
    check_equal(len(profile["samples"]), len(profile["weights"]), "weights")
    check_equal(sum(profile["weights"]), profile["endValue"], "endValue")
    check(all(weight > 0 for weight in profile["weights"]), "weights above 0")
    for sample in profile["samples"]:
        check(sample and all(isinstance(index, int) and 0 <= index < frame_count
                             for index in sample), "indices of frames", sample)


def read(text):
    scope = json.loads(text)
    check(set(scope) <= {"$schema", "exporter", "name", "activeProfileIndex", "shared",
                         "profiles"}, "members", set(scope))
    check_equal(scope["$schema"], SCHEMA, "schema")
    check(scope["exporter"].startswith("gaiaprof "), scope["exporter"])
    check_frames(scope["shared"]["frames"])
    check(scope["profiles"], "no profiles")
    for profile in scope["profiles"]:
        check_profile(profile, len(scope["shared"]["frames"]))
    check(0 <= scope["activeProfileIndex"] < len(scope["profiles"]), "activeProfileIndex")
    return scope


def totals(scope):
    return {profile["name"]: profile["endValue"] for profile in scope["profiles"]}


def test_schema():
    for program in ("host", "stripped"):
        path = exchange.profile_host(program)
        scope = read(report("-f", "speedscope", path))
        wanted = exchange.json_totals(exchange.read_json(path))
        expected = {}
        for view, types in exchange.VIEWS.items():
            for index, value in enumerate(types):
                is_again = view in ("peak", "leaks", "reachable") and value.startswith("alloc")
                if view != "allocs" and not is_again:
                    expected[f"{view}: {value}"] = wanted[view][index]
        check_equal(totals(scope), expected, "totals")
        check_equal(scope["profiles"][scope["activeProfileIndex"]]["name"], "heap: inuse_space",
                    "the profile that is shown")
    check(scope["name"].startswith("stripped (pid "), scope["name"])
    odd = pathlib.Path('odd; "name"\n\\\x1b[31m')
    odd.write_bytes((exchange.PROGRAMS / "stripped").read_bytes())
    odd.chmod(0o755)
    scope = read(report("-f", "speedscope", exchange.profile(str(odd.absolute()), name="o.gaia")))
    check(any('"name"' in frame["name"] for frame in scope["shared"]["frames"]), "quoted names")


def test_views():
    path = exchange.profile_host()
    wanted = exchange.json_totals(exchange.read_json(path))
    for view, types in exchange.VIEWS.items():
        scope = read(report("-f", "speedscope", "-v", view, path))
        check_equal(totals(scope), {f"{view}: {value}": wanted[view][index]
                                    for index, value in enumerate(types)}, view)
    scope = read(report("-f", "speedscope", "-v", "heap", "--value", "alloc_space", path))
    shown = scope["profiles"][scope["activeProfileIndex"]]
    check_equal((shown["name"], shown["unit"]), ("heap: alloc_space", "bytes"), "what is shown")
    frames = scope["shared"]["frames"]
    stacks = [[frames[index] for index in sample] for sample in shown["samples"]]
    leaf = next(stack for stack in stacks if stack[-1]["name"] == "make_temporary")
    check_equal(leaf[-1]["line"], exchange.line_of("host.c", "temporary"), "line")
    check(leaf[-1]["file"].endswith("/host.c"), "file")
    check_equal(leaf[-2]["name"], "main", "root first")
    scope = read(report("-f", "speedscope", "--focus", "nonesuch", path))
    check_equal([profile["samples"] for profile in scope["profiles"]], [[]], "nothing")


def test_diff():
    old, new = exchange.profiles_to_compare()
    totals_by_run = [exchange.json_totals(exchange.read_json(path))["heap"] for path in (old, new)]
    scope = read(exchange.diff("-f", "speedscope", "-v", "heap", new, old))
    found = totals(scope)
    for index, value in enumerate(exchange.HEAP):
        change = found.get(f"heap: {value}, grown", 0) - found.get(f"heap: {value}, shrunk", 0)
        check_equal(change, totals_by_run[0][index] - totals_by_run[1][index], value)


if __name__ == "__main__":
    exchange.main(globals())
