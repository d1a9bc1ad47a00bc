/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row_relevantfields: `relevantfields [field, …] where condition`, which fields differ most between
 * the rows that fit and those that do not, with a score from 0, alike, to 1, nothing in common.
 *
 * Of a field of numbers the score is the largest difference between the shares of both sides that
 * lie below some number (Kolmogorov and Smirnov); of others it is half the sum of the differences
 * between the shares of each value, where values that occur once count as one value: an id tells
 * nothing. Without a list all fields are looked at but those that the condition names.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/map.h"
#include "query/row_command.h"
#include "wire/json.h"

enum { RESULTS_MAX = 100, VALUES_SHOWN = 3, LEAVES_MAX = 200 };

struct relevance {
    struct str name;
    double score;
    struct str values; /* JSON; NONE of numbers */
    bool has_medians;
    double fits_median, rest_median;
};

struct comparing {
    struct row_run *run;
    struct arena *arena; /* of what comes out */
    const struct ask_cell *fits;
    size_t fits_count, rest_count;
};

/* --- numbers --------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double middle(const double *sorted, size_t count)
{
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

static double largest_difference(const double *a, size_t count_a, const double *b, size_t count_b)
{
    double most = 0;
    size_t i = 0, k = 0;
    while (i < count_a && k < count_b) {
        double at = fmin(a[i], b[k]);
        while (i < count_a && a[i] <= at)
            i++;
        while (k < count_b && b[k] <= at)
            k++;
        most = fmax(most, fabs((double)i / (double)count_a - (double)k / (double)count_b));
    }
    return most;
}

/* False: it is no field of numbers. */
static bool compare_numbers(const struct comparing *comparing, const struct ask_cell *cells,
                            struct relevance *out)
{
    size_t rows = comparing->run->rows->row_count, counts[2] = {0}, present = 0;
    double *sides[2] = {arena_array(&comparing->run->rows->arena, double, rows + 1),
                        arena_array(&comparing->run->rows->arena, double, rows + 1)};
    if (!sides[0] || !sides[1])
        return false;
    for (size_t i = 0; i < rows; i++) {
        int side = comparing->fits[i].integer ? 0 : 1;
        present += cells[i].kind != CELL_NULL;
        counts[side] += cell_number(&cells[i], &sides[side][counts[side]]);
    }
    if (!counts[0] || !counts[1] || (counts[0] + counts[1]) * 10 < present * 9)
        return false;
    for (int side = 0; side < 2; side++)
        qsort(sides[side], counts[side], sizeof(double), by_size);
    out->score = largest_difference(sides[0], counts[0], sides[1], counts[1]);
    out->has_medians = true;
    out->fits_median = middle(sides[0], counts[0]);
    out->rest_median = middle(sides[1], counts[1]);
    return true;
}

/* --- values ---------------------------------------------------------------------------------- */

struct distinct {
    struct str text; /* NONE: no value */
    double counts[2], shares[2];
};

static int by_shift(const void *a, const void *b)
{
    const struct distinct *left = a, *right = b;
    double x = fabs(left->shares[0] - left->shares[1]);
    double y = fabs(right->shares[0] - right->shares[1]);
    return x > y ? -1 : x < y ? 1 : str_compare(left->text, right->text);
}

/* NULL: too large. */
static struct distinct *count_values(const struct comparing *comparing,
                                     const struct ask_cell *cells, size_t *out_count)
{
    struct arena *arena = &comparing->run->rows->arena;
    struct map map;
    struct distinct *values = NULL;
    size_t count = 0, capacity = 0;
    bool fine = arena_grow(arena, &values, 0, &capacity);
    map_init(&map);
    for (size_t i = 0; fine && i < comparing->run->rows->row_count; i++) {
        struct str text = cell_key(&cells[i], arena);
        struct str key = text.ptr ? arena_printf(arena, "=%.*s", STR_ARGS(text)) : STR("");
        uint64_t at = count;
        if (!map_get(&map, key, &at)) {
            fine = map_put(&map, key, count) && arena_grow(arena, &values, count, &capacity);
            if (fine)
                values[count++] = (struct distinct){.text = text};
        }
        if (fine)
            values[at].counts[comparing->fits[i].integer ? 0 : 1]++;
    }
    map_done(&map);
    *out_count = count;
    return fine ? values : NULL;
}

static struct str write_values(const struct distinct *values, size_t count, struct arena *arena)
{
    struct buf text = {0};
    struct json_out out = json_out(&text);
    json_out_array(&out, NULL);
    for (size_t i = 0; i < count && i < VALUES_SHOWN; i++) {
        if (values[i].shares[0] == values[i].shares[1])
            break;
        json_out_object(&out, NULL);
        if (values[i].text.ptr)
            json_out_str(&out, "value", values[i].text);
        else
            json_out_null(&out, "value");
        json_out_double(&out, "condition", values[i].shares[0]);
        json_out_double(&out, "baseline", values[i].shares[1]);
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
    struct str copy = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return copy;
}

static bool compare_values(const struct comparing *comparing, const struct ask_cell *cells,
                           struct relevance *out)
{
    size_t count, kept = 0;
    struct distinct *values = count_values(comparing, cells, &count), once = {0};
    if (!values)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (values[i].text.ptr && values[i].counts[0] + values[i].counts[1] == 1) {
            once.counts[0] += values[i].counts[0];
            once.counts[1] += values[i].counts[1];
            continue;
        }
        values[kept] = values[i];
        values[kept].shares[0] = values[i].counts[0] / (double)comparing->fits_count;
        values[kept].shares[1] = values[i].counts[1] / (double)comparing->rest_count;
        out->score += fabs(values[kept].shares[0] - values[kept].shares[1]) / 2;
        kept++;
    }
    out->score += fabs(once.counts[0] / (double)comparing->fits_count -
                       once.counts[1] / (double)comparing->rest_count) /
                  2;
    qsort(values, kept, sizeof *values, by_shift);
    out->values = write_values(values, kept, comparing->arena);
    return out->values.ptr != NULL;
}

/* --- fields ---------------------------------------------------------------------------------- */

static bool names_field(const struct expression *tree, struct str name)
{
    if (tree->kind == EXPRESSION_FIELD && str_equal(tree->text, name))
        return true;
    for (size_t i = 0; i < tree->argument_count; i++)
        if (names_field(tree->arguments[i], name))
            return true;
    return false;
}

static bool is_meant(const struct row_run *run, const struct rowset_column *column)
{
    const struct items *items = &run->command->items;
    for (size_t i = 0; i < items->count; i++)
        if (str_equal(items->list[i].name, column->name))
            return true;
    return !items->count && column->type != ASK_TIME && column->name.ptr[0] != '@' &&
           !str_equal(column->name, STR(ROW_CONDITION)) &&
           !names_field(run->command->expression, column->name);
}

static struct ask_cell cell_of_json(const struct json *json, struct arena *arena)
{
    switch (json->type) {
    case JSON_BOOL:
        return (struct ask_cell){.kind = CELL_BOOLEAN, .integer = json->boolean};
    case JSON_INT:
        return cell_of_integer(json->integer);
    case JSON_DOUBLE:
        return cell_of_number(json->number);
    case JSON_STRING:
        return cell_of_text(arena_copy(arena, json->string));
    default:
        return (struct ask_cell){.kind = CELL_NULL};
    }
}

/* Leaves of a log record's body become columns, as names of fields find them. */
static bool take_leaves(struct rowset *rows, size_t row, const struct json *object,
                        struct str prefix, size_t *inout_left)
{
    for (uint32_t i = 0; i < object->count && *inout_left; i++) {
        const struct json_member *member = &object->members[i];
        struct str name = arena_printf(&rows->arena, "%.*s%s%.*s", STR_ARGS(prefix),
                                       prefix.len ? "." : "", STR_ARGS(member->key));
        if (!name.ptr)
            return false;
        if (member->value.type == JSON_OBJECT) {
            if (!take_leaves(rows, row, &member->value, name, inout_left))
                return false;
            continue;
        }
        struct rowset_column *column = rowset_find(rows, name);
        if (!column && rows->column_count < LEAVES_MAX)
            column = rowset_put(rows, name, ASK_ANY);
        if (column)
            column->cells[row] = cell_of_json(&member->value, &rows->arena);
        --*inout_left;
    }
    return true;
}

static bool take_bodies(const struct row_run *run)
{
    struct rowset *rows = run->rows;
    const struct rowset_column *bodies = rowset_find(rows, STR("@message"));
    const struct ask_cell *cells = bodies && !run->command->items.count ? bodies->cells : NULL;
    bool fine = true;
    for (size_t i = 0; cells && fine && i < rows->row_count; i++) {
        struct json json;
        struct arena arena;
        size_t left = LEAVES_MAX;
        if (cells[i].kind != CELL_TEXT || !cells[i].text.len || cells[i].text.ptr[0] != '{')
            continue;
        arena_init(&arena, ROWSET_BYTES_MAX);
        if (json_parse(cells[i].text, &arena, &json, NULL) == STATUS_OK && json.type == JSON_OBJECT)
            fine = take_leaves(rows, i, &json, STR(""), &left);
        arena_done(&arena);
    }
    return fine;
}

/* --- the answer ------------------------------------------------------------------------------ */

static int by_score(const void *a, const void *b)
{
    const struct relevance *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return str_compare(left->name, right->name);
}

static bool compare_fields(struct comparing *comparing, struct relevance *found, size_t *out_count)
{
    const struct row_run *run = comparing->run;
    size_t count = 0;
    for (size_t c = 0; c < run->rows->column_count; c++) {
        const struct rowset_column *column = &run->rows->columns[c];
        struct relevance one = {.name = arena_copy(comparing->arena, column->name)};
        if (!is_meant(run, column))
            continue;
        if (!one.name.ptr || (!compare_numbers(comparing, column->cells, &one) &&
                              !compare_values(comparing, column->cells, &one)))
            return false;
        if (one.score > 0 || run->command->items.count)
            found[count++] = one;
    }
    qsort(found, count, sizeof *found, by_score);
    *out_count = count > RESULTS_MAX ? RESULTS_MAX : count;
    return true;
}

static bool give(struct rowset *out, const struct relevance *found, size_t count)
{
    static const struct {
        const char *name;
        enum ask_type type;
    } columns[] = {{"@fieldName", ASK_TEXT},
                   {"@relevanceScore", ASK_NUMBER},
                   {"@topRelevanceContributors", ASK_ANY},
                   {"@conditionalMedian", ASK_NUMBER},
                   {"@baselineMedian", ASK_NUMBER}};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
        if (!rowset_put(out, str_from(columns[c].name), columns[c].type))
            return false;
    for (size_t i = 0; i < count; i++) {
        if (!rowset_add_row(out))
            return false;
        out->columns[0].cells[i] = cell_of_text(found[i].name);
        out->columns[1].cells[i] = cell_of_number(found[i].score);
        if (found[i].values.ptr)
            out->columns[2].cells[i] =
                (struct ask_cell){.kind = CELL_JSON, .text = found[i].values};
        if (!found[i].has_medians)
            continue;
        out->columns[3].cells[i] = cell_of_number(found[i].fits_median);
        out->columns[4].cells[i] = cell_of_number(found[i].rest_median);
    }
    return true;
}

enum status row__relevantfields(struct row_run *run, struct error *error)
{
    struct rowset out;
    struct comparing comparing = {.run = run, .arena = &out.arena};
    size_t count = 0;
    rowset_init(&out);
    bool fine = take_bodies(run);
    struct relevance *found =
        arena_array(&out.arena, struct relevance, run->rows->column_count + 1);
    comparing.fits = rowset_find(run->rows, STR(ROW_CONDITION))->cells;
    for (size_t i = 0; i < run->rows->row_count; i++)
        *(comparing.fits[i].integer ? &comparing.fits_count : &comparing.rest_count) += 1;
    /* With nothing on one side there is nothing to compare. */
    if (fine && found && comparing.fits_count && comparing.rest_count)
        fine = compare_fields(&comparing, found, &count);
    fine = fine && found && give(&out, found, count);
    rowset_done(run->rows);
    *run->rows = out;
    return fine ? STATUS_OK : rowset_full(STR("relevantfields"), error);
}
