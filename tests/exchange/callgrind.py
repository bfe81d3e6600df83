#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""callgrind.py TEST: gaiaprof report -f callgrind, read by callgrind_annotate and compared with the
JSON report: totals, and what each function costs itself and with all it calls."""
import os
import pathlib
import re

import exchange
from exchange import check, check_equal, report

ANNOTATE = os.environ.get("CALLGRIND_ANNOTATE", "")


def need():
    if not ANNOTATE or ANNOTATE.endswith("-NOTFOUND"):
        exchange.skip("no callgrind_annotate (valgrind)")


def annotate(name, *arguments):
    return exchange.run(ANNOTATE, "--threshold=100", "--auto=no", *arguments, name)


def figures(text):
    values = re.findall(r"([\d,]+) *(?:\([ \d.]+%\))?", text)
    return [int(value.replace(",", "")) for value in values]


def functions(text, count):
    """By file:function, its values."""
    result = {}
    pattern = re.compile(r"^ *((?:[\d,]+ (?:\([ \d.]+%\))? *){" + str(count) +
                         r"}) *(.*?)(?: \[(/.*)\])?$")
    started = False
    for line in text.splitlines():
        started = started or "file:function" in line
        match = started and pattern.match(line)
        if match:
            known = result.setdefault(match.group(2), [0] * count)
            result[match.group(2)] = [a + b for a, b in zip(known, figures(match.group(1)))]
    return result


def frame_key(frame):
    name = frame["function"] if frame.get("function") else (
        f"{int(frame['offset']):#x} ({pathlib.Path(frame['module']).name})")
    return f"{frame.get('file') or '???'}:{name}"


def own_sums(sites, keys, inclusive):
    sums = {}
    for site in sites:
        frames = site["stack"] if inclusive else site["stack"][:1]
        for name in {frame_key(frame) for frame in frames}:
            known = sums.setdefault(name, [0] * len(keys))
            sums[name] = [value + site[key] for value, key in zip(known, keys)]
    return {name: values for name, values in sums.items() if any(values)}


def program_totals(text):
    line = next(line for line in text.splitlines() if line.endswith("PROGRAM TOTALS"))
    return figures(line.removesuffix("PROGRAM TOTALS"))


def test_totals():
    for program in ("host", "stripped", "fixed"):
        path = exchange.profile_host(program)
        wanted = exchange.json_totals(exchange.read_json(path))
        for view, types in exchange.VIEWS.items():
            report("-f", "callgrind", "-v", view, "-o", "out", path)
            text = pathlib.Path("out").read_text(encoding="utf-8")
            check(text.startswith("# callgrind format\nversion: 1\n"), text[:100])
            check_equal(re.search("^events: (.*)$", text, re.M).group(1).split(), list(types),
                        "events")
            for key in ("summary", "totals"):
                line = re.search(f"^{key}: (.*)$", text, re.M).group(1)
                check_equal([int(value) for value in line.split()], wanted[view], view, key)
            check_equal(program_totals(annotate("out")), wanted[view], program, view)
    check_equal(report("-f", "callgrind", path), report("-f", "callgrind", "-v", "heap", path),
                "the heap by default")


def test_inclusive():
    keys = ("allocations", "allocated_bytes", "live_blocks", "live_bytes")
    for program in ("host", "stripped", "templates"):
        path = exchange.profile(program) if program == "templates" else (
            exchange.profile_host(program))
        sites = exchange.read_json(path)["heap"]["sites"]
        report("-f", "callgrind", "-v", "heap", "-o", "out", path)
        for inclusive in (False, True):
            text = annotate("out", f"--inclusive={'yes' if inclusive else 'no'}")
            actual = {name: values for name, values in functions(text, 4).items() if any(values)}
            actual.pop("???:(root)", None)
            wanted = own_sums(sites, keys, inclusive)
            for name in sorted(set(actual) | set(wanted)):
                check_equal(actual.get(name), wanted.get(name), program, name,
                            "inclusive" if inclusive else "self")
    text = pathlib.Path("out").read_text(encoding="utf-8")
    check("\nfn=(1) " in text and re.search(r"^fn=\(\d+\)$", text, re.M), "names are compressed")


def test_diff():
    old, new = exchange.profiles_to_compare()
    exchange.run(exchange.BUILD / "gaiaprof", "diff", "-f", "callgrind", "-v", "heap", "-o", "out",
                 old, new)
    after, before = (exchange.heap_totals(exchange.read_json(path)) for path in (new, old))
    check_equal(program_totals(annotate("out")), after + before, "new and old")


if __name__ == "__main__":
    exchange.main(globals(), need)
