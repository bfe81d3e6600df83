# SPDX-License-Identifier: MIT
"""Profiles: private, under a name that nobody has prepared; where all are taken, none is made."""
import os
import pathlib
import stat

from security import (BUILD, OTHER_USER, PROGRAMS, SECRET, environment, is_for_all, is_root,
                      testing)

HOST = PROGRAMS / "security_host"
PID_OFFSET = 24  # in struct profile_header


def run_host(test, output, variables=None, **more):
    variables = {"GAIAPROF_OUTPUT": output, **(variables or {})}
    done = test.preloaded(HOST, variables=variables, **more)
    test.equal((done.returncode, done.stdout), (0, b"done\n"), f"the host, {output}")
    return done.stderr.decode()


def check_mode(test):
    for umask in (0, 0o777):
        run_host(test, f"{umask}.gaia", umask=umask)
        path = test.folder / f"{umask}.gaia"
        test.equal(stat.S_IMODE(path.stat().st_mode), 0o600, f"mode with umask {umask:o}")


def check_grows_with_any_umask(test):
    """The file is opened again for that: root may do so anyway."""
    if not is_root() or not is_for_all(BUILD / "stress"):
        return
    os.chmod(test.folder, 0o777)
    test.preloaded(BUILD / "stress", "-q", "--operations", "50", umask=0o777, user=OTHER_USER,
                   group=OTHER_USER, variables={"GAIAPROF_OUTPUT": "grown.gaia"})
    path = test.folder / "grown.gaia"
    test.equal(path.stat().st_uid, OTHER_USER, "whose profile")
    dropped = test.json(path)["health"]["dropped"]
    test.equal(dropped["profile_full"], 0, "lost, for it could not grow")
    test.check(path.stat().st_size > 256 << 10, "it need not grow")


def take(directory, name, victim):
    """What another user may have put there. Links, FIFOs and directories have no second name."""
    path = directory / name
    if "file" in name:
        for number in ("", *(f".{i}" for i in range(2, 10))):
            directory.joinpath(name + number).write_text(SECRET)
    elif "link" in name:
        path.symlink_to(victim)
    elif "dangling" in name:
        path.symlink_to(directory / f"{name}.nothing")
    elif "fifo" in name:
        os.mkfifo(path, 0o666)
    else:
        path.mkdir()


def check_taken(test, name):
    """In all places: one line, no hang, nothing of theirs is touched."""
    folder, temporary = test.folder / "taken", pathlib.Path("/tmp")
    folder.mkdir(exist_ok=True)
    victim = test.victim()
    name = f"{test.folder.name}-{name}"
    try:
        for directory in (folder, temporary):
            take(directory, name, victim)
        there = sorted(folder.iterdir()) + sorted(temporary.glob(f"{name}*"))
        said = run_host(test, name, cwd=folder, variables={"TMPDIR": str(folder)})
        test.equal(said, f"gaiaprof: {name}: File exists; nothing is recorded\n", "stderr")
        now = sorted(folder.iterdir()) + sorted(temporary.glob(f"{name}*"))
        test.equal(now, there, "what is in the directories")
        test.equal(victim.read_text(), SECRET, "the victim of a link")
        for path in now:
            test.check(not path.is_file() or path.read_text() == SECRET, path.name)
    finally:
        for path in temporary.glob(f"{name}*"):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def check_spoofed(test):
    """`gaiaprof run` takes nobody else's file for the profile of a process that was killed."""
    if not is_root():
        return
    forged = test.profile("forged.gaia", HOST)
    os.chown(forged, OTHER_USER, OTHER_USER)
    own = test.folder / "own.gaia"
    script = f"""
        rm {own}
        printf "$(printf '\\\\%03o' $(($$ & 255)) $(($$ >> 8 & 255)) $(($$ >> 16 & 255)) 0)" |
            dd of={forged} bs=1 seek={PID_OFFSET} conv=notrunc status=none
        kill -9 $$"""
    done = test.gaiaprof("run", "-p", own, "--", "sh", "-c", script,
                         env=environment(TMPDIR=str(test.folder)))
    test.check(b"no profile was made" in done.stderr, f"run: {done.stderr.decode()}")
    test.check(b"security_host" not in done.stdout + done.stderr,
               f"another user's profile was reported: {done.stderr.decode()}")


with testing() as test:
    check_mode(test)
    check_grows_with_any_umask(test)
    for name in ("file", "link", "dangling", "fifo", "directory"):
        check_taken(test, name)
    check_spoofed(test)
