/* SPDX-License-Identifier: Apache-2.0 */
/* explain_private: what counting and ranking share. */
#pragma once

#include "query/explain.h"

enum explain_level { EXPLAIN_OF_SPAN, EXPLAIN_OF_WHOLE, EXPLAIN_OF_TEXT };

/* Rows of explain_dimensions.def. */
struct explain_dimension {
    const char *name;
    enum explain_level level;
    const char *column, *second;
};
extern const struct explain_dimension explain_dimensions[];
extern const size_t explain_dimension_count;

/* What was counted of one value. */
struct explain_tally {
    size_t dimension;
    int64_t number, second;
    struct str text;
    double amounts[EXPLAIN_SIDES], spans[EXPLAIN_SIDES];
    double squares; /* of weights, of both sides */
    double of[EXPLAIN_SIDES];
    int64_t first_ns;
    struct trace_key first, biggest;
    int64_t first_span, biggest_span;
    double strength;
};

struct explain_tallies {
    struct explain_tally *items;
    size_t count, capacity;
    size_t compared; /* values, with those that were too small to be read */
    uint64_t seen;   /* bits of dimensions */
};

/* All there is, of which `tallies` are parts, in the same sample. */
struct explain_whole {
    double amounts[EXPLAIN_SIDES], spans[EXPLAIN_SIDES], of[EXPLAIN_SIDES];
    double squares; /* of weights, of both sides */
    bool has_of;    /* `of` of the values is known */
    bool falls;
};

/* --- counting: explain_count.c --------------------------------------------------------------- */

enum { EXPLAIN_SAMPLE_ALL = 1024 };

/* Which spans are counted. */
struct explain_scan {
    const struct explain_question *question;
    const struct query *query;
    const struct explain_measure *measure;
    double threshold_ns;        /* of a tail; NaN: none */
    int samples[EXPLAIN_SIDES]; /* of EXPLAIN_SAMPLE_ALL traces */
    bool falls;
};

/* Sets threshold_ns: the baseline's 95th percentile; NaN when it has no span. */
enum status explain_threshold(struct explain_scan *scan, struct error *error);
enum status explain_totals(const struct explain_scan *scan, struct explain_whole *out_whole,
                           struct error *error);
enum status explain_values(const struct explain_scan *scan, struct arena *arena,
                           struct explain_tallies *out_tallies, struct error *error);
/* How many spans could have counted, of each value found before. */
enum status explain_of(const struct explain_scan *scan, struct explain_tallies *tallies,
                       struct error *error);

/* --- ranking: explain_rank.c ------------------------------------------------------------------ */

/* Gives each its strength and moves those that stand out to the front, strongest first. */
size_t explain_rank(struct explain_tallies *tallies, const struct explain_whole *whole);
/* Of one degree of freedom: how likely G or more is by chance. */
double explain_chance(double strength, size_t compared);
