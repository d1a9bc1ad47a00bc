/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer_stream: a large answer goes out while it is being made. It is written into the spool's
 * file as always, and net sends what stands there: a slow reader holds up nobody, and one who left
 * ends the question. Errors that come late are said behind the rows, as the format does it.
 */
#include <stdatomic.h>

#include "serve/answer.h"

enum { STREAM_BYTES = 32 * 1024 };

static enum status open_stream(struct answer *answer, struct error *error)
{
    struct response *response = &answer->call->response;
    response->content_type = answer->format->content_type;
    response_header(response, STR("cache-control"), STR("no-store"));
    response_header(response, STR("trailer"),
                    STR("X-Vitrine-Rows, X-Vitrine-Truncated, X-Vitrine-Error"));
    enum status status = request_stream_file(answer->call->request, response, answer->spool.file,
                                             &answer->stream, error);
    if (status != STATUS_OK) /* an error is answered instead */
        *response = (struct response){0};
    return status;
}

enum status answer_flush(struct answer *answer, struct error *error)
{
    struct spool *spool = &answer->spool;
    if (!answer->call)
        return spool_flush(spool, error);
    if (spool->buf.len < STREAM_BYTES && !spool->buf.failed)
        return STATUS_OK;
    enum status status = spool_write(spool, error);
    if (status == STATUS_OK && !answer->stream)
        status = open_stream(answer, error);
    if (status == STATUS_OK && stream_grow(answer->stream, (size_t)spool->file_bytes) != STATUS_OK)
        status = fail(error, STATUS_CANCELLED, "the reader left");
    return status;
}

void answer_stream_end(struct answer *answer, enum status status, const struct ask_reply *reply)
{
    struct spool *spool = &answer->spool;
    struct error *error = &answer->call->error, ignored;
    if (status != STATUS_OK && !spool->buf.failed)
        answer->format->say_error(answer, status, error, reply);
    spool_write(spool, &ignored);
    if (spool->buf.len || spool->buf.failed) /* no room for the rest: it is broken off instead */
        atomic_store(&answer->call->request->cancelled, true);
    stream_grow(answer->stream, (size_t)spool->file_bytes);
    struct header trailers[3] = {
        {STR("x-vitrine-rows"), arena_printf(answer->arena, "%lld", (long long)reply->rows)},
        {STR("x-vitrine-truncated"), reply->truncated ? STR("true") : STR("false")},
        {STR("x-vitrine-error"), str_from(status_name(status))},
    };
    stream_end_with(answer->stream, trailers, status == STATUS_OK ? 2 : 3);
    answer->stream = NULL;
}
