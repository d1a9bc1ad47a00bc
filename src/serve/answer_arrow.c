/* SPDX-License-Identifier: Apache-2.0 */
/* answer_arrow: an Arrow IPC stream, in batches of BATCH_ROWS or BATCH_BYTES; `any` columns are
 * texts. */
#include "wire/arrow.h"
#include "query/ask_parquet.h"
#include "serve/answer.h"

enum { BATCH_ROWS = 16384, BATCH_BYTES = 4 << 20 };

struct arrow_state {
    struct arrow_field *fields;
    struct arrow_column *columns;
    int64_t rows; /* of the batch */
    size_t bytes; /* of its texts */
};

static enum arrow_type type_of(enum ask_type type)
{
    static const enum arrow_type types[] = {
        [ASK_ANY] = ARROW_UTF8,  [ASK_INTEGER] = ARROW_INT64, [ASK_NUMBER] = ARROW_DOUBLE,
        [ASK_TEXT] = ARROW_UTF8, [ASK_TIME] = ARROW_TIME_NS,  [ASK_BOOLEAN] = ARROW_BOOL,
    };
    return types[type];
}

static void begin_batch(struct answer *answer)
{
    struct arrow_state *state = answer->own;
    for (size_t i = 0; i < answer->head.column_count; i++) {
        struct arrow_column *column = &state->columns[i];
        buf_clear(&column->validity);
        buf_clear(&column->values);
        buf_clear(&column->offsets);
        column->nulls = 0;
        buf_add_u32(&column->offsets, 0);
    }
    state->rows = 0;
    state->bytes = 0;
}

static enum status write_head(struct answer *answer, struct error *error)
{
    size_t count = answer->head.column_count;
    struct arrow_state *state = arena_new(answer->arena, struct arrow_state);
    if (state) {
        state->fields = arena_array(answer->arena, struct arrow_field, count);
        state->columns = arena_array(answer->arena, struct arrow_column, count);
    }
    if (!state || !state->fields || !state->columns)
        return fail(error, STATUS_TOO_LARGE, "no memory for the columns");
    for (size_t i = 0; i < count; i++)
        state->fields[i] =
            (struct arrow_field){answer->names[i], type_of(answer->head.columns[i].type)};
    answer->own = state;
    arrow_write_schema(&answer->spool.buf, state->fields, count);
    begin_batch(answer);
    return STATUS_OK;
}

/* A further bit behind those of the rows before. */
static void add_bit(struct buf *bits, int64_t row, bool is_set)
{
    if (row % 8 == 0)
        buf_add_byte(bits, 0);
    if (is_set && !bits->failed)
        bits->ptr[row / 8] |= (char)(1 << row % 8);
}

static void add_cell(struct arrow_column *column, enum arrow_type type, int64_t row,
                     const struct ask_cell *cell, size_t *bytes)
{
    bool is_null = cell->kind == CELL_NULL;
    add_bit(&column->validity, row, !is_null);
    column->nulls += is_null;
    if (type == ARROW_UTF8) {
        size_t before = column->values.len;
        if (!is_null && (cell->kind == CELL_TEXT || cell->kind == CELL_JSON))
            buf_add_str(&column->values, cell->text);
        else if (!is_null)
            ask_cell_text(cell, &column->values);
        buf_add_u32(&column->offsets, (uint32_t)column->values.len);
        *bytes += column->values.len - before;
    } else if (type == ARROW_BOOL) {
        add_bit(&column->values, row, !is_null && cell->integer);
    } else if (type == ARROW_DOUBLE) {
        double number = is_null ? 0 : cell->number;
        buf_add(&column->values, &number, sizeof number);
    } else {
        buf_add_u64(&column->values, is_null ? 0 : (uint64_t)cell->integer);
    }
}

static enum status end_batch(struct answer *answer, struct error *error)
{
    struct arrow_state *state = answer->own;
    for (size_t i = 0; i < answer->head.column_count; i++)
        if (state->columns[i].validity.failed || state->columns[i].values.failed ||
            state->columns[i].offsets.failed)
            return fail(error, STATUS_TOO_LARGE, "no memory for a batch of rows");
    if (state->rows)
        arrow_write_batch(&answer->spool.buf, state->fields, state->columns,
                          answer->head.column_count, state->rows);
    begin_batch(answer);
    return STATUS_OK;
}

static enum status write_row(struct answer *answer, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct arrow_state *state = answer->own;
    (void)pointer;
    for (size_t i = 0; i < answer->head.column_count; i++)
        add_cell(&state->columns[i], state->fields[i].type, state->rows, &cells[i], &state->bytes);
    state->rows++;
    return state->rows < BATCH_ROWS && state->bytes < BATCH_BYTES ? STATUS_OK
                                                                  : end_batch(answer, error);
}

static enum status write_end(struct answer *answer, const struct ask_reply *reply,
                             struct error *error)
{
    (void)reply;
    enum status status = end_batch(answer, error);
    arrow_write_end(&answer->spool.buf);
    return status;
}

static void done(struct answer *answer)
{
    struct arrow_state *state = answer->own;
    for (size_t i = 0; state && i < answer->head.column_count; i++) {
        buf_done(&state->columns[i].validity);
        buf_done(&state->columns[i].values);
        buf_done(&state->columns[i].offsets);
    }
}

const struct answer_format answer_arrow = {
    .name = "arrow",
    .content_type = "application/vnd.apache.arrow.stream",
    .head = write_head,
    .row = write_row,
    .end = write_end,
    .done = done,
};
