/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp_ask: questions in the query language and in SQL, and what can be asked. Rows come as CSV,
 * which takes the fewest tokens, long cells cut, until the budget is used.
 */
#include "query/ask_parquet.h"
#include "query/seen.h"
#include "query/sql_ask.h"
#include "serve/answer.h"
#include "serve/mcp.h"
#include "serve/question.h"
#include "wire/utf8.h"

enum { CELL_BYTES_MAX = 300, ROWS_MAX = 1000 };

struct table {
    struct mcp_call *mcp;
    struct ask_head head;
    int64_t shown, left_out;
    struct buf cell;
};

static void add_cell(struct table *table, struct str text)
{
    struct buf *out = &table->mcp->text;
    struct str shown = utf8_clip(text, CELL_BYTES_MAX);
    bool quoted = false;
    for (size_t i = 0; i < shown.len && !quoted; i++)
        quoted = shown.ptr[i] == ',' || shown.ptr[i] == '"' || (unsigned char)shown.ptr[i] < ' ';
    if (quoted)
        buf_add_byte(out, '"');
    for (size_t i = 0; i < shown.len; i++) {
        if (shown.ptr[i] == '"')
            buf_add_byte(out, '"');
        buf_add_byte(out, (uint8_t)shown.ptr[i]);
    }
    if (shown.len < text.len)
        buf_printf(out, "… (%zu bytes)", text.len);
    if (quoted)
        buf_add_byte(out, '"');
}

static enum status take_head(void *context, const struct ask_head *head, struct error *error)
{
    struct table *table = context;
    (void)error;
    table->head = *head;
    for (size_t i = 0; i < head->column_count; i++) {
        if (i)
            buf_add_byte(&table->mcp->text, ',');
        add_cell(table, head->columns[i].name);
    }
    if (head->has_pointers)
        buf_add_str(&table->mcp->text, STR(",trace_id/span_id"));
    buf_add_byte(&table->mcp->text, '\n');
    return STATUS_OK;
}

static enum status take_row(void *context, const struct ask_cell *cells,
                            const struct ask_pointer *pointer, struct error *error)
{
    struct table *table = context;
    struct buf *out = &table->mcp->text;
    (void)error;
    if (out->len > table->mcp->budget_bytes) {
        table->left_out++;
        return STATUS_OK;
    }
    for (size_t i = 0; i < table->head.column_count; i++) {
        if (i)
            buf_add_byte(out, ',');
        if (cells[i].kind == CELL_NULL)
            continue;
        if (cells[i].kind == CELL_INTEGER && table->head.columns[i].type == ASK_TIME) {
            mcp_add_time(out, cells[i].integer);
            continue;
        }
        buf_clear(&table->cell);
        add_cell(table, ask_cell_text(&cells[i], &table->cell));
    }
    if (table->head.has_pointers) {
        buf_add_byte(out, ',');
        if (pointer && pointer->has_trace)
            mcp_add_trace_id(out, pointer->trace);
        if (pointer && pointer->has_trace && pointer->span) {
            buf_add_byte(out, '/');
            mcp_add_span_id(out, pointer->span);
        }
    }
    buf_add_byte(out, '\n');
    table->shown++;
    return STATUS_OK;
}

static void write_end(struct table *table, const struct ask_reply *reply)
{
    struct buf *out = &table->mcp->text;
    buf_printf(out, "-- %lld rows", (long long)table->shown);
    if (table->left_out || reply->truncated)
        buf_printf(out, "; %lld%s more left out: aggregate, narrow, or raise the budget",
                   (long long)table->left_out, reply->truncated ? "+" : "");
    buf_printf(out, "; %lld of %lld records matched, %.0f ms", (long long)reply->rows_matched,
               (long long)reply->rows_scanned, reply->elapsed_ms);
    for (size_t i = 0; i < reply->warning_count; i++)
        buf_printf(out, "\n-- note: %.*s", STR_ARGS(reply->warnings[i]));
}

/* What a person sees as a caret, in words. */
static void explain(struct mcp_call *mcp, const struct ask_reply *reply)
{
    struct error *error = &mcp->call->error;
    struct str said = arena_copy(mcp->arena, str_from(error->text));
    if (!said.ptr || (!reply->has_position && !reply->expected.len && !reply->suggestion.len))
        return;
    struct str place = reply->has_position ? arena_printf(mcp->arena, " (line %zu, column %zu)",
                                                          reply->line, reply->column)
                                           : STR("");
    (void)fail(error, error->status, "%s%.*s%s%.*s%s%.*s", said.ptr, STR_ARGS(place),
               reply->expected.len ? "; expected " : "", STR_ARGS(reply->expected),
               reply->suggestion.len ? "; " : "", STR_ARGS(reply->suggestion));
}

static enum status ask(struct mcp_call *mcp, enum question_kind kind)
{
    struct question question;
    struct ask_reply reply = {0};
    struct table table = {.mcp = mcp};
    const struct ask_sink sink = {take_head, take_row, &table};
    enum status status = question_read(mcp->call, kind, mcp->arguments, ASK_TIMEOUT_MS, &question);
    if (status != STATUS_OK)
        return status;
    question.limit = ROWS_MAX;
    status = question_run(&question, mcp->call->query, &mcp->call->request->cancelled, mcp->arena,
                          &sink, &reply, &mcp->call->error);
    if (status == STATUS_OK)
        write_end(&table, &reply);
    else
        explain(mcp, &reply);
    buf_done(&table.cell);
    return status;
}

enum status mcp__query(struct mcp_call *mcp)
{
    return ask(mcp, QUESTION_LANGUAGE);
}

enum status mcp__sql(struct mcp_call *mcp)
{
    return ask(mcp, QUESTION_SQL);
}

/* --- fields --------------------------------------------------------------------------------- */

static enum status write_values(struct mcp_call *mcp, const struct seen_question *question,
                                struct str field)
{
    struct seen_value *values;
    struct buf cell = {0};
    size_t count = 0;
    enum ask_type type;
    enum status status = query_seen_values(mcp->call->query, question, field, SEEN_VALUES_MAX,
                                           mcp->arena, &values, &count, &type, &mcp->call->error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        if (mcp->text.len > mcp->budget_bytes) {
            buf_printf(&mcp->text, "… %zu more\n", count - i);
            break;
        }
        buf_clear(&cell);
        buf_printf(&mcp->text, "%lld\t", (long long)values[i].count);
        mcp_add_snippet(&mcp->text, ask_cell_text(&values[i].cell, &cell), CELL_BYTES_MAX);
        buf_add_byte(&mcp->text, '\n');
    }
    buf_done(&cell);
    return status;
}

static void write_field(struct buf *out, struct str name, enum ask_type type, const char *unit,
                        const char *description)
{
    buf_printf(out, "%.*s: %s%s%s", STR_ARGS(name), ask_type_name(type), unit[0] ? ", " : "", unit);
    buf_printf(out, description ? ". %s\n" : "\n", description);
}

static enum status write_fields(struct mcp_call *mcp, const struct seen_question *question)
{
    struct buf *out = &mcp->text;
    const struct query_field *field;
    struct seen_name *names;
    size_t count = 0, left_out = 0;
    for (size_t n = 0; (field = query_field_at(question->source, n)); n++) {
        if (!str_starts_nocase(str_from(field->name), question->prefix))
            continue;
        if (out->len > mcp->budget_bytes)
            left_out++;
        else
            write_field(out, str_from(field->name), field->type, field->unit, field->description);
    }
    enum status status =
        query_seen_names(mcp->call->query, question, mcp->arena, &names, &count, &mcp->call->error);
    if (status != STATUS_OK)
        return status;
    if (count)
        buf_add_str(out, STR("Attributes of the newest records:\n"));
    for (size_t i = 0; i < count; i++) {
        if (out->len > mcp->budget_bytes)
            left_out++;
        else if (!query_field_find(question->source, names[i].name))
            write_field(out, names[i].name, names[i].type, "", NULL);
    }
    if (left_out)
        buf_printf(out, "… %zu more: give a prefix, or raise the budget\n", left_out);
    return STATUS_OK;
}

enum status mcp__fields(struct mcp_call *mcp)
{
    struct str source, field;
    struct seen_question question = {
        .project_id = mcp->call->request->project_id,
        .source = SOURCE_SPANS,
        .cancelled = &mcp->call->request->cancelled,
    };
    enum status status = mcp_text(mcp, "source", false, &source);
    if (status == STATUS_OK)
        status = mcp_text(mcp, "prefix", false, &question.prefix);
    if (status == STATUS_OK)
        status = mcp_text(mcp, "values_of", false, &field);
    if (status == STATUS_OK)
        status = mcp_range(mcp, &question.range);
    if (status != STATUS_OK)
        return status;
    if (source.len && (!source_find(source, &question.source) || question.source == SOURCE_GROUPS ||
                       question.source == SOURCE_UNSAID))
        return fail(&mcp->call->error, STATUS_INVALID,
                    "source: expected spans, traces, logs, metrics or scores");
    return field.len ? write_values(mcp, &question, field) : write_fields(mcp, &question);
}
