/* SPDX-License-Identifier: Apache-2.0 */
/* answer_ndjson: an object a line, the columns' names as members. One that fails behind its first
 * rows ends with a line {"error":{…}}. */
#include "serve/answer.h"

static enum status write_head(struct answer *answer, struct error *error)
{
    /* Members are written by name: texts with a zero byte inside would end there. */
    for (size_t i = 0; i < answer->head.column_count; i++) {
        struct buf key = {0};
        json_write_string(&key, answer->names[i]);
        struct str escaped = arena_copy(answer->arena, str_sub(buf_str(&key), 1, key.len - 2));
        bool failed = key.failed || !escaped.ptr;
        buf_done(&key);
        if (failed)
            return fail(error, STATUS_TOO_LARGE, "no memory for the columns");
        answer->names[i] = escaped;
    }
    return STATUS_OK;
}

static enum status write_row(struct answer *answer, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct buf *buf = &answer->spool.buf;
    (void)pointer;
    (void)error;
    buf_add_byte(buf, '{');
    for (size_t i = 0; i < answer->head.column_count; i++) {
        struct json_out cell = json_out(buf);
        buf_add_str(buf, i ? STR(",\"") : STR("\""));
        buf_add_str(buf, answer->names[i]);
        buf_add_str(buf, STR("\":"));
        answer_cell(&cell, NULL, answer->head.columns[i].type, &cells[i]);
    }
    buf_add_str(buf, STR("}\n"));
    return STATUS_OK;
}

static enum status write_end(struct answer *answer, const struct ask_reply *reply,
                             struct error *error)
{
    (void)answer;
    (void)reply;
    (void)error;
    return STATUS_OK;
}

static void say_error(struct answer *answer, enum status status, const struct error *error,
                      const struct ask_reply *reply)
{
    struct json_out out = json_out(&answer->spool.buf);
    json_out_object(&out, NULL);
    answer_write_error(&out, "error", status, error, reply);
    json_out_end_object(&out);
    buf_add_byte(&answer->spool.buf, '\n');
}

const struct answer_format answer_ndjson = {
    .name = "ndjson",
    .content_type = "application/x-ndjson",
    .head = write_head,
    .row = write_row,
    .end = write_end,
    .say_error = say_error,
};
