#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Moves the program headers of a shared library to its far end, as patchelf does.

    move_program_headers.py LIBRARY MOVED
"""
import struct
import sys

PT_LOAD, PT_PHDR, READ, PAGE = 1, 6, 4, 4096
FILE_OFFSET = 64 << 20  # far behind all that is mapped
ELF_HEADER, PROGRAM_HEADER = "<16sHHIQQQIHHHHHH", "<IIQQQQQQ"
PHOFF, PHNUM = 5, 10


def main():
    source, destination = sys.argv[1:]
    with open(source, "rb") as file:
        elf = bytearray(file.read())
    header = list(struct.unpack_from(ELF_HEADER, elf))
    size = struct.calcsize(PROGRAM_HEADER)
    headers = [list(struct.unpack_from(PROGRAM_HEADER, elf, header[PHOFF] + i * size))
               for i in range(header[PHNUM])]
    loads = [i for i, entry in enumerate(headers) if entry[0] == PT_LOAD]
    address = max(headers[i][3] + headers[i][6] for i in loads)  # end of the last segment
    address = (address + PAGE - 1) // PAGE * PAGE
    total = (len(headers) + 1) * size
    headers.insert(loads[-1] + 1,
                   [PT_LOAD, READ, FILE_OFFSET, address, address, total, total, PAGE])
    for entry in headers:
        if entry[0] == PT_PHDR:
            entry[2:7] = [FILE_OFFSET, address, address, total, total]
    header[PHOFF], header[PHNUM] = FILE_OFFSET, len(headers)
    struct.pack_into(ELF_HEADER, elf, 0, *header)
    with open(destination, "wb") as file:
        file.write(elf)
        file.seek(FILE_OFFSET)
        file.write(b"".join(struct.pack(PROGRAM_HEADER, *entry) for entry in headers))


if __name__ == "__main__":
    main()
