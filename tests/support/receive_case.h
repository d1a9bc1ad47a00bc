/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receive_case: request files, as tests/cases/README.md describes them, and receivers run on them
 * without sockets.
 *
 * receive_run() gives one request to its route with recorders for append and reply, and keeps what
 * they saw: the answer, and a dump of what was kept.
 */
#pragma once

#include "base/arena.h"
#include "receive/receive.h"

struct receive_case {
    struct str title, method, path;
    struct header headers[8];
    size_t header_count;
    struct str body;
    int http_status;
    struct str replies[8]; /* must stand in the answer */
    struct str dumps[24];  /* must stand in the dump of what was kept */
    size_t reply_count, dump_count;
    int kept, rejected, repaired; /* -1: not said */
};

/* Cuts the next case off `rest`. False at the end; *out_error says when a case is not written well.
 */
bool receive_case_next(struct str *rest, struct arena *arena, struct receive_case *out_case,
                       struct error *out_error);
/* Bytes from the notation `0a { 08 "text" }  # comment`; braces put in the length. */
bool receive_case_bytes(struct str text, struct buf *out);

struct receive_limits {
    size_t batch_bytes, request_bytes; /* of the arenas; 0: plenty */
    enum status append_status;         /* what append answers when asked */
    enum status durable_status;        /* what it reports later */
};

struct receive_result {
    int replies, appends;
    enum status status;
    int http_status;
    struct str content_type;
    struct buf body;
    struct buf dump; /* of the batch that was appended */
    size_t kept;     /* records in it */
    size_t rejected, repaired;
    struct error error;
};
void receive_result_done(struct receive_result *result);

/* STATUS_NOT_FOUND when no route has that path. */
void receive_run(enum protocol protocol, struct str path, const struct header *headers,
                 size_t header_count, struct str body, const struct receive_limits *limits,
                 struct receive_result *out_result);
