/* SPDX-License-Identifier: Apache-2.0 */
/* model_sizes: how long answers take for how long they, or their questions, are. */
#include <math.h>
#include <stdlib.h>

#include "query/models.h"

static void select_sizes(struct sql *sql, const struct models_question *question, bool of_input)
{
    const char *tokens = of_input ? "s.input_tokens" : "s.output_tokens";
    sql_add(sql,
            "SELECT s.model, s.provider, "
            "least(%d, CAST(floor(log2(%s)) AS INTEGER)) AS size, count(*), "
            "quantile_disc(s.duration_ns, 0.5), quantile_disc(s.duration_ns, 0.95) "
            "FROM spans s WHERE s.project = ",
            SIZE_CLASSES - 1, tokens);
    sql_int(sql, question->project_id);
    sql_add(sql, " AND s.start_ns >= ");
    sql_int(sql, question->range.from_ns);
    sql_add(sql, " AND s.start_ns < ");
    sql_int(sql, question->range.to_ns);
    sql_add(sql, " AND s.kind IN (%d, %d, %d) AND s.status <> %d AND s.flags & %d = 0 AND %s > 0",
            KIND_LLM, KIND_EMBEDDING, KIND_RERANKER, SPAN_ERROR, OBSERVATION_BAD_TIME, tokens);
}

static struct model_sizes *find_sizes(struct model_sizes *sizes, size_t *count, struct str model,
                                      struct str provider)
{
    for (size_t i = 0; i < *count; i++)
        if (sizes[i].model.ptr == model.ptr && sizes[i].provider.ptr == provider.ptr)
            return &sizes[i];
    if (*count == MODELS_MAX)
        return NULL;
    struct model_sizes *added = &sizes[(*count)++];
    *added = (struct model_sizes){.model = model, .provider = provider};
    for (int i = 0; i < SIZE_CLASSES; i++)
        added->p50[i] = added->p95[i] = NAN;
    return added;
}

static int by_total(const void *a, const void *b)
{
    const struct model_sizes *left = a, *right = b;
    if (left->total != right->total)
        return left->total < right->total ? 1 : -1;
    return str_compare(left->model, right->model);
}

enum status query_model_sizes(const struct query *query, const struct models_question *question,
                              bool of_input, struct arena *arena, struct model_sizes **out_sizes,
                              size_t *out_count, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    struct model_sizes *sizes = arena_array(arena, struct model_sizes, MODELS_MAX);
    size_t count = 0;
    if (!sizes)
        return fail(error, STATUS_TOO_LARGE, "there are too many models for one reply");
    select_sizes(&sql, question, of_input);
    enum status status = filter_rows(question->filters, query, &sql, error);
    if (status != STATUS_OK) {
        sql_done(&sql);
        return status;
    }
    sql_add(&sql, " GROUP BY 1, 2, 3");
    status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (store_rows_next(rows)) {
        int64_t model = store_rows_int(rows, 0), provider = store_rows_int(rows, 1);
        int64_t size = store_rows_int(rows, 2);
        struct model_sizes *to = find_sizes(
            sizes, &count, model > 0 ? store_name(query->store, (int32_t)model) : STR_NONE,
            provider > 0 ? store_name(query->store, (int32_t)provider) : STR_NONE);
        if (!to || size < 0 || size >= SIZE_CLASSES)
            continue;
        to->calls[size] = store_rows_int(rows, 3);
        to->p50[size] = store_rows_double(rows, 4);
        to->p95[size] = store_rows_double(rows, 5);
        to->total += to->calls[size];
    }
    store_rows_free(rows);
    if (count)
        qsort(sizes, count, sizeof *sizes, by_total);
    *out_sizes = sizes;
    *out_count = count;
    return STATUS_OK;
}
