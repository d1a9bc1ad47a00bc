/* SPDX-License-Identifier: Apache-2.0 */
/* query_reply: JSON -> columns and cells, checked before anyone counts on them. */
#include "cli/query_reply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "language/language.h"

static enum query_type type_of(struct str name)
{
    static const struct {
        struct str name;
        enum query_type type;
    } types[] = {
        {STR_INIT("text"), QUERY_TEXT},       {STR_INIT("integer"), QUERY_INTEGER},
        {STR_INIT("number"), QUERY_NUMBER},   {STR_INIT("time"), QUERY_TIME},
        {STR_INIT("boolean"), QUERY_BOOLEAN},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (str_equal(types[i].name, name))
            return types[i].type;
    return QUERY_ANY;
}

static enum status unexpected(struct error *error, const char *what)
{
    return fail(error, STATUS_CORRUPT, "the server's answer is not what was expected: %s", what);
}

static const struct json *array_of(const struct json *root, const char *name)
{
    const struct json *found = json_get(root, str_from(name));
    return found && found->type == JSON_ARRAY ? found : NULL;
}

enum status query_reply_read(struct str body, struct arena *arena, struct query_reply *out,
                             struct error *error)
{
    struct json *root = arena_new(arena, struct json);
    if (!root || json_parse(body, arena, root, NULL) != STATUS_OK || root->type != JSON_OBJECT)
        return unexpected(error, "no JSON object");
    const struct json *columns = array_of(root, "columns"), *rows = array_of(root, "rows");
    const struct json *pointers = array_of(root, "pointers"),
                      *truncated = json_get(root, STR("truncated"));
    if (!columns || !rows)
        return unexpected(error, "no columns or rows");
    for (size_t i = 0; i < rows->count; i++)
        if (rows->items[i].type != JSON_ARRAY || rows->items[i].count != columns->count)
            return unexpected(error, "a row with other columns");
    *out = (struct query_reply){
        .columns = arena_array(arena, struct query_column, columns->count + 1),
        .column_count = columns->count,
        .rows = rows,
        .row_count = rows->count,
        .pointers = pointers && pointers->count == rows->count ? pointers : NULL,
        .is_series = str_equal(json_string(json_get(root, STR("shape"))), STR("series")),
        .truncated = truncated && truncated->type == JSON_BOOL && truncated->boolean,
        .source = json_string(json_get(root, STR("source"))),
        .statistics = json_get(root, STR("statistics")),
        .warnings = array_of(root, "warnings"),
    };
    if (!out->columns)
        return fail(error, STATUS_TOO_LARGE, "the answer does not fit into memory");
    for (size_t i = 0; i < columns->count; i++) {
        out->columns[i].name = json_string(json_get(&columns->items[i], STR("name")));
        out->columns[i].type = type_of(json_string(json_get(&columns->items[i], STR("type"))));
    }
    return STATUS_OK;
}

bool query_column_counts(const struct query_column *column)
{
    return column->type == QUERY_INTEGER || column->type == QUERY_NUMBER;
}

/* Without a stats to look at, whatever is no number. */
void query_reply_find_keys(struct query_reply *reply, struct str query)
{
    struct arena arena;
    struct language_query *parsed;
    const struct command *stats = NULL;
    arena_init(&arena, 64 << 20);
    if (language_parse(query, &arena, &parsed, NULL) == STATUS_OK)
        for (size_t i = 0; i < parsed->command_count; i++)
            if (parsed->commands[i].id == COMMAND_STATS)
                stats = &parsed->commands[i];
    for (size_t c = 0; c < reply->column_count; c++) {
        struct query_column *column = &reply->columns[c];
        column->is_key = !stats && !query_column_counts(column);
        for (size_t i = 0; stats && i < stats->by.count; i++)
            column->is_key |= str_equal(stats->by.list[i].name, column->name);
    }
    arena_done(&arena);
}

/* --- cells ----------------------------------------------------------------------------------- */

const struct json *query_cell(const struct query_reply *reply, size_t row, size_t column)
{
    return &reply->rows->items[row].items[column];
}

/* The fewest digits that are read back as the same number. */
static void add_double(struct buf *out, double number)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    buf_printf(out, "%s", text);
}

/* 2026-03-01 12:00:00.000, as CloudWatch prints it. */
static void add_time(struct buf *out, int64_t time_ns)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(time_ns, text);
    if (strlen(text) >= 23 && text[10] == 'T') {
        text[10] = ' ';
        text[23] = 0;
    }
    buf_printf(out, "%s", text);
}

void query_cell_add(const struct query_reply *reply, size_t row, size_t column, struct buf *out)
{
    const struct json *cell = query_cell(reply, row, column);
    int64_t time_ns;
    if (reply->columns[column].type == QUERY_TIME && json_int(cell, &time_ns)) {
        add_time(out, time_ns);
        return;
    }
    switch (cell->type) {
    case JSON_NULL:
        return;
    case JSON_BOOL:
        buf_add_byte(out, cell->boolean ? '1' : '0');
        return;
    case JSON_INT:
        buf_add_int(out, cell->integer);
        return;
    case JSON_UINT:
        buf_printf(out, "%llu", (unsigned long long)cell->integer);
        return;
    case JSON_DOUBLE:
        add_double(out, cell->number);
        return;
    case JSON_STRING:
        buf_add_str(out, cell->string);
        return;
    default:
        buf_add_str(out, cell->raw);
    }
}

/* "12.500" -> "12.5", "3.000" -> "3" */
static void drop_zeros(char *text)
{
    size_t len = strlen(text);
    while (len && text[len - 1] == '0')
        len--;
    if (len && text[len - 1] == '.')
        len--;
    text[len] = 0;
}

void query_number_show(double number, struct buf *out)
{
    char text[40];
    double size = fabs(number);
    if (size >= 1e15 || size < 1e-7) {
        snprintf(text, sizeof text, "%.4g", number);
    } else {
        int digits = size >= 1 ? 3 : 3 - (int)floor(log10(size));
        snprintf(text, sizeof text, "%.*f", digits, number);
        drop_zeros(text);
    }
    buf_printf(out, "%s", text);
}

void query_cell_show(const struct query_reply *reply, size_t row, size_t column, struct buf *out)
{
    const struct json *cell = query_cell(reply, row, column);
    if (cell->type == JSON_DOUBLE && reply->columns[column].type != QUERY_TIME)
        query_number_show(cell->number, out);
    else
        query_cell_add(reply, row, column, out);
}

bool query_cell_number(const struct query_reply *reply, size_t row, size_t column, double *out)
{
    return json_number(query_cell(reply, row, column), out) && isfinite(*out);
}
