/* SPDX-License-Identifier: Apache-2.0 */
/* score_compare: see score_compare.h. Both sides are one SELECT each, joined by what was scored. */
#include "query/score_compare.h"

#include <math.h>
#include <stdlib.h>

#include "query/score_grid.h"
#include "query/score_sql.h"

/* Rows of labels looked at, the most frequent pairs first. */
enum { LABEL_PAIRS_MAX = 2000 };

struct comparing {
    const struct query *query;
    struct score_pairs_question *question;
    struct arena *arena;
    struct error *error;
    int64_t one_in; /* of how many things scored one is looked at */
};

static bool is_label(const struct score_side *side)
{
    return side->type == SCORE_CATEGORICAL || side->type == SCORE_BOOLEAN;
}

/* --- the sides ---------------------------------------------------------------------------------
 */

static void side_where(struct sql *sql, const struct comparing *comparing,
                       const struct score_side *side)
{
    const struct score_pairs_question *question = comparing->question;
    const struct score_question scores = {
        .project_id = question->project_id,
        .range = question->range,
        .environment = question->environment,
        .name = side->name,
        .type = side->type,
        .source = side->source,
    };
    score_where(sql, comparing->query, &scores);
}

/* The type a name mostly has, and how often it was given. */
static enum status complete_side(const struct comparing *comparing, struct score_side *side)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT type, count(*) FROM scores");
    side_where(&sql, comparing, side);
    sql_add(&sql, " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1");
    enum status status =
        sql_run(&sql, comparing->query, comparing->question->cancelled, &rows, comparing->error);
    if (status != STATUS_OK)
        return status;
    if (store_rows_next(rows)) {
        side->type = (int)store_rows_int(rows, 0);
        side->count = store_rows_int(rows, 1);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static enum status complete(const struct comparing *comparing)
{
    struct score_side *sides = comparing->question->sides;
    for (int i = 0; i < 2; i++) {
        enum status status = complete_side(comparing, &sides[i]);
        if (status != STATUS_OK)
            return status;
        if (sides[i].type == SCORE_TEXT || sides[i].type == SCORE_CORRECTION)
            return fail(comparing->error, STATUS_INVALID,
                        "%c: '%.*s' is free text; expected numbers, categories or yes-or-no",
                        "ab"[i], STR_ARGS(str_sub(sides[i].name, 0, 100)));
    }
    return STATUS_OK;
}

static enum score_kinship kinship_of(const struct score_side sides[2])
{
    if (!sides[0].count || !sides[1].count)
        return SCORES_UNPAIRED;
    if (is_label(&sides[0]) && is_label(&sides[1]))
        return SCORES_LABELS;
    /* Yes-or-no beside a number is 0 or 1. */
    if (sides[0].type == SCORE_CATEGORICAL || sides[1].type == SCORE_CATEGORICAL)
        return SCORES_NUMBER_BY_LABEL;
    return SCORES_NUMBERS;
}

/* What a pair has of a side: its number, or its label. */
static const char *side_column(const struct score_side *side, enum score_kinship kinship)
{
    if (side->type == SCORE_CATEGORICAL)
        return "text";
    if (side->type == SCORE_BOOLEAN && kinship == SCORES_LABELS)
        return "CASE WHEN value = 1 THEN 'true' ELSE 'false' END";
    return "value";
}

static void add_side(struct sql *sql, const struct comparing *comparing, int which,
                     enum score_kinship kinship)
{
    const struct score_side *side = &comparing->question->sides[which];
    bool by_trace = comparing->question->by_trace;
    sql_add(sql,
            "(SELECT trace_hi, trace_lo, %s, arg_max(%s, time_ns) AS said, "
            "max(time_ns) AS at FROM scores",
            by_trace ? "0 AS span, '' AS session, '' AS run"
                     : "span_id AS span, coalesce(session, '') AS session, "
                       "coalesce(dataset_run, '') AS run",
            side_column(side, kinship));
    side_where(sql, comparing, side);
    sql_add(sql, " AND %s IS NOT NULL", side->type == SCORE_CATEGORICAL ? "text" : "value");
    if (by_trace)
        sql_add(sql, " AND (trace_hi <> 0 OR trace_lo <> 0)");
    if (comparing->one_in > 1)
        sql_add(sql, " AND hash(trace_hi, trace_lo%s) %% %lld = 0",
                by_trace ? "" : ", span_id, session, dataset_run", (long long)comparing->one_in);
    sql_add(sql, " GROUP BY 1, 2, 3, 4, 5) %c", "ab"[which]);
}

static void add_pairs(struct sql *sql, const struct comparing *comparing,
                      enum score_kinship kinship)
{
    sql_add(sql, " FROM ");
    add_side(sql, comparing, 0, kinship);
    sql_add(sql, " JOIN ");
    add_side(sql, comparing, 1, kinship);
    sql_add(sql, " ON a.trace_lo = b.trace_lo AND a.trace_hi = b.trace_hi AND a.span = b.span "
                 "AND a.session = b.session AND a.run = b.run");
}

static enum status run(const struct comparing *comparing, struct sql *sql,
                       struct store_rows **out_rows)
{
    return sql_run(sql, comparing->query, comparing->question->cancelled, out_rows,
                   comparing->error);
}

/* --- numbers -----------------------------------------------------------------------------------
 */

static enum status read_values(const struct comparing *comparing, struct number_pair *pairs,
                               size_t *out_count)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT a.said, b.said, count(*)");
    add_pairs(&sql, comparing, SCORES_NUMBERS);
    sql_add(&sql, " GROUP BY 1, 2 LIMIT %d", SCORE_VALUE_PAIRS_MAX + 1);
    enum status status = run(comparing, &sql, &rows);
    if (status != STATUS_OK)
        return status;
    size_t count = 0;
    while (count <= SCORE_VALUE_PAIRS_MAX && store_rows_next(rows))
        pairs[count++] = (struct number_pair){store_rows_double(rows, 0),
                                              store_rows_double(rows, 1), store_rows_int(rows, 2)};
    store_rows_free(rows);
    *out_count = count;
    return STATUS_OK;
}

/* All of them where they fit, else a sample of the things scored. */
static enum status read_or_sample(struct comparing *comparing, struct number_pair *pairs,
                                  size_t *out_count, int64_t *out_total)
{
    struct sql sql = {0};
    *out_total = -1;
    enum status status = read_values(comparing, pairs, out_count);
    if (status != STATUS_OK || *out_count <= SCORE_VALUE_PAIRS_MAX)
        return status;
    sql_add(&sql, "SELECT count(*)");
    add_pairs(&sql, comparing, SCORES_NUMBERS);
    status = sql_count(&sql, comparing->query, comparing->question->cancelled, out_total,
                       comparing->error);
    if (status != STATUS_OK)
        return status;
    comparing->one_in = *out_total / (SCORE_VALUE_PAIRS_MAX * 4 / 5) + 1;
    status = read_values(comparing, pairs, out_count);
    *out_count -= *out_count > SCORE_VALUE_PAIRS_MAX;
    return status;
}

static enum status compare_numbers(struct comparing *comparing, struct score_comparison *out)
{
    size_t count = 0;
    int64_t total = -1;
    struct number_pair *pairs = malloc((SCORE_VALUE_PAIRS_MAX + 1) * sizeof *pairs);
    if (!pairs)
        return fail(comparing->error, STATUS_BUSY, "no memory to compare scores");
    enum status status = read_or_sample(comparing, pairs, &count, &total);
    if (status == STATUS_OK && !agreement_of_numbers(pairs, count, &out->numbers))
        status = fail(comparing->error, STATUS_BUSY, "no memory to compare scores");
    if (status == STATUS_OK) {
        out->used = out->numbers.pairs;
        out->pairs = total < 0 ? out->used : total;
        if (count)
            score_grid_fill(pairs, count, out);
    }
    free(pairs);
    return status;
}

/* --- labels ------------------------------------------------------------------------------------
 */

/* A label with how often it is said by either. */
struct label {
    struct str text;
    int64_t count;
};

struct label_pair {
    size_t labels[2];
    int64_t count;
};

static int more_often(const void *a, const void *b)
{
    int64_t left = ((const struct label *)a)->count, right = ((const struct label *)b)->count;
    return (left < right) - (left > right);
}

static int by_text(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static size_t find_label(struct label *labels, size_t *count, struct str text, struct arena *arena)
{
    for (size_t i = 0; i < *count; i++)
        if (str_equal(labels[i].text, text))
            return i;
    labels[*count] = (struct label){.text = arena_copy(arena, text)};
    return (*count)++;
}

/* The most frequent ones, in the order of their texts. */
static void choose_labels(const struct label *labels, size_t count, struct label *space,
                          struct score_comparison *out)
{
    for (size_t i = 0; i < count; i++)
        space[i] = labels[i];
    qsort(space, count, sizeof *space, more_often);
    while (out->label_count < count && out->label_count < SCORE_LABELS_MAX) {
        out->labels[out->label_count] = space[out->label_count].text;
        out->label_count++;
    }
    qsort(out->labels, out->label_count, sizeof *out->labels, by_text);
}

static size_t chosen(const struct score_comparison *out, struct str text)
{
    size_t at = 0;
    while (at < out->label_count && !str_equal(out->labels[at], text))
        at++;
    return at;
}

static void fill_matrix(const struct label *labels, const struct label_pair *pairs, size_t count,
                        struct score_comparison *out)
{
    for (size_t i = 0; i < count; i++) {
        size_t a = chosen(out, labels[pairs[i].labels[0]].text);
        size_t b = chosen(out, labels[pairs[i].labels[1]].text);
        if (a < out->label_count && b < out->label_count)
            out->matrix[a * out->label_count + b] += pairs[i].count;
    }
    agreement_of_labels(out->matrix, out->label_count, &out->agreement, out->each);
    out->used = out->agreement.pairs;
}

static enum status compare_labels(const struct comparing *comparing, struct score_comparison *out)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct label_pair *pairs = arena_array(comparing->arena, struct label_pair, LABEL_PAIRS_MAX);
    struct label *labels = arena_array(comparing->arena, struct label, 4 * LABEL_PAIRS_MAX);
    size_t count = 0, label_count = 0;
    if (!pairs || !labels)
        return fail(comparing->error, STATUS_BUSY, "no memory to compare scores");
    sql_add(&sql, "SELECT a.said, b.said, count(*), CAST(sum(count(*)) OVER () AS BIGINT)");
    add_pairs(&sql, comparing, SCORES_LABELS);
    sql_add(&sql, " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %d", LABEL_PAIRS_MAX);
    enum status status = run(comparing, &sql, &rows);
    if (status != STATUS_OK)
        return status;
    while (count < LABEL_PAIRS_MAX && store_rows_next(rows)) {
        struct label_pair *pair = &pairs[count++];
        pair->count = store_rows_int(rows, 2);
        out->pairs = store_rows_int(rows, 3);
        for (size_t side = 0; side < 2; side++) {
            struct str text = store_rows_text(rows, side);
            pair->labels[side] = find_label(labels, &label_count, text, comparing->arena);
            labels[pair->labels[side]].count += pair->count;
        }
    }
    store_rows_free(rows);
    choose_labels(labels, label_count, labels + 2 * LABEL_PAIRS_MAX, out);
    fill_matrix(labels, pairs, count, out);
    return STATUS_OK;
}

/* --- a number by a label -----------------------------------------------------------------------
 */

static enum status compare_groups(const struct comparing *comparing, struct score_comparison *out)
{
    struct sql sql = {0};
    struct store_rows *rows;
    bool labels_first = comparing->question->sides[0].type == SCORE_CATEGORICAL;
    char label = labels_first ? 'a' : 'b', number = labels_first ? 'b' : 'a';
    sql_add(&sql,
            "SELECT %c.said, count(*), avg(%c.said), median(%c.said), min(%c.said), max(%c.said), "
            "CAST(sum(count(*)) OVER () AS BIGINT)",
            label, number, number, number, number);
    add_pairs(&sql, comparing, SCORES_NUMBER_BY_LABEL);
    sql_add(&sql, " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d", SCORE_LABELS_MAX);
    enum status status = run(comparing, &sql, &rows);
    if (status != STATUS_OK)
        return status;
    while (out->group_count < SCORE_LABELS_MAX && store_rows_next(rows)) {
        struct score_group *group = &out->groups[out->group_count++];
        *group = (struct score_group){
            .label = arena_copy(comparing->arena, store_rows_text(rows, 0)),
            .count = store_rows_int(rows, 1),
            .mean = store_rows_double(rows, 2),
            .median = store_rows_double(rows, 3),
            .least = store_rows_double(rows, 4),
            .most = store_rows_double(rows, 5),
        };
        out->used += group->count;
        out->pairs = store_rows_int(rows, 6);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_score_comparison(const struct query *query, struct score_pairs_question *question,
                                   struct arena *arena, struct score_comparison *out_comparison,
                                   struct error *error)
{
    struct comparing comparing = {query, question, arena, error, 1};
    struct score_comparison *out = out_comparison;
    enum status status = complete(&comparing);
    if (status != STATUS_OK)
        return status;
    *out = (struct score_comparison){.kinship = kinship_of(question->sides)};
    switch (out->kinship) {
    case SCORES_NUMBERS:
        return compare_numbers(&comparing, out);
    case SCORES_LABELS:
        return compare_labels(&comparing, out);
    case SCORES_NUMBER_BY_LABEL:
        return compare_groups(&comparing, out);
    default:
        return STATUS_OK;
    }
}

/* --- the pairs themselves ----------------------------------------------------------------------
 */

static bool says_label(const struct score_side *side, enum score_kinship kinship)
{
    return side->type == SCORE_CATEGORICAL || kinship == SCORES_LABELS;
}

static void where_cell(struct sql *sql, const struct score_side *side, int which,
                       enum score_kinship kinship)
{
    const struct score_cell *cell = &side->cell;
    if (says_label(side, kinship)) {
        if (!cell->label.len)
            return;
        sql_add(sql, " AND %c.said = ", "ab"[which]);
        sql_text(sql, cell->label);
        return;
    }
    if (cell->has_least) {
        sql_add(sql, " AND %c.said >= ", "ab"[which]);
        sql_double(sql, cell->least);
    }
    if (cell->has_below) {
        sql_add(sql, " AND %c.said < ", "ab"[which]);
        sql_double(sql, cell->below);
    }
}

static void read_pair(const struct comparing *comparing, const struct store_rows *rows,
                      enum score_kinship kinship, struct score_pair *pair)
{
    struct str session = store_rows_text(rows, 3), run_name = store_rows_text(rows, 4);
    *pair = (struct score_pair){
        .trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
        .span_id = store_rows_int(rows, 2),
        .session = session.len ? arena_copy(comparing->arena, session) : STR_NONE,
        .dataset_run = run_name.len ? arena_copy(comparing->arena, run_name) : STR_NONE,
        .time_ns = store_rows_int(rows, 5),
        .values = {(double)NAN, (double)NAN},
    };
    for (size_t side = 0; side < 2; side++)
        if (says_label(&comparing->question->sides[side], kinship))
            pair->labels[side] = arena_copy(comparing->arena, store_rows_text(rows, 6 + side));
        else
            pair->values[side] = store_rows_double(rows, 6 + side);
}

enum status query_score_pairs(const struct query *query, struct score_pairs_question *question,
                              bool by_difference, size_t limit, struct arena *arena,
                              struct score_pair_list *out_list, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct comparing comparing = {query, question, arena, error, 1};
    struct score_pair_list list = {.items = arena_array(arena, struct score_pair, limit)};
    if (!list.items)
        return fail(error, STATUS_TOO_LARGE, "limit: too many pairs for one reply");
    enum status status = complete(&comparing);
    if (status != STATUS_OK)
        return status;
    enum score_kinship kinship = kinship_of(question->sides);
    *out_list = list;
    if (kinship == SCORES_UNPAIRED)
        return STATUS_OK;
    sql_add(&sql, "SELECT a.trace_hi, a.trace_lo, a.span, a.session, a.run, greatest(a.at, b.at), "
                  "a.said, b.said");
    add_pairs(&sql, &comparing, kinship);
    for (int side = 0; side < 2; side++)
        where_cell(&sql, &question->sides[side], side, kinship);
    sql_add(&sql, " ORDER BY ");
    if (by_difference && kinship == SCORES_NUMBERS)
        sql_add(&sql, "abs(b.said - a.said) DESC, ");
    else if (by_difference && kinship == SCORES_LABELS)
        sql_add(&sql, "(a.said <> b.said) DESC, ");
    sql_add(&sql, "6 DESC, 1, 2, 3, 4, 5 LIMIT %lld", (long long)limit + 1);
    status = run(&comparing, &sql, &rows);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        if (list.count == limit) {
            list.more = true;
            break;
        }
        read_pair(&comparing, rows, kinship, &list.items[list.count++]);
    }
    store_rows_free(rows);
    *out_list = list;
    return STATUS_OK;
}
