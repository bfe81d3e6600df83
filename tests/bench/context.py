# SPDX-License-Identifier: MIT
"""What every section needs: the tools there are, the programs, how to run one under the other."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess

from bench import measure, tools

SOURCES = pathlib.Path(__file__).resolve().parent
FLAGS = ["-O2", "-g", "-Wall", "-Wextra"]
# name: its source, and flags beside FLAGS. Debian's default: no frame pointers.
PROGRAMS = {
    "heap_pairs": ("heap_pairs.c", ["-pthread"]),
    "heap_pairs_fp": ("heap_pairs.c", ["-pthread", "-fno-omit-frame-pointer",
                                       "-mno-omit-leaf-frame-pointer"]),
    "heap_stacks": ("heap_stacks.c", []),
    "heap_blocks": ("heap_blocks.c", []),
    "leak_nodes": ("leak_nodes.c", []),
    "leak_nodes_lsan": ("leak_nodes.c", ["-fsanitize=leak"]),
    "lock_pairs": ("lock_pairs.c", ["-pthread"]),
    "lock_kinds": ("lock_kinds.c", ["-pthread"]),
    "lock_many": ("lock_many.c", ["-pthread"]),
    "threads": ("threads.c", ["-pthread"]),
    "throws": ("throws.cc", []),
    "interposer_pass.so": ("interposer_pass.c", ["-fPIC", "-shared"]),
    "interposer_count.so": ("interposer_count.c", ["-fPIC", "-shared"]),
}


def compiler(source):
    name = os.environ.get("CXX", "c++") if source.endswith(".cc") else os.environ.get("CC", "cc")
    return name.split()


def is_newer(target, sources):
    return target.exists() and all(target.stat().st_mtime > source.stat().st_mtime
                                   for source in sources)


def compile_program(directory, name):
    """Why it could not be built, or None."""
    source, flags = PROGRAMS[name]
    target = directory / name
    if is_newer(target, [SOURCES / source, SOURCES / "bench.h", pathlib.Path(__file__)]):
        return None
    try:
        done = subprocess.run([*compiler(source), *FLAGS, *flags, "-o", target, SOURCES / source],
                              capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    if done.returncode:
        return next((line for line in done.stderr.splitlines() if "error" in line), "cc failed")
    return None


class Context:
    def __init__(self, build, options, peers, scratch):
        self.build, self.options, self.scratch = build, options, scratch
        self.peers = peers  # name: (path, version)
        self.directory = build / "bench"
        self.directory.mkdir(exist_ok=True)
        self.cli = str(build / "gaiaprof")
        self.unbuilt = {}  # program: why
        for name in PROGRAMS:
            why = compile_program(self.directory, name)
            if why:
                self.unbuilt[name] = why
        self.tools = {**tools.own_tools(build / "libgaiaprof.so", self.directory),
                      **tools.peer_tools(peers)}
        self.unsupported = {}  # tool: why
        for name, tool in self.tools.items():
            why = tools.why_unsupported(tool, scratch.new()) if tool.environment else None
            if why:
                self.unsupported[name] = why

    @property
    def full(self):
        return self.options.full

    @property
    def repeat(self):
        return self.options.repeat

    def title(self, tool):
        return self.tools[tool].title if tool in self.tools else tool

    def present(self, names):
        """Those of the tools that there are, and the tools that they are compared with."""
        names = [name for name in names if name in self.tools]
        bases = [self.tools[name].base for name in names if self.tools[name].base]
        return list(dict.fromkeys([*bases, *names]))

    def run(self, tool, argv, depth=1, keep=False, environment=None, stdin=None):
        """Runs argv under a tool: (Ended, what the tool wrote in bytes, its directory if kept)."""
        if tool in self.unsupported:
            raise measure.Failed(self.unsupported[tool])
        directory = self.scratch.new()
        command, variables = tools.filled(self.tools[tool], directory, depth)
        try:
            ended = measure.run([*command, *argv], {**variables, **(environment or {})}, stdin,
                                self.options.limit, self.scratch.path)
            return ended, tools.written_bytes(directory), directory
        finally:
            if not keep:
                shutil.rmtree(directory, ignore_errors=True)

    def program(self, name):
        if name in self.unbuilt:
            raise measure.Failed(self.unbuilt[name])
        return str(self.directory / name)

    def workload(self, tool, name, *arguments, depth=1, keep=False):
        """One of our own programs: what it printed, and the usual measures beside it."""
        argv = [self.program(name), *map(str, arguments)]
        ended, profile_bytes, directory = self.run(tool, argv, depth, keep)
        values = measure.printed_values(ended.stdout)
        values.update(wall_s=ended.wall_s, cpu_s=ended.cpu_s, profile_bytes=profile_bytes)
        if keep:
            values["directory"] = directory
        return values

    def workload_case(self, tool, name, *arguments, depth=1):
        return lambda: self.workload(tool, name, *arguments, depth=depth)

    def experiment(self, section, title, cases, rounds=None, fewer=None):
        return measure.Experiment(section, title, cases, rounds or self.repeat, fewer)

    @contextlib.contextmanager
    def parked(self, tool, *argv):
        """One of our own programs under a tool, while it waits: its PID and what it printed."""
        if tool in self.unsupported:
            raise measure.Failed(self.unsupported[tool])
        directory = self.scratch.new()
        command, variables = tools.filled(self.tools[tool], directory, 1)
        try:
            with measure.parked([*command, self.program(argv[0]), *map(str, argv[1:])], variables,
                                self.options.limit, directory) as (pid, line):
                yield pid, measure.printed_values(line)
        finally:
            shutil.rmtree(directory, ignore_errors=True)

    def report(self, profile, *options):
        """`gaiaprof report` of a profile: (seconds, its text)."""
        ended = measure.run([self.cli, "report", *options, str(profile)],
                            limit_s=self.options.limit, directory=self.scratch.path)
        return ended.wall_s, ended.stdout.decode(errors="replace")


def lost(text):
    """What a text report says that was lost."""
    match = re.search(r"^ *[!]? *lost +(.+?)\s*$", text, re.M)
    return match.group(1) if match else "?"
