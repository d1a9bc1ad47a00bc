/* SPDX-License-Identifier: Apache-2.0 */
/*
 * question: what POST /api/v1/query and /api/v1/sql are asked, read once for answers at once and
 * for jobs: a text in the query language or in SQL, a range, limits, and the format of the answer.
 */
#pragma once

#include "query/sql_ask.h"
#include "serve/answer.h"

enum question_kind { QUESTION_LANGUAGE, QUESTION_SQL };

struct question {
    enum question_kind kind;
    uint32_t project_id;
    struct str text, source; /* source: of the language */
    struct time_range range;
    int64_t limit;
    int timeout_ms; /* 0: as usual */
    struct answer_choice choice;
};

/* From a JSON body; a job may take as long as `timeout_ms_max`. */
enum status question_read(struct call *call, enum question_kind kind, const struct json *body,
                          int timeout_ms_max, struct question *out_question);
/* Texts live in the arena. */
enum status question_run(const struct question *question, const struct query *query,
                         const _Atomic bool *cancelled, struct arena *arena,
                         const struct ask_sink *sink, struct ask_reply *out_reply,
                         struct error *error);
