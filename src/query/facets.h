/* SPDX-License-Identifier: Apache-2.0 */
/* facets: the values a field takes in a range, with the number of traces that have each. */
#pragma once

#include "query/traces.h"

struct facet_value {
    struct str text;
    int64_t traces;
};

struct facet {
    struct facet_value *values; /* most traces first */
    size_t count;
    bool more;
};

/* One facet a field, at most FACETS_MAX. The filters of `question` apply; its sort, limit and
 * cursor do not. */
enum { FACETS_MAX = 40 };
enum status query_facets(const struct query *query, const struct trace_list_question *question,
                         const struct filter_field *const *fields, size_t field_count, size_t limit,
                         struct arena *arena, struct facet *out_facets, struct error *error);

/* Models that were billed without a price. */
struct unpriced_model {
    struct str provider, model;
    int64_t calls, input_tokens, output_tokens, last_ns;
};
enum status query_unpriced(const struct query *query, uint32_t project_id, struct time_range range,
                           struct arena *arena, struct unpriced_model **out_models,
                           size_t *out_count, struct error *error);

/* First and last span of a project; false when it has none. */
enum status query_extent(const struct query *query, uint32_t project_id, bool *out_any,
                         struct time_range *out_extent, struct error *error);
