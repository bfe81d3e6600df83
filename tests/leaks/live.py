#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scans of running programs: `gaiaprof report -v leaks PID`.

    live.py BUILD CASE PROGRAM

Each case starts the program (live_*.c), scans it, and sees what the scan says and that the program
goes on as if nothing had been.
"""
import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

TIME_LIMIT_S = 60
PTRACE_SEIZE, PTRACE_DETACH, PTRACE_INTERRUPT = 0x4206, 17, 0x4207
# the blocks of a server that nobody asked for anything
NOTHING_LOST = {("reachable", "hold"): [1, 100]}


class Host:
    """A program under gaiaprof that says "ready" and ends when its input does."""

    def __init__(self, build, program):
        self.build = build
        self.folder = tempfile.TemporaryDirectory()
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("GAIAPROF_")}
        environment.update(LD_PRELOAD=f"{build}/libgaiaprof.so", GAIAPROF_OPTIONS="report=none",
                           GAIAPROF_OUTPUT=f"{self.folder.name}/%p.gaia")
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment, cwd=self.folder.name, bufsize=0)
        self.pid = self.process.pid
        self.await_ready()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.folder.cleanup()

    def await_ready(self):
        line = self.process.stdout.readline()
        assert line == b"ready\n", f"the program says {line}"

    def request(self, count):
        self.process.stdin.write(f"{count}\n".encode())
        self.await_ready()

    def state(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as text:
            return text.read().rsplit(")", 1)[1].split()[0]

    def await_state(self, state):
        while self.state() != state:
            time.sleep(0.01)

    def try_report(self, *arguments):
        return subprocess.run([f"{self.build}/gaiaprof", "report", "-v", "leaks", "-f", "json",
                               *arguments, str(self.pid)],
                              capture_output=True, timeout=TIME_LIMIT_S, check=False)

    def report(self, *arguments):
        done = self.try_report(*arguments)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def leaks(self, *arguments):
        """{(class, function): [blocks, bytes]} of the program's blocks."""
        leaks = self.report(*arguments)["leaks"]
        assert leaks["classified"], leaks.get("why")
        return summed(leaks["records"], "blocks", "bytes")

    def finish(self):
        """Its input ends: it must end well."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        status = self.process.wait(TIME_LIMIT_S)
        assert (status, rest) == (0, b""), f"exit status {status}: {rest}"


def summed(records, *keys):
    answer = {}
    for record in records:
        function = next((frame["function"] for frame in record["stack"]
                         if frame.get("file", "").endswith((".c", ".h")) and
                         "/leaks/" in frame["file"]), None)
        assert function or record["class"] == "reachable", f"a library's block: {record}"
        if function and not any(frame.get("function") == "_dl_allocate_tls"
                                for frame in record["stack"]):
            numbers = answer.setdefault((record["class"], function), [0] * len(keys))
            for i, key in enumerate(keys):
                numbers[i] += record[key]
    return {key: numbers for key, numbers in answer.items() if any(numbers)}


def expect(found, known):
    assert found == known, f"{found}\n    known: {known}"


def served(requests):
    """The blocks of a server that got so many requests."""
    return {**NOTHING_LOST, ("definite", "lose"): [requests, 24 * requests],
            ("indirect", "lose"): [requests, 40 * requests],
            ("reachable", "keep"): [requests, 24 * requests]}


# --- the cases

def server(host):
    """After each request a scan sees what was lost so far."""
    expect(host.leaks(), NOTHING_LOST)
    for round_of in range(1, 4):
        host.request(7)
        expect(host.leaks(), served(7 * round_of))
    host.finish()


def growth(host):
    """Two scans, and requests meanwhile: what has grown."""
    host.request(5)
    terminal, its_end = os.openpty()
    with subprocess.Popen([f"{host.build}/gaiaprof", "report", "-v", "leaks", "-f", "json",
                           "--interval", "2", str(host.pid)],
                          stdout=subprocess.PIPE, stderr=its_end) as command:
        os.close(its_end)
        said = b""
        while b"scanned; again in 2.00 s" not in said:
            said += os.read(terminal, 1000)
        host.request(3)
        out, _ = command.communicate(timeout=TIME_LIMIT_S)
    os.close(terminal)
    assert command.returncode == 0, said.decode()
    leaks = json.loads(out)["leaks"]
    assert leaks["classified"] and leaks["growth_ns"] > 1000000000, leaks
    expect(summed(leaks["records"], "blocks", "bytes"), served(8))
    expect(summed(leaks["records"], "grown_blocks", "grown_bytes"),
           {("definite", "lose"): [3, 72], ("indirect", "lose"): [3, 120],
            ("reachable", "keep"): [3, 72]})
    host.finish()


def stopped(host):
    """A stopped process is scanned, stays stopped, and goes on when told to."""
    host.request(2)
    os.kill(host.pid, signal.SIGSTOP)
    host.await_state("T")
    for _ in range(5):
        expect(host.leaks(), served(2))
        host.await_state("T")
        time.sleep(0.05)
        assert host.state() == "T", f"state {host.state()} a little after the scan"
    os.kill(host.pid, signal.SIGCONT)
    host.request(1)
    expect(host.leaks(), served(3))
    host.finish()


def traced(host):
    """What another tracer has can't be scanned: unclassified, with the reason."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    libc.ptrace.restype = ctypes.c_long
    host.request(2)
    if libc.ptrace(PTRACE_SEIZE, host.pid, 0, 0) != 0:
        print("no right to trace")
        sys.exit(77)
    leaks = host.report()["leaks"]
    assert leaks["classified"] is False and leaks["why"], leaks
    host.await_state("S")
    libc.ptrace(PTRACE_INTERRUPT, host.pid, 0, 0)
    os.waitpid(host.pid, 0)
    assert libc.ptrace(PTRACE_DETACH, host.pid, 0, 0) == 0
    expect(host.leaks(), served(2))
    host.finish()


def zombie(host):
    """A process that has ended: no scan, and it says so."""
    host.process.stdin.close()
    host.await_state("Z")
    done = host.try_report()
    if done.returncode == 0:
        assert json.loads(done.stdout)["leaks"]["classified"] is False, done.stdout
    else:
        assert done.returncode == 2 and b"gaiaprof: " in done.stderr, done
    assert host.process.wait(TIME_LIMIT_S) == 0


def killed(host):
    """The scan itself is killed, at some moment: the process goes on."""
    for delay_ms in range(0, 40, 4):
        with subprocess.Popen([f"{host.build}/gaiaprof", "report", "-v", "leaks", str(host.pid)],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:
            time.sleep(delay_ms / 1000)
            command.kill()
    host.request(2)
    expect(host.leaks(), served(2))
    host.finish()


def two_at_once(host):
    """Of scans at the same time one may find the other there; the process goes on."""
    host.request(2)
    for _ in range(5):
        command = [f"{host.build}/gaiaprof", "report", "-v", "leaks", "-f", "json", str(host.pid)]
        scans = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
        for scan in scans:
            leaks = json.loads(scan.communicate(timeout=TIME_LIMIT_S)[0])["leaks"]
            if leaks["classified"]:
                expect(summed(leaks["records"], "blocks", "bytes"), served(2))
            else:
                assert leaks["why"], leaks
    expect(host.leaks(), served(2))
    host.finish()


def waits(host):
    """50 scans of threads that wait in calls that a stop may interrupt."""
    for _ in range(50):
        assert host.leaks().get(("definite", "lose")) == [1, 40]
    time.sleep(0.2)
    host.finish()


def threads(host):
    expect(host.leaks(), {("definite", "lose"): [1000, 56000],
                          ("reachable", "hold"): [1000, 40000]})
    host.finish()


def storm(host):
    """What threads hold that come and go is never lost."""
    for _ in range(20):
        found = host.leaks()
        expect({key: value for key, value in found.items() if key[0] != "reachable"},
               {("definite", "lose"): [20, 1120]})
    host.finish()


def main():
    build, case, program = sys.argv[1:]
    with Host(build, program) as host:
        globals()[case](host)


if __name__ == "__main__":
    main()
