# SPDX-License-Identifier: MIT
"""A program with raised privileges is left alone: not a word of the environment is followed."""
import os
import shutil

from security import LIBRARY, OTHER_USER, PROGRAMS, environment, is_for_all, is_root, skip, testing

OPTIONS = "output=FOLDER/made.gaia:report=text:report_file=FOLDER/report:nonsense=1:heap=what"


def run(test, program):
    return test.run(program, env=environment(GAIAPROF_OPTIONS=OPTIONS.replace(
        "FOLDER", str(test.folder)), GAIAPROF_CLI="/bin/sh", GAIAPROF_LOCKS="perhaps"))


with testing() as test:
    if not is_root():
        skip("only root can make a setuid program of another user")
    if not is_for_all(LIBRARY):
        skip("another user can't read the library where it is")
    elevated = test.folder / "elevated"
    shutil.copy(PROGRAMS / "security_elevated", elevated)
    os.chown(elevated, OTHER_USER, OTHER_USER)
    os.chmod(test.folder, 0o777)
    plain = run(test, elevated)
    test.check(b"secure 0" in plain.stdout and (test.folder / "made.gaia").exists(),
               f"without privileges it is profiled: {plain}")
    for path in ("made.gaia", "report"):
        (test.folder / path).unlink(missing_ok=True)
    os.chmod(elevated, 0o4755)
    done = run(test, elevated)
    if b"secure 0" in done.stdout:
        skip("the file system does not raise privileges (nosuid)")
    test.equal(done.returncode, 0, "status")
    test.equal(done.stderr, b"", "what it says")
    test.check(b"secure 1" in done.stdout and b"options output=" in done.stdout, "its environment")
    test.equal([path.name for path in test.folder.iterdir()], ["elevated"], "files")
