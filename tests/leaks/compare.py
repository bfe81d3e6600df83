#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program under gaiaprof and under Memcheck and checks both against its known answer.

    compare.py --build DIR --source FILE [--memcheck VALGRIND] [--define NAME] [--show] PROGRAM

The answer stands in comments of the program's source. An answer is a list, "none", or, for
Memcheck, "not run":

    // LEAKS: definite lose 3 120, indirect grow 2 64     class, function, blocks, bytes; * for a
                                             number: any, also none
    // LEAKS: unclassified                   the profile has no classes, and says why
    // CHILD: ...                            the same of a child of the program
    // MEMCHECK: ...                         Memcheck's answer, where it is another: a comment says
                                             why; as well MEMCHECK-CHILD
    // MISUSE: mismatch malloc delete make lose 2     kind (mismatch, interior, double), the forms
                                             of allocation and free, their functions, how often
    // MEMCHECK-MISUSE: ...                  Memcheck's answer, where it is another
    // OPTIONS: follow=fork                  GAIAPROF_OPTIONS
    // ENVIRONMENT: NAME=VALUE               for both runs
    // STATUS: 3                             exit status; -6: ended by signal 6
    // FRAMES: 400                           more frames than Memcheck keeps by itself

The function is the innermost of the program's own: one whose source is in tests/leaks/. Blocks that
libraries make for themselves are in no answer; gaiaprof must find all of them reachable. Without
--memcheck only gaiaprof is run. --show prints what both say.
"""
import argparse
import collections
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
TIME_LIMIT_S = 60
# Under Memcheck blocks lie at low addresses: once in a while a number, as the nanoseconds of a
# time, looks like a pointer into a big one.
MEMCHECK_ATTEMPTS = 3
CLASSES = {"Leak_DefinitelyLost": "definite", "Leak_IndirectlyLost": "indirect",
           "Leak_PossiblyLost": "possible", "Leak_StillReachable": "reachable"}
# What the C library and the loader allocate for themselves, on behalf of the program's calls.
INTERNAL = re.compile(r"pthread_create|pthread_setspecific|dlopen|dlsym|dlclose|_dl_|allocate_dtv|"
                      r"__tls_get_addr|tls_get_addr|__cxa_thread_atexit|__cxa_get_globals|"
                      r"__new_exitfn|qsort|__cxa_atexit|on_exit|at_quick_exit|fork")
KINDS = {"mismatch": "mismatch", "interior free": "interior", "double free": "double"}


def directives(source):
    found = {"ENVIRONMENT": []}
    with open(source, encoding="utf-8") as text:
        for line in text:
            match = re.match(r"\s*// ([A-Z-]+): (.*)", line)
            if not match:
                continue
            key, value = match.groups()
            if key == "ENVIRONMENT":
                found[key].append(value)
            else:
                found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def bare(name):
    """A C++ name without its parameters."""
    return re.split(r"[(\[]", name)[0] if name else ""


def expected_leaks(text):
    """{(class, function): [blocks, bytes]}, a number None: any; or None: unclassified."""
    if text == "unclassified":
        return None
    answer = collections.defaultdict(lambda: [0, 0])
    for part in filter(None, re.split(r",\s*", "" if text == "none" else text)):
        kind, function, blocks, count = part.rsplit(None, 3) if part.count(" ") == 3 else sys.exit(
            f"not CLASS FUNCTION BLOCKS BYTES: {part!r}")
        if "*" in (blocks, count):
            answer[kind, function] = [None if n == "*" else int(n) for n in (blocks, count)]
        else:
            add(answer, (kind, function), int(blocks), int(count))
    return dict(answer)


def is_as_known(found, known):
    if found is None or known is None:
        return found is known
    return found.keys() <= known.keys() and all(
        number in (None, said) for key, numbers in known.items()
        for number, said in zip(numbers, found.get(key, [0, 0])))


def expected_misuse(text):
    answer = collections.Counter()
    for part in filter(None, re.split(r",\s*", "" if text == "none" else text)):
        *key, count = part.split()
        if len(key) != 5:
            sys.exit(f"not KIND ALLOCATED FREED FUNCTION FUNCTION COUNT: {part!r}")
        answer[tuple(key)] += int(count)
    return answer


def add(answer, key, blocks, count):
    answer[key][0] += blocks
    answer[key][1] += count


OWN_FILES = {name for name in os.listdir(HERE) if name.endswith((".c", ".cc", ".h"))}


def own_function(stack):
    """The innermost function of a stack that is the program's own; None for a library's block."""
    for function, file in stack:
        if file and os.path.basename(file) in OWN_FILES:
            return bare(function)
        if function and INTERNAL.search(function):
            return None
    return None


# --- gaiaprof

def gaia_stack(frames):
    return [(frame.get("function"), frame.get("file")) for frame in frames]


def gaia_leaks(report):
    """The answer, and the library's blocks that are not reachable."""
    leaks = report.get("leaks", {})
    if not leaks.get("classified"):
        return None, []
    answer = collections.defaultdict(lambda: [0, 0])
    strangers = []
    for record in leaks["records"]:
        function = own_function(gaia_stack(record["stack"]))
        if function:
            add(answer, (record["class"], function), record["blocks"], record["bytes"])
        elif record["class"] != "reachable":
            strangers.append(record)
    return dict(answer), strangers


def gaia_lost_with(report):
    """{function: bytes that are lost with its definite blocks}"""
    answer = collections.Counter()
    for record in report.get("leaks", {}).get("records", []):
        function = own_function(gaia_stack(record["stack"]))
        if function and record["class"] == "definite":
            answer[function] += record.get("indirect_bytes", 0)
    return +answer


def gaia_misuse(report):
    answer = collections.Counter()
    for found in report["heap"].get("mismatches", []):
        answer[(KINDS[found["kind"]], found["allocated_by"], found["freed_by"],
                own_function(gaia_stack(found["allocation_stack"])) or "?",
                own_function(gaia_stack(found["free_stack"])) or "?")] += found["count"]
    return answer


def gaia_consistent(report):
    """What is true of every classified report."""
    leaks = report.get("leaks", {})
    if not leaks.get("classified"):
        return
    if not leaks.get("suppressed", {}).get("blocks"):
        for kind in CLASSES.values():
            for key in ("blocks", "bytes"):
                total = sum(r[key] for r in leaks["records"] if r["class"] == kind)
                assert leaks[kind][key] == total, f"{kind} {key} is not the sum of its records"
    live = sum(record["blocks"] for record in leaks["records"])
    difference = abs(live - report["heap"]["live_blocks"])
    # a thread that is held within malloc or free has done one half of it
    assert difference <= report["threads"]["running_at_exit"], \
        f"{live} blocks classified, not all live ones"
    for key in ("blocks", "bytes"):
        lost = sum(r.get("indirect_" + key, 0) for r in leaks["records"])
        assert lost == leaks["indirect"][key], f"indirect {key} by record: {lost}"


def run_gaia(options, asked, environment):
    """Exit status, and the reports of all processes, first one first."""
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as work:
        environment = dict(environment, LD_PRELOAD=f"{options.build}/libgaiaprof.so",
                           GAIAPROF_OUTPUT=f"{directory}/%p.gaia",
                           GAIAPROF_REPORT_FILE=f"{directory}/%p.json",
                           GAIAPROF_OPTIONS=":".join(filter(None, (
                               "report=json", asked.get("OPTIONS")))))
        done = subprocess.run([options.program], cwd=work, env=environment, capture_output=True,
                              timeout=TIME_LIMIT_S, check=False)
        reports = []
        for profile in sorted(glob.glob(f"{directory}/*.gaia*"), key=os.path.getctime):
            reports.append(report_of(options.build, profile))
    reports.sort(key=lambda report: report["process"]["start"])
    return done, reports


def report_of(build, profile):
    """The report made at the end; of a process that had no end, what its profile says."""
    at_exit = re.sub(r"\.gaia.*", ".json", profile)
    if os.path.exists(at_exit) and os.path.getsize(at_exit):
        with open(at_exit, encoding="utf-8") as text:
            return json.load(text)
    done = subprocess.run([f"{build}/gaiaprof", "report", "-f", "json", profile],
                          capture_output=True, check=False, timeout=TIME_LIMIT_S)
    if done.returncode != 0:
        sys.exit(f"gaiaprof report {profile}: {done.stderr.decode()}")
    return json.loads(done.stdout)


# --- Memcheck

def memcheck_stack(stack):
    return [(frame.findtext("fn"), frame.findtext("file")) for frame in stack.iter("frame")]


def direct_and_indirect(text):
    """16 and 32 of "48 (16 direct, 32 indirect) bytes in 1 blocks are definitely lost ..."."""
    both = re.search(r"\(([\d,]+) direct, ([\d,]+) indirect", text)
    numbers = both.groups() if both else (re.match(r"[\d,]+", text).group(), "0")
    return [int(number.replace(",", "")) for number in numbers]


def memcheck_answer(path):
    """What a file says: "leaks" [class, function, blocks, bytes], "lost_with" {function: bytes},
    "misuse" [kind, function, function, count]."""
    leaks, lost_with = collections.defaultdict(lambda: [0, 0]), collections.Counter()
    misuse, counts = {}, {}
    root = xml.etree.ElementTree.parse(path).getroot()
    for error in root.iter("error"):
        kind, stacks = error.findtext("kind"), error.findall("stack")
        if kind in CLASSES:
            function = own_function(memcheck_stack(stacks[0]))
            if function:
                direct, below = direct_and_indirect(error.findtext("xwhat/text"))
                add(leaks, (CLASSES[kind], function),
                    int(error.findtext("xwhat/leakedblocks")), direct)
                lost_with[function] += below
        elif kind in ("MismatchedFree", "InvalidFree"):
            made = own_function(memcheck_stack(stacks[-1])) if len(stacks) > 1 else None
            misuse[error.findtext("unique")] = (
                "mismatch" if kind == "MismatchedFree" else "invalid", made or "?",
                own_function(memcheck_stack(stacks[0])) or "?")
    for pair in root.findall("errorcounts/pair"):
        counts[pair.findtext("unique")] = int(pair.findtext("count"))
    total = collections.Counter()
    for unique, key in misuse.items():
        total[key] += counts.get(unique, 1)
    return {"leaks": [[*key, *value] for key, value in leaks.items()],
            "lost_with": lost_with,
            "misuse": [[*key, count] for key, count in total.items()]}


def fingerprint(options, command):
    """Of all that Memcheck's answer depends on."""
    digest = hashlib.sha256(" ".join(command).encode())
    folder = os.path.dirname(options.program)
    for path in [options.program, options.source, __file__] + sorted(glob.glob(f"{folder}/*.so")):
        with open(path, "rb") as data:
            digest.update(data.read())
    return digest.hexdigest()


def run_memcheck(options, asked, environment, is_again):
    """What Memcheck says of each process, first one first. Kept beside the program."""
    command = [options.memcheck, "--tool=memcheck", "-q", "--leak-check=full",
               "--show-leak-kinds=all", "--keep-stacktraces=alloc-and-free", "--xml=yes",
               f"--num-callers={asked.get('FRAMES', 40)}", "--keep-debuginfo=yes",
               # the C library's blocks stay what they are without it
               "--run-libc-freeres=no", "--run-cxx-freeres=no", "--child-silent-after-fork=no"]
    key, kept = fingerprint(options, command), options.program + ".memcheck"
    if os.path.exists(kept) and not is_again:
        with open(kept, encoding="utf-8") as text:
            answer = json.load(text)
        if answer["key"] == key:
            return answer["processes"]
    with tempfile.TemporaryDirectory() as directory, tempfile.TemporaryDirectory() as work:
        done = subprocess.run(command + [f"--xml-file={directory}/%p.xml", options.program],
                              cwd=work, env=environment, capture_output=True, check=False,
                              timeout=TIME_LIMIT_S)
        files = sorted(glob.glob(f"{directory}/*.xml"),
                       key=lambda path: int(os.path.basename(path)[:-4]))
        try:
            processes = [memcheck_answer(path) for path in files]
        except xml.etree.ElementTree.ParseError as error:
            sys.exit(f"memcheck: {error}: {done.stderr.decode()}")
    with open(kept + ".new", "w", encoding="utf-8") as text:
        json.dump({"key": key, "processes": processes}, text)
    os.replace(kept + ".new", kept)
    return processes


# --- comparison

def shown(answer):
    if answer is None:
        return "unclassified"
    return ", ".join(f"{kind} {function} {blocks} {count}" for (kind, function), (blocks, count)
                     in sorted(answer.items())) or "none"


def shown_misuse(answer):
    return ", ".join(" ".join(map(str, (*key, count)))
                     for key, count in sorted(answer.items())) or "none"


def check_gaia(asked, done, reports, say):
    if done.returncode != int(asked.get("STATUS", 0)):
        yield f"gaiaprof: exit status {done.returncode}: {done.stderr.decode()}"
    for key, index in (("LEAKS", 0), ("CHILD", 1)):
        if key not in asked:
            continue
        if index >= len(reports):
            yield f"gaiaprof: no profile of {key}"
            continue
        found, strangers = gaia_leaks(reports[index])
        say(f"gaiaprof {key}: {shown(found)}")
        if not is_as_known(found, expected_leaks(asked[key])):
            yield (f"gaiaprof {key}: {shown(found)}\n    known: {asked[key]}\n"
                   f"    why: {reports[index].get('leaks', {}).get('why')}")
        for record in strangers:
            yield f"gaiaprof: a library's block is {record['class']}: {json.dumps(record)}"
        try:
            gaia_consistent(reports[index])
        except AssertionError as error:
            yield f"gaiaprof {key}: {error}"
    if reports:
        misuse = gaia_misuse(reports[0])
        say(f"gaiaprof MISUSE: {shown_misuse(misuse)}")
        if misuse != expected_misuse(asked.get("MISUSE", "none")):
            yield (f"gaiaprof MISUSE: {shown_misuse(misuse)}\n"
                   f"    known: {asked.get('MISUSE', 'none')}")


def own_part(asked, key, answer):
    """What Memcheck says of a child has its parent's blocks, too: those are not compared."""
    known = expected_leaks(asked.get("MEMCHECK-" + key, asked[key])) or {}
    functions = {function for _, function in known}
    return {(kind, function): value for (kind, function), value in answer.items()
            if function in functions}


def check_memcheck(asked, processes, reports, say):
    for key, special, index in (("LEAKS", "MEMCHECK", 0), ("CHILD", "MEMCHECK-CHILD", 1)):
        known = asked.get(special, asked.get(key))
        if not known or known == "not run":
            continue
        if index >= len(processes):
            yield f"memcheck: says nothing of {key}"
            continue
        found = {(kind, function): [blocks, count]
                 for kind, function, blocks, count in processes[index]["leaks"]}
        if key == "CHILD":
            found = own_part(asked, key, found)
        say(f"memcheck {key}: {shown(found)}")
        if not is_as_known(found, expected_leaks(known)):
            yield f"memcheck {key}: {shown(found)}\n    known: {known}"
    if reports and "MEMCHECK" not in asked:
        gaia, memcheck = gaia_lost_with(reports[0]), +collections.Counter(processes[0]["lost_with"])
        if gaia != memcheck:
            yield f"lost with what: gaiaprof {dict(gaia)}, memcheck {dict(memcheck)}"
    yield from check_memcheck_misuse(asked, processes, say)


def memcheck_misuse(asked):
    """What Memcheck is known to say; it does not tell forms apart."""
    known = collections.Counter()
    if "MEMCHECK-MISUSE" not in asked:
        for (kind, _, _, made, freed), count in expected_misuse(
                asked.get("MISUSE", "none")).items():
            known["mismatch" if kind == "mismatch" else "invalid", made, freed] += count
    elif asked["MEMCHECK-MISUSE"] != "none":
        for part in re.split(r",\s*", asked["MEMCHECK-MISUSE"]):
            kind, made, freed, count = part.split()
            known[kind, made, freed] += int(count)
    return known


def check_memcheck_misuse(asked, processes, say):
    found = collections.Counter({(kind, made, freed): count for kind, made, freed, count
                                 in (processes[0]["misuse"] if processes else [])})
    say(f"memcheck MISUSE: {shown_misuse(found)}")
    known = memcheck_misuse(asked)
    if found != known:
        yield f"memcheck MISUSE: {shown_misuse(found)}\n    known: {shown_misuse(known)}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--memcheck")
    parser.add_argument("--no-gaiaprof", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("program")
    options = parser.parse_args()
    asked = directives(options.source)
    if "LEAKS" not in asked and "MISUSE" not in asked:
        sys.exit("no LEAKS and no MISUSE in the source")
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("GAIAPROF_") and key != "LD_PRELOAD"}
    environment.update(entry.split("=", 1) for entry in asked["ENVIRONMENT"])

    def say(text):
        if options.show:
            print(text)

    failures, reports = [], []
    if not options.no_gaiaprof:
        done, reports = run_gaia(options, asked, environment)
        failures += check_gaia(asked, done, reports, say)
    if options.memcheck and asked.get("MEMCHECK") != "not run":
        for attempt in range(MEMCHECK_ATTEMPTS):
            answer = run_memcheck(options, asked, environment, is_again=attempt > 0)
            differences = list(check_memcheck(asked, answer, reports, say))
            if not differences:
                break
        failures += differences
    sys.exit("\n".join(failures) if failures else 0)


if __name__ == "__main__":
    main()
