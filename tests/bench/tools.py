# SPDX-License-Identifier: MIT
"""What is measured: gaiaprof in its modes, the benchmark's own interposers, and the peers.

A tool is a command to put before the program and variables to put into its environment. LD_PRELOAD
is set for the program itself and never through a shell: gaiaprof takes its own entry out in the
first process that loads it.
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess

from bench import measure

# command and environment may hold {dir}, a fresh directory, and {depth}; base: the tool that it is
# compared with (another allocator's own cost is not its profiler's); guess_ns: per pair, at first
Tool = collections.namedtuple("Tool", "title command environment base guess_ns peer",
                              defaults=((), {}, "plain", 100, None))
Peer = collections.namedtuple("Peer", "package command library", defaults=(None, None))

PEERS = {
    "heaptrack": Peer("heaptrack", command="heaptrack"),
    "jemalloc": Peer("libjemalloc2", library="libjemalloc.so.2"),
    "gperftools": Peer("google-perftools", library="libtcmalloc.so.4"),
    "valgrind": Peer("valgrind", command="valgrind"),
    "lsan": Peer("liblsan0", library="liblsan.so.0"),  # cc -fsanitize=leak
    "gprofng": Peer("binutils", command="gprofng"),
    "mutrace": Peer(None, command="mutrace"),
    "strace": Peer("strace", command="strace"),  # counts system calls, no profiler
}


def output_of(*argv):
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def find_library(name):
    loader = shutil.which("ldconfig") or "/sbin/ldconfig"
    match = re.search(rf"^\s*{re.escape(name)} .* => (\S+)$", output_of(loader, "-p"), re.M)
    return match.group(1) if match else None


def version_of(peer, path):
    if peer.command:
        match = re.search(r"\d+(?:\.\d+)+", output_of(path, "--version"))
    else:
        owner = output_of("dpkg", "-S", os.path.realpath(path)).split(":")[0]
        match = owner and re.search(r"\d+(?:\.\d+)+",
                                    output_of("dpkg-query", "-W", "-f", "${Version}", owner))
    return match.group() if match else "version unknown"


def find_peers(wanted):
    """{name: (path, version)} of those found, and {name: why} of those missing."""
    found, missing = {}, {}
    for name, peer in PEERS.items():
        path = shutil.which(peer.command) if peer.command else find_library(peer.library)
        if wanted is not None and name not in wanted:
            missing[name] = "not asked for (--peers)"
        elif path:
            found[name] = (path, version_of(peer, path))
        else:
            missing[name] = (f"not found; Debian's package is {peer.package}" if peer.package
                             else "not found, and Debian 12 has no package of it")
    return found, missing


def gaiaprof(title, library, guess_ns=100, **options):
    environment = {"LD_PRELOAD": str(library), "GAIAPROF_REPORT": "none",
                   "GAIAPROF_OUTPUT": "{dir}/profile.gaia"}
    environment.update({f"GAIAPROF_{key.upper()}": value for key, value in options.items()})
    return Tool(title, (), environment, guess_ns=guess_ns)


def own_tools(library, bench_directory):
    passing = {"LD_PRELOAD": str(bench_directory / "interposer_pass.so")}
    counting = {"LD_PRELOAD": str(bench_directory / "interposer_count.so")}
    return {
        "plain": Tool("plain", base=None, guess_ns=25),
        "pass": Tool("pass-through", (), passing, guess_ns=30),
        "count": Tool("counting only", (), counting, guess_ns=35),
        "verify": Tool("counting+verifying", (), {**counting, "BENCH_VERIFY_FRAMES": "{depth}"},
                       guess_ns=50),
        "exact": gaiaprof("gaiaprof exact", library, 300),
        "sampled": gaiaprof("gaiaprof 512k", library, 50, heap="512k"),
        "libunwind": gaiaprof("gaiaprof libunwind", library, 300, unwind="libunwind"),
        "locks": gaiaprof("gaiaprof heap=off", library, heap="off"),
        "no_locks": gaiaprof("gaiaprof locks=off", library, locks="off"),
        "hold_sampled": gaiaprof("gaiaprof hold=sampled", library, hold="sampled"),
        "hold_exact": gaiaprof("gaiaprof hold=exact", library, hold="exact"),
        "report": gaiaprof("gaiaprof, report", library, report="text"),
        "leaks_off": gaiaprof("gaiaprof leaks=off", library, leaks="off"),
        "leaks_on": gaiaprof("gaiaprof leaks=on", library, leaks="on"),
        "cpu": gaiaprof("gaiaprof cpu=100", library, cpu="100"),
    }


def valgrind(path, title, name, guess_ns, *options):
    out = (f"--{name}-out-file={{dir}}/out",) if name in ("massif", "dhat") else ()
    command = (path, "-q", f"--tool={name}", *options, *out)
    return Tool(title, command, {}, "plain", guess_ns, "valgrind")


def gprofng(path, title, *options):
    command = (path, "collect", "app", *options, "-p", "off", "-S", "off", "-o", "{dir}/trace.er")
    return Tool(title, command, {}, "plain", 15000, "gprofng")


def peer_tools(peers):
    """The tools of the peers that were found, in the order of the tables."""
    path = {name: found[0] for name, found in peers.items()}
    tools = {}
    if "heaptrack" in path:
        tools["heaptrack"] = Tool("heaptrack", (path["heaptrack"], "-o", "{dir}/heaptrack"), {},
                                  "plain", 1000, "heaptrack")
    if "jemalloc" in path:
        preload = {"LD_PRELOAD": path["jemalloc"]}
        for key, title, sample, guess in (("je_sampled", "jemalloc prof 512k", 19, 20),
                                          ("je_exact", "jemalloc prof all", 0, 3000)):
            conf = {"MALLOC_CONF": f"prof:true,lg_prof_sample:{sample}"}
            tools[key] = Tool(title, (), {**preload, **conf}, "jemalloc", guess, "jemalloc")
        tools["jemalloc"] = Tool("jemalloc plain", (), preload, None, 15, "jemalloc")
    if "gperftools" in path:
        preload = {"LD_PRELOAD": path["gperftools"]}
        tools["gperftools"] = Tool("gperftools heap", (), {**preload, "HEAPPROFILE": "{dir}/heap"},
                                   "tcmalloc", 10000, "gperftools")
        tools["tcmalloc"] = Tool("tcmalloc plain", (), preload, None, 15, "gperftools")
    if "valgrind" in path:
        threads = "--max-threads=1100"  # of what is for threads
        for title, name, guess, *options in (
                ("massif", "massif", 800), ("DHAT", "dhat", 2000), ("memcheck", "memcheck", 3000),
                ("DRD", "drd", 8000, threads), ("helgrind", "helgrind", 8000, threads)):
            tools[name] = valgrind(path["valgrind"], title, name, guess, *options)
    if "lsan" in path:
        tools["lsan"] = Tool("LeakSanitizer", (), {"LSAN_OPTIONS": "leak_check_at_exit=0"},
                             "plain", 25, "lsan")
    if "gprofng" in path:
        tools["gprofng_heap"] = gprofng(path["gprofng"], "gprofng heap trace", "-H", "on")
        tools["gprofng_sync"] = gprofng(path["gprofng"], "gprofng sync trace", "-s", "on")
    if "mutrace" in path:
        tools["mutrace"] = Tool("mutrace", (path["mutrace"],), {}, "plain", 300, "mutrace")
    return tools


def why_unsupported(tool, directory):
    """What a tool says against its own options, or None: an old library does not know new ones, and
    Debian may build jemalloc without profiling."""
    environment = {**measure.clean_environment(), **filled(tool, directory, 1)[1]}
    done = subprocess.run(["true"], env=environment, capture_output=True, text=True, check=False)
    if "gaiaprof: option" in done.stderr:
        return "not supported by this library"
    if "Invalid conf" in done.stderr:
        return "not supported by this build of jemalloc"
    return None


def filled(tool, directory, depth):
    """Command and environment of one run."""
    def fill(text):
        return text.replace("{dir}", str(directory)).replace("{depth}", str(depth))
    return ([fill(word) for word in tool.command],
            {name: fill(value) for name, value in tool.environment.items()})


def written_bytes(directory):
    """What a tool left in its directory: the size of its profile."""
    return sum(path.stat().st_size for path in pathlib.Path(directory).rglob("*") if path.is_file())
