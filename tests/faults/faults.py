#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Lets each call of the library fail in turn: the host must not notice, and the loss is told.

    faults.py --build BUILD [--all] [--only KIND] HOST [ARGUMENT]...

A first run counts the calls of each kind. Then the host runs once for each call, or for some of
those of which there are many, with that call refused; and once with all calls from some on.

    unchanged   stdout, stderr but for lines of ours, exit status, no hang
    told        the figures are those of a run without faults; or the report's health, notes or
                reasons say that something is missing; or a line of ours on stderr does
"""
import argparse
import concurrent.futures
import errno
import glob
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

ROOM_BYTES = 4096
TIME_LIMIT_S = 30

# What a call may be refused with. 0: a kernel, or a filter, that does nothing and says it did.
ERRORS = {
    "mmap": "ENOMEM", "mremap": "ENOMEM", "madvise": "EINVAL", "mprotect": "ENOMEM",
    "munmap": "ENOMEM", "openat": "EMFILE", "fallocate": "ENOSPC", "pwrite64": "ENOSPC",
    "fcntl": "EMFILE", "clone": "EAGAIN", "ptrace": "EPERM", "execve": "ENOMEM",
    "setspecific": "ENOMEM", "pthread_key_create": "EAGAIN", "getattr": "ENOMEM",
    "malloc": "ENOMEM", "calloc": "ENOMEM", "realloc": "ENOMEM", "pthread_create": "EAGAIN",
    "atfork": "ENOMEM", "truncate": "EIO", "ftruncate": "ENOSPC", "write": "EIO",
}
# Calls made again and again until something has happened: their number says nothing, and refused
# for ever they leave nothing to wait with.
OF_TIME = ("wait4", "nanosleep", "sched_yield", "clock_gettime")
# Calls that nothing but a filter refuses, and then for ever. Where it comes between the two calls
# that belong together, the host keeps the signals blocked.
FOR_EVER = ("rt_sigprocmask",)
# What a filter refuses as well as what the machine runs out of.
ALSO_REFUSED = {"mmap": "EPERM", "openat": "ENOENT", "fallocate": "EOPNOTSUPP", "clone": "EPERM",
                "madvise": "EFAULT"}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--command", help="refuse the calls of this command, which makes the "
                        "report, and not those of the library")
    parser.add_argument("--all", action="store_true", help="every call, not some of many")
    parser.add_argument("--some", type=int, default=24, help="how many of a kind, without --all")
    parser.add_argument("--only", help="this kind of call alone")
    parser.add_argument("--inexact", action="store_true",
                        help="the host's allocations differ from run to run")
    parser.add_argument("host", nargs=argparse.REMAINDER)
    return parser.parse_args()


class Host:
    def __init__(self, options):
        self.options = options
        self.library = f"{options.build}/tests/faults/libgaiaprof.so"
        self.variable = "COMMAND_FAULT" if options.command else "FAULT"
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith("GAIAPROF_") and name != "LD_PRELOAD"}

    def run(self, environment, directory):
        """Status, stdout, stderr; status None of one that hangs."""
        with subprocess.Popen(self.options.host, cwd=directory, env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, start_new_session=True) as process:
            try:
                stdout, stderr = process.communicate(timeout=TIME_LIMIT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                stdout, stderr = process.communicate()
                return None, stdout.decode(), stderr.decode()
        return process.returncode, stdout.decode(), stderr.decode()

    def plain(self):
        with tempfile.TemporaryDirectory() as directory:
            return self.run(self.environment, directory)

    def profiled(self, fault):
        """(status, stdout, stderr), how many reports were made at exit, the report of each
        profile, counts by kind. `fault` may be None."""
        with tempfile.TemporaryDirectory() as directory:
            counts = f"{directory}/counts"
            with open(counts, "wb") as room:
                room.write(bytes(ROOM_BYTES))
            environment = dict(
                self.environment, LD_PRELOAD=self.library, **{f"{self.variable}_COUNTS": counts},
                GAIAPROF_CLI=self.options.command or f"{self.options.build}/gaiaprof",
                GAIAPROF_OUTPUT=f"{directory}/%p.gaia",
                TMPDIR=directory,
                GAIAPROF_OPTIONS="hold=exact:follow=fork:report=json:"
                                 f"report_file={directory}/%p.json")
            if fault:
                environment[self.variable] = fault
            result = self.run(environment, directory)
            made = sum(is_json(read_text(path)) for path in glob.glob(f"{directory}/*.json"))
            return result, made, self.reports(directory), read_counts(counts)

    def reports(self, directory):
        """Of each profile the report made at exit; where there is none, one made now."""
        found = []
        for profile in glob.glob(f"{directory}/*.gaia*"):
            text = read_text(profile.split(".gaia")[0] + ".json")
            if not is_json(text):
                done = subprocess.run(
                    [f"{self.options.build}/gaiaprof", "report", "-f", "json", profile],
                    capture_output=True, check=False, timeout=TIME_LIMIT_S)
                if done.returncode != 0:
                    raise AssertionError(f"unreadable profile: {done.stderr.decode()}")
                text = done.stdout.decode()
            found.append(json.loads(text))
        return sorted(found, key=lambda report: (report["process"]["start"],
                                                 report["process"]["pid"]))


def read_text(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def is_json(text):
    try:
        return bool(json.loads(text))
    except ValueError:
        return False


def read_counts(path):
    counts = {}
    with open(path, "rb") as file:
        for name, _, count in struct.iter_unpack("24sqq", file.read(ROOM_BYTES // 40 * 40)):
            if name.strip(b"\0"):
                counts[name.rstrip(b"\0").decode()] = count
    return counts


def figures(report, is_exact):
    """What is the same in each run of the host."""
    heap, leaks = report.get("heap", {}), report.get("leaks", {})
    kept = {
        "live blocks": heap.get("live_blocks"),
        "threads": report.get("threads", {}).get("created"),
        "acquisitions": not is_exact or acquisitions(report),
        "classified": leaks.get("classified"),
        "end": report["process"]["exit"]["kind"],
    }
    if is_exact:
        kept.update({key: sum(site[key] for site in heap.get("sites", []) if not is_loader(site))
                     for key in ("allocations", "allocated_bytes", "frees", "freed_bytes")})
        kept["definite"] = leaks.get("definite")
        kept["stacks"] = len(heap.get("sites", []))
    return kept


def acquisitions(report):
    """But for the one with which libunwind takes leave of a thread that it was needed in."""
    return sum(lock.get("acquisitions", 0) for lock in report.get("locks", [])
               if "libunwind" not in lock["name"])


def is_loader(site):
    """What it needs for threads depends on whether libunwind is there."""
    return any("/ld-linux" in frame.get("module", "") for frame in site["stack"][:1])


def told(report):
    """Everything a reader of the report sees of losses."""
    health = report["health"]
    reasons = [health["notes"], [name for name, count in health["dropped"].items() if count]]
    reasons.append([] if health["complete"] else ["incomplete"])
    leaks = report.get("leaks", {})
    reasons.append([leaks[key] for key in ("reason", "why", "notes") if leaks.get(key)])
    reasons.append(leaks.get("classified"))
    return without_digits(json.dumps(reasons))


def without_digits(text):
    return "".join(letter for letter in text if not letter.isdigit() and letter not in ".KMGiB")


def consistent(report):
    heap = report["heap"]
    for key in ("allocations", "allocated_bytes", "frees", "freed_bytes", "live_blocks",
                "live_bytes"):
        assert heap[key] == sum(site[key] for site in heap["sites"]), f"{key}: not of its sites"
    assert heap["allocations"] - heap["frees"] == heap["live_blocks"], "live blocks"
    assert heap["allocated_bytes"] - heap["freed_bytes"] == heap["live_bytes"], "live bytes"
    serials = [record["serial"] for record in report["threads"]["records"]]
    assert len(serials) == len(set(serials)), "a thread twice"


def own_lines(stderr):
    return [line for line in stderr.splitlines() if line.startswith("gaiaprof:")]


def host_lines(stderr):
    return [line for line in stderr.splitlines() if not line.startswith("gaiaprof:")]


class Check:
    """One fault after the other, held against a run without."""

    def __init__(self, host):
        self.host = host
        self.is_exact = not host.options.inexact
        self.plain = host.plain()
        result, self.made, self.full, self.counts = host.profiled(None)
        assert result == self.plain, f"without faults: {result}, plain: {self.plain}"
        self.figures = [figures(report, self.is_exact) for report in self.full]

    def difference(self, fault, result, made, reports):
        """What is not as it was, of the host first."""
        status, stdout, stderr = result
        if status is None:
            return "hangs"
        if status != self.plain[0]:
            return f"status {status}: {stderr}"
        if fault.split(":")[0] in FOR_EVER:
            stdout = re.sub("[0-9]+ blocked", "0 blocked", stdout)
        if stdout != self.plain[1]:
            return f"stdout {stdout!r}"
        if host_lines(stderr) != host_lines(self.plain[2]):
            return f"stderr {stderr!r}"
        for report in reports:
            consistent(report)
        if own_lines(stderr):
            return None
        if made != self.made:
            return f"{made} reports of {self.made}, and not a word"
        if len(reports) != len(self.full):
            return f"{len(reports)} profiles, and not a word"
        for report, full, known in zip(reports, self.full, self.figures):
            got = figures(report, self.is_exact)
            if got != known and told(report) == told(full):
                changed = {key: (known[key], got[key]) for key in known if known[key] != got[key]}
                return f"not told: {changed}"
        return None

    def one(self, fault):
        try:
            result, made, reports, _ = self.host.profiled(fault)
            found = self.difference(fault, result, made, reports)
        except (AssertionError, KeyError) as error:
            found = f"{error!r}"
        return fault, found

    def faults(self):
        options = self.host.options
        for kind, count in self.counts.items():
            if count == 0 or options.only not in (None, kind):
                continue
            errors = [getattr(errno, ERRORS.get(kind, "EPERM"))]
            if kind in ALSO_REFUSED:
                errors.append(getattr(errno, ALSO_REFUSED[kind]))
            for number in errors:
                yield from self.faults_of(kind, count, number)

    def faults_of(self, kind, count, number):
        options = self.host.options
        most = 4 if kind in OF_TIME else options.some
        step = 1 if options.all and kind not in OF_TIME else max(1, -(-count // most))
        for at in range(1, count + 1, step):
            yield f"{kind}:{at}{'+' * (kind in FOR_EVER)}:{number}"
        if kind in OF_TIME:
            return
        for at in sorted({1, 2, count // 4 + 1, count // 2 + 1, count}):
            yield f"{kind}:{at}+:{number}"


def main():
    options = arguments()
    check = Check(Host(options))
    failures, count = [], 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for fault, found in pool.map(check.one, check.faults()):
            count += 1
            if found:
                failures.append(f"{fault}: {found}")
                print(failures[-1][:2000], flush=True)
    print(f"{count} faults, {len(failures)} noticed or not told")
    sys.exit(1 if failures or not count else 0)


if __name__ == "__main__":
    main()
