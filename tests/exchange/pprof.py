#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pprof.py TEST: gaiaprof report -f pprof, read back from its bytes and by an unmodified
`go tool pprof`. Totals are those of the JSON report, to the byte."""
import collections
import gzip
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import exchange
from exchange import check, check_equal, report

GO = os.environ.get("GO_COMMAND", "")


def need():
    if os.environ.get("PPROF") != "ON":
        exchange.skip("this build is without pprof")


# --- the file itself

def check_ids(profile):
    for table in (profile.mappings, profile.locations, profile.functions):
        ids = [each.id for each in table]
        check(0 not in ids and len(set(ids)) == len(ids), "ids", ids)
    for location in profile.locations:
        check(location.mapping == 0 or location.mapping in profile.mapping_by_id, "a mapping")
        check(location.lines, "a location without lines")
        for line in location.lines:
            check(line.function in profile.function_by_id, "a function")
    for sample in profile.samples:
        check(sample.locations, "a sample without a stack")
        check(all(each in profile.location_by_id for each in sample.locations), "a location")
        check_equal(len(sample.values), len(profile.types), "values of a sample")
        check(any(sample.values), "a sample without values")


def check_mappings(profile, program):
    check_equal(profile.strings[0], "", "text 0")
    check_equal(profile.strings[profile.mappings[0].file], str(program), "the first mapping")
    notes = exchange.run("readelf", "-n", program)
    build_id = re.search(r"Build ID: (\w+)", notes)
    check_equal(profile.strings[profile.mappings[0].build_id],
                build_id.group(1) if build_id else "", "build id")
    for mapping in profile.mappings:
        flags = {mapping.has_functions, mapping.has_filenames, mapping.has_lines,
                 mapping.has_inlines}
        check_equal(flags, {1}, "flags of a mapping")
        check(mapping.start < mapping.limit, "an empty mapping")
    used = {location.mapping for location in profile.locations} - {0}
    unused = {mapping.id for mapping in profile.mappings[1:]} - used
    check(not unused, "mappings that nothing is in", unused)


def check_addresses(profile):
    seen = set()
    for location in profile.locations:
        if location.mapping:
            mapping = profile.mapping_by_id[location.mapping]
            check(mapping.start <= location.address < mapping.limit, hex(location.address),
                  "is not in its mapping")
        key = (location.mapping, location.address, tuple(profile.frames(location.id)))
        check(key not in seen, "a location that is there twice", key)
        seen.add(key)


def check_merged(profile):
    keys = [(tuple(sample.locations), json.dumps(sample.labels)) for sample in profile.samples]
    check_equal(len(set(keys)), len(keys), "samples that are not merged")


def check_executable_segment(profile, program):
    headers = exchange.run("readelf", "-lW", program)
    segment = re.search(r"LOAD\s+(0x\w+)\s+0x\w+\s+0x\w+\s+0x\w+\s+(0x\w+)\s+R E", headers)
    mapping = profile.mappings[0]
    check_equal(mapping.offset, int(segment.group(1), 16), "file offset of the program")
    size = int(segment.group(2), 16)
    check(size <= mapping.limit - mapping.start <= size + 8192, "size of the program's mapping")


def check_views(path):
    wanted = exchange.json_totals(exchange.read_json(path))
    for view, types in exchange.VIEWS.items():
        profile = exchange.read_pprof(exchange.render_pprof(path, view))
        check_equal([name for name, unit in profile.types], list(types), view, "types")
        check_equal(profile.totals(), wanted[view], view, "totals")
        check_ids(profile)
        check_addresses(profile)
        check_merged(profile)
    return wanted


def check_whole(program, path):
    wanted = check_views(path)
    check(all(value > 0 for view in ("heap", "peak", "leaks", "temporary", "block", "mutex",
                                     "threadcreate", "goroutine")
              for value in wanted[view]), "a view is empty:", wanted)
    profile = exchange.read_pprof("heap.pb.gz")
    check_mappings(profile, exchange.PROGRAMS / program)
    check_executable_segment(profile, exchange.PROGRAMS / program)
    return profile


def test_file():
    path = exchange.profile_host()
    profile = check_whole("host", path)
    check_whole("fixed", exchange.profile_host("fixed"))
    check_whole("stripped", exchange.profile_host("stripped"))
    process = exchange.read_json(path)["process"]
    check_equal(profile.default, "inuse_space", "default type")
    check_equal(profile.types[1], ("alloc_space", "bytes"), "a type")
    check_equal(profile.types[2], ("inuse_objects", "count"), "a type")
    check_equal((profile.period_type, profile.period), (("space", "bytes"), 1), "period")
    check_equal(profile.duration, process["duration_ns"], "duration")
    start = process["start"].split(".")[1].rstrip("Z")
    check_equal(profile.time % 10**9, int(start), "start")
    check("heap: exact" in profile.comments, profile.comments)
    lines = [(frame[0], frame[2]) for frame in next(
        stack for stack in map(profile.stack, profile.samples)
        if any(frame[0] == "has_inlines" for frame in stack))]
    check_equal(lines[:4], [("inlined_inner", exchange.line_of("host.c", "inner")),
                            ("inlined_outer", exchange.line_of("host.c", "outer")),
                            ("has_inlines", exchange.line_of("host.c", "around")),
                            ("main", lines[3][1])], "inlined frames")
    inlining = [each for each in profile.locations if len(each.lines) == 3]
    check(inlining, "inlined functions are lines of one location")
    exchange.read_pprof(exchange.render_pprof(path, "allocs"))
    check_equal(exchange.read_pprof("allocs.pb.gz").default, "alloc_space", "default of allocs")
    check_equal(exchange.read_pprof("block.pb.gz").types,
                [("contentions", "count"), ("delay", "nanoseconds")], "types of block")
    check_equal(exchange.read_pprof("block.pb.gz").period_type, ("contentions", "count"), "period")
    kept = exchange.render_pprof(path, "heap", "--focus", "^make_kept$")
    check_equal(exchange.read_pprof(kept).totals(), [20, 20000, 20, 20000], "focus")
    rest = exchange.render_pprof(path, "heap", "--ignore", "^make_kept$")
    check_equal(exchange.read_pprof(rest).totals(),
                [whole - part for whole, part in zip(profile.totals(), [20, 20000, 20, 20000])],
                "ignore")


# By function and line: code that was loaded twice may or may not have had one address.
def stack_sums(profile, index):
    sums = collections.Counter()
    for sample in profile.samples:
        sums[tuple(profile.stack(sample))] += sample.values[index]
    return sums


def site_sums(sites, key):
    sums = collections.Counter()
    for site in sites:
        sums[tuple((frame.get("function") or frame["offset"], frame.get("file"),
                    frame.get("line"), frame.get("module"))
                   for frame in site["stack"])] += site[key]
    return sums


def test_threads():
    path = exchange.profile_host()
    profile = exchange.read_pprof(exchange.render_pprof(path, "heap"))
    by_thread = {}
    for sample in profile.samples:
        if any(frame[0] == "work" for frame in profile.stack(sample)):
            thread = sample.labels["thread"]
            by_thread[thread] = by_thread.get(thread, 0) + sample.values[0]
    check_equal(sum(by_thread.values()), 40, "blocks of threads", by_thread)
    for thread, blocks in by_thread.items():
        serials = re.fullmatch(r"(worker|parser)(/\d+)?|several", thread)
        check(serials and blocks % 10 == 0, "thread", thread, "has", blocks)
    main = [sample for sample in profile.samples
            if any(frame[0] == "make_kept" for frame in profile.stack(sample))]
    check_equal([sample.labels.get("thread") for sample in main], ["host"], "main thread")
    check_equal(main[0].labels["bytes"], 1000, "bytes")
    check_equal(main[0].values, [20, 20000, 20, 20000], "what main keeps")
    sites = exchange.read_json(path)["heap"]["sites"]
    for index, key in ((0, "allocations"), (1, "allocated_bytes"), (2, "live_blocks"),
                       (3, "live_bytes")):
        check_equal(sorted(filter(None, stack_sums(profile, index).values())),
                    sorted(filter(None, site_sums(sites, key).values())), key, "of stacks")
    created = exchange.read_pprof(exchange.render_pprof(path, "threadcreate"))
    names = sorted(sample.labels["thread"] for sample in created.samples)
    check_equal([re.sub(r"\d+$", "N", name) for name in names],
                ["host/N", "parser/N", "worker/N", "worker/N", "worker/N"], "threads")
    locks = exchange.read_pprof(exchange.render_pprof(path, "block"))
    label = next(sample.labels for sample in locks.samples
                 if sample.labels["lock"] == "shared_lock")
    check_equal(label["kind"], "mutex", "kind of a lock")
    check("thread" not in label, "thread of a lock")
    leaks = exchange.read_pprof(exchange.render_pprof(path, "leaks"))
    check_equal({sample.labels["class"] for sample in leaks.samples}, {"definite"}, "classes")


# A library that is loaded twice is at one address: its stacks are one.
def test_merged():
    path = exchange.profile_host()
    profile = exchange.read_pprof(exchange.render_pprof(path, "heap"))
    samples = [sample for sample in profile.samples
               if any(frame[0] == "library_make" for frame in profile.stack(sample))]
    line = exchange.line_of("library.c", "library")
    check_equal(sum(sample.values[0] for sample in samples), 10, "blocks of the library")
    addresses = {profile.location_by_id[sample.locations[0]].address for sample in samples}
    check_equal(len(samples), len(addresses), "stacks of a library at one address")
    mappings = [each for each in profile.mappings
                if profile.strings[each.file].endswith("/library.so")]
    check_equal(len(mappings), len(addresses), "mappings of the library")
    for sample in samples:
        check_equal(profile.frames(sample.locations[0])[0][::2], ("library_make", line), "leaf")
        mapping = profile.mapping_by_id[profile.location_by_id[sample.locations[0]].mapping]
        check(profile.strings[mapping.file].endswith("/library.so"), "mapping of the library")
    exchange.check_equal(pathlib.Path(exchange.render_pprof(path, "heap")).read_bytes(),
                         pathlib.Path("heap.pb.gz").read_bytes(), "two renderings")


def test_sampled():
    path = exchange.profile_host(options="report=none:heap=1k")
    wanted = exchange.json_totals(exchange.read_json(path))
    profile = exchange.read_pprof(exchange.render_pprof(path, "heap"))
    check_equal(profile.totals(), wanted["heap"], "totals")
    check_equal(profile.period, 1024, "period")
    check(any("estimates" in comment for comment in profile.comments), profile.comments)
    check_ids(profile)


def test_names():
    path = exchange.profile("templates")
    profile = exchange.read_pprof(exchange.render_pprof(path, "heap"))
    check_equal(profile.totals(), exchange.heap_totals(exchange.read_json(path)), "totals")
    names = {profile.strings[each.name] for each in profile.functions}
    for name in ("demo::maker::operator()", "demo::(anonymous namespace)::hidden", "operator new",
                 "main"):
        check(name in names, name, "is none of", sorted(names))
    check(any(name.startswith("demo::pool<std::") and "::put" in name for name in names),
          "templates are left to pprof", sorted(names))
    # names of modules can be anything
    odd = pathlib.Path('odd; "name"\n\\\x1b[31m')
    odd.write_bytes((exchange.PROGRAMS / "stripped").read_bytes())
    odd.chmod(0o755)
    path = exchange.profile(str(odd.absolute()), name="odd.gaia")
    profile = exchange.read_pprof(exchange.render_pprof(path, "heap"))
    check_equal(profile.totals(), exchange.heap_totals(exchange.read_json(path)), "totals")
    check(not any(ord(char) < 32 for text in profile.strings for char in text),
          "control characters")


def check_difference(old, new, view):
    profiles = [exchange.read_pprof(exchange.render_pprof(path, view)) for path in (old, new)]
    totals = [profile.totals() for profile in profiles]
    exchange.diff("-f", "pprof", "-v", view, "-o", "diff.pb.gz", old, new)
    profile = exchange.read_pprof("diff.pb.gz")
    check_equal(profile.totals(), [b - a for a, b in zip(*totals)], view, "new - old")
    check_ids(profile)
    check_merged(profile)
    check_equal(profile.strings[profile.mappings[0].file].split("/")[-1], "host", "program")
    return profile


def test_diff():
    old, new = exchange.profiles_to_compare()
    for view in exchange.VIEWS:
        check_difference(old, new, view)
    profile = check_difference(old, new, "heap")
    made = [sample.values for sample in profile.samples
            if profile.stack(sample)[0][0] == "library_make"]
    check_equal([sum(column) for column in zip(*made)], [10, 600, 10, 600], "what is new")
    check(check_difference(new, old, "heap").totals()[0] < 0, "less")
    exchange.run(exchange.BUILD / "gaiaprof", "merge", "-o", "both.gaia", old, new)
    both = exchange.read_pprof(exchange.render_pprof("both.gaia", "heap"))
    parts = [exchange.heap_totals(exchange.read_json(path)) for path in (old, new)]
    check_equal(both.totals(), [a + b for a, b in zip(*parts)], "merged")
    if GO:
        check("gaiaprof" in pprof("-top", "diff.pb.gz"), "pprof reads it")


def test_output():
    path = exchange.profile_host()
    names = report("-f", "pprof", path).split()
    pid = exchange.read_json(path)["process"]["pid"]
    check_equal(names, [f"host.{pid}.{view}.pb.gz" for view in
                        ("heap", "allocs", "peak", "temporary", "leaks", "reachable", "block",
                         "mutex", "threadcreate", "goroutine")], "files")
    for name in names:
        exchange.read_pprof(name)
    os.mkdir("there")
    check_equal(report("-f", "pprof", "-v", "leaks", "-o", "there", path),
                f"there/host.{pid}.leaks.pb.gz\n", "file in a directory")
    done = subprocess.run([exchange.BUILD / "gaiaprof", "report", "-f", "pprof", "-o", "-", path],
                          capture_output=True, check=True)
    check_equal(gzip.decompress(done.stdout),
                gzip.decompress(pathlib.Path(names[0]).read_bytes()), "the heap on stdout")
    off = exchange.profile_host(options="report=none:locks=off", name="off.gaia")
    command = [exchange.BUILD / "gaiaprof", "report", "-f", "pprof", "-v", "mutex", off]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    check_equal((done.returncode, done.stdout, done.stderr),
                (2, "", "gaiaprof: view 'mutex': locks were not recorded (GAIAPROF_LOCKS=on)\n"),
                "a view that is not there")
    check("mutex" not in report("-f", "pprof", off), "no file for it")


# --- go tool pprof

def go_environment():
    return exchange.environment(HOME=os.getcwd(), GOCACHE=os.getcwd() + "/cache", GOFLAGS="",
                                PPROF_TMPDIR=os.getcwd() + "/pprof")


def go_command(*arguments):
    return [GO, "tool", "pprof", *map(str, arguments)]


def pprof(*arguments):
    done = subprocess.run(go_command(*arguments), env=go_environment(), capture_output=True,
                          check=False)
    errors = done.stderr.decode(errors="replace")
    check_equal(done.returncode, 0, *arguments, errors)
    for complaint in ("ymboliz", "rror", "unrecognized", "not available"):
        check(complaint not in errors, "pprof complains:", errors)
    return done.stdout.decode(errors="replace")


def need_go():
    if not GO or subprocess.run(go_command("-h"), env=go_environment(), capture_output=True,
                                check=False).returncode not in (0, 2):
        exchange.skip("no go tool pprof")


def heap_file(program="host"):
    need_go()
    path = exchange.profile(program) if program == "templates" else exchange.profile_host(program)
    return path, exchange.render_pprof(path, "heap")


def top_rows(text):
    """By function: flat and cum in bytes or whatever the unit is."""
    rows = {}
    for line in text.splitlines():
        match = re.match(r"\s*(-?\d+)(?:B|ns)?\s+\S+%\s+\S+%"
                         r"\s+(-?\d+)(?:B|ns)?\s+\S+%\s+(.+)", line)
        if match:
            rows[match.group(3).replace(" (inline)", "")] = tuple(map(int, match.groups()[:2]))
    return rows


def total_of(text):
    return int(re.search(r"of (-?\d+)(?:B|ns)? total", text).group(1))


ALL = ("-nodecount=100000", "-nodefraction=0", "-edgefraction=0")


def test_top():
    path, name = heap_file()
    totals = exchange.json_totals(exchange.read_json(path))
    for view, types in exchange.VIEWS.items():
        rendered = exchange.render_pprof(path, view)
        for index, value in enumerate(types):
            unit = {"bytes": "B", "nanoseconds": "ns"}.get(
                exchange.read_pprof(rendered).types[index][1], "count")
            text = pprof("-top", f"-sample_index={value}", f"-unit={unit}", *ALL, rendered)
            check_equal(total_of(text), totals[view][index], view, value)
    text = pprof("-top", "-unit=B", *ALL, "-sample_index=alloc_space", name)
    check("File: host" in text and "Type: alloc_space" in text, text)
    rows = top_rows(text)
    check_equal(rows["make_temporary"], (30 * 333,) * 2, "make_temporary")
    check_equal(rows["make_kept"], (20000, 20000), "make_kept")
    check_equal(rows["even"], (98, 148), "even")
    check_equal(rows["odd"], (50, 141), "odd")
    check_equal(rows["has_inlines"], (0, 5000), "has_inlines")
    check_equal(rows["inlined_inner"], (5000, 5000), "inlined_inner")
    rows = list(top_rows(pprof("-top", "-cum", "-unit=B", *ALL, name)))
    check(rows.index("main") < rows.index("make_kept"), "by cum", rows)
    text = pprof("-top", "-unit=B", *ALL, "-sample_index=alloc_space",
                 exchange.render_pprof(exchange.profile_host("stripped"), "heap"))
    check(re.search(r"9990B .* 0x[0-9a-f]+ \(stripped\)", text), text)


def listed(text):
    """By line: (flat, cum) as they are printed. A line may be shown with several functions."""
    matches = re.finditer(r"^\s*(\S+)\s+(\S+)\s+(\d+):", text, re.M)
    return {int(match.group(3)): match.groups()[:2] for match in matches
            if match.group(2) != "."}


def test_list():
    path, name = heap_file()
    arguments = ("-unit=B", "-sample_index=alloc_space", name)
    line = exchange.line_of("host.c", "temporary")
    check_equal(listed(pprof("-list=make_temporary", *arguments)).get(line), ("9990B", "9990B"),
                "line of make_temporary")
    lines = listed(pprof("-list=has_inlines|inlined_", *arguments))
    check_equal(lines.get(exchange.line_of("host.c", "inner")), ("5000B", "5000B"), "inner")
    check_equal(lines.get(exchange.line_of("host.c", "outer")), (".", "5000B"), "outer")
    check_equal(lines.get(exchange.line_of("host.c", "around")), (".", "5000B"), "around")
    lines = listed(pprof("-list=library_make", *arguments))
    check_equal(lines.get(exchange.line_of("library.c", "library")), ("600B", "600B"), "library")
    path, name = heap_file("templates")
    arguments = ("-unit=B", "-sample_index=alloc_space", name)
    for function, mark, value in ((r"maker::operator\(\)", "call", "17B"),
                                  ("::hidden", "hidden", "52B"),
                                  ("demo::pool::array", "array", "")):
        lines = listed(pprof(f"-list={function}", *arguments))
        line = lines.get(exchange.line_of("templates.cc", mark))
        check(line and line[1].endswith(value) and line[1] != ".", function, "has", lines)
    lines = listed(pprof("-list=demo::pool::put", *arguments))
    check(lines.get(exchange.line_of("templates.cc", "put"), (".", "."))[1] != ".", lines)


def test_graph():
    _, name = heap_file()
    arguments = (*ALL, "-unit=B", "-sample_index=alloc_space")
    text = pprof("-peek=^inlined_inner$", *arguments, name)
    check(re.search(r"5000B\s+100% \|\s+inlined_outer", text), text)
    text = pprof("-tree", *arguments, name)
    check(re.search(r"9990B .*\|\s+make_temporary", text), text)
    text = pprof("-traces", *arguments, name)
    check(re.search(r"thread:\s*host", text) and "make_kept" in text, text)
    text = pprof("-raw", name)
    check("inuse_space/bytes[dflt]" in text and "PeriodType: space bytes" in text, text)
    check(re.search(r"M=1 inlined_inner \S+host\.c:\d+ s=0", text), text)
    check(re.search(r"1: 0x\w+/0x\w+/0x\w+ \S+/host \w+ \[FN\]\[FL\]\[LN\]\[IN\]", text), text)
    if subprocess.run(["sh", "-c", "command -v dot"], capture_output=True, check=False).returncode:
        exchange.skip("no dot: -svg and -pdf are not looked at")
    pprof("-svg", "-output=graph.svg", name)
    pprof("-pdf", "-output=graph.pdf", name)
    check("</svg>" in pathlib.Path("graph.svg").read_text(encoding="utf-8"), "svg")
    document = pathlib.Path("graph.pdf").read_bytes()
    check(document.startswith(b"%PDF") and b"%%EOF" in document[-64:], "pdf")


def test_tags():
    path, name = heap_file()
    text = pprof("-tags", "-sample_index=alloc_objects", name)
    check(re.search(r"^ bytes: Total", text, re.M) and re.search(r"^ thread: Total", text, re.M),
          text)
    check(re.search(r"\bhost$", text, re.M), text)
    text = pprof("-top", "-unit=B", "-sample_index=alloc_space", "-tagfocus=bytes=333b", name)
    check_equal(top_rows(text)["make_temporary"], (9990, 9990), "a tag")
    check("make_kept" not in text, text)
    text = pprof("-tags", exchange.render_pprof(path, "block"))
    check("shared_lock" in text and "mutex" in text, text)
    text = pprof("-tags", exchange.render_pprof(path, "leaks"))
    check("definite" in text, text)
    text = pprof("-comments", name)
    check("heap: exact" in text and "program: " in text, text)
    text = pprof("-top", "-unit=B", "-focus=make_kept", name)
    check_equal(top_rows(text)["make_kept"], (20000, 20000), "focus")


def test_compare():
    path, name = heap_file()
    fewer = "fewer.pb.gz"
    report("-f", "pprof", "-v", "heap", "-o", fewer, "--ignore", "make_temporary", path)
    arguments = ("-top", "-unit=B", *ALL, "-sample_index=alloc_space")
    for option in ("-diff_base", "-base"):
        rows = top_rows(pprof(*arguments, f"{option}={fewer}", name))
        check_equal(rows.get("make_temporary"), (9990, 9990), option)
        check(not rows.get("make_kept", (0,))[0], option, rows)
        rows = top_rows(pprof(*arguments, f"{option}={name}", fewer))
        check_equal(rows.get("make_temporary"), (-9990, -9990), option, "the other way")
    pprof(*arguments, "-normalize", f"-diff_base={fewer}", name)
    total = exchange.read_pprof(name).totals()[1]
    check_equal(total_of(pprof(*arguments, name, name)), 2 * total, "two files")


def test_sample_index():
    path, name = heap_file()
    wanted = exchange.heap_totals(exchange.read_json(path))
    for index, value in enumerate(exchange.HEAP):
        unit = "count" if value.endswith("objects") else "B"
        for chosen in (value, str(index)):
            text = pprof("-top", f"-unit={unit}", *ALL, f"-sample_index={chosen}", name)
            check_equal(total_of(text), wanted[index], value)
            check(f"Type: {value}" in text, text)
    text = pprof("-top", "-unit=B", *ALL, name)
    check("Type: inuse_space" in text, text)
    report("-f", "pprof", "-v", "heap", "--value", "alloc_objects", "-o", "by.pb.gz", path)
    check("Type: alloc_objects" in pprof("-top", "by.pb.gz"), "a type that was asked for")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url):
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.read().decode()
        except (ConnectionError, urllib.error.URLError) as error:
            if isinstance(error, urllib.error.HTTPError):
                raise
            time.sleep(0.1)
    raise exchange.Failure(f"{url} does not answer")


# The source page of `go tool pprof` asks a program that it finds for Go's own tables, and shows
# nothing of C. One that is gone it takes from the profile.
def test_http():
    need_go()
    program = pathlib.Path("gone").absolute()
    program.write_bytes((exchange.PROGRAMS / "host").read_bytes())
    program.chmod(0o755)
    name = exchange.render_pprof(exchange.profile_host(str(program), name="gone.gaia"), "heap")
    program.unlink()
    port = free_port()
    server = subprocess.Popen(go_command(f"-http=127.0.0.1:{port}", "-no_browser", name),
                              env=go_environment(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, start_new_session=True)
    try:
        base = f"http://127.0.0.1:{port}/ui"
        check("make_kept" in fetch(f"{base}/top"), "top")
        check("make_kept" in fetch(f"{base}/flamegraph"), "flamegraph")
        source = fetch(f"{base}/source?f=make_kept")
        check("malloc(1000)" in source, "source", source)
        check("make_kept" in fetch(f"{base}/peek?f=make_kept"), "peek")
        check("<svg" in fetch(f"{base}/"), "graph")
        check("<svg" in fetch(f"http://127.0.0.1:{port}/"), "what is shown first")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


if __name__ == "__main__":
    exchange.main(globals(), need)
