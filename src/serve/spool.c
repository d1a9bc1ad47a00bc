/* SPDX-License-Identifier: Apache-2.0 */
/* spool: see spool.h. */
#define _GNU_SOURCE
#include "serve/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void spool_init(struct spool *spool, const char *directory)
{
    *spool = (struct spool){.directory = directory, .file = -1};
}

void spool_done(struct spool *spool)
{
    buf_done(&spool->buf);
    if (spool->file >= 0)
        close(spool->file);
    spool->file = -1;
    spool->file_bytes = 0;
}

/* O_TMPFILE is not known to every file system. */
static int nameless_file(const char *directory)
{
    char path[4096];
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    if (snprintf(path, sizeof path, "%s/answer-XXXXXX", directory) >= (int)sizeof path)
        return -1;
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

enum status spool_write(struct spool *spool, struct error *error)
{
    if (spool->buf.failed)
        return fail(error, STATUS_TOO_LARGE, "no memory for the answer");
    if (spool->file < 0)
        spool->file = nameless_file(spool->directory);
    for (size_t written = 0; written < spool->buf.len;) {
        ssize_t some = spool->file < 0
                           ? -1
                           : write(spool->file, spool->buf.ptr + written, spool->buf.len - written);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return fail(error, errno == ENOSPC ? STATUS_FULL : STATUS_IO,
                        "the answer cannot be put on disk: %s", strerror(errno));
        written += (size_t)some;
    }
    spool->file_bytes += (int64_t)spool->buf.len;
    buf_clear(&spool->buf);
    return spool->file_bytes <= SPOOL_BYTES_MAX
               ? STATUS_OK
               : fail(error, STATUS_TOO_LARGE, "the answer is larger than %lld MiB: narrow it",
                      (long long)(SPOOL_BYTES_MAX >> 20));
}

enum status spool_flush(struct spool *spool, struct error *error)
{
    return !spool->buf.failed && spool->buf.len < SPOOL_MEMORY_BYTES ? STATUS_OK
                                                                     : spool_write(spool, error);
}

enum status spool_give(struct spool *spool, struct response *response, struct error *error)
{
    enum status status = spool_flush(spool, error);
    if (status != STATUS_OK)
        return status;
    if (spool->file < 0) {
        response->body = spool->buf;
        spool->buf = (struct buf){0};
        return STATUS_OK;
    }
    return spool_take_file(spool, &response->file, &response->file_bytes, error);
}

enum status spool_take_file(struct spool *spool, int *out_file, int64_t *out_bytes,
                            struct error *error)
{
    enum status status = spool_write(spool, error);
    if (status != STATUS_OK)
        return status;
    *out_file = spool->file;
    *out_bytes = spool->file_bytes;
    spool->file = -1;
    return STATUS_OK;
}
