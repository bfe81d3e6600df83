// SPDX-License-Identifier: MIT
//
// gzip_writer.h - bytes into a FILE, compressed on the way. The same bytes make the same file.
// Internal to exchange/.
#ifndef GAIAPROF_GZIP_WRITER_H
#define GAIAPROF_GZIP_WRITER_H

#include <stddef.h>
#include <stdio.h>
#include <zlib.h>

struct gzip_writer {
    z_stream stream;
    FILE *out; // the caller looks at ferror()
};

// -ENOMEM without memory; then nothing is to be finished.
int gzip_writer_init(struct gzip_writer *writer, FILE *out);
void gzip_writer_put(struct gzip_writer *writer, const void *bytes, size_t length);

// Writes the end and frees what the writer has.
void gzip_writer_finish(struct gzip_writer *writer);

#endif
