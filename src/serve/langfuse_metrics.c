/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_metrics: Langfuse's metrics: rows whose members are the question's dimensions,
 * "time_dimension" and "<aggregation>_<measure>".
 */
#include <string.h>

#include "base/clock.h"
#include "serve/langfuse_question.h"

enum { ROWS_DEFAULT = 100, FILLED_MAX = 5000 };

/* --- the answer ------------------------------------------------------------------------------- */

static void write_list(struct json_out *out, const char *name, struct str joined)
{
    struct str piece;
    json_out_array(out, name);
    while (joined.len && str_take(&joined, LANGFUSE_LIST_SEPARATOR, &piece))
        json_out_str(out, NULL, piece);
    json_out_end_array(out);
}

/* [[least, most, count], …] */
static void write_bins(struct json_out *out, const char *name, const struct langfuse_cell *cell)
{
    json_out_array(out, name);
    for (size_t i = 0; i < cell->bin_count; i++) {
        json_out_array(out, NULL);
        json_out_double(out, NULL, cell->bins[i].least);
        json_out_double(out, NULL, cell->bins[i].most);
        json_out_int(out, NULL, cell->bins[i].count);
        json_out_end_array(out);
    }
    json_out_end_array(out);
}

static void write_dimension(struct json_out *out, const char *name,
                            const struct langfuse_field *field, struct str text)
{
    double number;
    if (field->type == LANGFUSE_LIST && !(field->uses & LANGFUSE_EXPLODES))
        write_list(out, name, text);
    else if (field->type == LANGFUSE_BOOLEAN)
        json_out_bool(out, name, str_equal(text, STR("true")));
    else if (field->type == LANGFUSE_NUMBER && str_to_double(text, &number))
        out_number(out, name, number);
    else
        json_out_str(out, name, text);
}

/* Days and longer are dates, shorter ones times to the second. */
static void write_step(struct call *call, const struct langfuse_question *asked, int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(time_ns, text);
    if (asked->question.granularity >= LANGFUSE_DAY)
        text[10] = 0;
    else
        memcpy(text + 19, "Z", 2);
    json_out_text(&call->out, asked->names[0], text);
}

static void write_row(struct call *call, const struct langfuse_question *asked,
                      const struct langfuse_table *table, size_t row)
{
    const struct langfuse_metrics_question *question = &asked->question;
    struct json_out *out = &call->out;
    size_t first = question->granularity != LANGFUSE_NO_TIME;
    json_out_object(out, NULL);
    if (first)
        write_step(call, asked, table->times_ns[row]);
    for (size_t i = first; i < asked->column_count; i++) {
        const struct langfuse_cell *cell = &table->cells[row * table->columns + i];
        if (cell->type == LANGFUSE_CELL_NULL)
            json_out_null(out, asked->names[i]);
        else if (cell->type == LANGFUSE_CELL_NUMBER)
            out_number(out, asked->names[i], cell->number);
        else if (cell->type == LANGFUSE_CELL_BINS)
            write_bins(out, asked->names[i], cell);
        else
            write_dimension(out, asked->names[i], question->dimensions[i - first], cell->text);
    }
    json_out_end_object(out);
}

/* Steps in which nothing was: nought of everything, of nobody. */
static void write_gap(struct call *call, const struct langfuse_question *asked, int64_t time_ns)
{
    static const struct langfuse_cell empty = {.type = LANGFUSE_CELL_BINS};
    json_out_object(&call->out, NULL);
    write_step(call, asked, time_ns);
    for (size_t i = 1; i < asked->column_count; i++) {
        if (i <= asked->question.dimension_count)
            json_out_null(&call->out, asked->names[i]);
        else if (langfuse__is_histogram(asked, i))
            write_bins(&call->out, asked->names[i], &empty);
        else
            json_out_int(&call->out, asked->names[i], 0);
    }
    json_out_end_object(&call->out);
}

/* Each step of the range has a row, as long as rows are told. */
static void write_line(struct call *call, const struct langfuse_question *asked,
                       const struct langfuse_table *table)
{
    const struct langfuse_metrics_question *question = &asked->question;
    struct time_range range = question->rows.range;
    int64_t time = langfuse_floor_time(question->granularity, range.from_ns);
    size_t row = 0, told = 0;
    for (size_t steps = 0; time < range.to_ns && steps < FILLED_MAX; steps++) {
        bool any = row < table->count && table->times_ns[row] == time;
        for (; row < table->count && table->times_ns[row] == time; row++, told++)
            write_row(call, asked, table, row);
        if (!any && told++ < question->limit)
            write_gap(call, asked, time);
        time = langfuse_next_time(question->granularity, time);
    }
    for (; row < table->count; row++)
        write_row(call, asked, table, row);
}

static void answer(struct request *request, void *context, int64_t limit)
{
    struct call call;
    struct langfuse_table table;
    if (!call_begin(&call, request, context))
        return;
    struct langfuse_question *asked = arena_new(&request->arena, struct langfuse_question);
    enum status status =
        asked ? langfuse__read_question(&call, limit, asked)
              : fail(&call.error, STATUS_TOO_LARGE, "query: no memory for this question");
    if (status == STATUS_OK)
        status = query_langfuse_metrics(call.query, &asked->question, &request->arena, &table,
                                        &call.error);
    if (status == STATUS_OK) {
        const struct langfuse_metrics_question *question = &asked->question;
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "data");
        if (question->granularity != LANGFUSE_NO_TIME && question->order_count == 0 &&
            table.count < question->limit)
            write_line(&call, asked, &table);
        else
            for (size_t i = 0; i < table.count; i++)
                write_row(&call, asked, &table, i);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static void answer_v1(struct request *request, void *context)
{
    answer(request, context, LANGFUSE_METRIC_ROWS_MAX);
}

static void answer_v2(struct request *request, void *context)
{
    answer(request, context, ROWS_DEFAULT);
}

void serve__langfuse_metrics_v1(struct request *request, void *context)
{
    call_later(request, context, answer_v1);
}

void serve__langfuse_metrics_v2(struct request *request, void *context)
{
    call_later(request, context, answer_v2);
}
