#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of gaiaprof diff and merge, one a call.

    diff_test.py BUILD PROGRAMS CASE

BUILD has gaiaprof, libgaiaprof.so and stress; PROGRAMS has old/program and new/program, whose
differences program.c says. Profiles are made in a directory that goes when the test ends.
"""
import collections
import gzip
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

BUILD, PROGRAMS, CASE = sys.argv[1:4]
GAIAPROF = os.path.join(BUILD, "gaiaprof")
LIBRARY = os.path.join(BUILD, "libgaiaprof.so")
WORK = tempfile.mkdtemp(prefix="gaiaprof-diff.")


def check(condition, *what):
    if not condition:
        raise SystemExit("FAILED: " + " ".join(str(part) for part in what))


def equal(value, expected, what=""):
    check(value == expected, what, "is", repr(value), "not", repr(expected))


def path(name):
    return os.path.join(WORK, name)


def record(name, program, *args, options="", output=None):
    """Runs a program under the profiler and returns its profile."""
    profile = output or path(name)
    env = dict(os.environ, LD_PRELOAD=LIBRARY, GAIAPROF_OUTPUT=profile,
               GAIAPROF_OPTIONS="report=none" + options)
    for key in [key for key in env if key.startswith("GAIAPROF_") and
                key not in ("GAIAPROF_OUTPUT", "GAIAPROF_OPTIONS", "GAIAPROF_CLI")]:
        del env[key]
    subprocess.run([program, *map(str, args)], env=env, check=False, stdout=subprocess.DEVNULL)
    return profile


def old(name="old.gaia", *args, **kwargs):
    return record(name, os.path.join(PROGRAMS, "old", "program"), *args, **kwargs)


def new(name="new.gaia", *args, **kwargs):
    return record(name, os.path.join(PROGRAMS, "new", "program"), *args, **kwargs)


def gaiaprof(*args, status=0):
    done = subprocess.run([GAIAPROF, *map(str, args)], capture_output=True, cwd=WORK)
    equal(done.returncode, status, f"status of {args}, which said {done.stderr!r}:")
    return done.stdout.decode()


def error(*args):
    """The one line of an error."""
    done = subprocess.run([GAIAPROF, *map(str, args)], capture_output=True, cwd=WORK)
    equal(done.returncode, 2, f"status of {args}")
    lines = done.stderr.decode().splitlines()
    equal(len(lines), 1, f"lines of {lines}")
    check(lines[0].startswith("gaiaprof: "), lines)
    return lines[0]


REPORTS = {}


def report(profile):
    status = os.stat(profile)
    key = profile, status.st_ino, status.st_mtime_ns
    if key not in REPORTS:
        REPORTS[key] = json.loads(gaiaprof("report", "-f", "json", "-n", 0, profile))
    return REPORTS[key]


def diff(*args):
    return json.loads(gaiaprof("diff", "-f", "json", "-n", 0, *args))


def row(text, heading, name):
    """The cells of a row of a table, by what stands in its line."""
    table = re.search(rf"^{heading}\b.*\n((?:  \S.*\n)+)", text, re.M)
    check(table, "no table", heading, "in", text)
    lines = [line for line in table.group(1).splitlines() if line.split()[0] == name]
    equal(len(lines), 1, f"rows of {name} in {table.group(0)}")
    return re.split(r"  +", lines[0].strip())


def has_row(text, heading, name):
    table = re.search(rf"^{heading}\b.*\n((?:  \S.*\n)+)", text, re.M)
    return bool(table) and any(line.split()[0] == name for line in table.group(1).splitlines())


def by_function(sites, key):
    sums = collections.Counter()
    for site in sites:
        names = [frame.get("function") for frame in site["stack"]]
        for name in names[:1]:
            sums[name] += site[key]
    return sums


def stack_key(stack):
    return tuple((f.get("function"), f.get("offset") if not f.get("function") else None,
                  f.get("file"), f.get("line"), f.get("module"), f.get("inlined"))
                 for f in stack)


# --- diff

def case_text():
    text = gaiaprof("diff", old(), new())
    check(all(len(line) <= 100 for line in text.splitlines()), "wider than 100 columns", text)
    equal(row(text, "ALLOCATIONS", "grown")[2:], ["2.0 KiB", "5.9 KiB", "+3.9 KiB", "+200.0%",
                                                  "grown"])
    equal(row(text, "ALLOCATIONS", "shrunk")[-3:], ["-5.9 KiB", "-80.0%", "shrunk"])
    equal(row(text, "ALLOCATIONS", "appeared")[2:], ["0 B", "448 B", "+448 B", "appeared"])
    equal(row(text, "ALLOCATIONS", "gone")[2:], ["768 B", "0 B", "-768 B", "gone"])
    check(not has_row(text, "ALLOCATIONS", "unchanged"), text)
    check(not has_row(text, "ALLOCATIONS", "two_lines"), text)
    equal(row(text, "LEAKS", "leaked")[2:], ["1000 B", "2.9 KiB", "+2.0 KiB", "+200.0%", "grown"])
    equal(row(text, "THREADS", "create_thread")[2:], ["1", "4", "+3", "+300.0%", "grown"])
    equal(row(text, "LOCKS", "contender_main")[-1], "grown")
    totals = text[text.index("TOTALS"):text.index("LEAKS")]
    equal(row(totals, "TOTALS", "threads"), ["threads created", "2", "6", "+4", "+200.0%"])
    # the line is the new build's
    line = next(number for number, text in enumerate(
        open(os.path.join(os.path.dirname(__file__), "program.c")), 1) if "malloc(200)" in text)
    equal(row(text, "ALLOCATIONS", "grown")[1], f"program.c:{line}")


def case_json():
    before, after = old(), new()
    value = diff(before, after)
    sums = by_function(value["heap"]["sites"], "allocations")
    expected = {"unchanged": 0, "grown": 20, "shrunk": -20, "appeared": 7, "gone": -6,
                "two_lines": 0, "leaked": 2}
    for name, count in expected.items():
        equal(sums[name], count, name)
    ours = by_function(value["old"]["heap"]["sites"], "allocations")
    for name, count in {"unchanged": 10, "grown": 10, "shrunk": 25, "appeared": 0, "gone": 6,
                        "two_lines": 8, "leaked": 1}.items():
        equal(ours[name], count, "old " + name)
    a, b = report(before), report(after)
    for key in ("allocations", "allocated_bytes", "frees", "freed_bytes", "live_blocks",
                "live_bytes", "peak_bytes", "temporary", "reallocs"):
        equal(value["heap"][key], b["heap"][key] - a["heap"][key], key)
        equal(value["old"]["heap"][key], a["heap"][key], "old " + key)
        if key not in ("reallocs",):
            equal(sum(site[key] for site in value["heap"]["sites"]), value["heap"][key], key)
    for key in ("created", "joined", "leaked", "finished"):
        equal(value["threads"][key], b["threads"][key] - a["threads"][key], key)
    equal(value["leaks"]["definite"], {"blocks": 2, "bytes": 2000})
    locks = {lock["name"]: lock for lock in value["locks"]}
    equal(locks["guard"]["contentions"], 1)
    of = [{lock["name"]: lock for lock in one["locks"]}["guard"] for one in (a, b)]
    for key in ("acquisitions", "wait_ns", "contentions"):
        equal(locks["guard"][key], of[1][key] - of[0][key], key)
        equal(sum(wait["wait_ns"] for wait in locks["guard"]["waiters"]),
              locks["guard"]["wait_ns"])
    # the other way round
    back = diff(after, before)
    equal(back["heap"]["allocations"], -value["heap"]["allocations"])
    equal(by_function(back["heap"]["sites"], "allocations")["grown"], -20)


def case_formats():
    before, after = old(), new()
    for name in ("json", "folded", "speedscope", "callgrind", "tree", "dot", "html"):
        output = path("out." + name)
        done = subprocess.run([GAIAPROF, "diff", "-f", name, "-o", output, before, after],
                              capture_output=True, cwd=WORK)
        said = done.stderr.decode()
        if done.returncode == 2 and "build" in said:
            continue  # this build is without it
        equal(done.returncode, 0, f"{name}: {said}")
        check(os.path.getsize(output) > 0, name, "is empty")
    folded = gaiaprof("diff", "-f", "folded", "-v", "allocs", before, after)
    check("grown" in folded, "folded has no stack of grown", folded)
    check("grown" in gaiaprof("diff", "--tree", "-v", "allocs", before, after), "tree")
    check("grown" in gaiaprof("diff", "--peek", "grown", "-v", "allocs", before, after), "peek")
    done = subprocess.run([GAIAPROF, "diff", "-f", "pprof", "-v", "allocs", "-o", path("out.pb.gz"),
                           before, after], capture_output=True, cwd=WORK)
    if done.returncode == 0:
        check(b"grown" in gzip.open(path("out.pb.gz")).read(), "pprof has no function grown")


def case_views():
    before, after = old(), new()
    text = gaiaprof("diff", "-v", "leaks", before, after)
    check("LEAKS" in text and "ALLOCATIONS" not in text, text)
    text = gaiaprof("diff", "-v", "allocs", "--value", "alloc_objects", before, after)
    equal(row(text, "ALLOCATIONS", "grown")[2:], ["10", "30", "+20", "+200.0%", "grown"])
    text = gaiaprof("diff", "-v", "mutex", before, after)
    equal(row(text, "HOLDERS", "contend")[-1], "grown")
    text = gaiaprof("diff", "-v", "threadcreate", before, after)
    check("TOTALS" in text and "THREADS" in text and "LOCKS" not in text, text)
    text = gaiaprof("diff", "-v", "allocs", "-n", 1, before, after)
    check(has_row(text, "ALLOCATIONS", "shrunk") and not has_row(text, "ALLOCATIONS", "grown"),
          text)
    check("more: -n 0 shows all" in text, text)
    text = gaiaprof("diff", "-v", "allocs", "--focus", "^appeared$", before, after)
    check(has_row(text, "ALLOCATIONS", "appeared") and not has_row(text, "ALLOCATIONS", "gone"),
          text)
    check("totals are of everything" in text, text)
    check(all(has_row(text, "TOTALS", name) == shown for name, shown in
              (("allocated", True), ("wall", True), ("threads", False), ("leaked", False))), text)
    text = gaiaprof("diff", "-v", "allocs", "--ignore", "^(appeared|gone)$", before, after)
    check(not has_row(text, "ALLOCATIONS", "gone") and has_row(text, "ALLOCATIONS", "grown"), text)


def case_same_build():
    """Of one build lines tell places apart."""
    first, second = old("a.gaia", 0), old("b.gaia", 5)
    value = diff(first, second)
    equal(by_function(value["heap"]["sites"], "allocations")["unchanged"], 5)
    lines = {site["stack"][0]["line"] for site in value["old"]["heap"]["sites"]
             if site["stack"][0].get("function") == "two_lines"}
    equal(len(lines), 2, "lines of two_lines")
    other = diff(first, new())
    lines = {site["stack"][0].get("line", 0) for site in other["old"]["heap"]["sites"]
             if site["stack"][0].get("function") == "two_lines"}
    equal(lines, {0}, "lines of two_lines in two builds")


def case_no_difference():
    profile = old()
    text = gaiaprof("diff", profile, profile)
    equal(text.splitlines()[1:], ["no difference"])
    value = diff(profile, profile)
    equal(value["heap"]["allocations"], 0)
    check(all(site["allocations"] == 0 for site in value["heap"]["sites"]), "sites")


def case_samples():
    """Values of samples add up to the totals, old ones to the old totals."""
    before, after = old(), new()
    text = gaiaprof("diff", "-f", "folded", "-v", "allocs", "--value", "alloc_objects", before,
                    after)
    value = diff(before, after)
    total = 0
    for line in text.splitlines():
        numbers = re.search(r"((?: -?\d+)+)$", line)
        check(numbers, line)
        of = [int(number) for number in numbers.group(1).split()]
        total += of[1] - of[0] if len(of) == 2 else of[0]
    equal(total, value["heap"]["allocations"])


def case_renamed():
    """A build under another name is the same program."""
    program = path("renamed")
    shutil.copy(os.path.join(PROGRAMS, "new", "program"), program)
    value = diff(old(), record("renamed.gaia", program))
    sums = by_function(value["heap"]["sites"], "allocations")
    equal((sums["grown"], sums["unchanged"], sums["gone"]), (20, 0, -6))
    stacks = {stack_key(site["stack"]) for site in value["heap"]["sites"]
              if site["stack"][0].get("function") == "grown"}
    equal(len(stacks), 1, "stacks of grown")
    text = gaiaprof("diff", path("old.gaia"), path("renamed.gaia"))
    check("note      the programs have other names: program and renamed" in text, text)


def case_live():
    """A process that runs against what it was."""
    env = dict(os.environ, LD_PRELOAD=LIBRARY, GAIAPROF_OUTPUT=path("live.gaia"),
               GAIAPROF_OPTIONS="report=none:leaks=off")
    code = "import sys; print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code], env=env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        if not os.path.exists(path("live.gaia")):
            process.communicate()
            print("python is not profiled here")
            sys.exit(77)
        shutil.copy(path("live.gaia"), path("then.gaia"))
        text = gaiaprof("diff", "-v", "allocs", path("then.gaia"), process.pid)
        check("TOTALS" in text or "no difference" in text, text)
        process.communicate()


# --- statistics

def statistics(text, name):
    line = next((line for line in text.splitlines() if line.startswith(f"  {name} ")), None)
    check(line, "no", name, "in", text)
    return re.split(r"  +", line.strip())


def case_runs():
    olds = [old(f"o{i}.gaia", i) for i in range(6)]
    news = [new(f"n{i}.gaia", i) for i in range(6)]
    text = gaiaprof("diff", *olds, "--", *news)
    check(all(len(line) <= 100 for line in text.splitlines()), "wider than 100 columns", text)
    a = [report(profile)["heap"]["allocations"] for profile in olds]
    b = [report(profile)["heap"]["allocations"] for profile in news]
    equal([value - a[0] for value in a], list(range(6)))
    cells = statistics(text, "allocations")
    medians = (sorted(a)[2] + sorted(a)[3]) / 2, (sorted(b)[2] + sorted(b)[3]) / 2
    low, high = max(a) / medians[0] - 1, 1 - min(a) / medians[0]
    equal(cells[1].split(" ± ")[1], f"{100 * max(low, high):.0f}%", "interval")
    overlap = sum(x > y for x in a for y in b)
    check(overlap == 0 or "p=0.002" not in cells[4], cells)
    if overlap == 0:
        equal(cells[3:5], [f"{100 * (medians[1] / medians[0] - 1):+.2f}%", "(p=0.002 n=6)"])
    equal(statistics(text, "threads created")[1:4], ["2 ± 0%", "6 ± 0%", "+200.00%"])
    equal(row(text, "ALLOCATIONS", "grown")[2:], ["2.0 KiB", "5.9 KiB", "+3.9 KiB", "+200.0%",
                                                  "grown"])  # means
    text = gaiaprof("diff", *olds[:3], "--", *news[:3])
    cells = statistics(text, "threads created")
    check("∞" in cells[1] and cells[3] == "~" and "p=0.100 n=3" in cells[4], cells)
    check("need >= 4 samples to detect a difference at alpha level 0.05" in text, text)
    check("need >= 6 samples for confidence interval at level 0.95" in text, text)
    text = gaiaprof("diff", "--alpha", "0.2", *olds[:3], "--", *news[:3])
    equal(statistics(text, "threads created")[3], "+200.00%")
    text = gaiaprof("diff", *olds[:4], "--", *olds[:4])
    equal(statistics(text, "threads created")[3:4], ["~"])
    check("all samples are equal" in text, text)
    value = diff(*olds, "--", *news)
    equal(by_function(value["heap"]["sites"], "allocations")["grown"], 20, "mean")
    equal(value["old"]["threads"]["created"], 2, "mean")


def write(name, text):
    with open(path(name), "w") as out:
        out.write(text)
    return path(name)


def case_benchmarks():
    noise = "goos: linux\nkey: value\nPASS\nBenchmarkBroken\nBenchmark 1 2 ns/op\nok 1.2s\n"
    before = write("old.txt", noise + "".join(
        f"BenchmarkEncode/a=b-8  \t100\t {ns} ns/op\t  48 B/op\t 3 allocs/op\t 7.5 MB/s\n"
        for ns in (1700, 1710, 1720, 1690, 1705, 1715)))
    after = write("new.txt", noise + "".join(
        f"BenchmarkEncode/a=b-8  100 {ns} ns/op 48 B/op 2 allocs/op 7.9 MB/s\r\n"
        for ns in (1400, 1410, 1420, 1390, 1405, 1415)))
    text = gaiaprof("diff", before, after)
    equal(statistics(text, "Encode/a=b-8"), ["Encode/a=b-8", "1.708µ ± 1%", "1.408µ ± 1%",
                                            "-17.57%", "(p=0.002 n=6)"])
    for unit in ("sec/op", "B/op", "allocs/op", "B/s"):
        check(re.search(rf"^{unit} ", text, re.M), unit, text)
    check("all samples are equal" in text, text)
    check(re.search(r"48 ± 0%\s+48 ± 0%\s+~\s+\(p=1.000 n=6\)", text), text)
    check(re.search(r"7.153Mi ± 0%\s+7.534Mi ± 0%\s+\+5.33%", text), text)
    # beside profiles
    text = gaiaprof("diff", old(), before, "--", new(), after)
    statistics(text, "allocations")
    statistics(text, "Encode/a=b-8")
    check(has_row(text, "ALLOCATIONS", "grown"), text)
    # a geometric mean
    two = write("two.txt", "BenchmarkA 1 2 ns/op\nBenchmarkB 1 8 ns/op\n")
    four = write("four.txt", "BenchmarkA 1 4 ns/op\nBenchmarkB 1 16 ns/op\n")
    equal(statistics(gaiaprof("diff", two, four), "geomean"), ["geomean", "4.000n", "8.000n",
                                                              "+100.00%"])
    # the bundled program's
    lines = subprocess.run([os.path.join(BUILD, "stress"), "--format", "bench", "--operations",
                            "200", "--subsystems", "cache"], capture_output=True).stdout
    with open(path("stress.txt"), "wb") as out:
        out.write(lines)
    check("sec/op" in gaiaprof("diff", path("stress.txt"), path("stress.txt")), lines)


def case_one_sided():
    """What only one side has recorded, whichever it is."""
    lines = write("one.txt", "BenchmarkA 1 2 ns/op\n")
    without, whole = old("off.gaia", options=":heap=off"), new()
    for sides in ((without, whole), (whole, without)):
        text = gaiaprof("diff", sides[0], lines, "--", sides[1], lines)
        cells = statistics(text, "allocations")
        equal(len(cells), 2, cells)
        check("1 run, 1 text" in text.splitlines()[0], text)
        text = gaiaprof("diff", *sides)
        check("not recorded" in row(text, "TOTALS", "allocations"), text)
    for sides in ((lines, whole), (whole, lines)):
        text = gaiaprof("diff", *sides)
        check("only benchmark lines are compared" in text and "sec/op" in text, text)
        check("allocations" not in text, "totals of profiles", text)
    large = write("large.txt", "BenchmarkA 1 2e21 things\nBenchmarkB 1 3e-20 things\n")
    text = gaiaprof("diff", large, large)
    equal(statistics(text, "A")[1].split(" ")[0], "2e+21")
    equal(statistics(text, "B")[1].split(" ")[0], "3e-20")


# --- what is not known

def case_unrecorded():
    whole, options = new(), ("heap", "locks", "threads")
    without = {name: old(f"no_{name}.gaia", options=f":{name}=off") for name in options}
    value = diff(without["heap"], whole)
    equal(("heap" in value, "locks" in value, value["mode"]["heap"]), (False, True, "off"))
    check("heap" not in diff(whole, without["heap"]), "the heap has a difference")
    check("locks" not in diff(without["locks"], whole) or
          not diff(without["locks"], whole)["locks"], "locks have a difference")
    merged = report(merge("all.gaia", whole, without["heap"]))
    for key in SITE_KEYS + ("reallocs",):
        equal(merged["heap"][key], report(whole)["heap"][key], key)
    text = gaiaprof("diff", without["heap"], without["heap"])
    check("  note      both: the heap was not recorded (GAIAPROF_HEAP=exact)\n" in text, text)
    check("damaged" not in text and "1 of 1" not in text, text)
    said = error("diff", "-f", "folded", without["heap"], whole)
    check("view 'heap': the heap was not recorded" in said, said)
    for view, name in (("threads", "threads"), ("order", "locks"), ("allocs", "heap"),
                       ("block", "locks"), ("threadcreate", "threads")):
        for sides in ((without[name], whole), (whole, without[name])):
            said = error("diff", "-v", view, *sides)
            check(f"view '{view}'" in said and "not recorded (GAIAPROF_" in said, said)
        check("not recorded" in error("report", "-v", view, without[name]), view)


def killed(name):
    """The profile of a process that ended without a word."""
    return record(name, os.path.join(PROGRAMS, "diff_circle"), "killed")


def case_killed():
    """No time is made up where the end is not known."""
    dead, whole = [killed(f"dead{i}.gaia") for i in range(2)], old()
    of_dead = merge("dead.gaia", *dead)
    value = report(of_dead)["process"]
    check("duration_ns" not in value and "status" not in value["exit"], value)
    equal((value["exit"]["kind"], value["merged"]["without_end"]), ("merged", 2))
    text = gaiaprof("report", of_dead)
    check("run time unknown" in text and "the run time of 2 of 2 profiles is not known" in text,
          text)
    mixed = merge("mixed.gaia", whole, of_dead)
    value = report(mixed)
    equal(value["process"]["duration_ns"], report(whole)["process"]["duration_ns"])
    check("the run time of 2 of 3 profiles is not known" in value["health"]["notes"], value)
    for sides in ((dead[0], whole), (whole, dead[0]), (mixed, whole)):
        check("duration_ns" not in diff(*sides)["process"], sides)
        text = gaiaprof("diff", *sides)
        equal(row(text, "TOTALS", "wall")[1:].count("not recorded"), 1, text)
    check("old: the run time is not known" in gaiaprof("diff", dead[0], whole))
    first, second = old("a.gaia"), new("b.gaia")
    times = [report(one)["process"]["duration_ns"] for one in (first, second)]
    equal(diff(first, second)["process"]["duration_ns"], times[1] - times[0])
    equal(diff(second, first)["process"]["duration_ns"], times[0] - times[1])


def case_estimates():
    exact = old()
    sampled = [new(f"s{i}.gaia", options=f":heap={1 + i // 2}k") for i in range(4)]
    text = gaiaprof("diff", sampled[0], sampled[2])
    cells = row(text, "TOTALS", "allocated")
    check(cells[1].startswith("~") and cells[2].startswith("~"), cells)
    check(cells[3].lstrip("+-").startswith("~"), cells)
    note = " ".join(text.split())
    check("the heap was sampled (old every 1.0 KiB, new every 2.0 KiB)" in note and
          "may not have been sampled" in note, text)
    cells = row(gaiaprof("diff", exact, sampled[0]), "TOTALS", "allocated")
    check(not cells[1].startswith("~") and cells[2].startswith("~"), cells)
    text = gaiaprof("diff", *sampled[:2], "--", *sampled[2:])
    cells = statistics(text, "allocated bytes")
    check(cells[1].startswith("~") and cells[2].startswith("~"), cells)
    check(not statistics(text, "threads created")[1].startswith("~"), text)


def case_nameless():
    """Addresses of stripped builds are not those of the same code."""
    names = {}
    for build in ("old", "new"):
        names[build] = path(build)
        shutil.copy(os.path.join(PROGRAMS, build, "program"), names[build])
        subprocess.run(["strip", names[build]], check=True)
    profiles = [record(f"{build}.gaia", names[build]) for build in names]
    text = " ".join(gaiaprof("diff", *profiles).split())
    check(re.search(r"\d+% of the bytes are of code without names", text), text)
    check("without names" not in gaiaprof("diff", profiles[0], profiles[0]), "of one build")
    check("without names" not in gaiaprof("diff", old("o.gaia"), new("n.gaia")), "with names")


# --- errors

def case_errors():
    profile = old()
    check("no NEW profile given" in error("diff", profile), "NEW")
    check("no profile given" in error("diff"), "none")
    check("no NEW profile given" in error("diff", profile, "--"), "NEW")
    check("OLD... -- NEW" in error("diff", profile, profile, profile), "three")
    check("No such file" in error("diff", profile, path("missing.gaia")), "missing")
    check("neither a profile nor Go benchmark lines" in error("diff", profile,
                                                             write("words.txt", "some words\n")))
    check("neither a profile" in error("diff", profile, write("empty.txt", "")))
    check("no such format" in error("diff", "-f", "nothing", profile, profile))
    check("no such view" in error("diff", "-v", "nothing", profile, profile))
    check("sorted by what changed most" in error("diff", "--sort", "peak", profile, profile))
    check("not a probability" in error("diff", "--alpha", "2", profile, profile))
    check("can't be compared" in error("diff", "-v", "timeline", profile, profile))
    unrecorded = old("unrecorded.gaia", options=":locks=off")
    said = error("diff", "-v", "block", profile, unrecorded)
    check(said.startswith(f"gaiaprof: {unrecorded}: ") and "not recorded" in said, said)
    check("can't be written" in error("diff", "-o", path("no/where"), profile, profile))
    with open(profile, "rb") as whole, open(path("short.gaia"), "wb") as cut:
        cut.write(whole.read(100))
    check("cut off" in error("diff", path("short.gaia"), profile))
    check("gaiaprof diff [OPTIONS] OLD" in gaiaprof("help", "diff"))
    check("gaiaprof merge -o OUT" in gaiaprof("help", "merge"))


# --- merge

def merge(out, *profiles, status=0):
    gaiaprof("merge", "-o", path(out), *profiles, status=status)
    return path(out)


SITE_KEYS = ("allocations", "allocated_bytes", "frees", "freed_bytes", "temporary", "live_blocks",
             "live_bytes", "peak_bytes")
LOCK_KEYS = ("acquisitions", "contentions", "wait_ns", "timeouts", "try_failed", "owner_changes")


def sums(reports):
    """Everything of reports that adds up, by stack."""
    of = collections.Counter()
    for one in reports:
        for key in SITE_KEYS + ("reallocs", "peak_blocks"):
            of["heap", key] += one["heap"][key]
        for site in one["heap"]["sites"]:
            for key in SITE_KEYS:
                of["site", stack_key(site["stack"]), key] += site[key]
        for leak in one["leaks"].get("records", []):
            for key in ("blocks", "bytes"):
                of["leak", leak["class"], stack_key(leak["stack"]), key] += leak[key]
        for misuse in one["heap"]["mismatches"]:
            of["misuse", misuse["kind"], stack_key(misuse["free_stack"])] += misuse["count"]
        for lock in one["locks"]:
            for key in LOCK_KEYS:
                of["lock", lock["kind"], key] += lock[key]
            for kind in ("waiters", "holders"):
                for wait in lock[kind]:
                    of[kind, lock["kind"], stack_key(wait["stack"])] += wait["wait_ns"]
                    of[kind, "n", lock["kind"], stack_key(wait["stack"])] += wait["count"]
            for wait in lock["waiters"]:
                for number, count in enumerate(wait["histogram"]):
                    of["histogram", lock["kind"], stack_key(wait["stack"]), number] += count
            for pair in lock["pairs"]:
                names = tuple(stack_key(lock[side + "s"][pair[side]]["stack"])
                              for side in ("waiter", "holder"))
                of["pair", names] += pair["wait_ns"]
        for key in ("created", "finished", "joined", "detached", "leaked", "running_at_exit"):
            of["threads", key] += one["threads"][key]
        for thread in one["threads"]["records"]:
            name = stack_key(thread["created_by"]), thread["join"]
            of["thread", name] += thread.get("count", 1)
            of["cpu", name] += thread["cpu_ns"]
        for key, count in one["health"]["dropped"].items():
            of["dropped", key] += count
        of["duration"] += one["process"]["duration_ns"]
    return +of


def check_sum(merged, profiles):
    value, expected = sums([report(merged)]), sums([report(profile) for profile in profiles])
    wrong = {key: (value[key], expected[key]) for key in set(value) | set(expected)
             if value[key] != expected[key]}
    check(not wrong, len(wrong), "sums differ:", list(wrong.items())[:3])
    check(len(expected) > 50, "there is little to add up")


def small_runs(count):
    return [(old if i % 2 else new)(f"run{i}.gaia", i % 7) for i in range(count)]


def case_merge():
    profiles = small_runs(46)
    stress = os.path.join(BUILD, "stress")
    profiles += [record(f"stress{i}.gaia", stress, "--operations", 50, "--seed", i + 1)
                 for i in range(4)]
    out = gaiaprof("merge", "-o", path("all.gaia"), *profiles)
    check(out.startswith(path("all.gaia") + ": 50 profiles of 2 programs, "), out)
    check_sum(path("all.gaia"), profiles)
    equal(os.stat(path("all.gaia")).st_mode & 0o777, 0o600, "mode")
    merged = report(path("all.gaia"))["process"]["merged"]
    equal(merged["profiles"], 50)
    equal({one["name"]: one["profiles"] for one in merged["programs"]},
          {"program": 46, "stress": 4})
    text = gaiaprof("report", path("all.gaia"))
    check(text.startswith("gaiaprof  50 profiles of 2 programs"), text[:100])
    check("the peak is the sum of all peaks" in text)
    text = gaiaprof("report", merge("one.gaia", *profiles[:4]))
    check(text.startswith("gaiaprof  4 profiles of program "), text[:100])
    for name in ("folded", "tree", "callgrind"):
        check(len(gaiaprof("report", "-f", name, path("all.gaia"))) > 100, name)
    for view in ("threads", "mutex", "block", "order", "leaks", "timeline"):
        gaiaprof("report", "-v", view, path("all.gaia"))
    gaiaprof("report", "--by-program", path("all.gaia"), profiles[0])
    equal(gaiaprof("merge", "-q", "-o", path("quiet.gaia"), *profiles[:2]), "")
    budget = sum(report(profile)["heap"]["allocations"] for profile in profiles)
    gaiaprof("check", f"allocations={budget}", path("all.gaia"))
    gaiaprof("check", f"allocations={budget - 1}", path("all.gaia"), status=23)
    leaks = report(path("all.gaia"))["leaks"]["definite"]["blocks"]
    equal(leaks, 23 * 1 + 23 * 3)
    gaiaprof("check", f"leaks={leaks}", path("all.gaia"))
    gaiaprof("check", f"leaks={leaks - 1}", path("all.gaia"), status=23)


def case_merge_builds():
    """Places of two builds that look alike have the module."""
    names = []
    for name in ("first", "second"):
        names.append(path(name))
        shutil.copy(os.path.join(PROGRAMS, "old", "program"), names[-1])
    text = gaiaprof("report", "-v", "allocs", merge("all.gaia", record("a.gaia", names[0]),
                                                    record("b.gaia", names[1])))
    rows = re.findall(r"^  unchanged +(program.c:\d+)  (first|second) ", text, re.M)
    equal(sorted(module for _, module in rows), ["first", "second"], text)
    text = gaiaprof("report", "-v", "allocs", path("a.gaia"))
    check(re.search(r"^  unchanged +program.c:\d+ +[\d.]+ ", text, re.M), text)


def case_merge_again():
    profiles = small_runs(6)
    halves = [merge("a.gaia", *profiles[:3]), merge("b.gaia", *profiles[3:])]
    check_sum(merge("again.gaia", *halves), profiles)
    equal(report(path("again.gaia"))["process"]["merged"]["profiles"], 6)
    alone = merge("alone.gaia", profiles[0])
    check_sum(alone, profiles[:1])
    check_sum(merge("copy.gaia", alone), profiles[:1])
    text = gaiaprof("diff", halves[0], halves[1])
    check(has_row(text, "ALLOCATIONS", "grown") and "TOTALS" in text, text)
    same = gaiaprof("diff", path("again.gaia"), merge("whole.gaia", *profiles))
    equal(same.splitlines()[1:], ["no difference"])
    replaced = merge("again.gaia", profiles[0])
    check_sum(replaced, profiles[:1])
    equal([name for name in os.listdir(WORK) if name.startswith("again.gaia.")], [], "left over")


def case_merge_order():
    profiles = small_runs(5) + [record("s.gaia", os.path.join(BUILD, "stress"), "--operations", 50)]
    first = sums([report(merge("a.gaia", *profiles))])
    second = sums([report(merge("b.gaia", *reversed(profiles)))])
    equal(first == second, True, "the order of inputs matters: same figures")


def memory_of(*args):
    """Most bytes that the command had."""
    code = ("import resource, subprocess, sys\n"
            "subprocess.run(sys.argv[1:], check=True)\n"
            "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n")
    done = subprocess.run([sys.executable, "-c", code, GAIAPROF, *args], check=True,
                          capture_output=True)
    return int(done.stdout.split()[-1]) * 1024


def case_merge_memory():
    profile = new()
    few = memory_of("merge", "-q", "-o", path("few.gaia"), *[profile] * 2)
    many = memory_of("merge", "-q", "-o", path("many.gaia"), *[profile] * 60)
    check(many < few + (few // 4) + (4 << 20), "2 take", few, "bytes, 60", many)
    equal(os.path.getsize(path("few.gaia")), os.path.getsize(path("many.gaia")), "size")
    check_sum(path("few.gaia"), [profile] * 2)
    equal(report(path("many.gaia"))["heap"]["allocations"],
          60 * report(profile)["heap"]["allocations"])


def case_merge_tree():
    """The processes of a shell."""
    shell = shutil.which("sh")
    program = os.path.join(PROGRAMS, "old", "program")
    record("", shell, "-c", f"{program}; {program} 3; exit 0", options=":follow=all",
           output=path("tree.%p.gaia"))
    profiles = [path(name) for name in sorted(os.listdir(WORK)) if name.startswith("tree.")]
    check(len(profiles) >= 3, profiles)
    check_sum(merge("all.gaia", *profiles), profiles)


def case_merge_sampled():
    exact, sampled = old(), old("sampled.gaia", options=":heap=1k")
    other = old("sampled2.gaia", options=":heap=2k")
    merged = merge("all.gaia", exact, sampled, other)
    check_sum(merged, [exact, sampled, other])
    value = report(merged)
    equal(value["mode"]["heap"], "sampled")
    check(any("was sampled, of the others it is exact" in note
              for note in value["health"]["notes"]), value["health"]["notes"])
    errors = [report(profile)["heap"]["allocated_bytes_error"] for profile in (sampled, other)]
    expected = sum(half * half for half in errors) ** 0.5  # independent
    check(abs(value["heap"]["allocated_bytes_error"] - expected) <= 2 + expected / 50, errors,
          value["heap"]["allocated_bytes_error"])
    text = gaiaprof("diff", exact, sampled)
    check("estimates" in text, text)


def case_merge_deadlocks():
    """Circles of locks and misuse stay, and budgets see them."""
    program = os.path.join(PROGRAMS, "diff_circle")
    profiles = [record(f"order{i}.gaia", program) for i in range(2)]
    before = [report(profile)["order"] for profile in profiles]
    merged = merge("all.gaia", *profiles, old())
    order = report(merged)["order"]
    kinds = sorted((cycle["kind"], sorted(lock["name"] for lock in cycle["locks"]))
                   for cycle in before[0])
    equal(kinds, [("potential deadlock", ["accounts", "journal"])])
    equal(sorted((cycle["kind"], sorted(lock["name"] for lock in cycle["locks"]))
                 for cycle in order), kinds)
    for cycle in order:
        check(all(edge["stack_to"] for edge in cycle["edges"]), cycle)
    gaiaprof("report", merged)
    again = report(merge("again.gaia", merged))["order"]
    equal(len(again), len(order))
    gaiaprof("check", "order=1", merged)
    gaiaprof("check", "order=0", merged, status=23)
    text = gaiaprof("diff", old(), profiles[0])
    check("\n\nDEADLOCKS  and locks taken in circles\n  appeared  potential deadlock of" in text,
          text)
    text = gaiaprof("diff", profiles[0], old())
    check("gone      potential deadlock of" in text, text)
    text = gaiaprof("diff", "-v", "order", profiles[0], profiles[1])
    check("potential deadlock of" not in text, text)
    misuse = report(merged)["misuse"]
    equal([(one["kind"], one["lock"]["name"], one["count"]) for one in misuse],
          [("unlock of an unheld lock", "journal", 2)])


def case_merge_partial():
    """A gate does not pass for what is not known of one of them."""
    whole = old()
    no_heap, no_locks = old("h.gaia", options=":heap=off"), old("l.gaia", options=":locks=off")
    no_leaks = old("k.gaia", options=":leaks=off")
    merged = merge("all.gaia", whole, no_heap, no_locks, no_leaks)
    notes = " ".join(report(merged)["health"]["notes"])
    for words in ("the heap of 1 of 4 profiles was not recorded",
                  "the locks of 1 of 4 profiles were not recorded",
                  "the leaks of 1 of 4 profiles are not known"):
        check(words in notes, words, notes)
    equal(report(merged)["leaks"]["definite"]["blocks"], 2)  # of whole and no_locks
    for budget in ("leaks=99", "allocations=99999", "lock_wait=99s", "mismatches=0"):
        out = gaiaprof("check", budget, merged, status=23)
        check("not known of all profiles" in out, out)
    gaiaprof("check", "leaked_threads=99", merged)
    out = gaiaprof("check", "leaks=1", merged, status=23)
    check("VIOLATED" in out, out)


def case_merge_errors():
    profile = old()
    check("say where" in error("merge", profile))
    check("no profile given" in error("merge", "-o", path("x.gaia")))
    check("is one of the profiles" in error("merge", "-o", profile, profile))
    os.symlink(profile, path("link.gaia"))
    check("is a symbolic link" in error("merge", "-o", path("link.gaia"), profile))
    check("not to stdout" in error("merge", "-o", "-", profile))
    check("no regular file" in error("merge", "-o", WORK, profile))
    check("no regular file" in error("merge", "-o", "/dev/null", profile))
    check("can't be written" in error("merge", "-o", path("no/where.gaia"), profile))
    damaged = write("damaged.gaia", "not a profile at all")
    check("not a gaiaprof profile" in error("merge", "-o", path("x.gaia"), profile, damaged))
    check(not os.path.exists(path("x.gaia")), "something was written")
    done = subprocess.run([GAIAPROF, "merge", "--skip-damaged", "-o", path("x.gaia"), profile,
                           damaged], capture_output=True)
    equal(done.returncode, 0)
    check(b"damaged.gaia: not a gaiaprof profile" in done.stderr, done.stderr)
    equal(report(path("x.gaia"))["process"]["merged"]["profiles"], 1)
    said = subprocess.run([GAIAPROF, "merge", "--skip-damaged", "-o", path("y.gaia"), damaged],
                          capture_output=True)
    equal(said.returncode, 2)
    check(not os.path.exists(path("y.gaia")), "something was written")


def case_merge_hostile():
    """Words of a merged profile changed one by one: nothing crashes or hangs."""
    merged = merge("all.gaia", old(), new())
    with open(merged, "rb") as whole:
        bytes_of = bytearray(whole.read())
    state = 12345
    for i in range(250):
        state = (state * 1103515245 + 12345) & 0x7fffffff
        at = 4096 + state % (len(bytes_of) - 4100)
        changed = bytearray(bytes_of)
        changed[at & ~3:(at & ~3) + 4] = struct.pack("<I", (0, 1, 0xffffffff, 0x7fffffff, i)[i % 5])
        with open(path("changed.gaia"), "wb") as out:
            out.write(changed if i % 10 else changed[:at])
        for args in (["report", "-f", "json", path("changed.gaia")],
                     ["diff", merged, path("changed.gaia")],
                     ["merge", "-q", "-o", path("m.gaia"), merged, path("changed.gaia")])[i % 3::3]:
            done = subprocess.run([GAIAPROF, *args], capture_output=True, timeout=60)
            check(done.returncode in (0, 2), "byte", at, args, done.returncode, done.stderr)


try:
    globals()["case_" + CASE]()
finally:
    shutil.rmtree(WORK)
print("all well")
