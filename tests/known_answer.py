#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a small program without and with the profiler and checks its known answer.

    known_answer.py --build DIR --source FILE [--options OPTIONS] [--expect EXPRESSION]... PROGRAM

The answer stands in comments of the program's source:

    // EXPECT: site("lose")["live_blocks"] == 3      a Python expression that must be true
    // OPTIONS: max_frames=5                         GAIAPROF_OPTIONS of the profiled run
    // ENVIRONMENT: NAME=VALUE                       for both runs
    // ARGUMENTS: one two                            for both runs
    // STATUS: 3                                     exit status of both runs (default 0)
    // STACK: unlimited                              no limit of its stack, in both runs
    // OUTPUT: varies                                the output is not compared
    // TIMED: why                                    what is expected hangs on how the time passes:
                                                     it is tried three times
    // STDERR: potential                             the profiled standard error has a line with
                                                     this; the two are not compared
    // EVERY_MODE: health["complete"]                with --every-mode, true of each of its runs
    // MODES: own                                    no other one with --every-mode
    // WITNESS: without threads, children            lines of the witness not to be compared
    // WITNESS: of children                          compared for every process of the run
    // WITNESS: none                                 it is not there

libwitness.so (tests/witness/) says what the process was like at its start and its end: the same in
both runs. With --every-mode the program also runs with heap=exact, heap=512k and
locks=on:hold=exact, where all but the EXPECT lines must hold.

--options are more of GAIAPROF_OPTIONS, and --expect more to be true, of another run of the same
program. What `unwind=check` prints of stacks that differ is not compared.

    // CHECK: health["unwind_mismatches"] > 0         instead of --expect, with the reason

Standard output, standard error and exit status of both runs must be the same. The working
directory is a fresh one for each run; expressions may use

    report    the JSON report; heap, health, process and threads are parts of it. "text" is added to
              it, the report as text, where an EXPECT names it
    reports   the reports of all profiles of the run, first process first
    site(f)   heap sites whose leaf is function f, summed
    sites(f)  heap sites with function f anywhere in the stack
    spelled(s) whether the functions step_N of site s, outermost first, spell its blocks' size
    lock(n)   the lock of name n
    locks_of(k, f) locks of kind k that function f created or allocated, of any without f
    waiters(n), holders(n)  of the lock of name n: {leaf function: its figures, summed}
    pairs(n)  {(leaf of the waiter, leaf of the holder): figures, summed}
    order(n, ...) what `order` says of exactly the locks of these names; of all without names
    edges(o)  of one of these: {(name from, name to): (leaf of stack_from, leaf of stack_to)}
    misuse(k) what `misuse` says of kind k: [(lock's name, count, leaves of both stacks)]
    functions(s)  the functions of a stack, leaf first
    about(a, b)   whether a is b within 5 %
    thread(f) thread records created by function f
    stdout    what the program printed
    profile_bytes  the size of the first profile
"""
import argparse
import difflib
import glob
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

TIME_LIMIT_S = 60
SHOWN_MAX = 20  # lines of a difference
MODES = ("heap=exact", "heap=512k", "locks=on:hold=exact")


def directives(source):
    found = {"is_threaded": False, "EXPECT": [], "EVERY_MODE": [], "ENVIRONMENT": []}
    with open(source, encoding="utf-8") as text:
        for line in text:
            if re.search(r"pthread_create|thrd_create|<thread>", line):
                found["is_threaded"] = True
            match = re.match(r"\s*// ([A-Z_]+): (.*)", line)
            if not match:
                continue
            key, value = match.groups()
            if key in found and isinstance(found[key], list):
                found[key].append(value)
            else:
                found[key] = value
    return found


def lift_stack_limit():
    _, most = resource.getrlimit(resource.RLIMIT_STACK)
    resource.setrlimit(resource.RLIMIT_STACK, (most, most))


class Run:
    """One run of a program: how it ended, what it printed, what the witness saw of it."""

    def __init__(self, options, asked, preload, environment, work):
        arguments = [options.program] + asked.get("ARGUMENTS", "").split()
        with tempfile.TemporaryDirectory() as seen:
            environment = dict(environment, **witness_variables(options.build, asked, seen))
            library = witness_library(options.build, asked)
            if preload or library:
                environment["LD_PRELOAD"] = ":".join(filter(None, (preload, library)))
            done = subprocess.run(arguments, cwd=work, env=environment, capture_output=True,
                                  timeout=TIME_LIMIT_S, check=False,
                                  preexec_fn=lift_stack_limit if "STACK" in asked else None)
            self.testimony = testimony(asked, seen, os.path.realpath(work))
        self.status = done.returncode
        self.stdout = done.stdout.decode()
        self.stderr = done.stderr.decode()


def witness_library(build, asked):
    path = f"{build}/tests/witness/libwitness.so"
    return path if asked.get("WITNESS") != "none" and os.path.exists(path) else None


def witness_variables(build, asked, directory):
    if not witness_library(build, asked):
        return {}
    children = {"WITNESS_CHILDREN": "1"} if asked.get("WITNESS") == "of children" else {}
    return dict(children, WITNESS_OUTPUT=f"{directory}/witness")


# The report goes to the stderr that the host had, also when the host's own handlers close it at
# exit: a copy of it is kept from then on (preload/reporter.c).
KEPT_STDERR = re.compile(r"descriptor \d{3,} (\S+) cloexec flags (\S+)")


def is_kept_stderr(line, lines):
    match = KEPT_STDERR.fullmatch(line)
    return match and f"descriptor 2 {match[1]} flags {match[2]}" in lines


def without_last_errno(lines):
    """Which of several waits was the last to fail is a matter of who came first."""
    is_end = lines[0].startswith("end")
    return [line for line in lines if not (is_end and line.startswith("errno "))]


def testimony(asked, directory, work):
    """The lines of all processes: no order of theirs is to be relied on."""
    words = asked.get("WITNESS", "").removeprefix("without ").split(", ")
    left_out = tuple(filter(None, words))
    texts = []
    for name in os.listdir(directory):
        with open(f"{directory}/{name}", encoding="utf-8", errors="replace") as file:
            texts.append(file.read().replace(work, "DIRECTORY"))
    parts = [part.splitlines() for text in sorted(texts)
             for part in re.split("^= ", text, flags=re.MULTILINE)[1:]]
    if asked["is_threaded"]:
        parts = [without_last_errno(lines) for lines in parts]
    return [line for lines in parts for line in lines
            if not line.startswith(left_out) and not is_kept_stderr(line, lines)]


def report_as(build, profile, form):
    done = subprocess.run([f"{build}/gaiaprof", "report", "-f", form, profile],
                          capture_output=True, check=False, timeout=TIME_LIMIT_S)
    if done.returncode != 0:
        sys.exit(f"gaiaprof report {profile}: {done.stderr.decode()}")
    return done.stdout.decode()


def report_of(build, profile):
    report = json.loads(report_as(build, profile, "json"), object_hook=with_function)
    report["profile_bytes"] = os.path.getsize(profile)
    return report


def with_function(part):
    """A frame without a name has the name None."""
    if "module" in part:
        part.setdefault("function", None)
    return part


def leaf(stack):
    return stack[0].get("function") if stack else None


def summed(sites):
    total = {}
    for site in sites:
        for key, value in site.items():
            if isinstance(value, int):
                total[key] = total.get(key, 0) + value
    return total


def bare(name):
    """A C++ name without its parameters."""
    return name.split("(")[0] if name else name


def spelled(site):
    """The size of each block of the site says which step_N called which (unwind/spell.h)."""
    names = (bare(frame["function"]) or "" for frame in reversed(site["stack"]))
    digits = "".join(name[5:] for name in names if re.fullmatch(r"step_\d", name))
    return site["allocated_bytes"] == site["allocations"] * int(digits or 0)


def functions(stack):
    return [bare(frame.get("function")) for frame in stack]


def about(measured, known, part=0.05):
    return abs(int(measured) - int(known)) <= part * int(known)


def by_leaf(parts):
    leaves = {}
    for part in parts:
        leaves.setdefault(bare(leaf(part["stack"])), []).append(part)
    return {name: summed(same) for name, same in leaves.items()}


def edges(found):
    def name(index):
        return None if index is None else found["locks"][index]["name"]

    return {(name(edge.get("from")), name(edge["to"])):
            (bare(leaf(edge.get("stack_from"))), bare(leaf(edge["stack_to"])))
            for edge in found["edges"]}


class Answer:
    """What the expressions of a program see."""

    def __init__(self, reports, stdout):
        self.reports = reports
        self.report = reports[0] if reports else {}
        self.stdout = stdout

    def sites(self, function):
        return [site for site in self.report["heap"]["sites"]
                if any(bare(frame.get("function")) == function for frame in site["stack"])]

    def site(self, function):
        return summed([site for site in self.report["heap"]["sites"]
                       if bare(leaf(site["stack"])) == function])

    def lock(self, name):
        return next(lock for lock in self.report["locks"] if lock["name"] == name)

    def locks_of(self, kind, function=None):
        return [lock for lock in self.report["locks"] if lock["kind"] == kind and (
            not function or function in functions(lock["created_by"]) or
            function in functions(lock.get("block", {}).get("stack", [])))]

    def waiters(self, name):
        return by_leaf(self.lock(name)["waiters"])

    def holders(self, name):
        return by_leaf(self.lock(name)["holders"])

    def pairs(self, name):
        lock = self.lock(name)
        leaves = {}
        for part in lock["pairs"]:
            key = tuple(bare(leaf(lock[of + "s"][part[of]]["stack"]))
                        for of in ("waiter", "holder"))
            leaves.setdefault(key, []).append({k: part[k] for k in ("count", "wait_ns")})
        return {key: summed(parts) for key, parts in leaves.items()}

    def order(self, *names):
        return [found for found in self.report["order"] if not names or
                sorted(lock["name"] for lock in found["locks"]) == sorted(names)]

    def misuse(self, kind):
        return [(found["lock"]["name"], found["count"], bare(leaf(found["stack"])),
                 bare(leaf(found.get("other_stack"))))
                for found in self.report["misuse"] if found["kind"] == kind]

    def thread(self, function):
        return [record for record in self.report["threads"]["records"]
                if any(frame.get("function") == function for frame in record["created_by"])]

    def names(self):
        names = {"report": self.report, "reports": self.reports, "stdout": self.stdout,
                 "spelled": spelled, "functions": functions, "about": about,
                 "edges": edges}
        for part in ("heap", "health", "process", "threads", "profile_bytes"):
            names[part] = self.report.get(part)
        for function in ("site", "sites", "lock", "locks_of", "waiters", "holders", "pairs",
                         "order", "misuse", "thread"):
            names[function] = getattr(self, function)
        return names


def consistent(report):
    """What is true of every complete report."""
    if report.get("heap"):
        consistent_heap(report["heap"])
    if is_at_rest(report):
        for lock in report.get("locks", []):
            consistent_lock(lock)
        consistent_waits(report)


def is_at_rest(report):
    """Whether no other thread ran when the report was made: its counters are of one moment."""
    return (report["process"]["exit"]["kind"] == "exited" and
            report.get("threads", {}).get("running_at_exit") == 0)


def consistent_heap(heap):
    sites = heap["sites"]
    for key in ("allocations", "allocated_bytes", "frees", "freed_bytes", "live_blocks",
                "live_bytes", "peak_bytes"):
        assert heap[key] == sum(site[key] for site in sites), f"{key} is not the sum of its sites"
    assert heap["allocations"] - heap["frees"] == heap["live_blocks"], "live blocks"
    assert heap["allocated_bytes"] - heap["freed_bytes"] == heap["live_bytes"], "live bytes"
    assert heap["peak_bytes"] >= heap["live_bytes"], "peak below the live bytes"


CONTENDED = ("mutex", "rwlock", "spin", "semaphore", "once")


def consistent_lock(lock):
    name = f"{lock['kind']} {lock['name']}"
    waiters, holders, pairs = lock["waiters"], lock["holders"], lock["pairs"]
    count = lock["contentions"] if lock["kind"] in CONTENDED else lock["waits"]
    wait_ns = lock["wait_ns"] if lock["kind"] in CONTENDED else lock["idle_ns"]
    assert count == sum(part["count"] for part in waiters), f"{name}: waits"
    waited = sum(part["wait_ns"] for part in waiters)
    assert wait_ns == waited, f"{name}: time waited"
    assert sum(part["wait_ns"] for part in holders) <= wait_ns, f"{name}: holders' time"
    assert sum(part["count"] for part in holders) <= count, f"{name}: holders' count"
    for waiter in waiters:
        assert sum(waiter["histogram"]) == waiter["count"], f"{name}: histogram"
        assert waiter["wait_max_ns"] <= waiter["wait_ns"], f"{name}: longest wait"
        assert waiter["timeouts"] <= waiter["count"], f"{name}: timeouts"
    for parts, key in ((waiters, "waiter"), (holders, "holder")):
        for index, part in enumerate(parts):
            of_part = sum(pair["wait_ns"] for pair in pairs if pair[key] == index)
            assert of_part <= part["wait_ns"], f"{name}: pairs of a {key}"
    assert (sum(pair["wait_ns"] for pair in pairs) ==
            sum(part["wait_ns"] for part in holders)), f"{name}: pairs"


def consistent_waits(report):
    """What threads waited for is what was waited for the locks."""
    if "locks" not in report or report["threads"]["adopted"]:
        return
    locks = sum(lock["wait_ns"] for lock in report["locks"] if lock["kind"] in CONTENDED)
    records = sum(record["lock_wait_ns"] for record in report["threads"]["records"])
    assert locks == records, f"threads waited {records} ns, for locks {locks} ns"


def profile(options, asked, environment, more):
    """A run with the profiler, and its reports."""
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as work:
        environment = dict(environment, GAIAPROF_OUTPUT=f"{directory}/%e.%p.gaia",
                           GAIAPROF_OPTIONS=":".join(filter(None, (
                               "report=none", asked.get("OPTIONS"), more))))
        done = Run(options, asked, f"{options.build}/libgaiaprof.so", environment, work)
        profiles = sorted(glob.glob(f"{directory}/*.gaia*"), key=os.path.getctime)
        reports = [report_of(options.build, profile) for profile in profiles]
        if any('["text"]' in expression for expression in asked["EXPECT"]):
            for path, report in zip(profiles, reports):
                report["text"] = report_as(options.build, path, "text")
    reports.sort(key=lambda report: report["process"]["start"])
    return done, reports


def differences(asked, plain, profiled):
    for name in ("status", "stdout", "stderr"):
        one, other = getattr(plain, name), getattr(profiled, name)
        is_free = name != "status" and "OUTPUT" in asked or name == "stderr" and "STDERR" in asked
        if one != other and not is_free:
            yield f"{name}: without {one!r}, with {other!r}"
    seen = difflib.unified_diff(plain.testimony, profiled.testimony, "without", "with", n=0,
                                lineterm="")
    changes = [line for line in seen if not line.startswith("@")]
    if changes:
        yield "\n  ".join(["the witness saw:"] + changes[:SHOWN_MAX])


def untrue(expressions, answer):
    for expression in expressions:
        try:
            if not eval(expression, answer.names()):  # pylint: disable=eval-used
                yield f"not true: {expression}"
        except Exception as error:  # pylint: disable=broad-except
            yield f"{expression}: {error!r}"


def check(asked, plain, profiled, reports, expressions):
    yield from differences(asked, plain, profiled)
    if asked.get("STDERR", "") not in profiled.stderr:
        yield f"stderr has no {asked['STDERR']!r}: {profiled.stderr!r}"
    for report in reports:
        try:
            consistent(report)
        except AssertionError as error:
            yield f"inconsistent report: {error}"
    yield from untrue(expressions, Answer(reports, profiled.stdout))


def other_modes(asked):
    """Without a mode of its own a program's own run is the first of them."""
    if asked.get("MODES") == "own":
        return ()
    return MODES[0 if "heap=" in asked.get("OPTIONS", "") else 1:]


def attempt(options, asked, environment):
    """A run without and one or more with the profiler: what is wrong, and the reports."""
    failures = []
    with tempfile.TemporaryDirectory() as work:
        plain = Run(options, asked, None, environment, work)
    if plain.status != int(asked.get("STATUS", 0)):
        failures.append(f"exit status {plain.status}: {plain.stderr}")
    profiled, reports = profile(options, asked, environment, options.options)
    if options.expect:
        profiled.stderr = "".join(line for line in profiled.stderr.splitlines(keepends=True)
                                  if not line.startswith("gaiaprof: stacks differ"))
    if not asked["EXPECT"]:
        failures.append("no EXPECT in the source")
    more = [asked["CHECK"]] if options.expect and "CHECK" in asked else options.expect
    failures += check(asked, plain, profiled, reports,
                      asked["EXPECT"] + asked["EVERY_MODE"] + more)
    for mode in other_modes(asked) if options.every_mode else ():
        found = check(asked, plain, *profile(options, asked, environment, mode),
                      asked["EVERY_MODE"])
        failures += [f"{mode}: {failure}" for failure in found]
    return failures, reports


# Programs measure their own waits: what the machine does between their clock and ours may be more
# than the limit, once in a while.
ATTEMPTS = 3


def is_of_time(asked, failure):
    return "not true: " in failure and (
        "TIMED" in asked or re.search(r"about\(|_ns\b.*stdout|stdout.*_ns\b", failure))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--options", default="")
    parser.add_argument("--expect", action="append", default=[])
    parser.add_argument("--every-mode", action="store_true")
    parser.add_argument("program")
    options = parser.parse_args()
    asked = directives(options.source)
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("GAIAPROF_") and key != "LD_PRELOAD"}
    environment.update(entry.split("=", 1) for entry in asked["ENVIRONMENT"])

    for _ in range(ATTEMPTS):
        failures, reports = attempt(options, asked, environment)
        if not failures or not all(is_of_time(asked, failure) for failure in failures):
            break
    if failures:
        for report in reports:
            brief = dict(report)
            print(json.dumps(brief, indent=1)[:6000])
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
