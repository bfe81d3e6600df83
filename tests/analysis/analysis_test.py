# SPDX-License-Identifier: MIT
"""The call tree, callers and callees, annotated source and the call graph: analysis_test.py CASE.

Programs are compiled in a directory of their own, so that their source can move and change. Lines
are found by marks in the source. Environment: BUILD, CC, CXX; PROFILE_MAKE, GO, DOT where there are
any: what needs one that is missing is skipped (status 77).
"""
import fcntl
import json
import os
import pathlib
import platform
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["BUILD"])
COLUMNS = 100
SKIPPED = 77
KIB = 1024


class Failure(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failure(what)


def equal(actual, wanted, what):
    check(actual == wanted, f"{what}: {actual!r}, not {wanted!r}")


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def needs(name):
    value = os.environ.get(name, "")
    if not value or value.endswith("NOTFOUND"):
        skip(f"no {name}")
    return value


# --- programs and profiles

def environment():
    clean = {key: value for key, value in os.environ.items()
             if not key.startswith("GAIAPROF") and key not in ("LD_PRELOAD", "NO_COLOR")}
    return {**clean, "LC_ALL": "C.UTF-8"}


def compile_program(name, *sources, options=("-g", "-O0"), compiler="CC"):
    command = [needs(compiler), *options, "-fno-builtin", "-I", HERE, "-o", name, *sources,
               "-pthread"]
    subprocess.run(command, check=True)


def copy_sources(*names, to="."):
    pathlib.Path(to).mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(HERE / name, to)
    return [str(pathlib.Path(to).resolve() / name) for name in names]


def record(program, profile, options="report=none:leaks=off"):
    if not (BUILD / "libgaiaprof.so").exists():
        skip("no libgaiaprof.so")
    subprocess.run([f"./{program}"], check=True, stdout=subprocess.DEVNULL, timeout=60, env={
        **environment(), "LD_PRELOAD": str(BUILD / "libgaiaprof.so"),
        "GAIAPROF_OPTIONS": options, "GAIAPROF_OUTPUT": profile})
    return profile


def calls_profile(**how):
    compile_program("calls", *copy_sources("calls.c", "other.c"), **how)
    return record("calls", "calls.gaia")


def made_profile(*kind):
    profile = f"{kind[0]}.gaia"
    subprocess.run([needs("PROFILE_MAKE"), kind[0], profile, *kind[1:]], check=True)
    return profile


def mark(source, name):
    for number, line in enumerate((HERE / source).read_text().splitlines(), 1):
        if line.endswith(f"MARK {name}"):
            return number
    raise Failure(f"no mark {name} in {source}")


# --- output

def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in line)


def run(*arguments, status=0, command="report"):
    done = subprocess.run([str(BUILD / "gaiaprof"), command, *arguments], capture_output=True,
                          env=environment(), check=False)
    text = (done.stdout if status == 0 else done.stderr).decode("utf-8", errors="strict")
    if done.returncode != status or (status == 0 and done.stderr):
        raise Failure(f"{arguments}: status {done.returncode}, {done.stderr.decode()}{text}")
    for line in text.splitlines():
        check(not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", line), f"control in {line!r}")
        if "--dot" not in arguments and "--list" not in arguments:
            check(width(line) <= COLUMNS, f"{width(line)} columns: {line}")
    return text


def bytes_of(text):
    number, unit = re.fullmatch(r"([-+]?[\d,.]+)(?: (B|KiB|MiB|GiB))?", text).groups()
    scale = {None: 1, "B": 1, "KiB": KIB, "MiB": KIB ** 2, "GiB": KIB ** 3}[unit]
    return float(number.replace(",", "")) * scale


VALUE = r"([-+~]*[\d,.]+(?: (?:B|KiB|MiB|GiB|ns|µs|ms|s))?)"
TREE_LINE = re.compile(rf" *{VALUE} +(-|[-+\d.]+%)  (?: *{VALUE}| {{10}})  ([│├└─… ]*)(.+)")


def tree_lines(text):
    """[(cum, share, flat or None, column of the name, what is called)]"""
    lines = []
    for line in text.splitlines():
        match = TREE_LINE.fullmatch(line)
        if match and not line.startswith("  …"):
            cum, share, flat, levels, call = match.groups()
            lines.append((cum, share, flat, len(levels), call))
    check(lines, f"no tree in\n{text}")
    return lines


def tree_call(text, pattern):
    found = [line for line in tree_lines(text) if re.search(pattern, line[4])]
    check(found, f"no call like {pattern} in\n{text}")
    return found


def peeked(text):
    """{function: {"cum", "flat", "called by": {name: value}, "calls": {name: value}}}"""
    functions, function, part = {}, None, None
    for line in text.splitlines()[1:]:
        head = re.match(rf"  cum {VALUE} \([^)]*\), flat {VALUE} ", line)
        call = re.match(rf"  (called by|calls|) +{VALUE} +(?:-|[\d.]+%)  (.+)", line)
        if head:
            functions[function] = {"cum": head[1], "flat": head[2], "called by": {}, "calls": {},
                                   "recursive": line.endswith(", recursive")}
        elif call:
            part = call[1] or part
            functions[function][part][re.sub(r"  \S+$", "", call[3])] = call[2]
        elif line and not line.startswith(" "):
            function = line
    return functions


def listed(text):
    """{function and file: {line: (flat, cum, companion, text)}}"""
    functions, function = {}, None
    for line in text.splitlines():
        row = re.fullmatch(rf" *(\.|{VALUE}) +(\.|{VALUE}) +(?:(\.|{VALUE}) +)?(\d+)(?:  (.*))?",
                           line)
        if row:
            functions[function][int(row[7])] = (row[1], row[3], row[5], row[8] or "")
        elif re.match(r"\S+.*  \S+$", line) and not line.startswith("SOURCE"):
            function = line
            functions[function] = {}
    return functions


def one_listed(text, name):
    found = [lines for function, lines in listed(text).items() if function.split("  ")[0] == name]
    equal(len(found), 1, f"functions {name} in\n{text}")
    return found[0]


def values_of(lines):
    return {line: row[:3] for line, row in lines.items() if row[:2] != (".", ".")}


def json_report(profile):
    done = subprocess.run([str(BUILD / "gaiaprof"), "report", "-f", "json", profile], check=True,
                          capture_output=True, env=environment())
    return json.loads(done.stdout)


def total_of(text):
    return re.search(rf": {VALUE}(?:  |$)", text.splitlines()[0])[1]


# --- the tree

def test_totals():
    profile = calls_profile()
    heap = json_report(profile)["heap"]
    for view, value, wanted in (
            ("allocs", "alloc_objects", heap["allocations"]),
            ("heap", "inuse_objects", heap["live_blocks"]),
            ("peak", "inuse_objects", heap["peak_blocks"]),
            ("temporary", "temporary_objects", heap["temporary"])):
        text = run("--tree", "-n", "0", "-v", view, "--value", value, profile)
        equal(total_of(text), f"{wanted:,}", f"total of {view}")
        lines = tree_lines(text)
        flats = sum(bytes_of(line[2]) for line in lines if line[2])
        equal(flats, wanted, f"sum of flat of {view}")
        outermost = min(line[3] for line in lines)
        roots = [line for line in lines if line[3] == outermost and
                 (line[4].startswith("_") or line[4].startswith("0x"))]
        check(roots, f"no root in\n{text}")


def test_tree():
    text = run("--tree", "-v", "allocs", "--value", "alloc_objects", "--focus", "^main$",
               calls_profile())
    equal([line[:3] for line in tree_call(text, r"^main ")], [("22", "100%", None)], "main")
    main = tree_call(text, r"^main ")[0]
    wanted = {"freed": ("7", "7"), "down": ("5", "1"), "ping": ("4", "1"), "with_gap": ("2", "2"),
              "helper": ("1", "1"), "other_run": ("1", None)}
    for name, (cum, flat) in wanted.items():
        line = tree_call(text, rf"^{name} ")[0]
        equal((line[0], line[2]), (cum, flat), name)
        equal(line[3], main[3] + 3, f"column of {name}")
    equal(tree_call(text, r"^in_line \(inlined\)")[0][2], "2", "in_line")
    equal(tree_call(text, r"^freed ")[0][4], f"freed  calls.c:{mark('calls.c', 'freed')}", "where")
    first, last = mark("calls.c", "gap-first"), mark("calls.c", "gap-last")
    equal(tree_call(text, "^with_gap ")[0][4], f"with_gap  calls.c:{first},{last}", "two lines")
    # what has no alternative stays where it is
    equal(tree_call(text, "^helper  other.c")[0][3], tree_call(text, "^other_run ")[0][3], "row")


def test_tree_recursion():
    text = run("--tree", "-v", "allocs", "--focus", "^down$", calls_profile())
    lines = tree_call(text, "^down ")
    equal([line[0] for line in lines], ["500 B", "400 B", "300 B", "200 B", "100 B"], "cum")
    equal([line[2] for line in lines], 5 * ["100 B"], "flat")
    equal(len({line[3] for line in lines}), 1, "columns")
    check(lines[0][4] != lines[4][4], "the innermost does not call")


def test_tree_mutual():
    text = run("--tree", "-v", "allocs", "--focus", "^ping$", calls_profile())
    lines = tree_call(text, "^p[io]ng ")
    equal([line[4].split()[0] for line in lines], ["ping", "pong", "ping", "pong"], "calls")
    equal([round(bytes_of(line[0]) / 100) for line in lines], [20, 20, 10, 10], "cum")


def test_tree_rows():
    profile = calls_profile()
    for rows in (1, 5, 8, 12):
        lines = tree_lines(run("--tree", "-v", "allocs", "-n", str(rows), profile))
        check(len(lines) <= rows, f"{len(lines)} lines for -n {rows}")
    check("smaller call" in run("--tree", "-v", "allocs", "-n", "5", profile), "nothing is said")
    check("smaller" not in run("--tree", "-v", "allocs", "-n", "0", profile), "not all")


def test_tree_all():
    """-n 0: a call's cum is its flat and the cum of its callees."""
    text = run("--tree", "-n", "0", "-v", "allocs", "--value", "alloc_objects", calls_profile())
    dot = run("--dot", "-n", "0", "-v", "allocs", "--value", "alloc_objects", "calls.gaia")
    for name, cum in (("down", 5), ("with_gap", 2), ("freed", 7)):
        total = max(bytes_of(line[0]) for line in tree_call(text, rf"^{name} "))
        equal(total, cum, name)
        check(re.search(rf'label="{name}\\ncalls.c\\n(of )?{cum} \(', dot), f"{name} in\n{dot}")


def test_tree_selection():
    profile = calls_profile()
    text = run("--tree", "-v", "allocs", "--focus", "^(ping|down)$", "--ignore", "^pong$", profile)
    equal(total_of(text), "510 B", "total")
    check("only stacks with '^(ping|down)$' without '^pong$'" in text, "the selection is not said")
    check("pong" not in "".join(line[4] for line in tree_lines(text)), "pong is ignored")


# --- callers and callees

def test_peek():
    functions = peeked(run("--peek", "^(main|with_gap|other_run)$", "-v", "allocs", "--value",
                           "alloc_objects", calls_profile()))
    names = [name.split("  ")[0] for name in functions]
    equal(names, ["main", "with_gap", "other_run"], "by falling cum")
    main = functions["main  calls.c"]
    equal((main["cum"], main["flat"]), ("22", "0"), "main")
    equal(main["calls"], {"freed": "7", "down": "5", "ping": "4", "in_line": "2", "with_gap": "2",
                          "helper": "1", "other_run": "1"}, "calls")
    equal(functions["with_gap  calls.c"]["calls"], {"(flat)": "2"}, "with_gap")
    equal(functions["with_gap  calls.c"]["called by"], {"main": "2"}, "callers")


def test_peek_recursion():
    functions = peeked(run("--peek", "^(down|p[io]ng)$", "-v", "allocs", "--value",
                           "alloc_objects", calls_profile()))
    down, ping, pong = (functions[f"{name}  calls.c"] for name in ("down", "ping", "pong"))
    equal((down["cum"], down["flat"], down["recursive"]), ("5", "5", True), "down")
    equal(down["called by"], {"down": "4", "main": "5"}, "callers: once per stack")
    equal(down["calls"], {"(flat)": "5", "down": "4"}, "callees: once per stack")
    equal((ping["cum"], ping["flat"]), ("4", "2"), "ping")
    equal((pong["cum"], pong["flat"]), ("3", "2"), "pong: once per stack")
    equal(ping["called by"], {"main": "4", "pong": "2"}, "callers of ping")
    equal(ping["calls"], {"pong": "3", "(flat)": "2"}, "callees of ping")


def test_peek_same_name():
    functions = peeked(run("--peek", "^helper$", "-v", "allocs", calls_profile()))
    equal({name: of["cum"] for name, of in functions.items()},
          {"helper  other.c": "4.9 KiB", "helper  calls.c": "2.9 KiB"}, "two functions")
    equal(list(functions["helper  other.c"]["called by"]), ["other_run"], "caller")


def test_peek_rows():
    text = run("--peek", "^(main|down)$", "-n", "1", "-v", "allocs", calls_profile())
    check("1 more functions match: -n 0" in text, text)
    check(re.search(r"\n +[\d.]+ KiB +[\d.]+%  … \d more: -n 0 shows all\n", text), text)


def test_no_value():
    """A function that is there but has nothing of the value is no error."""
    profile = calls_profile()
    for option in ("--peek", "--list"):
        equal(run(option, "^freed$", profile),
              "what matches '^freed$' has no bytes not freed; see --value alloc_space\n", option)
        equal(run(option, "^freed$", profile, profile, command="diff").split(":")[0],
              "no difference", option)


# --- source

def test_list():
    lines = one_listed(run("--list", "^down$", "-v", "allocs", calls_profile()), "down")
    malloc, call = mark("calls.c", "down-malloc"), mark("calls.c", "down-call")
    equal(values_of(lines), {malloc: ("500 B", "500 B", "5"), call: (".", "400 B", "4")}, "values")
    source = (HERE / "calls.c").read_text().splitlines()
    for line, row in lines.items():
        equal(row[3], source[line - 1][:len(row[3])].rstrip("…"), f"line {line}")
    check(min(lines) == malloc - 2, "it begins with the function's name")
    equal(max(lines), call + 1, "it ends with the function")


def test_list_same_name():
    text = run("--list", "^helper$", "-v", "allocs", calls_profile())
    names = list(listed(text))
    equal([re.sub("  .*/", "  ", name) for name in names], ["helper  other.c", "helper  calls.c"],
          "two files")
    check("flat 4.9 KiB (" in text and "cum 2.9 KiB (" in text, text)


def test_list_gap():
    text = run("--list", "^with_gap$", "-v", "allocs", calls_profile())
    lines = one_listed(text, "with_gap")
    check(mark("calls.c", "gap-inside") not in lines, "the gap is not folded")
    check(re.search(r"^ +\.\.\.$", text, re.M), "nothing says that lines are left out")
    equal(set(values_of(lines)), {mark("calls.c", "gap-first"), mark("calls.c", "gap-last")}, text)


def test_list_inline():
    text = run("--list", "^(in_line|main)$", "-v", "allocs", calls_profile())
    inlined = values_of(one_listed(text, "in_line"))
    equal(inlined, {mark("calls.c", "inline-malloc"): ("1.1 KiB", "1.1 KiB", "2")}, "in_line")
    main = values_of(one_listed(text, "main"))
    equal(main[mark("calls.c", "main-down")], (".", "500 B", "5"), "main")
    equal(main[mark("calls.c", "main-down") + 2], (".", "500 B", "1"), "the inlined call")


def test_list_companion():
    text = run("--list", "^freed$", "-v", "allocs", "--value", "alloc_objects", calls_profile())
    check(re.search("flat +cum +bytes +line", text), text)
    equal(values_of(one_listed(text, "freed")), {mark("calls.c", "freed"): ("7", "7", "350 B")},
          "freed")
    text = run("--list", "^freed$", "-v", "temporary", "calls.gaia")
    check(re.search("flat +cum +line", text), "a view of one value has no companion")


TEXT_SOURCE = """#include <stdlib.h>
void *kept;
void tabbed(void)
{
\tif (kept == NULL)\t{
\t  \tkept = malloc(77); /* Größe → 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 */
\t}
\t/* \x1b[31m \xff */\r
}
int main(void) { tabbed(); return 0; }"""


def test_list_text():
    pathlib.Path("text.c").write_bytes(TEXT_SOURCE.encode("utf-8").replace(b"\xc3\xbf", b"\xff"))
    compile_program("text", "text.c")
    profile = record("text", "text.gaia")
    lines = one_listed(run("--list", "^tabbed$", "-v", "allocs", profile), "tabbed")
    check(lines[5][3] == "        if (kept == NULL)       {", f"tabs: {lines[5]}")
    check(lines[6][3].startswith("                kept = malloc(77); /* Größe → 漢字"), lines[6])
    check(width(lines[6][3]) > COLUMNS and "…" not in lines[6][3], f"a file is not cut: {lines[6]}")
    check("\ufffd[31m \ufffd */" in lines[8][3], lines[8])
    lines = one_listed(run("--list", "^main$", "-v", "allocs", profile), "main")
    equal(lines[10][3], "int main(void) { tabbed(); return 0; }", "the last line, without an end")


def on_terminal(columns, *arguments):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen([str(BUILD / "gaiaprof"), *arguments], stdout=theirs,
                          env={**environment(), "TERM": "dumb"}) as process:
        os.close(theirs)
        data = b""
        try:
            while part := os.read(ours, 65536):
                data += part
        except OSError:  # its end
            pass
        equal(process.wait(), 0, arguments)
    os.close(ours)
    return data.decode().replace("\r\n", "\n")


def test_list_terminal():
    """Lines of source end where the terminal does."""
    pathlib.Path("text.c").write_bytes(TEXT_SOURCE.encode("utf-8").replace(b"\xc3\xbf", b"\xff"))
    compile_program("text", "text.c")
    profile = record("text", "text.gaia")
    for columns in (70, 110):
        text = on_terminal(columns, "report", "--list", "^tabbed$", "-v", "allocs", profile)
        lines = [line for line in text.splitlines() if re.match(r" +[\d.]+.* \d+  ", line)]
        most = max(width(line) for line in lines)
        check(columns - 1 <= most <= columns, f"{most} of {columns} columns: {text}")
        check(any(line.endswith("…") for line in lines), text)


def test_list_newer():
    profile = calls_profile()
    check("newer" not in run("--list", "^down$", "-v", "allocs", profile), "it is not newer")
    later = os.stat("calls").st_mtime + 60
    os.utime("calls.c", (later, later))
    check("  note: calls.c is newer than calls: lines may have moved\n" in
          run("--list", "^down$", "-v", "allocs", profile), "nothing is said")
    pathlib.Path("calls.c").write_text("// cut\n")
    check("(behind the end of the file)" in run("--list", "^down$", "-v", "allocs", profile), "end")


def moved_profile():
    sources = copy_sources("calls.c", "other.c", to="tree/src/deep")
    compile_program("calls", *sources)
    profile = record("calls", "calls.gaia")
    os.rename("tree", "moved")
    return profile


def test_list_moved():
    profile = moved_profile()
    malloc = mark("calls.c", "down-malloc")
    for path in ("moved", "moved/src/deep", "/nonexistent:moved/src:/"):
        text = run("--list", "^down$", "-v", "allocs", "--source-path", path, profile)
        check("keep(malloc(100))" in one_listed(text, "down")[malloc][3], f"{path}: {text}")
    # a directory or a pipe of that name is no source
    os.makedirs("trap/calls.c")
    os.mkfifo("fifo")
    os.makedirs("pipe")
    os.rename("fifo", "pipe/calls.c")
    text = run("--list", "^down$", "-v", "allocs", "--source-path", "trap:pipe:moved", profile)
    check("keep(malloc(100))" in one_listed(text, "down")[malloc][3], text)


def test_list_not_found():
    text = run("--list", "^(down|helper)$", "-v", "allocs", moved_profile())
    check(re.search(r"^  source of down not found: .*/calls.c \(--source-path DIRS\)$", text, re.M),
          text)
    equal(text.count("not found"), 3, "one line for each function")
    lines = one_listed(text, "down")
    malloc, call = mark("calls.c", "down-malloc"), mark("calls.c", "down-call")
    equal(lines, {malloc: ("500 B", "500 B", "5", ""), call: (".", "400 B", "4", "")}, "values")


def test_list_stripped():
    calls_profile()
    subprocess.run(["strip", "calls"], check=True)
    profile = record("calls", "stripped.gaia")
    error = run("--list", "^down$", "-v", "allocs", profile, status=2)
    equal(error, "gaiaprof: list: no function matches '^down$'\n", "error")
    text = run("--tree", "-v", "allocs", profile)
    check(tree_call(text, "^0x[0-9a-f]+  calls"), text)
    address = re.match("0x[0-9a-f]+", tree_call(text, "^0x[0-9a-f]+  calls")[0][4])[0]
    check("no lines known" in run("--list", f"^{address}$", "-v", "allocs", profile), "no lines")
    check("called by" in run("--peek", f"^{address}$", "-v", "allocs", profile), "callers")


ASSEMBLY = """    .text
    .globl nameless
nameless:
    .file 1 "nameless.s"
    .loc 1 8
    .cfi_startproc
    subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    movl $50, %edi
    .loc 1 12
    call malloc@PLT
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
    .cfi_endproc
    .section .note.GNU-stack,"",@progbits
"""


def test_list_nameless():
    """Code with lines and without a name is called by its address."""
    if platform.machine() != "x86_64":
        skip("the assembly is x86-64's")
    pathlib.Path("nameless.s").write_text(ASSEMBLY)
    pathlib.Path("main.c").write_text("void *nameless(void), *kept;\n"
                                      "int main(void) { kept = nameless(); return 0; }\n")
    compile_program("nameless", "main.c", "nameless.s", options=("-O0",))
    subprocess.run(["objcopy", "--strip-symbol=nameless", "nameless"], check=True)
    text = run("--list", ".", "-v", "allocs", record("nameless", "nameless.gaia"))
    found = [lines for name, lines in listed(text).items() if name.endswith("nameless.s")]
    equal(len(found), 1, text)
    equal(found[0][12][:2], ("50 B", "50 B"), "the call")
    check(re.search(r"^0x[0-9a-f]+  .*nameless\.s$", text, re.M), text)


def test_list_no_debug():
    profile = calls_profile(options=("-O0",))
    text = run("--list", "^down$", "-v", "allocs", profile)
    check("flat 500 B" in text and "no lines known: built without -g" in text, text)
    check(tree_call(run("--tree", "-v", "allocs", profile), "^down  calls$"), "the module")


# --- graphviz

def dot_parts(text):
    nodes = dict(re.findall(r'^(N\d+) \[label="((?:[^"\\]|\\.)*)"', text, re.M))
    edges = re.findall(r'^(N\d+) -> (N\d+) \[label=" ([^"]*)".*?( style=dotted)?\]$', text, re.M)
    for caller, callee, _, _ in edges:
        check(caller in nodes and callee in nodes, f"edge {caller} -> {callee} to nowhere")
        check(caller != callee, "an edge to itself")
    dot = os.environ.get("DOT", "")
    if dot and not dot.endswith("NOTFOUND"):
        drawn = subprocess.run([dot, "-Tsvg"], input=text.encode(), capture_output=True, check=True)
        check(b"</svg>" in drawn.stdout and not drawn.stderr, drawn.stderr)
    return nodes, edges


def name_of(nodes, box):
    return nodes[box].split("\\n")[0]


def test_dot():
    text = run("--dot", "-v", "allocs", "--value", "alloc_objects", "-n", "0", calls_profile())
    nodes, edges = dot_parts(text)
    named = {(name_of(nodes, a), name_of(nodes, b)): value for a, b, value, _ in edges}
    equal(named[("main", "down")], "5", "edge")
    equal(named[("ping", "pong")], "3", "edge")
    equal(named[("pong", "ping")], "2", "edge")
    check(not any(style for _, _, _, style in edges), "nothing is left out, so nothing dotted")
    check(any(label.startswith("ping\\ncalls.c\\n2 (") and "\\nof 4 (" in label
              for label in nodes.values()), nodes)
    check("left out" not in text and "allocs, alloc_objects: " in text, text)


def test_dot_rows():
    nodes, _ = dot_parts(run("--dot", "-v", "allocs", "-n", "3", calls_profile()))
    equal(len(nodes), 3, "boxes")


def test_dot_dropped():
    """Small functions are left out, and what they call is not cut off: a chain with one in it."""
    source = ["#include <stdlib.h>", "void *kept[900];"]
    source += [f"void leaf{i}(void) {{ kept[{i}] = malloc(10000); }}" for i in range(100)]
    source += [f"void tiny{i}(void) {{ kept[{i}] = malloc(1); }}" for i in range(100)]
    calls = " ".join(f"leaf{i}(); tiny{i}();" for i in range(100))
    source += [f"int main(void) {{ {calls} return 0; }}"]
    pathlib.Path("many.c").write_text("\n".join(source))
    compile_program("many", "many.c")
    text = run("--dot", "-v", "allocs", record("many", "many.gaia"))
    nodes, edges = dot_parts(text)
    equal(len(nodes), 80, "boxes")
    check(not any("tiny" in label for label in nodes.values()), "a small one is drawn")
    check(re.search(r"left out: 1\d\d of \d+ functions", text), text[:600])
    # big() calls big through a small one, which is left out: the edge past it is dotted
    pathlib.Path("past.c").write_text(PAST_SOURCE)
    compile_program("past", "past.c")
    profile = record("past", "past.gaia")
    text = run("--dot", "-v", "allocs", "--focus", "^first$", "-n", "6", profile)
    nodes, edges = dot_parts(text)
    dotted = [(name_of(nodes, a), name_of(nodes, b)) for a, b, _, style in edges if style]
    equal(dotted, [("first", "last")], f"dotted edges in {text}")


PAST_SOURCE = """#include <stdlib.h>
void *kept[3];
void last(int i) { kept[i] = malloc(5000); }
void between(void) { last(0); }
void first(void) { between(); kept[1] = malloc(9000); }
int main(void) { first(); last(2); return 0; }
"""

# --- C++, locks

def test_cxx():
    compile_program("templates", *copy_sources("templates.cc"), compiler="CXX")
    profile = record("templates", "templates.gaia")
    text = run("--peek", "fill$", "-v", "allocs", profile)
    functions = peeked(text)
    equal(sorted(of["cum"] for of in functions.values()), ["1.2 KiB", "4.2 KiB"], text)
    check("outer::Holder<int>::fill  templates.cc" in functions, text)
    calls = [name for of in functions.values() for name in of["called by"]]
    wanted = ["outer::Holder<>::operator()", "outer::Holder<>::operator<"]
    equal(sorted(re.sub("<.*>::op", "<>::op", name) for name in calls), sorted(2 * wanted),
          "operators keep their names")
    for option in (("--tree",), ("--list", "fill"), ("--dot",)):
        check("Holder" in run(*option, "-v", "allocs", profile), option)
    dot_parts(run("--dot", "-v", "allocs", profile))
    check("⋮" not in run("--tree", "-n", "0", "-v", "allocs", profile), "-n 0 folds nothing")
    # a container's way to its memory is folded, the user's own functions are not
    pathlib.Path("deep.cc").write_text(
        "#include <map>\n#include <string>\nstd::map<std::string, int> shared;\n"
        "void insert(int i) { shared[std::string(100, char(i))] = i; }\n"
        "int main() { for (int i = 1; i < 90; i++) insert(i); return 0; }\n")
    compile_program("deep", "deep.cc", compiler="CXX")
    text = run("--tree", "-v", "allocs", record("deep", "deep.gaia"))
    check(re.search("⋮  \\d+ calls in the runtime", text), text)
    check(tree_call(text, "^main ") and tree_call(text, "^insert "), text)


def test_waits():
    compile_program("waits", *copy_sources("waits.c"))
    profile = record("waits", "waits.gaia")
    for view, function, where in (("block", "wait_for_it", "wait"),
                                  ("mutex", "release_it", "unlock")):
        text = run("--list", f"^{function}$", "-v", view, "--value", "contentions", profile)
        line = values_of(one_listed(text, function))[mark("waits.c", where)]
        equal(line[:2], ("3", "3"), f"{view} of {function}")
        check(line[2].endswith("ms") or line[2].endswith(" s"), f"60 ms at least: {line}")
        check(re.search("flat +cum +time +line", text), text)
        text = run("--tree", "-v", view, profile)
        check(tree_call(text, f"^{function} "), text)
        check(total_of(text).endswith("s"), f"a time: {text}")
        equal(peeked(run("--peek", f"^{function}$", "-v", view, "--value", "contentions", profile))
              [f"{function}  waits.c"]["cum"], "3", view)
        check(function in run("--dot", "-v", view, profile), view)


# --- differences

CHANGED = """#include <stdlib.h>
void *kept[4];
void grows(void) { kept[0] = malloc(LESS); }
void shrinks(void) { kept[1] = malloc(9000 - LESS); }
void same(void) { kept[2] = malloc(5000); }
void both(void) { grows(); shrinks(); same(); }
void goes(void) { if (LESS < 4000) kept[3] = malloc(700); }
int main(void) { both(); goes(); return 0; }
"""


def test_diff():
    pathlib.Path("changed.c").write_text(CHANGED)
    profiles = []
    for side, less in (("old", 1000), ("new", 4000)):
        os.mkdir(side)
        compile_program(f"{side}/changed", "changed.c", options=("-g", "-O0", f"-DLESS={less}"))
        profiles.append(record(f"{side}/changed", f"{side}.gaia"))
    view = ("-v", "allocs", "--focus", "^main$")
    text = run("--tree", *view, *profiles, command="diff")
    equal([tree_call(text, f"^{name} ")[0][:3] for name in ("both", "shrinks", "grows", "goes")],
          [("0 B", "0%", None), ("-2.9 KiB", "-20.4%", "-2.9 KiB"),
           ("+2.9 KiB", "+20.4%", "+2.9 KiB"), ("-700 B", "-4.8%", "-700 B")], text)
    check(" same " not in text, "what is the same is no difference")
    check("alloc_space: -700 B (-4.8%) to 13.7 KiB" in text, text)
    text = run("--list", "^(grows|goes)$", *view, *profiles, command="diff")
    equal(values_of(one_listed(text, "grows")), {3: ("+2.9 KiB", "+2.9 KiB", ".")}, "grows")
    equal(values_of(one_listed(text, "goes")), {7: ("-700 B", "-700 B", "-1")}, "goes")
    check(re.search(r"calls +-2.9 KiB  -20.4%  shrinks  ", run(
        "--peek", "^both$", *view, *profiles, command="diff")), "callees")
    nodes, _ = dot_parts(run("--dot", *view, *profiles, command="diff"))
    check(any("-2.9 KiB (-20.4%)" in label for label in nodes.values()), nodes)
    text = run("--tree", *view, profiles[0], profiles[0], command="diff")
    check(text.startswith("no difference: view 'allocs' of changed has the same bytes"), text)


# --- nothing, errors, made profiles

def test_empty():
    profile = calls_profile()
    for option in (("--tree",), ("--peek", "."), ("--list", ".")):
        text = run(*option, "-v", "block", profile)
        check(re.fullmatch(r"no samples: view 'block' of calls \(pid \d+\) has no time waited\n",
                           text), text)
        text = run(*option, "--focus", "^nonesuch$", profile)
        check(text.endswith(" (only stacks with '^nonesuch$')\n") and text.count("\n") == 1, text)
    text = run("--dot", "-v", "block", profile)
    nodes, edges = dot_parts(text)
    equal((nodes, edges), ({}, []), "boxes")
    check("no samples" in text, text)


def test_errors():
    profile = calls_profile()
    for option in ("peek", "list"):
        equal(run(f"--{option}", "^nonesuch$", "-v", "allocs", profile, status=2),
              f"gaiaprof: {option}: no function matches '^nonesuch$'\n", "no match")
        error = run(f"--{option}", "(", profile, status=2)
        check(error.startswith("gaiaprof: (: not a regular expression") and
              error.count("\n") == 1, error)
    for options in (("-f", "json", "--tree"), ("--tree", "--dot"), ("--dot", "--list", "x"),
                    ("-f", "html", "--list", "x"), ("--tree", "-f", "json")):
        error = run(*options, profile, status=2)
        check("not together with" in error and error.count("\n") == 1, error)
    run("--tree", "-f", "tree", profile)
    error = run("--tree", "-v", "order", profile, status=2)
    check(error.count("\n") == 1, error)
    os.makedirs("directory")
    for option in (("--tree",), ("--list", "down")):
        check("can't be written" in run(*option, "-o", "directory", profile, status=2), option)


MADE = """CALL TREE  demo (pid 4711)  allocs, alloc_space: 103 KiB  bytes allocated, freed or not

       cum   share        flat  call
   103 KiB    100%              0xfff  demo
  97.7 KiB   95.2%    97.7 KiB  ├─ 0x1fff  demo
   4.9 KiB    4.8%     4.9 KiB  └─ 0x2fff  demo
"""


def test_made():
    equal(run("--tree", "-v", "allocs", made_profile("demo")), MADE, "the tree")
    text = run("--tree", made_profile("sampled"))
    check("~" in total_of(text), "estimates are marked")
    for line in tree_lines(text):
        check(line[0].startswith("~") and (not line[2] or line[2].startswith("~")), line)
    for option in (("--peek", "."), ("--list", "."), ("--dot",)):
        check("~" in run(*option, "sampled.gaia"), option)
    check("~" not in run("--tree", "-v", "block", "sampled.gaia"), "waits are not sampled")


def test_hostile():
    profile = made_profile("hostile")
    for option in (("--tree",), ("--tree", "-n", "0"), ("--peek", "."), ("--list", "."),
                   ("--dot",)):
        for view in ("allocs", "heap", "peak", "block", "mutex", "threadcreate"):
            text = run(*option, "-v", view, profile)
            if option == ("--dot",):
                dot_parts(text)


def test_many():
    profile = made_profile("large", "100000")
    text = run("--tree", "-v", "allocs", "--value", "alloc_objects", profile)
    check("⋮  17 calls in a row" in text, text)
    first = tree_lines(text)[0]
    whole = sum(1 + i % 7 for i in range(100000))
    equal(first[0], f"{whole:,}", "the root has all")
    lines = tree_lines(run("--tree", "-n", "0", "-v", "allocs", "--value", "alloc_objects",
                           profile))
    equal(sum(bytes_of(line[2]) for line in lines if line[2]), whole, "sum of flat")
    text = run("--dot", "-v", "allocs", profile)
    dot_parts(text)
    run("--peek", "0x", "-v", "allocs", profile)
    run("--list", "0x40", "-n", "0", "-v", "allocs", profile)


# --- against Go's pprof

def pprof(*arguments):
    go = needs("GO")
    version = subprocess.run([go, "tool", "pprof", "-h"], capture_output=True, check=False)
    if b"usage" not in version.stderr.lower() + version.stdout.lower():
        skip("no go tool pprof")
    done = subprocess.run([str(BUILD / "gaiaprof"), "report", "-f", "pprof", "-v", "allocs", "-o",
                           "calls.pb.gz", "calls.gaia"], capture_output=True, env=environment(),
                          check=False)
    if done.returncode != 0:
        skip(f"no pprof format: {done.stderr.decode()}")
    done = subprocess.run([go, "tool", "pprof", "-sample_index=alloc_objects", "-symbolize=none",
                           *arguments, "calls.pb.gz"], capture_output=True, check=True,
                          env={**environment(), "PPROF_TMPDIR": ".", "HOME": os.getcwd()})
    return done.stdout.decode()


OURS = ("down", "ping", "pong", "in_line", "with_gap", "freed", "other_run", "main")


def test_pprof_top():
    calls_profile()
    top = {}
    for line in pprof("-top", "-nodecount=0", "-nodefraction=0", "-edgefraction=0").splitlines():
        row = re.fullmatch(r" *(\d+) +\S+ +\S+ +(\d+) +\S+ +(\S+)(?: \(inline\))?", line)
        if row:
            top[row[3]] = (row[1], row[2])
    functions = peeked(run("--peek", ".", "-n", "0", "-v", "allocs", "--value", "alloc_objects",
                           "calls.gaia"))
    for name in OURS:
        of = next(of for function, of in functions.items() if function.startswith(f"{name}  "))
        equal((of["flat"], of["cum"]), top[name], name)


def test_pprof_list():
    calls_profile()
    theirs = {}
    for line in pprof("-list=^(down|ping|pong|with_gap|freed|main)$").splitlines():
        row = re.match(r" *(\d+|\.) +(\d+|\.) +(\d+):", line)
        if row and row[1] + row[2] != "..":
            theirs[int(row[3])] = (row[1], row[2])
    text = run("--list", "^(down|ping|pong|with_gap|freed|main)$", "-v", "allocs", "--value",
               "alloc_objects", "calls.gaia")
    ours = {line: row[:2] for lines in listed(text).values()
            for line, row in values_of(lines).items()}
    equal(ours, theirs, "values of lines")


def test_pprof_peek():
    calls_profile()
    text = pprof("-peek=^(ping|pong|down)$", "-nodefraction=0", "-edgefraction=0")
    theirs, before, name = {}, {}, None
    for line in text.splitlines():
        call = re.match(r" +(\d+) +\S+ \|   (\S+)", line)
        node = re.match(r" +(\d+) +\S+ +\S+ +(\d+) +\S+ +\| (\S+)", line)
        if line.startswith("---"):
            before, name = {}, None
        elif node:
            name = node[3]
            theirs[name] = {"called by": before, "calls": {}}
        elif call and name is None:
            before[call[2]] = call[1]
        elif call:
            theirs[name]["calls"][call[2]] = call[1]
    functions = peeked(run("--peek", "^(ping|pong|down)$", "-v", "allocs", "--value",
                           "alloc_objects", "calls.gaia"))
    for name, of in theirs.items():
        ours = functions[f"{name}  calls.c"]
        ours["calls"].pop("(flat)")
        for part in of:  # theirs has no calls of itself
            ours[part].pop(name, None)
        equal({part: ours[part] for part in of}, of, name)
    equal(sorted(theirs), ["down", "ping", "pong"], "functions")


def main():
    case = globals()[f"test_{sys.argv[1]}"]
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            case()
        except Failure as failure:
            print(f"FAILED: {failure}")
            sys.exit(1)
        finally:
            os.chdir("/")


if __name__ == "__main__":
    main()
