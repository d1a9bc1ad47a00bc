/* SPDX-License-Identifier: Apache-2.0 */
/* score_summary: each name's count, spread, categories, sources and trend: a question each over one
 * range. */
#include <math.h>

#include "base/clock.h"
#include "query/score_sql.h"

struct summing {
    const struct query *query;
    const struct score_question *question;
    struct score_overview *overview;
    struct arena *arena;
};

static struct score_summary *find(const struct summing *summing, int64_t name, int64_t type)
{
    struct str text = name > 0 ? store_name(summing->query->store, (int32_t)name) : STR("");
    for (size_t i = 0; i < summing->overview->count; i++) {
        struct score_summary *item = &summing->overview->items[i];
        if ((int64_t)item->type == type && str_equal(item->name, text))
            return item;
    }
    return NULL;
}

/* Runs and hands each row of a name that is told of to `take`; name and type come first. */
static enum status each(const struct summing *summing, struct sql *sql,
                        void (*take)(const struct summing *, struct score_summary *,
                                     const struct store_rows *),
                        struct error *error)
{
    struct store_rows *rows;
    enum status status = sql_run(sql, summing->query, summing->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        struct score_summary *item =
            find(summing, store_rows_int(rows, 0), store_rows_int(rows, 1));
        if (item)
            take(summing, item, rows);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

static bool add_name(const struct summing *summing, const struct store_rows *rows)
{
    struct score_overview *overview = summing->overview;
    struct score_summary *item = &overview->items[overview->count];
    int64_t name = store_rows_int(rows, 0), type = store_rows_int(rows, 1);
    *item = (struct score_summary){
        .name = name > 0 ? store_name(summing->query->store, (int32_t)name) : STR(""),
        .type = type < SCORE_TYPE_COUNT ? (enum score_type)type : SCORE_NUMERIC,
        .count = store_rows_int(rows, 2),
        .mean = store_rows_double(rows, 3),
        .least = store_rows_double(rows, 4),
        .most = store_rows_double(rows, 5),
        .median = store_rows_double(rows, 6),
        .counts = arena_array(summing->arena, int64_t, overview->steps.count),
        .means = arena_array(summing->arena, double, overview->steps.count),
    };
    if (!item->counts || !item->means)
        return false;
    for (size_t i = 0; i < overview->steps.count; i++)
        item->means[i] = (double)NAN;
    overview->count++;
    return true;
}

static enum status list_names(const struct summing *summing, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT name, type, count(*), avg(value), min(value), max(value), median(value) "
                  "FROM scores");
    score_where(&sql, summing->query, summing->question);
    sql_add(&sql, " GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT %d", SCORE_NAMES_MAX);
    enum status status = sql_run(&sql, summing->query, summing->question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && summing->overview->count < SCORE_NAMES_MAX &&
           store_rows_next(rows))
        if (!add_name(summing, rows))
            status = fail(error, STATUS_TOO_LARGE, "step: too many points for one reply");
    store_rows_free(rows);
    return status;
}

static void take_category(const struct summing *summing, struct score_summary *item,
                          const struct store_rows *rows)
{
    if (item->category_count == SCORE_CATEGORIES_MAX)
        return;
    item->categories[item->category_count++] = (struct score_category){
        arena_copy(summing->arena, store_rows_text(rows, 2)), store_rows_int(rows, 3)};
}

static enum status count_categories(const struct summing *summing, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT name, type, text, count(*) FROM scores");
    score_where(&sql, summing->query, summing->question);
    sql_add(&sql,
            " AND text IS NOT NULL AND type <= %d GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3 "
            "LIMIT %d",
            SCORE_BOOLEAN, SCORE_NAMES_MAX * SCORE_CATEGORIES_MAX);
    return each(summing, &sql, take_category, error);
}

static void take_bin(const struct summing *summing, struct score_summary *item,
                     const struct store_rows *rows)
{
    int64_t bin = store_rows_int(rows, 2);
    (void)summing;
    if (bin >= 0 && bin < SCORE_BINS)
        item->bins[bin] += store_rows_int(rows, 3);
}

/* The bin by division may be one off where it rounds: the edges, as score_bin_edge() makes them,
 * decide. */
#define BIN_EDGE(bin) "(least + (most - least) * " bin " / 10)"
_Static_assert(SCORE_BINS == 10, "BIN_EDGE says ten");

double score_bin_edge(const struct score_summary *summary, int bin)
{
    return summary->least + (summary->most - summary->least) * bin / SCORE_BINS;
}

static enum status count_bins(const struct summing *summing, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT name, type, least(9, CASE WHEN value < " BIN_EDGE(
                      "bin") " THEN bin - 1 "
                             "WHEN value >= " BIN_EDGE(
                                 "(bin + 1)") " THEN bin + 1 ELSE bin END), count(*) "
                                              "FROM (SELECT name, type, value, least, most, "
                                              "CAST(CASE WHEN most > least THEN "
                                              "floor((value - least) / (most - least) * 10) ELSE 0 "
                                              "END AS BIGINT) AS bin "
                                              "FROM (SELECT name, type, value FROM scores");
    score_where(&sql, summing->query, summing->question);
    sql_add(&sql, " AND value IS NOT NULL) JOIN (SELECT name, type, min(value) AS least, "
                  "max(value) AS most FROM scores");
    score_where(&sql, summing->query, summing->question);
    sql_add(&sql, " GROUP BY 1, 2) USING (name, type)) GROUP BY 1, 2, 3");
    return each(summing, &sql, take_bin, error);
}

static void take_source(const struct summing *summing, struct score_summary *item,
                        const struct store_rows *rows)
{
    int64_t source = store_rows_int(rows, 2);
    (void)summing;
    if (source < 0 || source >= SCORE_SOURCE_COUNT)
        return;
    item->by_source[source] = store_rows_int(rows, 3);
    item->source_means[source] = store_rows_double(rows, 4);
}

static enum status count_sources(const struct summing *summing, struct error *error)
{
    struct sql sql = {0};
    sql_add(&sql, "SELECT name, type, source, count(*), avg(value) FROM scores");
    score_where(&sql, summing->query, summing->question);
    sql_add(&sql, " GROUP BY 1, 2, 3");
    return each(summing, &sql, take_source, error);
}

static void take_step(const struct summing *summing, struct score_summary *item,
                      const struct store_rows *rows)
{
    const struct steps *steps = &summing->overview->steps;
    int64_t at = store_rows_int(rows, 2) - steps->start_s / steps->step_s;
    if (at < 0 || at >= (int64_t)steps->count)
        return;
    item->counts[at] = store_rows_int(rows, 3);
    item->means[at] = store_rows_double(rows, 4);
}

static enum status count_steps(const struct summing *summing, struct error *error)
{
    struct sql sql = {0};
    int64_t step_ns = summing->overview->steps.step_s * NS_PER_SEC;
    sql_add(&sql, "SELECT name, type, time_ns // ");
    sql_int(&sql, step_ns);
    sql_add(&sql, ", count(*), avg(value) FROM scores");
    score_where(&sql, summing->query, summing->question);
    sql_add(&sql, " GROUP BY 1, 2, 3");
    return each(summing, &sql, take_step, error);
}

enum status query_score_summary(const struct query *query, const struct score_question *question,
                                int64_t step_seconds, struct arena *arena,
                                struct score_overview *out_overview, struct error *error)
{
    struct score_overview overview = {
        .items = arena_array(arena, struct score_summary, SCORE_NAMES_MAX)};
    const struct summing summing = {query, question, &overview, arena};
    if (!overview.items)
        return fail(error, STATUS_TOO_LARGE, "too many scores for one reply");
    enum status status = series_steps(question->range, step_seconds, &overview.steps, error);
    if (status == STATUS_OK)
        status = list_names(&summing, error);
    if (status == STATUS_OK && overview.count)
        status = count_categories(&summing, error);
    if (status == STATUS_OK && overview.count)
        status = count_bins(&summing, error);
    if (status == STATUS_OK && overview.count)
        status = count_sources(&summing, error);
    if (status == STATUS_OK && overview.count)
        status = count_steps(&summing, error);
    if (status == STATUS_OK)
        *out_overview = overview;
    return status;
}
