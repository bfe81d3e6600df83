# SPDX-License-Identifier: MIT
"""No other program than ours is started: not one of its name in the working directory, in PATH or
in a new root, no shell, and nothing is fetched from a server of debug information."""
import os
import shutil
import socket
import subprocess

from security import BUILD, LIBRARY, PROGRAMS, environment, is_root, testing

HOST = PROGRAMS / "security_host"
SHELLS = {"system", "popen", "wordexp"}


def fake(path, sign):
    """A command of our name that leaves a sign."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n: >{sign}\n")
    path.chmod(0o755)


def check_working_directory(test):
    """Beside the library is none: then no other is looked for."""
    alone, sign = test.folder / "alone", test.folder / "sign"
    alone.mkdir()
    shutil.copy(LIBRARY, alone)
    fake(test.folder / "gaiaprof", sign)
    fake(test.folder / "path" / "gaiaprof", sign)
    done = test.run(HOST, env=environment(
        LD_PRELOAD=str(alone / LIBRARY.name), PATH=f"{test.folder}/path:{os.environ['PATH']}"))
    test.equal((done.returncode, done.stdout), (0, b"done\n"), "the host")
    test.check(f"{alone}/gaiaprof: can't be started".encode() in done.stderr, f"{done.stderr}")
    test.check(not sign.exists(), "a command of our name was started")


def check_new_root(test):
    if not is_root():
        return
    root = test.folder / "root"
    command = root / str(BUILD / "gaiaprof").lstrip("/")
    source = test.folder / "fake.c"
    source.write_text('#include <fcntl.h>\nint main(void) { creat("/sign", 0600); }\n')
    command.parent.mkdir(parents=True)
    if subprocess.run([os.environ["CC"], "-static", "-o", command, source], check=False,
                      capture_output=True).returncode != 0:
        print("not tried, for want of a static libc: another root")
        return
    done = test.run(PROGRAMS / "security_chroot_host", root,
                    env=environment(LD_PRELOAD=str(LIBRARY)))
    test.equal((done.returncode, done.stdout), (0, b"done\n"), "the host in its new root")
    test.check(b"can't be started; report the profile with" in done.stderr, f"{done.stderr}")
    test.check(not (root / "sign").exists(), "a command of the new root was started")


def check_no_shell(test):
    for file in (BUILD / "gaiaprof", LIBRARY):
        names = test.run("nm", "-D", "--undefined-only", file).stdout.decode()
        wanted = {line.split()[-1].split("@")[0] for line in names.splitlines()}
        test.check("memcpy" in wanted, f"nm -D {file}")
        test.equal(wanted & SHELLS, set(), f"what {file.name} calls")


def check_no_server(test):
    """A stripped program: there is something to ask for."""
    program = test.folder / "stripped"
    shutil.copy(HOST, program)
    subprocess.run([os.environ["STRIP"], program], check=True)
    profile = test.profile("stripped.gaia", program)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.01)
        port = server.getsockname()[1]
        done = test.gaiaprof("report", profile, env=environment(
            DEBUGINFOD_URLS=f"http://127.0.0.1:{port}", XDG_CACHE_HOME=str(test.folder),
            DEBUGINFOD_TIMEOUT="1"))
        test.equal(done.returncode, 0, "a report")
        try:
            server.accept()
            test.check(False, "a server of debug information was asked")
        except TimeoutError:
            pass


with testing() as test:
    check_working_directory(test)
    check_new_root(test)
    check_no_shell(test)
    check_no_server(test)
