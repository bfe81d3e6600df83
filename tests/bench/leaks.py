# SPDX-License-Identifier: MIT
"""Section leaks: how long a scan of a large heap stops the program, and what it costs at exit."""
import json
import shutil

from bench import measure, output

SECTION = "leaks"
MIB = 1024
MEMCHECK_MIB = 64  # its time is given per GiB
LIMIT_S = 2  # stopped
# shape of leak_nodes: what it is, and the classes that all of its blocks are in
SHAPES = {
    "blocks": ("blocks of 1 KiB, a list", ["reachable"]),
    "list": ("nodes of 56 bytes, a list", ["reachable"]),
    "random": ("nodes of 56 bytes, random", ["reachable"]),
    "lost": ("nodes of 56 bytes, all lost", ["definite", "indirect"]),
}
LIMITED = ["list", "random"]
FEWER = {"random": {"lsan": 1, "memcheck": 1}}  # tens of seconds each


class Leaks(measure.Section):
    def __init__(self, context):
        self.context = context
        rounds = context.repeat if context.full else min(context.repeat, 3)
        self.scans = {shape: context.experiment(SECTION, title, self.cases(shape), rounds,
                                                {} if context.full else FEWER.get(shape, {}))
                      for shape, (title, _) in SHAPES.items()}
        self.small = context.experiment(SECTION, "a program with 30 blocks", {
            "exact": lambda: self.scan("small", ["reachable"])}, context.repeat * 2)
        self.exit = context.experiment(SECTION, "exit of true", {
            tool: lambda tool=tool: self.run_true(tool)
            for tool in context.present(["leaks_off", "leaks_on"])}, context.repeat * 4)

    def cases(self, shape):
        cases = {"exact": lambda: self.scan(shape, SHAPES[shape][1]),
                 "lsan": lambda: self.check("lsan", "leak_nodes_lsan", shape, MIB),
                 "memcheck": lambda: self.check("memcheck", "leak_nodes", shape, MEMCHECK_MIB)}
        return {tool: case for tool, case in cases.items() if tool in self.context.tools}

    def groups(self):
        return [[each] for each in (*self.scans.values(), self.small, self.exit)]

    def scan(self, shape, classes):
        with self.context.parked("exact", "leak_nodes", shape, MIB) as (pid, printed):
            ended = measure.run([self.context.cli, "report", "-v", "leaks", "-f", "json", str(pid)],
                                limit_s=self.context.options.limit)
        leaks = json.loads(ended.stdout)["leaks"]
        if not leaks.get("classified"):
            raise measure.Failed(leaks.get("why", "not classified"))
        found = sum(leaks[name]["blocks"] for name in classes)
        if not printed["blocks"] <= found <= printed["blocks"] + 10:
            raise measure.Failed(f"{found:,} blocks are {' or '.join(classes)}")
        return {"stopped_s": leaks["stopped_ns"] / 1e9, "wall_s": ended.wall_s,
                "cpu_s": ended.cpu_s, "peak_rss_bytes": ended.peak_rss_bytes}

    def check(self, tool, program, shape, mib):
        """A peer's check within the program, which stands still meanwhile."""
        values = self.context.workload(tool, program, shape, mib, "check")
        if "check_ms" not in values:
            raise measure.Failed("it can't be asked to check (valgrind/memcheck.h?)")
        seconds = values["check_ms"] / 1e3 * MIB / mib
        return {"stopped_s": seconds, "wall_s": seconds}

    def run_true(self, tool):
        ended, _, _ = self.context.run(tool, [shutil.which("true") or "/bin/true"])
        return {"wall_ms": ended.wall_s * 1e3, "cpu_ms": ended.cpu_s * 1e3}

    def scan_lines(self):
        yield output.title(
            f"LEAK SCAN of {MIB} MiB of live heap, from another process",
            "seconds that the program is stopped, and until the report is there; peers: their "
            "check,", f"the program stands still; Memcheck's of {MEMCHECK_MIB} MiB, times "
            f"{MIB // MEMCHECK_MIB}")
        rows = [["heap", "stopped", "min..max", "wall", "min..max", "peak RSS", "LSan", "to ours",
                 "memcheck"]]
        for experiment in self.scans.values():
            own = [experiment.median("exact", metric) for metric in ("stopped_s", "wall_s")]
            memory = experiment.median("exact", "peak_rss_bytes")
            rows.append([experiment.title, *[cell for each in own for cell in
                                             (output.median(each), output.spread(each))],
                         output.size(memory and memory.median),
                         output.median(experiment.median("lsan", "stopped_s")),
                         output.times(experiment.ratio("lsan", "exact", "stopped_s")),
                         output.median(experiment.median("memcheck", "stopped_s"))])
        yield from output.table(rows)

    def small_lines(self):
        yield output.title("LEAKS OF SMALL PROGRAMS, ms")
        own = [self.small.median("exact", metric) for metric in ("stopped_s", "wall_s")]
        rows = [["", "ms", "min..max"]]
        for title, each in zip(("30 blocks: stopped", "30 blocks: until the report"), own):
            each = each and measure.Summary(*[value * 1e3 for value in each[:3]], each.count)
            rows.append([title, output.median(each), output.spread(each)])
        for tool in ("leaks_off", "leaks_on"):
            added = self.exit.added(tool, "plain", "wall_ms")
            rows.append([f"true, {self.context.title(tool)}: added", output.median(added),
                         output.spread(added)])
        added = self.exit.added("leaks_on", "leaks_off", "wall_ms")
        rows.append(["true, leaks=on over leaks=off", output.median(added), output.spread(added)])
        yield from output.table(rows)

    def lines(self):
        yield from self.scan_lines()
        yield from self.small_lines()
        yield from output.failed_lines(self.experiments(), self.context.title)

    def targets(self):
        return [output.at_most(SECTION, f"leak scan of 1 GiB, {self.scans[shape].title}: stopped",
                               self.scans[shape].median("exact", "stopped_s"), LIMIT_S, " s")
                for shape in LIMITED]
