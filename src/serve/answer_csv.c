/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer_csv: RFC 4180: a line of names, then a line a row, CRLF, quotes where they are needed.
 * Times are ISO 8601, absent values empty.
 *
 * A spreadsheet takes a text that begins with = + - @ or a tab for a formula, and prompts and
 * answers are anybody's texts: those get an apostrophe in front, unless they are asked for as they
 * are. One that fails behind its first rows ends with a line `#error,<status>,<message>`.
 */
#include "serve/answer.h"

#include <math.h>
#include <string.h>

static void add_text(struct buf *buf, struct str text, bool as_it_is)
{
    bool quoted = false;
    bool guarded = !as_it_is && text.len && memchr("=+-@\t\r", text.ptr[0], 6) != NULL;
    for (size_t i = 0; i < text.len && !quoted; i++)
        quoted =
            text.ptr[i] == '"' || text.ptr[i] == ',' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    if (quoted)
        buf_add_byte(buf, '"');
    if (guarded)
        buf_add_byte(buf, '\'');
    while (quoted && text.len) {
        size_t quote = str_find_byte(text, '"');
        buf_add(buf, text.ptr, quote);
        if (quote < text.len)
            buf_add_str(buf, STR("\"\""));
        text = str_sub(text, quote + 1, text.len);
    }
    buf_add_str(buf, text);
    if (quoted)
        buf_add_byte(buf, '"');
}

static void add_cell(struct answer *answer, enum ask_type type, const struct ask_cell *cell)
{
    struct buf *buf = &answer->spool.buf;
    struct json_out out = json_out(buf);
    char room[40];
    switch (cell->kind) {
    case CELL_INTEGER:
        if (type == ASK_TIME)
            buf_add_str(buf, answer_time(cell->integer, room));
        else
            buf_add_int(buf, cell->integer);
        break;
    case CELL_NUMBER:
        if (isfinite(cell->number))
            answer_cell(&out, NULL, type, cell);
        break;
    case CELL_BOOLEAN:
        buf_add_str(buf, cell->integer ? STR("1") : STR("0"));
        break;
    case CELL_TEXT:
    case CELL_JSON:
        add_text(buf, cell->text, answer->as_it_is);
        break;
    default:
        break;
    }
}

static enum status write_head(struct answer *answer, struct error *error)
{
    struct buf *buf = &answer->spool.buf;
    (void)error;
    for (size_t i = 0; i < answer->head.column_count; i++) {
        if (i)
            buf_add_byte(buf, ',');
        add_text(buf, answer->names[i], answer->as_it_is);
    }
    buf_add_str(buf, STR("\r\n"));
    return STATUS_OK;
}

static enum status write_row(struct answer *answer, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    (void)pointer;
    (void)error;
    for (size_t i = 0; i < answer->head.column_count; i++) {
        if (i)
            buf_add_byte(&answer->spool.buf, ',');
        add_cell(answer, answer->head.columns[i].type, &cells[i]);
    }
    buf_add_str(&answer->spool.buf, STR("\r\n"));
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
    struct buf *buf = &answer->spool.buf;
    (void)reply;
    buf_add_str(buf, STR("#error,"));
    add_text(buf, str_from(status_name(status)), true);
    buf_add_byte(buf, ',');
    add_text(buf, str_from(error->text), true);
    buf_add_str(buf, STR("\r\n"));
}

const struct answer_format answer_csv = {
    .name = "csv",
    .content_type = "text/csv; charset=utf-8",
    .head = write_head,
    .row = write_row,
    .end = write_end,
    .say_error = say_error,
};
