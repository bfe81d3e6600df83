#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs real programs with unwind=check: no stack differs from libunwind's, no output changes.

    programs.py BUILD [NAME...]    all by default; what is not installed is left out

What a program prints, on both outputs, and its status must be the same without and with the
profiler. Exits with 77 if nothing was there to run.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

TIME_LIMIT_S = 60
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

SQL = """create table t(a, b); create index i on t(b);
with recursive r(x) as (select 1 union all select x + 1 from r where x < 5000)
    insert into t select x, hex(x * 7) from r;
select length(b), count(*), max(b), sum(a) from t where b > '3' group by length(b);"""
PERL = r"""my %h; $h{$_ % 977} .= "x$_" for 1..30000;
print join(",", map { s/1/y/gr } map { length $h{$_} } sort keys %h), "\n";"""
PYTHON = """import json, re
print(len(json.dumps([re.sub('[aeiou]', str(i), 'profile of a heap') for i in range(1500)])))"""
PYTHON_SSL = """import hashlib, ssl, zlib
data = bytes(range(256)) * 2000
print(ssl.create_default_context().verify_mode, hashlib.sha512(data).hexdigest(),
      len(zlib.compress(data)), hashlib.pbkdf2_hmac('sha256', b'a', b'b', 2000))"""
BASH = """for i in {1..1500}; do a[i]=${i/1/x}${a[i-1]:0:20}; done
f() { (($1)) && f $(($1 - 1)); }; f 150; echo ${#a[@]} ${a[@]: -3}"""

# {gcc:NAME}: a part of gcc; {root}: this repository; {scratch}: the files of make_inputs()
PROGRAMS = {
    "jq": ["jq", "-n", "[range(2500)|{a:., b:(.|tostring)}]|map(.b|length)|add"],
    "xmllint": ["xmllint", "--format", "{scratch}/some.xml"],
    "sqlite3": ["sqlite3", ":memory:", SQL],
    "perl": ["perl", "-e", PERL],
    "python3": ["python3", "-S", "-c", PYTHON],
    "python3-ssl": ["python3", "-c", PYTHON_SSL],
    "cc1": ["{gcc:cc1}", "-quiet", "-O2", "-std=gnu11", "-D_GNU_SOURCE", "-I{root}",
            "{root}/preload/text.c", "-o", "-"],
    "cc1plus": ["{gcc:cc1plus}", "-quiet", "-O1", "{scratch}/some.cc", "-o", "-"],
    "git": ["git", "-C", "{scratch}/repository", "log", "-p", "--stat", "--format=%s"],
    "openssl-enc": ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-S", "0102030405060708",
                    "-k", "key", "-a", "-in", "{scratch}/some.xml"],
    "openssl-dgst": ["openssl", "dgst", "-sha512", "{scratch}/some.xml"],
    "openssl-prime": ["openssl", "prime", "-checks", "20",
                      "170141183460469231731687303715884105727"],
    "xz": ["xz", "-9", "-T2", "-c", "{scratch}/some.xml"],
    "bash": ["bash", "-c", BASH],
    "sort": ["sort", "--parallel=2", "-S", "1M", "{scratch}/some.xml"],
}


def make_inputs(scratch):
    items = "".join(f"<item n='{i}'><b>{i * i} &amp; text</b></item>" for i in range(3000))
    (scratch / "some.xml").write_text(f"<all>\n{items}</all>\n".replace("</item>", "</item>\n"))
    (scratch / "some.cc").write_text(
        "#include <map>\n#include <string>\n#include <vector>\n"
        "std::map<std::string, std::vector<int>> all;\n"
        "int main() { all[\"a\"].push_back(1); return int(all.size()); }\n")
    if not shutil.which("git"):
        return
    repository = scratch / "repository"
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", "init", "-q", str(repository)], check=True)
    for i in range(5):
        (repository / "file").write_text("\n".join(str(j * i % 7) for j in range(300)))
        subprocess.run([*git, "add", "file"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"commit {i}"], check=True)


def filled(argument, scratch):
    if argument.startswith("{gcc:"):
        done = subprocess.run(["gcc", f"-print-prog-name={argument[5:-1]}"], capture_output=True,
                              text=True, check=False) if shutil.which("gcc") else None
        return done.stdout.strip() if done else ""
    return argument.replace("{scratch}", str(scratch)).replace("{root}", str(ROOT))


def environment_of(scratch, **more):
    environment = {key: value for key, value in os.environ.items()
                   if not key.startswith("GAIAPROF_") and key != "LD_PRELOAD"}
    return {**environment, "HOME": str(scratch), "PYTHONHASHSEED": "1", "PYTHONMALLOC": "malloc",
            "PERL_HASH_SEED": "1", "LC_ALL": "C", **more}


def profiling(build, profile):
    return {"LD_PRELOAD": f"{build}/libgaiaprof.so", "GAIAPROF_OUTPUT": str(profile),
            "GAIAPROF_REPORT": "none", "GAIAPROF_UNWIND": "check"}


def run(arguments, environment):
    done = subprocess.run(arguments, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIME_LIMIT_S, check=False)
    return done.returncode, done.stdout, done.stderr


def failures_of_profile(build, profile):
    """What is wrong with it, and how many stacks it is about."""
    done = subprocess.run([f"{build}/gaiaprof", "report", "-f", "json", "-n", "1", str(profile)],
                          capture_output=True, timeout=TIME_LIMIT_S, check=False)
    if done.returncode:
        return [done.stderr.decode()], 0
    report = json.loads(done.stdout)
    failures = []
    if report["health"]["unwind_mismatches"]:
        failures.append(f"{report['health']['unwind_mismatches']} stacks differ")
    return failures, report["heap"]["allocations"]


def check_program(build, scratch, arguments):
    profile = scratch / "profile.gaia"
    plain = run(arguments, environment_of(scratch))
    profiled = run(arguments, environment_of(scratch, **profiling(build, profile)))
    failures = []
    for what, without, with_us in zip(("status", "stdout", "stderr"), plain, profiled):
        if without != with_us:
            failures.append(f"{what}: without {without[-300:]!r}, with {with_us[-600:]!r}"
                            if what != "status" else f"status {without}, with us {with_us}")
    more, allocations = failures_of_profile(build, profile)
    profile.unlink(missing_ok=True)
    return failures + more, allocations


def redis(build, scratch):
    """A server with a small load on a socket in the scratch folder."""
    socket, profile = scratch / "redis.sock", scratch / "redis.gaia"
    arguments = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "",
                 "--dir", str(scratch), "--appendonly", "no"]
    with open(scratch / "redis.log", "wb") as log:
        server = subprocess.Popen(arguments, stdout=log, stderr=log,
                                  env=environment_of(scratch, **profiling(build, profile)))
    try:
        for _ in range(100):
            if socket.exists():
                break
            time.sleep(0.1)
        load = run(["redis-benchmark", "-s", str(socket), "-n", "1500", "-q", "-t",
                    "set,get,lpush,lrange_100,zadd,hset"], environment_of(scratch))
        run(["redis-cli", "-s", str(socket), "eval", "return #redis.call('keys', '*')", "0"],
            environment_of(scratch))
        run(["redis-cli", "-s", str(socket), "shutdown", "nosave"], environment_of(scratch))
        status = server.wait(TIME_LIMIT_S)
    finally:
        server.kill()
    failures, allocations = failures_of_profile(build, profile)
    log = (scratch / "redis.log").read_text(errors="replace")
    failures += [line for line in log.splitlines() if "stacks differ" in line]
    if status or load[0]:
        failures.append(f"status {status}, of the load {load}; {log[-1000:]}")
    return failures, allocations


def main():
    build, *names = sys.argv[1:]
    ran = failed = 0
    with tempfile.TemporaryDirectory() as directory:
        scratch = pathlib.Path(directory)
        make_inputs(scratch)
        for name in names or [*PROGRAMS, "redis"]:
            arguments = [filled(word, scratch) for word in PROGRAMS.get(name, ["redis-server"])]
            if not arguments[0] or not shutil.which(arguments[0]):
                print(f"{name}: not installed")
                continue
            ran += 1
            failures, allocations = (check_program(build, scratch, arguments)
                                     if name in PROGRAMS else redis(build, scratch))
            print(f"{name}: {allocations} allocations, {'; '.join(failures) or 'as libunwind'}")
            failed += bool(failures)
    sys.exit(1 if failed else 0 if ran else 77)


if __name__ == "__main__":
    main()
