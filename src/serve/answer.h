/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer: rows of a question (query/ask.h) -> the bytes of a reply, in the format that was asked
 * for. Given a sink that writes, and told how the question ended.
 */
#pragma once

#include "query/ask.h"
#include "serve/serve_private.h"

enum answer_format { ANSWER_JSON };

struct answer {
    enum answer_format format;
    struct buf *body;
    struct json_out out; /* into body */
    struct buf pointers; /* a JSON array, written beside the rows */
    struct json_out pointers_out;
    struct ask_head head; /* a copy; its columns are the question's */
    bool has_head;
};

/* Writes into `body`, which outlives the answer. */
void answer_begin(struct answer *answer, enum answer_format format, struct buf *body);
struct ask_sink answer_sink(struct answer *answer);
/* After the question ended well: what comes behind the rows. */
enum status answer_end(struct answer *answer, const struct ask_reply *reply, struct error *error);
void answer_done(struct answer *answer);

/* {"rows_matched":…}, as the member `key`. */
void answer_statistics(struct json_out *out, const char *key, const struct ask_reply *reply);
/* The reply to a question that failed: the error with its position, when there is one. */
void answer_error(struct call *call, enum status status, const struct ask_reply *reply);
