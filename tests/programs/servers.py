# SPDX-License-Identifier: MIT
"""Drivers of programs that serve: each starts one under the profiler, puts load on it, compares
what its clients see (never how fast it was), and stops it as its users would."""
import hashlib
import os
import pathlib
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request

from bench import measure
from programs import running

FOLLOW = {"GAIAPROF_OPTIONS": "follow=all"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


PORT = free_port()  # the same in all runs: it stands in what programs print


def answers(port=None):
    try:
        socket.create_connection(("127.0.0.1", port or PORT), 1).close()
    except OSError:
        return False
    return True


def redis(run):
    path = f"{run.directory}/redis.sock"
    client = ["redis-cli", "-s", path]
    with run.serve(["redis-server", "--port", "0", "--unixsocket", path, "--save", "",
                    "--io-threads", "2", "--io-threads-do-reads", "yes", "--dir",
                    str(run.directory)]) as server:
        server.wait_for_socket(path)
        run.client(["redis-benchmark", "-s", path, "-q", "-n", "12000", "-P", "8", "-t",
                    "set,get,lpush,hset,zadd"])
        run.client(["redis-cli", "-s", path, "flushall"])
        commands = run.directory / "commands"
        commands.write_text("".join(f"set key{i} {'value' * (i % 40)}\nrpush list{i % 50} {i}\n"
                                    for i in range(4000)))
        run.client(client, stdin=str(commands), name="answers")
        run.client([*client, "mget", *(f"key{i}" for i in range(0, 4000, 41))], name="keys")
        run.client([*client, "lrange", "list7", "0", "-1"], name="list")
        run.client([*client, "save"], name="save")  # the same in a child, then
        run.client([*client, "bgsave"])
        server.wait_until(lambda: b"rdb_bgsave_in_progress:0" in run.client(
            [*client, "info", "persistence"]).stdout, "done with BGSAVE")
        run.client([*client, "info", "persistence"])
        run.client([*client, "dbsize"], name="size")
        run.client([*client, "shutdown", "nosave"])
        server.stop()


def memcached_ask(connection, text, end):
    connection.sendall(text.encode())
    answer = b""
    while not answer.endswith(end):
        data = connection.recv(65536)
        if not data:
            raise measure.Failed("memcached closed the connection")
        answer += data
    return answer


def memcached(run):
    path = f"{run.directory}/memcached.sock"
    with run.serve(["memcached", "-u", "root", "-s", path, "-t", "4", "-m", "64"]) as server:
        server.wait_for_socket(path)
        sums = hashlib.sha256()
        connections = []
        for _ in range(8):
            connections.append(socket.socket(socket.AF_UNIX))
            connections[-1].settimeout(30)
            connections[-1].connect(path)
        for i in range(6000):
            value = f"value {i} " * (i % 60 + 1)
            sums.update(memcached_ask(connections[i % 8],
                                      f"set key{i} 0 0 {len(value)}\r\n{value}\r\n", b"\r\n"))
        for i in range(0, 6000, 3):
            sums.update(memcached_ask(connections[i % 7], f"get key{i}\r\n", b"END\r\n"))
        for connection in connections:
            connection.close()
        run.seen["answers"] = sums.hexdigest().encode()
        server.stop(signal.SIGTERM)


def bodies(run, paths, port=None):
    """What an HTTP server answers."""
    for path in paths:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port or PORT}{path}",
                                        timeout=30) as answer:
                run.seen[f"body {path}"] = b"%d " % answer.status + answer.read()
        except urllib.error.HTTPError as error:
            run.seen[f"body {path}"] = b"%d" % error.code


PAGES = ["/d7/f7.txt", "/d19/f399.txt", "/nothing", "/d0/f0.txt"]


def load(run, path="/d3/f3.txt"):
    run.client(["wrk", "-t2", "-c16", "-d1", f"http://127.0.0.1:{PORT}{path}"])


def nginx(run):
    config = run.directory / "nginx.conf"
    config.write_text(f"""
user {"root" if os.geteuid() == 0 else "nobody"};
daemon off;
worker_processes 2;
pid {run.directory}/nginx.pid;
error_log {run.directory}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {run.directory}/body;
    proxy_temp_path {run.directory}/proxy;
    fastcgi_temp_path {run.directory}/fastcgi;
    uwsgi_temp_path {run.directory}/uwsgi;
    scgi_temp_path {run.directory}/scgi;
    gzip on;
    gzip_min_length 100;
    gzip_types text/plain;
    server {{ listen 127.0.0.1:{PORT}; root {run.inputs}/tree; autoindex on; }}
}}
""")
    with run.serve(["nginx", "-e", f"{run.directory}/error.log", "-c", str(config)],
                   FOLLOW) as server:
        server.wait_until(answers)
        load(run)
        bodies(run, PAGES)
        run.client(["curl", "-sS", "--compressed", f"http://127.0.0.1:{PORT}/d5/"], name="index")
        server.process.send_signal(signal.SIGHUP)  # new workers for old ones
        time.sleep(0.3)
        load(run)
        bodies(run, PAGES)
        server.stop(signal.SIGQUIT)


def apache(run):
    modules = "/usr/lib/apache2/modules"
    config = run.directory / "apache.conf"
    config.write_text(f"""
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule deflate_module {modules}/mod_deflate.so
LoadModule filter_module {modules}/mod_filter.so
LoadModule mime_module {modules}/mod_mime.so
TypesConfig /etc/mime.types
ServerName localhost
Listen 127.0.0.1:{PORT}
PidFile {run.directory}/apache.pid
ErrorLog {run.directory}/apache.log
DocumentRoot {run.inputs}/tree
StartServers 2
ThreadsPerChild 8
MaxRequestWorkers 32
User nobody
Group nogroup
AddOutputFilterByType DEFLATE text/plain
<Directory {run.inputs}/tree>
Require all granted
</Directory>
""")
    with run.serve(["apache2", "-f", str(config), "-DFOREGROUND"], FOLLOW) as server:
        server.wait_until(answers)
        load(run)
        bodies(run, PAGES)
        server.stop(signal.SIGTERM)


def python(run):
    script = run.directory / "serve.py"
    script.write_text("import functools, http.server, signal, sys\n"
                      "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))\n"
                      "handler = functools.partial(http.server.SimpleHTTPRequestHandler, "
                      "directory=sys.argv[2])\n"
                      "handler.func.log_message = lambda *_: None\n"
                      "http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), handler)"
                      ".serve_forever()\n")
    with run.serve(["/usr/bin/python3", str(script), str(PORT), "{inputs}/tree"]) as server:
        server.wait_until(answers)
        load(run)
        bodies(run, [*PAGES, "/d5/"])
        server.stop(signal.SIGTERM)


def curl(run):
    """The client is profiled here, and the server is plain."""
    server = run.begin(["/usr/bin/python3", "-m", "http.server", "-b", "127.0.0.1", "-d",
                        "{inputs}/tree", str(PORT)], "server", is_profiled=False)
    try:
        while not answers():
            if server.poll() is not None:
                raise measure.Failed("the server did not start")
            time.sleep(0.02)
        run.run(["curl", "-sS", "--stderr", "progress", "--parallel", "--parallel-max", "8",
                 "--create-dirs", "-o", "got/#1/#2",
                 f"http://127.0.0.1:{PORT}/d{{1,2,3}}/f[1-60].txt"])
        run.run(["curl", "-sSf", f"http://127.0.0.1:{PORT}/nothing"])
        run.run(["curl", "-sS", f"file://{run.inputs}/tree/d1/f1.txt"])
        run.keep("got")
    finally:
        measure.end_group(server)
        server.wait()


def owned(run, user):
    """The directory of the run, another user's where we are root: the server refuses root."""
    if os.geteuid():
        return None
    for path in (run.directory, run.profiles):
        shutil.chown(path, user)
    return user


def of_postgres(name):
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        raise running.Missing(f"{name} is not installed")
    return str(found[-1])


def postgres(run):
    user = owned(run, "postgres")
    data, socket_path = run.directory / "data", run.directory / f".s.PGSQL.{PORT}"
    run.client([of_postgres("initdb"), "-D", str(data), "-U", "bench", "-A", "trust", "-N",
                "--locale=C", "-E", "UTF8"], user=user)
    of_client = ["-h", str(run.directory), "-p", str(PORT), "-U", "bench"]
    with run.serve([of_postgres("postgres"), "-D", str(data), "-k", str(run.directory), "-p",
                    str(PORT), "-c", "listen_addresses=", "-c", "fsync=off", "-c",
                    "dynamic_shared_memory_type=posix", "-c", "max_connections=20"],
                   FOLLOW, user) as server:
        server.wait_for_socket(socket_path)
        bench = [of_postgres("pgbench"), *of_client]
        query = [of_postgres("psql"), *of_client, "-XAtd", "postgres", "-c"]
        server.wait_until(lambda: ready(run, query, user))
        run.client([*bench, "-iqs", "1", "postgres"], user=user)
        run.client([*bench, "-c", "4", "-j", "2", "-t", "150", "postgres"], user=user)
        for name, text in POSTGRES_QUERIES.items():
            run.client([*query, text], name=name, user=user)
        server.stop(signal.SIGINT)


def ready(run, query, user):
    try:
        run.client([*query, "select 1"], user=user)
    except measure.Failed:
        return False
    return True


POSTGRES_QUERIES = {
    "balances": "select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from "
                "pgbench_history), count(*) from pgbench_history",
    "parallel": "set parallel_setup_cost = 0; set min_parallel_table_scan_size = 0; "
                "set max_parallel_workers_per_gather = 2; "
                "select count(*), sum(aid) from pgbench_accounts where aid % 7 = 1",
    "text": "select md5(string_agg(repeat(i::text, 9), ',' order by i)) "
            "from generate_series(1, 20000) i",
}


def mariadb(run):
    data, path = run.directory / "data", f"{run.directory}/mariadb.sock"
    user = ["--user=root"] if os.geteuid() == 0 else []
    run.client(["mariadb-install-db", "--no-defaults", f"--datadir={data}", *user,
                "--skip-test-db", "--auth-root-authentication-method=normal"])
    client = ["mariadb", "--no-defaults", f"--socket={path}", "-uroot", "-BN"]
    with run.serve(["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={path}",
                    "--skip-networking", *user, f"--pid-file={data}/pid",
                    "--innodb-buffer-pool-size=64M",
                    "--innodb-flush-log-at-trx-commit=0"]) as server:
        server.wait_for_socket(path)
        run.client([*client, "-e", "create database bench"])
        bench = ["sysbench", "oltp_read_write", "--db-driver=mysql", "--rand-seed=1",
                 f"--mysql-socket={path}", "--mysql-user=root", "--mysql-db=bench", "--tables=2",
                 "--table-size=3000", "--threads=4", "--events=600", "--time=0"]
        run.client([*bench, "prepare"])
        run.client([*client, "bench", "-e", "select count(*), sum(id) from sbtest1"],
                   name="prepared")
        run.client([*bench, "run"])
        run.client([*client, "bench", "-e", "select count(*) from sbtest1; "
                    "check table sbtest1, sbtest2"], name="rows")
        run.client(["mariadb-admin", "--no-defaults", f"--socket={path}", "-uroot", "shutdown"])
        server.stop()


def await_lines(run, tmux_command, lines):
    """Until the pane ends with these and a prompt: what is typed before it is echoed twice."""
    while True:
        pane = run.client([*tmux_command, "capture-pane", "-p", "-t", "one.0"]).stdout.decode()
        shown = pane.rstrip().split("\n")
        if shown[-1] in ("#", "$") and shown[-1 - len(lines):-1] == lines:
            return
        if time.monotonic() > run.deadline:
            raise running.Hang(f"tmux does not show {lines}")
        time.sleep(0.1)


def tmux(run):
    """Its server becomes a daemon."""
    path = f"{run.directory}/tmux.sock"
    usual = ["tmux", "-S", path, "-f", "/dev/null"]
    shell = {"SHELL": "/bin/sh", "TERM": "screen", "PS1": "$ ", **FOLLOW}
    run.run([*usual, "new-session", "-d", "-x", "100", "-y", "30", "-s", "one"], environment=shell)
    await_lines(run, usual, [])
    for text, shown in (("echo $((6 * 7)) >first; cat first", "42"),
                        ("seq 1000 | tail -n 2", "999 1000"), ("cat first; echo end", "42 end")):
        run.run([*usual, "send-keys", "-t", "one", text, "Enter"], environment=shell)
        await_lines(run, usual, shown.split())
    run.run([*usual, "split-window", "-t", "one", "seq 100 >split; sleep 9"], environment=shell)
    run.run([*usual, "list-windows", "-F", "#{window_panes} #{pane_width}"], environment=shell)
    while not (run.directory / "split").exists():
        time.sleep(0.05)
    run.run([*usual, "capture-pane", "-p", "-t", "one.0"], environment=shell)
    run.run([*usual, "kill-server"], environment=shell)
    run.keep("first")
    run.keep("split")
