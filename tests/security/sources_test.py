# SPDX-License-Identifier: MIT
"""Debug information can't have a report show just any file: of the user's files only those that are
called as source files are, or lie where the user says that source is."""
import os
import pathlib
import subprocess

from security import SECRET, testing

HERE = pathlib.Path(__file__).parent
LINE = "kept = the line of the source\n"


def profile_of(test, source):
    """Of a program that claims to be made of `source`."""
    program = test.folder / "program"
    subprocess.run([os.environ["CC"], "-g", "-O1", "-fno-builtin", f'-DSOURCE="{source}"',
                    HERE / "leaky_source.c", "-o", program], check=True)
    path = test.folder / "program.gaia"
    path.unlink(missing_ok=True)
    return test.profile(path.name, program)


def shown(test, profile, *more):
    """What the two that show source say; a build may be without the second."""
    page = test.folder / "page.html"
    page.unlink(missing_ok=True)
    listed = test.gaiaprof("report", "--list", "evil_function", *more, profile)
    test.equal(listed.returncode, 0, f"--list: {listed.stderr}")
    test.gaiaprof("report", "-f", "html", *more, "-o", page, profile)
    return [listed.stdout.decode(), *([page.read_text()] if page.exists() else [])]


def is_shown(test, name, text, *more):
    path = test.folder / name
    found = [text.strip() in output for output in shown(test, profile_of(test, path), *more)]
    test.check(all(found) or not any(found), f"{name}: shown by {found}")
    return all(found)


def write(test, name, text):
    path = test.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text * 20)
    return path


with testing() as test:
    for name in ("good.c", "good.RS", "include/vector"):
        write(test, name, LINE)
        test.check(is_shown(test, name, LINE), f"{name} is not shown")
    for name in ("shadow", "id_rsa", ".netrc", ".c", "credentials.json"):
        write(test, name, SECRET)
        test.check(not is_shown(test, name, SECRET), f"{name} is shown")
    secret = write(test, "secret", SECRET)
    (test.folder / "link.c").symlink_to(secret)
    test.check(not is_shown(test, "link.c", SECRET), "what a link leads to is shown")
    (test.folder / "link").symlink_to(write(test, "real.c", LINE))
    test.check(is_shown(test, "link", LINE), "a link to a source file is not shown")
    write(test, "directory/odd.name", LINE)
    test.check(not is_shown(test, "odd.name", LINE), "an odd name is shown")
    test.check(is_shown(test, "odd.name", LINE, "--source-path", test.folder / "directory"),
               "an odd name is not shown where the user says that source is")
    os.mkfifo(test.folder / "fifo.c")
    shown(test, profile_of(test, test.folder / "fifo.c"))
    shown(test, profile_of(test, pathlib.Path("/dev/zero")))
