/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: the conversation with the process that answers a statement: shows the parse tree to who
 * checks it, gives the rows that are asked for, takes what is answered.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/sandbox_private.h"
#include "wire/json.h"
#include "wire/utf8.h"

struct sandbox {
    const struct sandbox_question *question;
    struct sandbox_answer *answer;
    struct arena *arena;
    struct sandbox_process process;
    struct buf out;
    struct sandbox_scan scans[SANDBOX_SCANS_MAX];
    struct sandbox_answer_column *columns;
    struct sandbox_cell *cells;
    size_t column_count;
    int64_t rows, bytes;
};

static enum status nonsense(struct error *error)
{
    return fail(error, STATUS_INTERNAL, "sandbox: a message makes no sense");
}

static enum status send_out(struct sandbox *sandbox, struct error *error)
{
    return sandbox__process_send(&sandbox->process, &sandbox->out, error);
}

/* --- what is said --------------------------------------------------------------------------- */

static enum status send_question(struct sandbox *sandbox, struct error *error)
{
    const struct sandbox_question *question = sandbox->question;
    struct buf *out = &sandbox->out;
    sandbox__begin(out, MESSAGE_QUESTION);
    buf_add_u32(out, (uint32_t)(question->timeout_ms / 1000 + 2));
    buf_add_u64(out, (uint64_t)question->limit);
    sandbox__add_text(out, question->sql);
    buf_add_u32(out, (uint32_t)question->view_count);
    for (size_t i = 0; i < question->view_count; i++) {
        const struct sandbox_view *view = &question->views[i];
        sandbox__add_text(out, str_from(view->name));
        buf_add_u32(out, (uint32_t)view->column_count);
        for (size_t k = 0; k < view->column_count; k++) {
            buf_add_u32(out, view->columns[k].type);
            sandbox__add_text(out, str_from(view->columns[k].name));
        }
    }
    return send_out(sandbox, error);
}

static enum status take_tree(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    struct json root;
    double position;
    struct str tree = sandbox__in_text(in);
    if (in->failed)
        return nonsense(error);
    if (json_parse(tree, sandbox->arena, &root, NULL) != STATUS_OK)
        return fail(error, STATUS_TOO_LARGE, "the statement is nested too deeply");
    const struct json *refused = json_get(&root, STR("error"));
    if (refused && refused->type == JSON_BOOL && refused->boolean) {
        struct str why = json_string(json_get(&root, STR("error_message")));
        const struct json *at = json_get(&root, STR("position"));
        sandbox->answer->has_position = at && json_number(at, &position) && position >= 0;
        if (sandbox->answer->has_position)
            sandbox->answer->position = (size_t)position;
        return str_contains(why, STR("Only SELECT"))
                   ? fail(error, STATUS_FORBIDDEN, "only SELECT is answered here")
                   : fail(error, STATUS_INVALID, "%.*s", (int)(why.len > 480 ? 480 : why.len),
                          why.ptr ? why.ptr : "");
    }
    enum status status = sandbox->question->check(sandbox->question->context, tree, error);
    if (status != STATUS_OK)
        return status;
    sandbox__begin(&sandbox->out, MESSAGE_GO);
    return send_out(sandbox, error);
}

static enum status take_head(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    size_t count = sandbox__in_u32(in);
    if (in->failed || sandbox->columns || count == 0 || count > SANDBOX_COLUMNS_MAX)
        return nonsense(error);
    sandbox->columns = arena_array(sandbox->arena, struct sandbox_answer_column, count);
    sandbox->cells = arena_array(sandbox->arena, struct sandbox_cell, count);
    if (!sandbox->columns || !sandbox->cells)
        return fail(error, STATUS_TOO_LARGE, "no memory for the columns");
    sandbox->column_count = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t type = sandbox__in_u32(in);
        if (type > SANDBOX_JSON)
            return nonsense(error);
        sandbox->columns[i] = (struct sandbox_answer_column){
            arena_copy(sandbox->arena, sandbox__in_text(in)), (enum sandbox_type)type};
    }
    if (in->failed)
        return nonsense(error);
    return sandbox->question->head(sandbox->question->context, sandbox->columns, count, error);
}

static enum status take_next(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    uint32_t columns[SANDBOX_COLUMNS_MAX];
    uint32_t number = sandbox__in_u32(in), view_number = sandbox__in_u32(in);
    uint32_t count = sandbox__in_u32(in);
    if (in->failed || view_number >= sandbox->question->view_count || count > SANDBOX_COLUMNS_MAX)
        return nonsense(error);
    const struct sandbox_view *view = &sandbox->question->views[view_number];
    for (uint32_t i = 0; i < count; i++)
        if ((columns[i] = sandbox__in_u32(in)) >= view->column_count)
            return nonsense(error);
    if (in->failed || count == 0)
        return nonsense(error);
    if (number >= SANDBOX_SCANS_MAX)
        return fail(error, STATUS_TOO_LARGE, "a statement can read %d times from the views",
                    SANDBOX_SCANS_MAX);
    struct sandbox_scan *scan = &sandbox->scans[number];
    enum status status = STATUS_OK;
    if (!scan->open)
        status = sandbox__scan_start(scan, sandbox->process.store, sandbox->process.reader, view,
                                     columns, count, error);
    duckdb_data_chunk chunk = NULL;
    if (status == STATUS_OK)
        status = sandbox__scan_next(scan, sandbox->process.store, sandbox->process.reader, &chunk,
                                    error);
    if (status != STATUS_OK)
        return status;
    sandbox__begin(&sandbox->out, chunk ? MESSAGE_CHUNK : MESSAGE_LAST);
    if (chunk) {
        sandbox__add_chunk(&sandbox->out, chunk);
        sandbox->answer->rows_scanned += (int64_t)duckdb_data_chunk_get_size(chunk);
        sandbox->answer->bytes_scanned += (int64_t)sandbox->out.len;
        duckdb_destroy_data_chunk(&chunk);
    }
    return send_out(sandbox, error);
}

static void read_cell(struct sandbox_cell *cell, enum sandbox_type type,
                      struct sandbox_vector *vector, size_t row)
{
    *cell = (struct sandbox_cell){.is_null = sandbox_is_null(vector, row)};
    if (sandbox_is_text(type)) {
        uint32_t len;
        memcpy(&len, vector->data.ptr + 4 * row, sizeof len);
        cell->text = str_sub(vector->bytes, 0, len);
        vector->bytes = str_sub(vector->bytes, len, vector->bytes.len);
    } else if (type == SANDBOX_BOOLEAN) {
        cell->integer = vector->data.ptr[row] != 0;
    } else if (type == SANDBOX_NUMBER || type == SANDBOX_MONEY) {
        memcpy(&cell->number, vector->data.ptr + 8 * row, sizeof cell->number);
    } else {
        memcpy(&cell->integer, vector->data.ptr + 8 * row, sizeof cell->integer);
    }
}

static enum status take_rows(struct sandbox *sandbox, struct sandbox_in *in, size_t len,
                             struct error *error)
{
    struct sandbox_vector vectors[SANDBOX_COLUMNS_MAX];
    size_t rows = sandbox__in_u32(in);
    if (in->failed || !sandbox->columns || rows > 1 << 16)
        return nonsense(error);
    for (size_t i = 0; i < sandbox->column_count; i++)
        sandbox__in_vector(in, sandbox->columns[i].type, rows, &vectors[i]);
    if (in->failed)
        return nonsense(error);
    sandbox->bytes += (int64_t)len;
    if (sandbox->bytes > SANDBOX_ANSWER_BYTES)
        return fail(error, STATUS_TOO_LARGE, "the answer is larger than %d MiB: narrow it",
                    SANDBOX_ANSWER_BYTES >> 20);
    enum status status = STATUS_OK;
    for (size_t row = 0; row < rows && status == STATUS_OK; row++) {
        if (sandbox->rows == sandbox->question->limit) {
            sandbox->answer->truncated = true;
            break;
        }
        for (size_t i = 0; i < sandbox->column_count; i++)
            read_cell(&sandbox->cells[i], sandbox->columns[i].type, &vectors[i], row);
        status = sandbox->question->row(sandbox->question->context, sandbox->cells, error);
        sandbox->rows++;
    }
    return status;
}

static enum status status_of(struct str type)
{
    static const struct {
        const char *type;
        enum status status;
    } known[] = {
        {"Permission", STATUS_FORBIDDEN},        {"Out of Memory", STATUS_TOO_LARGE},
        {"Interrupt", STATUS_TIMEOUT},           {"INTERNAL", STATUS_INVALID},
        {"Missing Extension", STATUS_FORBIDDEN}, {"Too Large", STATUS_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (str_equal_nocase(type, str_from(known[i].type)))
            return known[i].status;
    return STATUS_INVALID;
}

static enum status take_failure(struct sandbox *sandbox, struct sandbox_in *in, struct error *error)
{
    struct str type = sandbox__in_text(in), text = sandbox__in_text(in);
    int64_t position = (int64_t)sandbox__in_u64(in);
    if (in->failed)
        return nonsense(error);
    /* Once it ran, positions are those of our SELECT around it. */
    sandbox->answer->has_position = position >= 0 && !sandbox->columns;
    sandbox->answer->position = position >= 0 ? (size_t)position : 0;
    if (str_equal(type, STR("Out of Memory")) || str_contains(text, STR("bad_alloc")))
        return fail(error, STATUS_TOO_LARGE, "the statement needs more than its %d MiB of memory",
                    SANDBOX_ENGINE_BYTES >> 20);
    return fail(error, status_of(type), "%.*s", (int)(text.len > 480 ? 480 : text.len),
                text.ptr ? text.ptr : "");
}

static enum status talk(struct sandbox *sandbox, struct error *error)
{
    enum status status = send_question(sandbox, error);
    while (status == STATUS_OK) {
        enum sandbox_message kind = 0;
        struct sandbox_in in;
        size_t len = 0;
        status = sandbox__process_receive(&sandbox->process, &kind, &in, &len, error);
        if (status != STATUS_OK || kind == MESSAGE_DONE)
            break;
        if (kind == MESSAGE_TREE)
            status = take_tree(sandbox, &in, error);
        else if (kind == MESSAGE_HEAD)
            status = take_head(sandbox, &in, error);
        else if (kind == MESSAGE_NEXT)
            status = take_next(sandbox, &in, error);
        else if (kind == MESSAGE_ROWS)
            status = take_rows(sandbox, &in, len, error);
        else if (kind == MESSAGE_FAILED)
            status = take_failure(sandbox, &in, error);
        else
            status = nonsense(error);
        /* One row too many was asked for, to know; the rest is nobody's. */
        if (sandbox->answer->truncated)
            break;
        sandbox__process_drop(&sandbox->process, len);
    }
    return status;
}

/* --- the door ------------------------------------------------------------------------------- */

static enum status run(struct sandbox *sandbox, struct error *error)
{
    const struct store_question clock = {.timeout_ms = sandbox->question->timeout_ms,
                                         .cancelled = sandbox->question->cancelled};
    enum status status =
        store__reader_take(sandbox->process.store, &clock, &sandbox->process.reader, error);
    if (status != STATUS_OK)
        return status;
    status = sandbox__process_start(&sandbox->process, error);
    if (status == STATUS_OK)
        status = talk(sandbox, error);
    sandbox__process_end(&sandbox->process);
    for (int i = 0; i < SANDBOX_SCANS_MAX; i++)
        if (sandbox->scans[i].open)
            sandbox__scan_done(&sandbox->scans[i], sandbox->process.store, sandbox->process.reader);
    store__reader_give_back(sandbox->process.store, sandbox->process.reader);
    return status;
}

enum status store_sandbox_select(struct store *store, const struct sandbox_question *question,
                                 struct arena *arena, struct sandbox_answer *out_answer,
                                 struct error *error)
{
    *out_answer = (struct sandbox_answer){0};
    if (!utf8_valid(question->sql) || memchr(question->sql.ptr, 0, question->sql.len))
        return fail(error, STATUS_INVALID, "sql: expected UTF-8 text without zero bytes");
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (!sandbox)
        return fail(error, STATUS_INTERNAL, "no memory for a sandbox");
    *sandbox = (struct sandbox){
        .question = question,
        .answer = out_answer,
        .arena = arena,
        .process = {.store = store,
                    .cancelled = question->cancelled,
                    .deadline_ns = clock_mono_ns() + question->timeout_ms * NS_PER_MS,
                    .socket = -1},
    };
    enum status status =
        store__sandbox_enter(store, question->timeout_ms, question->cancelled, error);
    if (status == STATUS_OK) {
        status = run(sandbox, error);
        store__sandbox_leave(store);
    }
    if (status != STATUS_OK && question->cancelled && *question->cancelled)
        status = fail(error, STATUS_CANCELLED, "the question was cancelled");
    buf_done(&sandbox->out);
    free(sandbox);
    return status;
}
