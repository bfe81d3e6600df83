# SPDX-License-Identifier: MIT
"""A profile made to do harm: what it claims to hold takes no memory that the file has not, and the
paths in it lead to no file but regular ones."""
import os
import shutil
import struct
import subprocess

from security import BUILD, PROGRAMS, environment, skip, testing

HEADER_BYTES, CHUNK_BYTES, MODULE_BYTES = 4096, 64, 128
PROCESS, MODULE = 2, 3
TYPES = [*range(PROCESS, 21), *range(64, 72)]
RECORD_BYTES = (0, 16, 32, 48, 64, 96, 128, 256)
PAYLOAD_BYTES = 8 << 10
MEMORY_MAX_KIB = 160 << 10


def header(used_bytes):
    head = bytearray(HEADER_BYTES)
    struct.pack_into("<8sIIQII", head, 0, b"GAIAPROF", 5, 0x01020304, used_bytes, 4711, 1)
    struct.pack_into("<QQQII", head, 32, 10**18, 10**9, 2 * 10**9, 1, 0)  # times, exit
    struct.pack_into("<IIII", head, 64, 1, 1, 1, 256)  # heap, locks, threads, frames
    return bytes(head)


def chunk_head(kind, record_bytes, payload_bytes, first_id):
    return struct.pack("<IIQQII32x", kind, record_bytes, CHUNK_BYTES + payload_bytes, payload_bytes,
                       first_id, 0)


def claims(pattern, first_id):
    """A chunk of each type with records of each size, all of one pattern."""
    payload = (pattern * (PAYLOAD_BYTES // len(pattern) + 1))[:PAYLOAD_BYTES]
    body = b"".join(chunk_head(kind, size, PAYLOAD_BYTES, first_id) + payload
                    for kind in TYPES for size in RECORD_BYTES)
    return header(HEADER_BYTES + len(body)) + body


def memory_kib(test, *arguments):
    """The most that gaiaprof had at once."""
    with subprocess.Popen([BUILD / "gaiaprof", *arguments], cwd=test.folder, env=environment(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    test.check(child.returncode in (0, 2, 23), f"{arguments}: status {child.returncode}")
    return usage.ru_maxrss


def check_claims(test):
    path = test.folder / "claims.gaia"
    counted = b"".join(struct.pack("<II", i % 97 + 1, i % 31) for i in range(97 * 31))
    for pattern in (b"\xff", b"\1" + bytes(7), counted):
        for first_id in (1, 0xfffffff0):
            path.write_bytes(claims(pattern, first_id))
            for arguments in (["report"], ["report", "-f", "json"], ["merge", "-o", "sum.gaia"]):
                used = memory_kib(test, *arguments, path)
                test.check(used < MEMORY_MAX_KIB, f"{arguments}: {used} KiB")


def check_holes(test):
    """A gigabyte that takes no room on the disk."""
    path, length = test.folder / "holes.gaia", 1 << 30
    with open(path, "wb") as out:
        out.write(header(length))
        out.write(chunk_head(PROCESS, 0, length - HEADER_BYTES - CHUNK_BYTES, 0))
        out.truncate(length)
    used = memory_kib(test, "report", path)
    test.check(used < MEMORY_MAX_KIB, f"holes: {used} KiB")
    path.unlink()


def with_module_path(profile, wanted, path):
    """The profile with another path, and no build id, for the module `wanted`."""
    content = bytearray(profile.read_bytes())
    at, found = HEADER_BYTES, False
    used, = struct.unpack_from("<Q", content, 16)
    while at < used:
        kind, _, length = struct.unpack_from("<IIQ", content, at)
        name_at = at + CHUNK_BYTES + MODULE_BYTES
        if kind == MODULE and content.startswith(wanted, name_at):
            assert len(path) <= len(wanted)
            struct.pack_into("<II", content, at + CHUNK_BYTES + 56, 0, len(path))
            content[name_at:name_at + len(path) + 1] = path + b"\0"
            found = True
        at += length
    assert found
    return content


def check_module_paths(test):
    """None of these holds the reader up, nor is a byte taken from them."""
    program = PROGRAMS / "security_host"
    named = test.folder / ("long" * 20)
    shutil.copy(program, named)
    profile = test.profile("real.gaia", named)
    os.mkfifo(test.folder / "fifo")
    (test.folder / "link").symlink_to("fifo")
    reader, writer = os.pipe()
    os.write(writer, b"kept")
    for path in (f"{test.folder}/fifo", f"{test.folder}/link", "fifo", str(test.folder),
                 "/dev/zero", "/dev/stdin", "/proc/self/fd/0", "/dev/tty", "/proc/kmsg",
                 "/proc/self/mem", ""):
        evil = test.folder / "evil.gaia"
        evil.write_bytes(with_module_path(profile, str(named).encode(), path.encode()))
        done = test.gaiaprof("report", "-v", "allocs", evil, stdin=reader)
        test.equal(done.returncode, 0, f"{path}: {done.stderr}")
    test.equal(os.read(reader, 100), b"kept", "what was in the pipe")
    os.close(reader)
    os.close(writer)


with testing() as test:
    if os.environ.get("SANITIZE"):
        skip("a sanitizer takes memory of its own")
    check_claims(test)
    check_holes(test)
    check_module_paths(test)
