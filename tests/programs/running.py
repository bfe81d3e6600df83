# SPDX-License-Identifier: MIT
"""One run of a program, plain or under the profiler: what it did, as far as others can see it.

A run has a directory of its own, always at the same path, so that nothing but the profiler differs.
The program and what it starts are ours: what is left of them at the end of a run is ended, found as
our descendants (the runner is their subreaper), never by name.
"""
import contextlib
import ctypes
import hashlib
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time

from bench import measure

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
PR_SET_CHILD_SUBREAPER = 36
Ended = measure.collections.namedtuple("Ended", "status stdout stderr cpu_s wall_s")


class Hang(measure.Failed):
    """A time limit was exceeded."""


class Missing(measure.Failed):
    """A program is not installed."""


def become_subreaper():
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children_of(pid):
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def descendants():
    found, rest = [], list(children_of(os.getpid()))
    while rest:
        pid = rest.pop()
        found.append(pid)
        rest += children_of(pid)
    return found


def end_descendants(grace_s=2):
    """They may be about to end by themselves; what is not is killed."""
    deadline = time.monotonic() + grace_s
    while descendants():
        if time.monotonic() > deadline:
            for pid in descendants():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def find(name):
    """The program itself: Debian's, not one in front of it on someone's PATH."""
    path = name if name.startswith("/") else shutil.which(name, path=PATH)
    if not path or not os.access(path, os.X_OK):
        raise Missing(f"{name} is not installed")
    return path


def digest(path):
    if path.is_symlink():
        return f"link to {os.readlink(path)}".encode()
    data = path.read_bytes()
    return f"{len(data)} bytes {hashlib.sha256(data).hexdigest()}".encode()


def digest_tree(path):
    """Of a file, or of all files below a directory."""
    if not path.is_dir():
        return digest(path) if path.exists() else b"missing"
    names = sorted(each for each in path.rglob("*") if not each.is_dir())
    return b"\n".join(str(each.relative_to(path)).encode() + b" " + digest(each)
                      for each in names if each.is_symlink() or each.is_file())


class Server:
    """A program that serves until it is told to end."""

    def __init__(self, run, process, label, deadline):
        self.run, self.process, self.label, self.deadline = run, process, label, deadline
        self.start = time.monotonic()

    def wait_until(self, is_ready, what="ready"):
        while not is_ready():
            if self.process.poll() is not None:
                raise measure.Failed(f"{self.label} ended with {self.process.returncode}: "
                                     + self.run.last_words(self.label))
            if time.monotonic() > self.deadline:
                raise Hang(f"{self.label} is not {what} in time")
            time.sleep(0.02)

    def wait_for_socket(self, path):
        self.wait_until(lambda: pathlib.Path(path).is_socket())

    def stop(self, signal_number=None):
        """Tells it to end, unless it has been, and notes how it did."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        ended = self.run.wait(self.process, self.label, self.start)
        self.run.see(self.label, ended, ("status",))
        return ended


class Run:
    """What a program sees of us: run(...), serve(...) are profiled, client(...) never is."""

    def __init__(self, directory, inputs, mode, limit_s):
        self.directory, self.inputs, self.mode = directory, inputs, mode
        self.profiles = directory.parent / "profiles"
        self.logs = directory.parent / "logs"
        self.deadline = time.monotonic() + limit_s
        self.seen = {}  # what is compared: name, bytes
        self.cpu_s = self.wall_s = 0
        self.commands = 0
        self.user = None  # a name, of who runs the program where root is refused
        for path in (directory, self.profiles, self.logs):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir()
            path.chmod(0o1777)  # also another user's

    def environment(self, own, label, is_profiled):
        kept = {name: value for name, value in measure.clean_environment().items()
                if name in ("LC_ALL", "TERM", "USER", "LOGNAME", "SHELL")}
        kept.update(PATH=PATH, HOME=str(self.directory), TMPDIR=str(self.directory), TZ="UTC",
                    SOURCE_DATE_EPOCH="1700000000", **(own or {}))
        if not is_profiled:
            return kept
        return self.mode.applied(kept, self.profiles, self.logs / f"{label}.witness")

    def filled(self, text):
        return str(text).replace("{inputs}", str(self.inputs)).replace("{run}",
                                                                       str(self.directory))

    def begin(self, argv, label, stdin=None, environment=None, user=None, is_profiled=True):
        argv = [self.filled(word) for word in argv]
        argv[0] = find(argv[0])
        environment = {name: self.filled(value) for name, value in (environment or {}).items()}
        identity = {}
        if user and os.geteuid() == 0:
            account = pwd.getpwnam(user)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with open(self.filled(stdin or os.devnull), "rb") as source, \
                open(self.logs / f"{label}.out", "wb") as out, \
                open(self.logs / f"{label}.err", "wb") as err:
            return subprocess.Popen(argv, stdin=source, stdout=out, stderr=err,
                                    cwd=self.directory, start_new_session=True,
                                    env=self.environment(environment, label, is_profiled),
                                    **identity)

    def wait(self, process, label, start):
        """Its end; that of one that takes too long is SIGKILL, as is that of its group."""
        left_s = max(self.deadline - time.monotonic(), 1)
        try:
            usage = measure.wait_for(process, left_s)
        except measure.Failed as error:
            raise Hang(f"{label} does not end: killed") from error
        self.cpu_s += usage.ru_utime + usage.ru_stime
        self.wall_s += time.monotonic() - start
        return Ended(process.returncode, (self.logs / f"{label}.out").read_bytes(),
                     (self.logs / f"{label}.err").read_bytes(), usage.ru_utime + usage.ru_stime,
                     time.monotonic() - start)

    def see(self, label, ended, what=("status", "stdout", "stderr")):
        for part in what:
            value = getattr(ended, part)
            self.seen[f"{label} {part}"] = value if isinstance(value, bytes) else b"%d" % value
        with contextlib.suppress(FileNotFoundError):
            self.seen[f"{label} witness"] = (self.logs / f"{label}.witness").read_bytes()

    def next_label(self, argv):
        self.commands += 1
        return f"{self.commands}-{os.path.basename(argv[0])}"

    def run(self, argv, stdin=None, environment=None):
        """The program, to its end: all it says is compared."""
        label = self.next_label(argv)
        start = time.monotonic()
        process = self.begin(argv, label, stdin, environment)
        ended = self.wait(process, label, start)
        self.see(label, ended)
        return ended

    @contextlib.contextmanager
    def serve(self, argv, environment=None, user=None):
        """The program as a server; the body stops it."""
        label = self.next_label(argv)
        server = Server(self, self.begin(argv, label, None, environment, user), label,
                        self.deadline)
        try:
            yield server
        finally:
            if server.process.returncode is None:
                measure.end_group(server.process)
                server.process.wait()

    def client(self, argv, stdin=None, environment=None, name=None, user=None):
        """A program that puts load on a server. With a name its output is compared."""
        label = f"client-{os.path.basename(argv[0])}"
        before = self.cpu_s, self.wall_s
        process = self.begin(argv, label, stdin, environment, user, is_profiled=False)
        ended = self.wait(process, label, time.monotonic())
        self.cpu_s, self.wall_s = before  # not the program's
        if ended.status:
            raise measure.Failed(f"{label} ended with {ended.status}: {self.last_words(label)}")
        if name:
            self.seen[name] = ended.stdout
        return ended

    def last_words(self, label):
        return measure.last_line(self.logs / f"{label}.err")

    def keep(self, name):
        """Compares a file or a directory that the program has written."""
        self.seen[f"file {name}"] = digest_tree(self.directory / name)


def normalised(seen, patterns):
    """seen, with what matches one of the patterns struck out."""
    result = dict(seen)
    for pattern in patterns:
        for name, value in result.items():
            result[name] = re.sub(pattern.encode(), b"#", value, flags=re.M)
    return result
