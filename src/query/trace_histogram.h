/* SPDX-License-Identifier: Apache-2.0 */
/* trace_histogram: the traces of a list counted over time, with any filter a list takes. */
#pragma once

#include "query/series.h"

struct trace_histogram {
    int64_t start_ns, step_ns;
    size_t step_count;
    int64_t *traces, *errors; /* step_count */
};
enum status query_trace_histogram(const struct query *query,
                                  const struct trace_list_question *question, struct arena *arena,
                                  struct trace_histogram *out_histogram, struct error *error);
