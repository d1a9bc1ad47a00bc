/* SPDX-License-Identifier: Apache-2.0 */
/* answer_parquet: a Parquet file, for DuckDB, pandas, Spark and the like. */
#define _GNU_SOURCE
#include "serve/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "query/ask_parquet.h"

static enum status write_head(struct answer *answer, struct error *error)
{
    struct ask_parquet *parquet = NULL;
    enum status status =
        ask_parquet_open(answer->spool.directory, &answer->head, answer->names, &parquet, error);
    answer->own = parquet;
    return status;
}

static enum status write_row(struct answer *answer, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    (void)pointer;
    return ask_parquet_row(answer->own, cells, error);
}

/* The file becomes the spool's, without a name. */
static enum status write_end(struct answer *answer, const struct ask_reply *reply,
                             struct error *error)
{
    static atomic_ulong made;
    char path[4096];
    struct stat info;
    (void)reply;
    if (snprintf(path, sizeof path, "%s/parquet-%lu", answer->spool.directory,
                 atomic_fetch_add(&made, 1)) >= (int)sizeof path)
        return fail(error, STATUS_IO, "the path of the answer is too long");
    enum status status = ask_parquet_write(answer->own, path, error);
    if (status == STATUS_OK) {
        answer->spool.file = open(path, O_RDONLY | O_CLOEXEC);
        if (answer->spool.file < 0 || fstat(answer->spool.file, &info) != 0)
            status = fail(error, STATUS_IO, "the answer cannot be read back: %s", strerror(errno));
        else
            answer->spool.file_bytes = info.st_size;
    }
    unlink(path);
    return status;
}

static void done(struct answer *answer)
{
    ask_parquet_close(answer->own);
}

const struct answer_format answer_parquet = {
    .name = "parquet",
    .content_type = "application/vnd.apache.parquet",
    .head = write_head,
    .row = write_row,
    .end = write_end,
    .done = done,
};
