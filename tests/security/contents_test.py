# SPDX-License-Identifier: MIT
"""What of its process a profile holds, as docs/security.md says: arguments, unless they are not
wanted, no environment, no content of memory or files."""
from security import PROGRAMS, testing

HOST = PROGRAMS / "security_secrets"
ARGUMENT, VARIABLE, MEMORY = b"password-as-argument", b"password-in-environment", b"in-memory"
THREAD = b"thread-of-mine"


def record(test, name, **variables):
    secrets = {"SECRET": VARIABLE.decode(), **variables}
    return test.profile(name, HOST, ARGUMENT.decode(), **secrets)


def check_holds(test, path, wanted, refused):
    content = path.read_bytes()
    for text in wanted:
        test.check(text in content, f"{path.name}: without {text}")
    for text in refused:
        test.check(text not in content, f"{path.name}: with {text}")


with testing() as test:
    program = HOST.name.encode()
    plain = record(test, "plain.gaia")
    check_holds(test, plain, [program, ARGUMENT, THREAD], [VARIABLE, MEMORY])
    bare = record(test, "bare.gaia", GAIAPROF_ARGUMENTS="off")
    check_holds(test, bare, [program], [ARGUMENT, VARIABLE, MEMORY])
    for profile, arguments in ((plain, [str(HOST), ARGUMENT.decode()]), (bare, [])):
        report = test.json(profile)
        test.equal(report["process"]["args"], arguments, f"arguments of {profile.name}")
        test.equal(report["process"]["exe"], str(HOST), f"program of {profile.name}")
    text = test.gaiaprof("report", bare).stdout
    test.check(text.startswith(b"gaiaprof  security_secrets (pid "), text[:60])
    for profile, is_there in ((plain, True), (bare, False)):
        verdict = test.gaiaprof("check", "allocations=0", profile).stdout
        test.equal(ARGUMENT in verdict, is_there, f"a verdict names arguments of {profile.name}")
    merged = test.folder / "merged.gaia"
    test.gaiaprof("merge", "-o", merged, plain)
    check_holds(test, merged, [program, b"secrets.c"], [ARGUMENT, THREAD, VARIABLE, MEMORY])
