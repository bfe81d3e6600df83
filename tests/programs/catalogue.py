# SPDX-License-Identifier: MIT
"""The programs under trial. To add one: a line here, with its Debian packages; its input is made
in inputs.py or is a script of scripts.py; one that serves has its driver in servers.py."""
from programs import inputs, scripts, servers
from programs.trial import Program

FOLLOW = {"GAIAPROF_OPTIONS": "follow=all"}
LIBRARIES = "/usr/lib/x86_64-linux-gnu"
JAVA = ["/usr/lib/jvm/default-java/bin/java", "-Xmx256m", "-XX:-UsePerfData"]
ECJ = "org.eclipse.jdt.internal.compiler.batch.Main"
CHROMIUM = ["/usr/lib/chromium/chromium", "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--user-data-dir={run}/profile", "--virtual-time-budget=3000", "--dump-dom",
            "file://{inputs}/page.html"]
# times of day, process ids and addresses: what a log line has of its own
DESCRIPTORS = r"(?:^descriptor .*\n)+"  # of the witness: where threads still run at the end
LOG = (r"\d{4}-\d\d-\d\d[ T][\d:.]+Z?", r"\[\d+\]", r"0x[0-9a-f]{6,}")


def given(name, content):
    return inputs.script(name, content)


def words(*arguments):
    return [*arguments, "{inputs}/text.txt"]


def interpreters():
    perl, python = inputs.bench_file("input.pl"), inputs.bench_file("input.py")
    yield Program("perl", "perl", [["perl", "{inputs}/input.pl"]], inputs=(perl,), is_daily=True,
                  environment={"PERL_HASH_SEED": "0"})
    yield Program("python3", "python3", [["/usr/bin/python3", "{inputs}/input.py"]],
                  inputs=(python,), environment={"PYTHONMALLOC": "malloc"})
    yield Program("python3 threads", "python3", [["/usr/bin/python3", "{inputs}/threads.py"]],
                  inputs=(given("threads.py", scripts.PYTHON_THREADS),), is_daily=True)
    yield Program("python3 multiprocessing", "python3",
                  [["/usr/bin/python3", "{inputs}/processes.py"]], environment=FOLLOW,
                  inputs=(given("processes.py", scripts.PYTHON_PROCESSES),))
    for name, package, argv, content in (
            ("ruby", "ruby", ["ruby", "{inputs}/work.rb"], scripts.RUBY),
            ("lua", "lua5.4", ["lua5.4", "{inputs}/work.lua"], scripts.LUA),
            ("guile", "guile-3.0", ["guile-3.0", "--no-auto-compile", "{inputs}/work.scm"],
             scripts.GUILE),
            ("node", "nodejs", ["node", "{inputs}/work.js"], scripts.NODE),
            ("php", "php-cli", ["php", "{inputs}/work.php"], scripts.PHP),
            ("tcl", "tcl", ["tclsh", "{inputs}/work.tcl"], scripts.TCL),
            ("zsh", "zsh", ["zsh", "-f", "{inputs}/work.zsh"], scripts.ZSH),
            ("bash", "bash", ["bash", "{inputs}/work.bash"], scripts.BASH),
            ("bc", "bc", ["bc", "-lq", "{inputs}/work.bc"], scripts.BC)):
        yield Program(name, package, [argv], is_daily=name == "bash",
                      varies=(DESCRIPTORS,) if name == "node" else (),
                      inputs=(given(argv[-1].rpartition("/")[2], content),))
    yield Program("awk", "gawk", [words("gawk", "-f", "{inputs}/work.awk")],
                  inputs=(inputs.text, given("work.awk", scripts.AWK)))
    yield Program("java", "default-jre-headless ecj libecj-java",
                  [[*JAVA, "-cp", "/usr/share/java/ecj.jar", ECJ, "-10", "-d", "{run}",
                    "{inputs}/Work.java"], [*JAVA, "-cp", "{run}", "Work"]],
                  inputs=(given("Work.java", scripts.JAVA),), keeps=("Work.class",),
                  varies=(DESCRIPTORS,))


def compilers():
    yield Program("gcc", "gcc", [["gcc", "-O2", "-c", "{inputs}/sources/all.c", "-o", "all.o"]],
                  inputs=(inputs.sources,), environment=FOLLOW, keeps=("all.o",), is_daily=True)
    yield Program("g++", "g++", [["g++", "-O1", "-c", "{inputs}/templates.cc", "-o", "t.o"]],
                  inputs=(inputs.cxx_source,), environment=FOLLOW, keeps=("t.o",))
    yield Program("clang", "clang", [["clang", "-O2", "-c", "{inputs}/sources/all.c", "-o", "a.o"]],
                  inputs=(inputs.sources,), environment=FOLLOW, keeps=("a.o",))
    yield Program("make -j2", "make gcc", [["make", "-sj2", "CC=gcc", "-C", "{run}/sources"]],
                  work=copied_sources, inputs=(inputs.sources,), environment=FOLLOW,
                  keeps=("sources",), is_daily=True)
    yield Program("cmake", "cmake make gcc",
                  [["cmake", "-S", "{inputs}/sources", "-B", "{run}/build", "-G",
                    "Unix Makefiles"], ["cmake", "--build", "{run}/build", "-j2"]],
                  inputs=(inputs.sources,), varies=(r"\(\d+\.\d+s\)", r"^\[ *\d+%\].*\n"),
                  keeps=("build/program",))
    yield Program("gdb", "gdb gcc", work=gdb, inputs=(inputs.sources, given("work.gdb",
                                                                           scripts.GDB)),
                  varies=(r"0x[0-9a-f]+", r"process \d+"))


def copied_sources(run):
    run.client(["cp", "-r", "{inputs}/sources", "{run}/sources"])


def gdb(run):
    main = run.directory / "main.c"
    main.write_text("void *insert_3(void *, int); int depth_3(void *);\n"
                    "int main(void) { return depth_3(insert_3(insert_3(0, 1), 2)); }\n")
    run.client(["gcc", "-g", "-o", "debugged", str(main), "{inputs}/sources/unit0.c"])
    run.run(["gdb", "-nx", "-batch", "-x", "{inputs}/work.gdb", "./debugged"])


def data_tools():
    for name, package, stdin, argv, maker in (
            ("jq", "jq", None, ["jq", ".", "{inputs}/input.json"], "input.json"),
            ("xmllint", "libxml2-utils", None, ["xmllint", "--format", "{inputs}/input.xml"],
             "input.xml"),
            ("sqlite3", "sqlite3", "{inputs}/input.sql", ["sqlite3", "work.db"], "input.sql")):
        yield Program(name, package, [argv], stdin=stdin, is_daily=True,
                      inputs=(inputs.bench_file(maker),))
    yield Program("sort --parallel", "coreutils",
                  [words("sort", "--parallel=4", "-S", "40M", "-k2", "-o", "sorted")],
                  inputs=(inputs.text,), keeps=("sorted",), is_daily=True)
    yield Program("ripgrep", "ripgrep", [["rg", "--sort", "path", "-c", "(apple|zebra).*line",
                                          "{inputs}/tree"],
                                         words("rg", "-c", "apple [a-z]+ zebra")],
                  inputs=(inputs.text, inputs.tree))
    yield Program("fd", "fd-find", [["fdfind", "-j4", "-e", "txt", "f[0-9]*7", "{inputs}/tree"]],
                  inputs=(inputs.tree,))
    yield Program("bat", "bat", [["batcat", "--color=always", "--paging=never",
                                  "{inputs}/sources/unit0.c"]], inputs=(inputs.sources,))
    yield Program("find", "findutils", [["find", "/usr/share", "-name", "*.py", "-size", "+2k"],
                                        ["find", "{inputs}/tree", "-type", "f", "-exec", "wc",
                                         "-l", "{}", "+"]], inputs=(inputs.tree,))
    yield Program("dot", "graphviz", [["dot", "-Tsvg", "{inputs}/graph.dot", "-o", "graph.svg"]],
                  inputs=(inputs.graph,), keeps=("graph.svg",))
    yield Program("emacs", "emacs-nox", [["emacs", "-Q", "--batch", "--chdir={inputs}", "-l",
                                          "{inputs}/work.el"]],
                  inputs=(inputs.text, given("work.el", scripts.EMACS)))
    yield Program("vim", "vim", work=vim, inputs=(inputs.text,), keeps=("edited.txt",))
    yield Program("busybox", "busybox", [words("busybox", "sort", "-u"),
                                         words("busybox", "md5sum")], inputs=(inputs.text,),
                  note="Debian's is linked dynamically")


def vim(run):
    script = run.directory / "work.vim"
    script.write_text(scripts.VIM.replace("{run}", str(run.directory)).replace(
        "edit ", f"edit {run.inputs}/"))
    run.run(["vim", "-Nu", "NONE", "-i", "NONE", "-n", "-es", "-S", str(script)])


def packers():
    yield Program("tar", "tar", [["tar", "-C", "{inputs}", "-cf", "made.tar", "tree"],
                                 ["tar", "-xf", "{inputs}/tree.tar"]],
                  inputs=(inputs.tree,), keeps=("made.tar", "tree"))
    yield Program("tar -z", "tar gzip", [["tar", "-C", "{inputs}", "-czf", "made.tgz", "tree"]],
                  inputs=(inputs.tree,), keeps=("made.tgz",), environment=FOLLOW)
    for name, package, options, end, is_daily in (
            ("xz -T2", "xz-utils", ["-T2", "-2", "--block-size=2MiB"], "xz", True),
            ("zstd -T2", "zstd", ["-T2", "-9", "-q"], "zst", False),
            ("pigz", "pigz", ["-p2", "-n"], "gz", False), ("bzip2", "bzip2", [], "bz2", False),
            ("brotli", "brotli", ["-q", "5"], "br", False)):
        command = name.split()[0]
        yield Program(name, package,
                      [words("cp", "-f")[:2] + ["{inputs}/text.txt", "text.txt"],
                       [command, *options, "-k", "text.txt"],
                       [command, "-dfk", f"text.txt.{end}"]], is_daily=is_daily,
                      inputs=(inputs.text,), keeps=(f"text.txt.{end}", "text.txt"))
    yield Program("7z", "p7zip-full", [["7z", "a", "-mx1", "-mmt2", "-bd", "t.7z", "{inputs}/tree"],
                                       ["7z", "x", "-bd", "-oout", "t.7z"]],
                  inputs=(inputs.tree,), keeps=("out",))
    yield Program("rsync", "rsync", [["rsync", "-a", "{inputs}/tree/", "one"],
                                     ["rsync", "-ac", "--delete", "one/", "two"]],
                  inputs=(inputs.tree,), environment=FOLLOW, keeps=("two",))


def media():
    yield Program("ffmpeg", "ffmpeg",
                  [["ffmpeg", "-v", "error", "-nostdin", "-threads", "2", "-f", "lavfi", "-i",
                    "testsrc=s=320x240:d=2", "-c:v", "mpeg4", "-threads", "2", "-bitexact", "-y",
                    "made.avi"],
                   ["ffmpeg", "-v", "error", "-nostdin", "-i", "made.avi", "-f", "md5", "-"]],
                  keeps=("made.avi",))
    yield Program("flac", "flac", [["flac", "-s8", "-f", "-o", "made.flac", "{inputs}/sound.wav"],
                                   ["flac", "-sdf", "-o", "made.wav", "made.flac"]],
                  inputs=(inputs.sound,), keeps=("made.flac", "made.wav"))
    yield Program("ImageMagick", "imagemagick",
                  [["convert", "{inputs}/picture.ppm", "-resize", "150%", "-blur", "0x2",
                    "-rotate", "7", "+set", "date:create", "+set", "date:modify", "made.ppm"]],
                  inputs=(inputs.picture,), keeps=("made.ppm",))
    yield Program("ghostscript", "ghostscript",
                  [["gs", "-q", "-dSAFER", "-dBATCH", "-dNOPAUSE", "-sDEVICE=ppmraw", "-r40",
                    "-sOutputFile=page%d.ppm", "{inputs}/pages.ps"]],
                  inputs=(inputs.postscript,), keeps=("page1.ppm", "page12.ppm"))
    yield Program("chromium", "chromium", [CHROMIUM], inputs=(inputs.page,),
                  varies=(r"(?:^\[.*\n)+", DESCRIPTORS), note="its own allocator")
    yield Program("chromium, all processes", "chromium", [CHROMIUM], inputs=(inputs.page,),
                  varies=(r"(?:^\[.*\n)+", DESCRIPTORS), environment=FOLLOW)


def security():
    yield Program("openssl", "openssl",
                  [words("openssl", "dgst", "-sha512"),
                   ["openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-S", "0011223344556677", "-k",
                    "secret", "-in", "{inputs}/text.txt", "-out", "sealed"],
                   ["openssl", "genrsa", "-out", "key.pem", "2048"],
                   ["openssl", "rsa", "-check", "-noout", "-in", "key.pem"]],
                  inputs=(inputs.text,), keeps=("sealed",), is_daily=True)
    yield Program("openssl speed", "openssl",
                  [["openssl", "speed", "-seconds", "1", "-multi", "2", "sha256"]],
                  note="figures of speed are not compared")
    yield Program("gpg", "gpg gnupg gpg-agent", work=gpg, inputs=(inputs.text, inputs.keyring),
                  varies=(r"made .* UTC",))


def gpg(run):
    home = {"GNUPGHOME": f"{run.directory}/gnupg"}
    usual = ["gpg", *inputs.GPG]
    run.client(["cp", "-r", "{inputs}/gnupg", "gnupg"])
    run.run([*usual, "--symmetric", "-o", "sealed.gpg", "{inputs}/text.txt"], environment=home)
    run.run([*usual, "-d", "-o", "opened", "sealed.gpg"], environment=home)
    run.run([*usual, "--sign", "-o", "signed.gpg", "{inputs}/text.txt"], environment=home)
    run.run([*usual, "--verify", "signed.gpg"], environment=home)
    run.client(["gpgconf", "--kill", "all"], environment=home)
    run.keep("opened")


def version_control():
    url = "file://{inputs}/repository"
    yield Program("git", "git", [["git", "clone", "-q", url, "copy"],
                                 ["git", "-C", "copy", "gc", "-q"],
                                 ["git", "-C", "copy", "log", "--stat", "--oneline"],
                                 ["git", "-C", "copy", "fsck", "--full"],
                                 ["git", "-C", "copy", "blame", "file7"]],
                  inputs=(inputs.repository,), environment={"GIT_CONFIG_NOSYSTEM": "1"},
                  is_daily=True)
    yield Program("git, all processes", "git", [["git", "clone", "-q", url, "copy"],
                                                ["git", "-C", "copy", "gc", "-q"],
                                                ["git", "-C", "copy", "fsck", "--full"]],
                  inputs=(inputs.repository,), environment={"GIT_CONFIG_NOSYSTEM": "1", **FOLLOW})


def own_allocators():
    perl = inputs.bench_file("input.pl")
    for name, package, library in (("jemalloc", "libjemalloc2", "libjemalloc.so.2"),
                                   ("tcmalloc", "libtcmalloc-minimal4",
                                    "libtcmalloc_minimal.so.4"),
                                   ("mimalloc", "libmimalloc2.0", "libmimalloc.so.2.0")):
        yield Program(f"perl on {name}", f"perl {package}", [["perl", "{inputs}/input.pl"]],
                      inputs=(perl,), environment={"PERL_HASH_SEED": "0",
                                                   "LD_PRELOAD": f"{LIBRARIES}/{library}"})
        yield Program(f"sort on {name}", f"coreutils {package}",
                      [words("sort", "--parallel=4", "-S", "2M", "-o", "sorted")],
                      inputs=(inputs.text,), keeps=("sorted",),
                      environment={"LD_PRELOAD": f"{LIBRARIES}/{library}"})


def serving():
    yield Program("redis", "redis-server redis-tools", work=servers.redis, is_daily=True)
    yield Program("memcached", "memcached", work=servers.memcached)
    yield Program("nginx", "nginx wrk curl", work=servers.nginx, inputs=(inputs.tree,))
    yield Program("apache2", "apache2-bin wrk curl", work=servers.apache, inputs=(inputs.tree,))
    yield Program("postgres", "postgresql postgresql-contrib", work=servers.postgres, varies=LOG,
                  limit_s=180)
    yield Program("mariadbd", "mariadb-server sysbench", work=servers.mariadb, limit_s=180)
    yield Program("python3 http.server", "python3 wrk curl", work=servers.python,
                  inputs=(inputs.tree,), statuses={"1-python3": 3})
    yield Program("curl", "curl python3", work=servers.curl, inputs=(inputs.tree,),
                  statuses={"2-curl": 22})
    yield Program("tmux", "tmux", work=servers.tmux)


def every():
    return [*interpreters(), *compilers(), *data_tools(), *packers(), *media(), *security(),
            *version_control(), *own_allocators(), *serving()]
