#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs a program where something is short or refused, without and with the profiler.

    limits.py --build BUILD [CASE]...

A case is a limit of the process (CASES), a place made by unshare(1) where the profile is to go, or
a memory cgroup, which is removed again.
Output and exit status are the same, and what is lost is told: by the profile's health, or by a line
on stderr where there is none. What the machine does not permit is left out, with a word.
"""
import argparse
import contextlib
import glob
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

TIME_LIMIT_S = 60
BLOCKS = 2000
NOBODY = 65534
NUMBERS = {"openat": 257, "mmap": 9, "clone": 56, "clone3": 435, "ptrace": 101, "madvise": 28,
           "rt_sigprocmask": 14, "process_vm_readv": 310, "fallocate": 285, "ftruncate": 77,
           "fstat": 5, "prlimit64": 302, "wait4": 61, "nanosleep": 35, "getpid": 39, "gettid": 186,
           "clock_gettime": 228, "getrusage": 98, "prctl": 157, "tgkill": 234, "fcntl": 72,
           "sigaltstack": 131, "sched_yield": 24}

FULL, PARTIAL, NONE = "full", "partial", "none"


class Case:
    """`told` is what there has to be: FULL, PARTIAL (health says so), NONE (a line says so), or
    more than one of these."""

    def __init__(self, name, *told, limits=(), late=(), options="report=none", place=None,
                 closes=(), unprivileged=False, memory=None, blocks=BLOCKS, said=""):
        self.name, self.told, self.limits, self.late = name, told, limits, late
        self.options, self.place, self.closes = options, place, closes
        self.unprivileged, self.memory, self.blocks, self.said = unprivileged, memory, blocks, said

    def prepare(self, group):
        """In the child, before it executes."""
        if group:
            group.enter()
        for fd in self.closes:
            os.close(fd)
        if self.unprivileged and os.getuid() == 0:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
        for which, value in self.limits:
            _, most = resource.getrlimit(which)
            resource.setrlimit(which, (value, most))


class MemoryGroup:
    """A memory cgroup, of either version of the kernel's: below our own, or beside it where a group
    that has processes can't have others in it. OSError where the machine does not permit it."""

    def __init__(self, limit_bytes):
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            lines = [line.strip().split(":", 2) for line in file]
        ours = {name: path for _, names, path in lines for name in names.split(",")}
        if "memory" in ours:
            limit, swap, used = "limit_in_bytes", "memsw.limit_in_bytes", "usage_in_bytes"
            parent = f"/sys/fs/cgroup/memory{ours['memory']}"
        else:
            limit, swap, used = "max", "swap.max", "current"
            parent = os.path.dirname(f"/sys/fs/cgroup{ours.get('', '/')}".rstrip("/"))
        self.directory = f"{parent}/gaiaprof-limits-{os.getpid()}"
        self.used = f"{self.directory}/memory.{used}"
        os.mkdir(self.directory)
        try:
            self.write(f"memory.{limit}", limit_bytes)
            with contextlib.suppress(OSError):
                self.write(f"memory.{swap}", limit_bytes if "limit" in swap else 0)
            subprocess.run(["true"], preexec_fn=self.enter, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            self.remove()
            raise OSError(str(error)) from error

    def write(self, name, value):
        with open(f"{self.directory}/{name}", "w", encoding="utf-8") as file:
            file.write(str(value))

    def enter(self):
        self.write("cgroup.procs", os.getpid())

    def remove(self):
        """Whoever is still in there is a child of the program."""
        is_gone = self.try_remove()
        if not is_gone:
            with open(f"{self.directory}/cgroup.procs", encoding="utf-8") as processes:
                for process in processes:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(process), signal.SIGKILL)
            is_gone = self.try_remove()
        assert is_gone, f"{self.directory} is still in use"

    def try_remove(self):
        for _ in range(200):
            with contextlib.suppress(OSError):
                os.rmdir(self.directory)
                return True
            time.sleep(0.05)
        return False


@contextlib.contextmanager
def memory_group(case):
    group = MemoryGroup(case.memory) if case.memory else None
    try:
        yield group
    finally:
        if group:
            group.remove()


# What a program can't do without that has threads, allocates, or ends by exit(): to kill for it is
# no sandbox of any use.
NEEDED = ("rt_sigprocmask", "mmap", "getpid", "gettid")


def filters():
    """A filter that comes when the program is under way."""
    for call in ("openat", "mmap", "clone", "ptrace", "madvise", "rt_sigprocmask", "fallocate",
                 "process_vm_readv", "ftruncate", "fstat", "prlimit64", "getpid", "gettid",
                 "clock_gettime", "getrusage", "prctl", "tgkill", "fcntl", "sigaltstack",
                 "sched_yield"):
        for action in ("refuse", "kill"):
            if call in NEEDED and action == "kill":
                continue
            yield Case(f"filter_{call}_{action}", FULL, PARTIAL,
                       late=("filter", str(NUMBERS[call]), action))
    for call in ("clone", "clone3", "ptrace", "wait4", "nanosleep", "openat", "rt_sigprocmask"):
        yield Case(f"filter_{call}_and_report", FULL, PARTIAL, NONE, options="report=json",
                   late=("filter", str(NUMBERS[call]), "refuse"))


FILE_SIZE, DESCRIPTORS = resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE
PROCESSES, SPACE = resource.RLIMIT_NPROC, resource.RLIMIT_AS
STACK, INFINITY = resource.RLIMIT_STACK, resource.RLIM_INFINITY

CASES = [
    Case("no_limit", FULL),
    Case("file_of_no_bytes", NONE, limits=[(FILE_SIZE, 0)]),
    Case("file_too_small", NONE, limits=[(FILE_SIZE, 100 << 10)]),
    Case("file_small", PARTIAL, limits=[(FILE_SIZE, 300 << 10)]),
    Case("one_descriptor", FULL, limits=[(DESCRIPTORS, 4)]),
    Case("no_process", FULL, NONE, limits=[(PROCESSES, 0)], options="report=json",
         unprivileged=True),
    Case("small_stack", FULL, limits=[(STACK, 64 << 10)]),
    Case("endless_stack", FULL, limits=[(STACK, INFINITY)]),
    Case("address_space_6m", NONE, PARTIAL, limits=[(SPACE, 6 << 20)]),
    Case("address_space_20m", FULL, PARTIAL, limits=[(SPACE, 20 << 20)]),
    Case("address_space_40m", FULL, PARTIAL, limits=[(SPACE, 40 << 20)]),
    Case("closed_streams", FULL, closes=(0, 2)),
    Case("other_root", FULL, late=("chroot",)),
    Case("closes_all", FULL, late=("closes",)),
    Case("disk_full", PARTIAL, place="mount -t tmpfs -o size=300k none {}"),
    Case("disk_full_at_once", NONE, FULL, place="mount -t tmpfs -o size=100k none {}"),
    Case("no_inodes", NONE, FULL, place="mount -t tmpfs -o nr_inodes=1 none {}"),
    Case("read_only", NONE, FULL, place="mount -t tmpfs -o ro none {}"),
    Case("no_proc", FULL, PARTIAL, place="mount -t tmpfs none /proc"),
    # the small host, 4 MiB for us, and what the command takes that looks for leaks
    Case("memory_enough", FULL, memory=6 << 20),
    # most of the profile is not in memory then
    Case("memory_below_profile", FULL, memory=7 << 20, late=("many", "60000"), blocks=60000,
         options="report=none:leaks=off"),
    # the command goes, not the host
    Case("memory_without_report", FULL, memory=16 << 20, late=("fill", "{used}", str(15 << 20)),
         options="report=json", said="was killed; report the profile with"),
    *filters(),
]


class Limits:
    def __init__(self, build):
        self.build = pathlib.Path(build).resolve()
        self.program = f"{build}/tests/faults/faults_limited"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("GAIAPROF_") and name != "LD_PRELOAD"}

    def run(self, case, environment, directory):
        with memory_group(case) as group:
            return self.run_in(group, case, environment, directory)

    def run_in(self, group, case, environment, directory):
        """Status, stdout, stderr; and the report of the profile, made where it lies."""
        words = [self.program, *(word.format(used=group and group.used) for word in case.late)]
        environment = dict(self.environment, **environment)
        if case.place:
            prepare = case.place.format(f"{directory}/place")
            report = f"{self.build}/gaiaprof report -f json -o {directory}/report.json"
            script = (f"{prepare} || exit 76; env \"$@\"; status=$?; "
                      f"for p in {directory}/place/*.gaia; do {report} $p 2>&1; done >&2; "
                      "exit $status")
            words = ["unshare", "-Urm", "sh", "-c", script, "sh",
                     *(f"{name}={environment[name]}" for name in environment
                       if name.startswith(("GAIAPROF_", "LD_PRELOAD"))), *words]
            environment = {name: value for name, value in environment.items()
                           if name != "LD_PRELOAD"}
        return subprocess.run(words, env=environment, cwd=directory, stdin=subprocess.DEVNULL,
                              capture_output=True, preexec_fn=lambda: case.prepare(group),
                              check=False, timeout=TIME_LIMIT_S)

    def permits(self, case):
        """What lies in memory alone counts as the group's, and is never written out."""
        try:
            with memory_group(case):
                kind = subprocess.run(["stat", "-f", "-c", "%T", self.build], capture_output=True,
                                      check=True).stdout
                return kind.strip() not in (b"tmpfs", b"ramfs")
        except OSError:
            return False

    def is_for_all(self):
        """Whether another user gets to the build."""
        return os.getuid() != 0 or all(each.stat().st_mode & 0o001 for each in
                                       [self.build, *self.build.parents])

    def attempt(self, case):
        """What is wrong, None if nothing is; "" if the machine does not permit it."""
        if case.memory and not self.permits(case) or case.unprivileged and not self.is_for_all():
            return ""
        with tempfile.TemporaryDirectory(dir=self.build if case.memory else None) as directory:
            os.mkdir(f"{directory}/place")
            os.chmod(directory, 0o777)
            os.chmod(f"{directory}/place", 0o777)
            plain = self.run(case, {}, directory)
            if plain.returncode in (76, 77) or b"unshare" in plain.stderr:
                return ""
            profiled = self.run(case, {
                "LD_PRELOAD": f"{self.build}/libgaiaprof.so", "TMPDIR": directory,
                "GAIAPROF_OUTPUT": f"{directory}/place/%p.gaia",
                "GAIAPROF_OPTIONS": case.options + f":report_file={directory}/report.json"},
                directory)
            if profiled.returncode != plain.returncode:
                return (f"status {plain.returncode}, with us {profiled.returncode}: "
                        f"{profiled.stderr}")
            if profiled.stdout != plain.stdout:
                return f"stdout {plain.stdout}, with us {profiled.stdout}"
            return self.judge(case, profiled.stderr.decode(), directory)

    def judge(self, case, stderr, directory):
        strange = [line for line in stderr.splitlines()
                   if not line.startswith("gaiaprof:") and ".gaia: " not in line]
        if strange:
            return f"stderr {strange}"
        if case.said not in stderr:
            return f"not said: {case.said}: {stderr}"
        report = self.report(directory)
        if not report:
            told = NONE if "gaiaprof:" in stderr else "nothing"
        elif report["heap"]["allocations"] >= case.blocks:
            told = FULL
        else:
            lost = any(report["health"]["dropped"].values()) or not report["health"]["complete"]
            told = PARTIAL if lost else "too little, and no word"
        return None if told in case.told else f"{told}, not {' or '.join(case.told)}: {stderr}"

    def report(self, directory):
        try:
            with open(f"{directory}/report.json", encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            pass
        for profile in glob.glob(f"{directory}/**/*.gaia", recursive=True):
            done = subprocess.run([f"{self.build}/gaiaprof", "report", "-f", "json", profile],
                                  capture_output=True, check=True, timeout=TIME_LIMIT_S)
            return json.loads(done.stdout)
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # or a cgroup is left
    limits, wrong = Limits(options.build), 0
    chosen = [case for case in CASES if not options.cases or case.name in options.cases]
    for case in chosen:
        found = limits.attempt(case)
        if found == "":
            print(f"{case.name}: not permitted here")
        elif found:
            wrong += 1
            print(f"{case.name}: {found}"[:1500])
    print(f"{len(chosen)} cases, {wrong} wrong")
    sys.exit(1 if wrong or not chosen else 0)


if __name__ == "__main__":
    main()
