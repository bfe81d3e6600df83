# SPDX-License-Identifier: MIT
"""Names from a profile and its programs are text: no control characters reach a terminal or a log,
no line, field or command of a format is forged."""
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree

from security import PROGRAMS, skip, testing

EVIL = "\x1b[2J\n::error::evil\r;\u009b\u202e 7"
ARGUMENTS = ["\x1b]0;title\x07", "\n::set-output name=x::y", "%0A::error::z"]
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def evil_program(test):
    if "NOTFOUND" in os.environ.get("OBJCOPY", "NOTFOUND"):
        skip("no objcopy")
    path = test.folder / "::error::\x1b[2J;\n"
    shutil.copy(PROGRAMS / "security_evil_names", path)
    names = [f"--redefine-sym=evil_{name}={EVIL}{name}" for name in ("lock", "lockers")]
    subprocess.run([os.environ["OBJCOPY"], *names, path], check=True)
    return path


def texts(profile):
    yield from (["report", "-n0", "-v", view, profile] for view in (
        "heap", "allocs", "inuse", "peak", "temporary", "leaks", "block", "mutex", "order",
        "threads", "threadcreate", "timeline"))
    yield from (["report", f"--{kind}", profile] for kind in ("tree", "dot"))
    yield from (["report", f"--{kind}", ".", profile] for kind in ("list", "peek"))
    yield ["report", profile]
    yield ["report", "--generate-suppressions", profile]
    yield ["report", "-f", "folded", "-v", "allocs", profile]
    yield ["report", "-f", "callgrind", "-v", "allocs", profile]
    yield ["report", "-f", "speedscope", profile]
    yield ["diff", profile, profile]
    yield ["diff", "-v", "allocs", "-n0", profile, profile]
    yield ["check", "leaks=0", "allocations=0", profile]
    yield ["check", "--github", "leaks=0", "allocations=0", profile]
    yield ["check", "--junit", "-", "leaks=0", profile]


def check_texts(test, profile):
    seen = False
    for arguments in texts(profile):
        done = test.gaiaprof(*arguments)
        name = " ".join(map(str, arguments[:-1]))
        test.check(done.returncode in (0, 23), f"{name}: {done.returncode}: {done.stderr}")
        output = (done.stdout + done.stderr).decode()
        found = CONTROLS.search(output.replace("\t", "") if "--list" in arguments else output)
        test.check(not found, f"{name}: a control character: {found and found.group()!r}")
        seen |= "\ufffd" in output
    test.check(seen, "no name was shown at all")


def check_lines(test, profile):
    """GitHub's commands begin a line: each is one of ours."""
    output = test.gaiaprof("check", "--github", "leaks=0", "allocations=0", profile).stdout
    commands = [line for line in output.decode().splitlines() if line.startswith("::")]
    ours = [line for line in commands if re.match("::error (file=[^:,]*,(line=[0-9]+,)?)?"
                                                  "title=gaiaprof [a-z]+::", line)]
    test.check(len(ours) == 2, f"commands of ours: {output}")
    folded = test.gaiaprof("report", "-f", "folded", "-v", "allocs", profile).stdout.decode()
    for line in folded.splitlines():
        test.check(re.fullmatch("[^;].*[^;] [0-9]+", line), f"folded: {line!r}")
    xml.etree.ElementTree.fromstring(
        test.gaiaprof("check", "--junit", "/dev/stderr", "leaks=0", profile).stderr)
    test.check(test.json(profile)["process"]["args"][1:] == ARGUMENTS, "JSON keeps what is")


def check_file_names(test):
    """Errors name files, whose names are others' too."""
    name = "\x1b[2J\n.gaia"
    (test.folder / name).write_text("GAIAPROF")
    for arguments in (["report", name], ["check", "leaks=0", name], ["merge", "-o", "x", name],
                      ["diff", name, name]):
        done = test.gaiaprof(*arguments)
        test.equal(done.returncode, 2, f"{arguments}: status")
        test.check(not CONTROLS.search(done.stderr.decode()), f"{arguments}: {done.stderr}")
        test.equal(done.stderr.count(b"\n"), 1, f"{arguments}: lines")


with testing() as test:
    program = evil_program(test)
    profile = test.profile("evil.gaia", program, *ARGUMENTS)
    check_texts(test, profile)
    check_lines(test, profile)
    check_file_names(test)
