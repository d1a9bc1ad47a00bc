/* SPDX-License-Identifier: Apache-2.0 */
/* sql_ask: see sql_ask.h. */
#include "query/sql_ask.h"

#include "base/clock.h"
#include "query/sql_private.h"

static enum ask_type type_of(enum sandbox_type type)
{
    switch (type) {
    case SANDBOX_INTEGER:
        return ASK_INTEGER;
    case SANDBOX_NUMBER:
    case SANDBOX_MONEY:
        return ASK_NUMBER;
    case SANDBOX_TIME:
        return ASK_TIME;
    case SANDBOX_BOOLEAN:
        return ASK_BOOLEAN;
    case SANDBOX_JSON:
        return ASK_ANY;
    default:
        return ASK_TEXT;
    }
}

/* The sandbox's columns and rows on their way to the sink. */
struct passing {
    const struct sql_ask *ask;
    struct arena *arena;
    const struct ask_sink *sink;
    struct ask_reply *reply;
    const struct sandbox_answer_column *columns;
    size_t count;
    struct ask_cell *cells;
};

static enum status check(void *context, struct str tree, struct error *error)
{
    return sql__check(((struct passing *)context)->arena, tree, error);
}

static enum status take_head(void *context, const struct sandbox_answer_column *columns,
                             size_t count, struct error *error)
{
    struct passing *passing = context;
    struct ask_column *asked = arena_array(passing->arena, struct ask_column, count);
    passing->cells = arena_array(passing->arena, struct ask_cell, count);
    if (!asked || !passing->cells)
        return fail(error, STATUS_TOO_LARGE, "no memory for the columns");
    passing->columns = columns;
    passing->count = count;
    for (size_t i = 0; i < count; i++)
        asked[i] = (struct ask_column){columns[i].name, type_of(columns[i].type)};
    const struct ask_head head = {
        .columns = asked,
        .column_count = count,
        .shape = ASK_TABLE,
        .source = STR("sql"),
        .range = passing->ask->range,
    };
    return passing->sink->head(passing->sink->context, &head, error);
}

static struct ask_cell convert(const struct sandbox_cell *cell, enum sandbox_type type)
{
    if (cell->is_null)
        return (struct ask_cell){.kind = CELL_NULL};
    switch (type) {
    case SANDBOX_INTEGER:
    case SANDBOX_TIME:
        return (struct ask_cell){.kind = CELL_INTEGER, .integer = cell->integer};
    case SANDBOX_BOOLEAN:
        return (struct ask_cell){.kind = CELL_BOOLEAN, .integer = cell->integer};
    case SANDBOX_NUMBER:
    case SANDBOX_MONEY:
        return (struct ask_cell){.kind = CELL_NUMBER, .number = cell->number};
    default:
        return (struct ask_cell){.kind = type == SANDBOX_JSON ? CELL_JSON : CELL_TEXT,
                                 .text = cell->text};
    }
}

static enum status take_row(void *context, const struct sandbox_cell *cells, struct error *error)
{
    struct passing *passing = context;
    for (size_t i = 0; i < passing->count; i++)
        passing->cells[i] = convert(&cells[i], passing->columns[i].type);
    passing->reply->rows++;
    return passing->sink->row(passing->sink->context, passing->cells, NULL, error);
}

/* Lines and columns from 1, columns in characters. */
static void note_position(struct str text, size_t offset, struct ask_reply *reply)
{
    if (offset > text.len)
        return;
    reply->has_position = true;
    reply->offset = offset;
    reply->line = 1;
    reply->column = 1;
    reply->length = offset < text.len;
    for (size_t i = 0; i < offset; i++) {
        reply->column += (text.ptr[i] & 0xc0) != 0x80;
        if (text.ptr[i] == '\n') {
            reply->line++;
            reply->column = 1;
        }
    }
}

enum status query_sql(const struct query *query, const struct sql_ask *ask, struct arena *arena,
                      const struct ask_sink *sink, struct ask_reply *out_reply, struct error *error)
{
    struct sql_views views;
    struct sandbox_answer answer;
    struct passing passing = {.ask = ask, .arena = arena, .sink = sink, .reply = out_reply};
    int64_t began_ns = clock_mono_ns();
    *out_reply = (struct ask_reply){.used = ASK_USED_INDEX};
    if (str_trim(ask->text).len == 0)
        return fail(error, STATUS_INVALID, "sql: expected a SELECT statement");
    if (ask->text.len > SQL_TEXT_MAX)
        return fail(error, STATUS_TOO_LARGE, "sql: at most %d bytes, this has %zu", SQL_TEXT_MAX,
                    ask->text.len);
    if (!sql__views(ask, arena, &views))
        return fail(error, STATUS_TOO_LARGE, "no memory for the views");
    const struct sandbox_question question = {
        .sql = ask->text,
        .views = views.items,
        .view_count = views.count,
        .limit = ask->limit ? ask->limit : SQL_ROWS_DEFAULT,
        .timeout_ms = ask->timeout_ms ? ask->timeout_ms : SQL_TIMEOUT_MS,
        .cancelled = ask->cancelled,
        .check = check,
        .head = take_head,
        .row = take_row,
        .context = &passing,
    };
    enum status status = store_sandbox_select(query->store, &question, arena, &answer, error);
    out_reply->rows_scanned = out_reply->rows_matched = answer.rows_scanned;
    out_reply->bytes_scanned = answer.bytes_scanned;
    out_reply->truncated = answer.truncated;
    if (answer.has_position)
        note_position(ask->text, answer.position, out_reply);
    out_reply->elapsed_ms = (double)(clock_mono_ns() - began_ns) / NS_PER_MS;
    return status;
}
