# SPDX-License-Identifier: MIT
"""Section programs: how much slower whole programs become, about a million allocations each."""
import json
import shutil

from bench import inputs, measure, output

SECTION = "programs"
TOOLS = ["pass", "count", "exact", "sampled", "heaptrack"]
MORE_TOOLS = ["massif", "gperftools"]
LIMITS = {"jq": (1.15, 1.02), "xmllint": (1.25, 1.03), "sqlite3": (1.10, 1.02),
          "perl": (1.10, 1.02), "python3": (1.20, 1.02)}


class Program:
    """A program, how it is started, and what it prints when it runs plain."""

    def __init__(self, context, name):
        self.context, self.name, self.path = context, name, inputs.interpreter(name)
        self.plain_output = self.allocations = None

    def run(self, tool):
        if not self.path:
            raise measure.Failed(f"{self.name} is not installed")
        arguments, stdin, environment = inputs.command(self.name, self.context.directory)
        ended, _, directory = self.context.run(tool, [self.path, *arguments], 1, True, environment,
                                               stdin)
        if tool == "exact" and self.allocations is None:
            self.allocations = self.allocations_of(directory)
        shutil.rmtree(directory, ignore_errors=True)
        self.check(tool, ended.stdout)
        return {"wall_s": ended.wall_s, "cpu_s": ended.cpu_s}

    def check(self, tool, stdout):
        """The program must print the same; wrappers print more of their own around it."""
        if tool == "plain":
            self.plain_output = stdout
        elif self.plain_output is not None:
            is_wrapper = self.context.tools[tool].command
            is_same = self.plain_output in stdout if is_wrapper else self.plain_output == stdout
            if not is_same:
                raise measure.Failed("the program printed something else than when it runs plain")

    def allocations_of(self, directory):
        profiles = list(directory.glob("*.gaia"))
        if not profiles:
            raise measure.Failed("gaiaprof left no profile")
        return json.loads(self.context.report(profiles[0], "-f", "json")[1])["heap"]["allocations"]


class Programs(measure.Section):
    def __init__(self, context):
        self.context = context
        names = context.present(TOOLS + (MORE_TOOLS if context.full else []))
        # against plain malloc, as it is the program's own allocator that is lost
        self.tools = [name for name in names if name != "tcmalloc"]
        self.programs = [Program(context, name) for name in LIMITS]
        self.list = [self.experiment(program) for program in self.programs]

    def experiment(self, program):
        cases = {tool: lambda tool=tool: program.run(tool) for tool in self.tools}
        repeat = self.context.repeat
        slow = {tool: repeat for tool in self.tools
                if self.context.tools[tool].peer or tool in ("pass", "count")}
        return self.context.experiment(SECTION, program.name, cases, repeat * 2, slow)

    def groups(self):
        return [[experiment] for experiment in self.list]

    def rows(self):
        yield ["program", "tool", "CPU s", "slowdown", "min..max", "by wall", "min..max", "target",
               ""]
        for program, experiment in zip(self.programs, self.list):
            for tool in output.measured(experiment):
                yield self.row(program, experiment, tool)

    def row(self, program, experiment, tool):
        cpu = experiment.median(tool, "cpu_s")
        if tool == "plain":
            return [program.name, "plain", output.median(cpu)]
        slower = experiment.ratio(tool, "plain", "cpu_s")
        wall = experiment.ratio(tool, "plain", "wall_s")
        target = self.target(experiment, tool)
        return ["", self.context.title(tool), output.median(cpu),
                output.ratio(slower), output.spread(slower), output.ratio(wall),
                output.spread(wall), *((target.limit, output.verdict(target)) if target else ())]

    def target(self, experiment, tool):
        if tool not in ("exact", "sampled"):
            return None
        limit = LIMITS[experiment.title][tool == "sampled"]
        what = f"{experiment.title}, {self.context.title(tool)}: CPU slowdown"
        return output.at_most(SECTION, what, experiment.ratio(tool, "plain", "cpu_s"), limit, "")

    def lines(self):
        yield output.title(
            "WHOLE PROGRAMS: slowdown, without a report at exit",
            "slowdown: of CPU time, user and system, that of what a tool runs beside the program",
            "included; less noisy than wall time, so the verdict goes by it",
            "pass-through, counting only: the limits of a sampled and of an exact heap",
            "gaiaprof in twice as many rounds as the others; all printed the same as plain")
        yield from output.table(list(self.rows()), left=2)
        counts = [f"{program.name} {program.allocations:,}" for program in self.programs
                  if program.allocations]
        yield f"  allocations: {', '.join(counts)}"
        yield from output.failed_lines(self.list, self.context.title)

    def targets(self):
        targets = [self.target(experiment, tool) for experiment in self.list
                   for tool in experiment.cases]
        return [target for target in targets if target]
