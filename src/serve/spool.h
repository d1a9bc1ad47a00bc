/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: an answer being written: in memory while it is small, then in a file without a name, which
 * net sends as fast as the reader takes it. So nobody's slowness holds a thread, a snapshot or
 * memory, and an answer that fails late is an error and not half an answer.
 *
 * Limits   SPOOL_MEMORY_BYTES in memory, SPOOL_BYTES_MAX altogether.
 */
#pragma once

#include "base/buf.h"
#include "net/http.h"

enum { SPOOL_MEMORY_BYTES = 512 * 1024 };
#define SPOOL_BYTES_MAX (INT64_C(1) << 30)

struct spool {
    struct buf buf; /* write here, then call spool_flush() */
    const char *directory;
    int file; /* -1: none yet */
    int64_t file_bytes;
};

void spool_init(struct spool *spool, const char *directory);
void spool_done(struct spool *spool);
/* Call after each row or so: moves what grew large to the file. */
enum status spool_flush(struct spool *spool, struct error *error);
/* Moves everything to the file now, however small. */
enum status spool_write(struct spool *spool, struct error *error);
/* The whole answer as the response's body or file. */
enum status spool_give(struct spool *spool, struct response *response, struct error *error);
/* The whole answer in a file: *out_file is the caller's to close, unless the answer is empty (-1).
 */
enum status spool_take_file(struct spool *spool, int *out_file, int64_t *out_bytes,
                            struct error *error);
