/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_metrics: sums and quantiles over traces, observations or scores, by Langfuse's columns
 * and by time. */
#pragma once

#include "query/langfuse_filter.h"

enum langfuse_aggregation {
    LANGFUSE_SUM,
    LANGFUSE_AVG,
    LANGFUSE_COUNT_OF,
    LANGFUSE_MIN,
    LANGFUSE_MAX,
    LANGFUSE_P50,
    LANGFUSE_P75,
    LANGFUSE_P90,
    LANGFUSE_P95,
    LANGFUSE_P99,
    LANGFUSE_UNIQ,
    LANGFUSE_HISTOGRAM,
    LANGFUSE_AGGREGATIONS
};
const char *langfuse_aggregation_name(enum langfuse_aggregation aggregation);

enum langfuse_granularity {
    LANGFUSE_NO_TIME,
    LANGFUSE_MINUTE,
    LANGFUSE_HOUR,
    LANGFUSE_DAY,
    LANGFUSE_WEEK,
    LANGFUSE_MONTH,
};

enum { LANGFUSE_COLUMNS_MAX = 20, LANGFUSE_METRIC_ROWS_MAX = 1000, LANGFUSE_BINS_MAX = 100 };

struct langfuse_measure {
    const struct langfuse_field *field;
    enum langfuse_aggregation aggregation;
};

/* By which column of the answer: time, then dimensions, then measures. */
struct langfuse_order {
    size_t column;
    bool ascending;
};

struct langfuse_metrics_question {
    struct langfuse_rows rows;
    enum langfuse_granularity granularity;
    const struct langfuse_field *dimensions[LANGFUSE_COLUMNS_MAX];
    struct langfuse_measure measures[LANGFUSE_COLUMNS_MAX];
    size_t dimension_count, measure_count;
    struct langfuse_order orders[LANGFUSE_COLUMNS_MAX];
    size_t order_count; /* 0: by time, else by the first measure, largest first */
    size_t limit;
    int bins; /* of histograms: of equal width from the least to the most of a row's values */
    const _Atomic bool *cancelled;
};

enum langfuse_cell_type {
    LANGFUSE_CELL_NULL,
    LANGFUSE_CELL_NUMBER,
    LANGFUSE_CELL_TEXT,
    LANGFUSE_CELL_BINS
};
struct langfuse_bin {
    double least, most; /* most belongs to the next one, but of the last */
    int64_t count;
};
struct langfuse_cell {
    enum langfuse_cell_type type;
    double number;
    struct str text; /* lists: their texts joined by LANGFUSE_LIST_SEPARATOR */
    struct langfuse_bin *bins;
    size_t bin_count;
};

struct langfuse_table {
    struct langfuse_cell *cells; /* row by row */
    size_t columns, count;
    int64_t *times_ns; /* of each row, when asked by time; those without rows are left out */
};
/* Adds to question->rows what its columns need. */
enum status query_langfuse_metrics(const struct query *query,
                                   struct langfuse_metrics_question *question, struct arena *arena,
                                   struct langfuse_table *out_table, struct error *error);
/* The next step's beginning. */
int64_t langfuse_next_time(enum langfuse_granularity granularity, int64_t time_ns);
/* The beginning of the step that holds it. */
int64_t langfuse_floor_time(enum langfuse_granularity granularity, int64_t time_ns);
