# SPDX-License-Identifier: MIT
"""Files that results are written to: private, never through a link, never another user's."""
import os
import pathlib
import stat
import subprocess

from security import LIBRARY, OTHER_USER, PROGRAMS, SECRET, environment, is_root, testing

HOST = PROGRAMS / "security_host"


def commands(profile):
    """name: the arguments of each command that writes `out`."""
    return {
        "report": ["report", "-o", "out", profile],
        "diff": ["diff", "-o", "out", profile, profile],
        "check": ["check", "-o", "out", "order=0", profile],
        "junit": ["check", "--junit", "out", "order=0", profile],
        "merge": ["merge", "-q", "-o", "out", profile],
    }


def formats(test, profile):
    """The same of each format; a build may be without some."""
    for name, *more in (["json"], ["folded", "-v", "allocs"], ["callgrind", "-v", "allocs"],
                        ["html"], ["pprof", "-v", "allocs"]):
        arguments = ["report", "-f", name, *more, "-o", "out", profile]
        if test.gaiaprof(*arguments).returncode == 0:
            yield name, arguments
        (test.folder / "out").unlink(missing_ok=True)


def mode_of(path):
    return stat.S_IMODE(path.lstat().st_mode)


def check_private(test, name, arguments, umasks):
    out = test.folder / "out"
    for umask in umasks:
        done = test.gaiaprof(*arguments, umask=umask)
        test.equal(done.returncode, 0, f"{name}: status with umask {umask:o}: {done.stderr}")
        test.equal(mode_of(out), 0o600, f"{name}: mode with umask {umask:o}")
        first = out.read_bytes()
        out.write_bytes(first + SECRET.encode())
        done = test.gaiaprof(*arguments)
        test.equal(done.returncode, 0, f"{name}: status of a second time")
        test.check(SECRET.encode() not in out.read_bytes(), f"{name}: the old end is still there")
        out.unlink()


def check_refused(test, name, arguments, what, why):
    out, victim = test.folder / "out", test.folder / "victim"
    done = test.gaiaprof(*arguments)
    test.equal(done.returncode, 2, f"{name}: status with {what}")
    test.check(why in done.stderr.decode(), f"{name}: {what}: {done.stderr}")
    test.equal(done.stderr.count(b"\n"), 1, f"{name}: {what}: lines of {done.stderr}")
    test.equal(victim.read_text(), SECRET, f"{name}: the victim, with {what}")
    test.check(not (test.folder / "nothing").exists(), f"{name}: made what a link names")
    out.unlink()


def check_links(test, name, arguments):
    out = test.folder / "out"
    out.symlink_to("victim")
    check_refused(test, name, arguments, "a symbolic link", "symbolic link")
    out.symlink_to("nothing")
    check_refused(test, name, arguments, "a dangling link", "symbolic link")
    if name == "merge":  # takes the name away from the file, which stays
        return
    os.link(test.folder / "victim", out)
    check_refused(test, name, arguments, "a hard link", "other names")


def check_other_users(test, name, arguments):
    out = test.folder / "out"
    out.write_text("mine")
    os.chown(out, OTHER_USER, OTHER_USER)
    check_refused(test, name, arguments, "another user's file", "another user")
    if name == "merge":
        return
    os.mkfifo(out, 0o666)
    os.chown(out, OTHER_USER, OTHER_USER)
    check_refused(test, name, arguments, "another user's FIFO", "another user")


def check_streams(test, profile):
    """What users do write to."""
    text = test.gaiaprof("report", profile).stdout
    test.check(len(text) > 100, "a report on stdout")
    for path in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"):
        done = test.gaiaprof("report", "-o", path, profile)
        test.equal((done.returncode, done.stdout), (0, text), f"-o {path}")
    test.equal(test.gaiaprof("report", "-o", "/dev/stderr", profile).stderr, text, "/dev/stderr")
    test.equal(test.gaiaprof("report", "-o", "/dev/null", profile).returncode, 0, "/dev/null")
    test.equal(test.gaiaprof("report", "-o", "/dev/fd/99", profile).returncode, 2, "/dev/fd/99")
    with open(test.folder / "log", "wb") as log:
        log.write(b"before\n")
        log.flush()
        test.gaiaprof("report", "-o", "/dev/stdout", profile, stdout=log)
    test.equal((test.folder / "log").read_bytes(), b"before\n" + text, "a log as stdout")
    os.mkfifo(test.folder / "fifo")
    with subprocess.Popen(["cat", test.folder / "fifo"], stdout=subprocess.PIPE) as reader:
        test.gaiaprof("report", "-o", "fifo", profile)
        test.equal(reader.stdout.read(), text, "a FIFO of one's own")


def check_report_file(test):
    """At exit; and by `gaiaprof run`, of a program that was killed."""
    link, victim = test.folder / "out", test.folder / "victim"
    link.symlink_to("victim")
    done = test.run(HOST, env=environment(LD_PRELOAD=str(LIBRARY), GAIAPROF_REPORT_FILE="out"))
    test.equal((done.returncode, done.stdout), (0, b"done\n"), "the host")
    test.equal(done.stderr, b"gaiaprof: " + str(link).encode() +
               b": can't be written: is a symbolic link, name the file itself\n", "its stderr")
    done = test.gaiaprof("run", "-O", "report_file=out", "--", "sh", "-c", "kill -9 $$")
    test.check(b"symbolic link" in done.stderr, f"run: {done.stderr}")
    test.equal(victim.read_text(), SECRET, "the victim of report_file")
    link.unlink()
    test.run(HOST, env=environment(LD_PRELOAD=str(LIBRARY), GAIAPROF_REPORT_FILE="out"), umask=0)
    test.equal(mode_of(link), 0o600, "report_file: mode")


def check_own_names(test, profile):
    """Names that the command makes up: PROGRAM.PID.html and the like."""
    folder = test.folder / "own"
    folder.mkdir()
    done = test.gaiaprof("report", "-f", "html", profile, cwd=folder, umask=0)
    if done.returncode != 0:  # a build without it
        return
    name, = folder.iterdir()
    test.equal(mode_of(name), 0o600, "a page: mode")
    name.unlink()
    name.symlink_to(test.folder / "victim")
    done = test.gaiaprof("report", "-f", "html", profile, cwd=folder)
    test.equal(done.returncode, 2, "a link where the page goes")
    test.equal((test.folder / "victim").read_text(), SECRET, "the victim of a page")


def check_profiles_stay(test, profile):
    """No report is written over a profile: -o before its name is a slip."""
    before = pathlib.Path(profile).read_bytes()
    for arguments in (("report", "-o", profile), ("report", "-o", profile, profile),
                      ("report", "-f", "html", "-o", profile, profile)):
        done = test.gaiaprof(*arguments)
        test.equal(done.returncode, 2, f"{arguments}: status")
    test.check(b"is a profile" in done.stderr, f"the reason: {done.stderr}")
    test.check(pathlib.Path(profile).read_bytes() == before, "the profile")


with testing() as test:
    profile = test.profile("host.gaia", HOST)
    test.victim()
    for name, arguments in formats(test, profile):
        check_private(test, name, arguments, (0,))
    for name, arguments in commands(profile).items():
        check_private(test, name, arguments, (0, 0o777))
        check_links(test, name, arguments)
        if is_root():
            check_other_users(test, name, arguments)
    check_profiles_stay(test, profile)
    check_streams(test, profile)
    check_report_file(test)
    check_own_names(test, profile)
    if not is_root():
        print("not tried, for want of another user: files of others")
