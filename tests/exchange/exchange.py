# SPDX-License-Identifier: MIT
"""What the tests of this folder share: programs and their profiles, reports, and a reader of
pprof's profile.proto that knows nothing of how it is written here."""
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ["GAIAPROF_BUILD"])
PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])
SOURCES = pathlib.Path(__file__).parent
SKIPPED = 77

HEAP = ("alloc_objects", "alloc_space", "inuse_objects", "inuse_space")
VIEWS = {
    "heap": HEAP, "allocs": HEAP, "peak": HEAP, "leaks": HEAP, "reachable": HEAP,
    "temporary": ("temporary_objects",),
    "block": ("contentions", "delay"), "mutex": ("contentions", "delay"),
    "threadcreate": ("threadcreate",), "goroutine": ("goroutine",),
}


class Failure(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Failure(" ".join(str(part) for part in what))


def check_equal(actual, wanted, *what):
    check(actual == wanted, *what, "- is", actual, "and not", wanted)


def skip(why):
    print(why)
    sys.exit(SKIPPED)


def main(tests, need=lambda: None):
    """Runs test_NAME of the caller, in a scratch directory."""
    if not (BUILD / "libgaiaprof.so").exists():
        skip("no libgaiaprof.so")
    need()
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        try:
            tests["test_" + sys.argv[1]]()
        except Failure as failure:
            sys.exit(f"FAILED: {failure}")
        finally:
            os.chdir("/")


# --- programs and reports

def environment(**more):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GAIAPROF_")}
    kept.pop("LD_PRELOAD", None)
    return {**kept, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **more}


def run(*command, status=0, **more):
    done = subprocess.run([str(part) for part in command], env=environment(**more),
                          capture_output=True, check=False)
    check_equal(done.returncode, status, *command, done.stderr.decode(errors="replace"), "status")
    return done.stdout.decode()


def profile(program, *arguments, options="report=none", name="profile.gaia"):
    """Profiles a program of this folder; its profile's name."""
    path = program if os.path.isabs(program) else PROGRAMS / program
    if program == "templates" and not os.path.exists(path):
        skip("no C++ compiler")
    pathlib.Path(name).unlink(missing_ok=True)
    run(path, *arguments, LD_PRELOAD=str(BUILD / "libgaiaprof.so"), GAIAPROF_OPTIONS=options,
        GAIAPROF_OUTPUT=name)
    return name


def profile_host(program="host", name=None, **more):
    return profile(program, PROGRAMS / "library.so", name=name or f"{program}.gaia", **more)


def report(*arguments, status=0):
    return run(BUILD / "gaiaprof", "report", *arguments, status=status)


def diff(*arguments):
    return run(BUILD / "gaiaprof", "diff", *arguments)


def profiles_to_compare():
    """The second has what library.so does beside what the first has."""
    return profile("host", name="old.gaia"), profile_host(name="new.gaia")


def read_json(path, *arguments):
    return json.loads(report("-f", "json", *arguments, path))


def line_of(source, name):
    """The number of the line that ends in // LINE name."""
    for number, line in enumerate((SOURCES / source).read_text().splitlines(), 1):
        if line.endswith("// LINE " + name):
            return number
    raise Failure(f"{source} has no line {name}")


# --- the same figures from the JSON report

def heap_totals(report_json):
    heap = report_json["heap"]
    return [heap["allocations"], heap["allocated_bytes"], heap["live_blocks"], heap["live_bytes"]]


def leak_totals(report_json, is_reachable):
    """Of the stacks that leak: what was allocated there in all, and what leaked. Or of those whose
    blocks are reachable."""
    records = [record for record in report_json["leaks"].get("records", [])
               if (record["class"] == "reachable") == is_reachable and not record.get("suppressed")]
    leaking = {json.dumps(record["stack"]) for record in records}
    sites = [site for site in report_json["heap"]["sites"] if json.dumps(site["stack"]) in leaking]
    return [sum(site["allocations"] for site in sites),
            sum(site["allocated_bytes"] for site in sites),
            sum(record["blocks"] for record in records),
            sum(record["bytes"] for record in records)]


def lock_totals(report_json, who):
    entries = [entry for lock in report_json["locks"] for entry in lock.get(who, [])]
    return [sum(entry["count"] for entry in entries), sum(entry["wait_ns"] for entry in entries)]


def json_totals(report_json):
    """By view, the totals of its values."""
    heap, threads = report_json["heap"], report_json["threads"]
    created = [record for record in threads["records"] if record.get("created_by")]
    return {
        "heap": heap_totals(report_json),
        "allocs": heap_totals(report_json),
        "peak": heap_totals(report_json)[:2] + [heap["peak_blocks"], heap["peak_bytes"]],
        "temporary": [heap["temporary"]],
        "leaks": leak_totals(report_json, False),
        "reachable": leak_totals(report_json, True),
        "block": lock_totals(report_json, "waiters"),
        "mutex": lock_totals(report_json, "holders"),
        "threadcreate": [len(created)],
        "goroutine": [sum(record["exit"] in ("running", "process end") for record in created)],
    }


# --- profile.proto, from its wire format

def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """(number, value) of each field: integers, and bytes of what has a length."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        else:
            check_equal(tag & 7, 2, "wire type")
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
            check_equal(len(value), length, "length of a field")
        yield tag >> 3, value


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def numbers(value):
    if isinstance(value, int):
        return [value]
    at, result = 0, []
    while at < len(value):
        number, at = varint(value, at)
        result.append(number)
    return result


class Message:
    """A message by the names of its fields: one that ends in * may come often, + is packed."""

    def __init__(self, data, *names):
        plain = [name.rstrip("*+") for name in names]
        for name in names:
            setattr(self, name.rstrip("*+"), [] if name[-1] in "*+" else 0)
        for number, value in fields(data):
            check(number <= len(names), "unknown field", number, "beside", *plain)
            name = names[number - 1]
            if name.endswith("+"):
                getattr(self, plain[number - 1]).extend(numbers(value))
            elif name.endswith("*"):
                getattr(self, plain[number - 1]).append(value)
            else:
                setattr(self, name, value)


class Pprof:
    """A profile that was read, with texts in place of their indices."""

    def __init__(self, data):
        raw = Message(data, "type*", "sample*", "mapping*", "location*", "function*", "string*",
                      "drop_frames", "keep_frames", "time", "duration", "period_type", "period",
                      "comment+", "default")
        self.strings = [text.decode() for text in raw.string]
        self.types = [self.value_type(each) for each in raw.type]
        self.period_type = self.value_type(raw.period_type)
        self.period, self.time, self.duration = raw.period, raw.time, raw.duration
        self.comments = [self.strings[index] for index in raw.comment]
        self.default = self.strings[raw.default]
        self.drop_frames = self.strings[raw.drop_frames]
        self.mappings = [Message(each, "id", "start", "limit", "offset", "file", "build_id",
                                 "has_functions", "has_filenames", "has_lines", "has_inlines")
                         for each in raw.mapping]
        self.locations = [Message(each, "id", "mapping", "address", "line*", "folded")
                          for each in raw.location]
        self.functions = [Message(each, "id", "name", "system_name", "file", "start_line")
                          for each in raw.function]
        for location in self.locations:
            location.lines = [Message(each, "function", "number") for each in location.line]
        self.samples = [self.sample(each) for each in raw.sample]
        self.function_by_id = {each.id: each for each in self.functions}
        self.location_by_id = {each.id: each for each in self.locations}
        self.mapping_by_id = {each.id: each for each in self.mappings}

    def value_type(self, data):
        message = Message(data, "type", "unit")
        return self.strings[message.type], self.strings[message.unit]

    def sample(self, data):
        sample = Message(data, "locations+", "values+", "label*")
        sample.values = [signed(value) for value in sample.values]
        sample.labels = {}
        for each in sample.label:
            label = Message(each, "key", "text", "number", "unit")
            sample.labels[self.strings[label.key]] = (self.strings[label.text] if label.text else
                                                      signed(label.number))
        return sample

    def totals(self):
        return [sum(column) for column in zip(*(sample.values for sample in self.samples))] or [
            0] * len(self.types)

    def name(self, function_id):
        return self.strings[self.function_by_id[function_id].name]

    def frames(self, location_id):
        """(function, file, line), innermost first."""
        return [(self.name(line.function), self.strings[self.function_by_id[line.function].file],
                 line.number) for line in self.location_by_id[location_id].lines]

    def stack(self, sample):
        return [frame for each in sample.locations for frame in self.frames(each)]


def read_pprof(path):
    return Pprof(gzip.decompress(pathlib.Path(path).read_bytes()))


def render_pprof(path, view, *arguments):
    name = f"{view}.pb.gz"
    report("-f", "pprof", "-v", view, "-o", name, *arguments, path)
    return name
