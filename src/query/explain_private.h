/* SPDX-License-Identifier: Apache-2.0 */
/* explain_private: what asking, tallying and ranking share. */
#pragma once

#include "query/explain.h"
#include "store/key_map.h"

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
    int64_t first_span, biggest_span, biggest_size;
    double strength;
};

struct explain_tallies {
    struct explain_tally *items;
    size_t count;
    size_t compared; /* values, with those that were too small to be told */
};

/* All there is, of which `tallies` are parts, in the same sample. */
struct explain_whole {
    double amounts[EXPLAIN_SIDES], spans[EXPLAIN_SIDES], of[EXPLAIN_SIDES];
    double squares; /* of weights, of both sides */
    bool has_of;    /* `of` of the values is known */
    bool falls;
};

/* --- asking: explain_count.c ------------------------------------------------------------------ */

/* Traces are told apart by bits of their id, so that all spans of one are in a sample or out. */
enum { EXPLAIN_SAMPLE_ALL = 1024 };

/* Which spans are counted. */
struct explain_scan {
    const struct explain_question *question;
    const struct query *query;
    const struct explain_measure *measure;
    double threshold_ns; /* of a tail: the baseline's 95th percentile; NaN: none */
    /* Of EXPLAIN_SAMPLE_ALL parts of the traces: those whose spans that count are looked at, and
     * those of which all are that could. */
    int hits[EXPLAIN_SIDES], could[EXPLAIN_SIDES];
    bool falls;
};

/* What there is in each part of the traces. */
struct explain_totals {
    struct explain_part {
        double of, spans, amount, squares;
    } parts[EXPLAIN_SIDES][EXPLAIN_SAMPLE_ALL];
};

/* Sets threshold_ns as well. */
enum status explain_totals_read(struct explain_scan *scan, struct explain_totals *out_totals,
                                struct error *error);
/* Of so many parts on each side. */
struct explain_whole explain_sampled(const struct explain_totals *totals,
                                     const int samples[EXPLAIN_SIDES]);
enum status explain_values(const struct explain_scan *scan, struct arena *arena,
                           struct explain_tallies *out_tallies, struct error *error);

/* --- tallying: explain_tally.c ---------------------------------------------------------------- */

/* A span that counts, or could. */
struct explain_hit {
    struct trace_key trace;
    int64_t span, start_ns, size;
    double weight;
    enum explain_side side;
    bool counts, could;
    uint32_t next, seen; /* + 1: the next hit of its trace, the latest value seen of it */
};

/* A hit has a value once, however many spans say it. */
struct explain_counter {
    struct arena *arena;
    enum explain_side told; /* of which examples are */
    struct key_map hit_places, trace_places, value_places;
    struct explain_hit *hits;
    struct explain_tally *values;
    struct explain_seen {
        uint32_t value, next; /* next: + 1 */
        bool counted;
    } * seen;
    size_t hit_count, hit_capacity, value_count, value_capacity, seen_count, seen_capacity;
};

void explain_counter_done(struct explain_counter *counter);
/* The hit of this trace and span, made of `hit` when it is new. NULL: no memory. */
struct explain_hit *explain_hit_at(struct explain_counter *counter, const struct explain_hit *hit);
/* The first hit of a trace, or the next one; NULL: there is none. */
struct explain_hit *explain_hit_of(const struct explain_counter *counter, struct trace_key trace);
struct explain_hit *explain_hit_next(const struct explain_counter *counter,
                                     const struct explain_hit *hit);
/* The hit has the value. `fits`: what says so is a span that lends its values to hits that count.
 * False: no memory. */
struct explain_value_key {
    size_t dimension;
    int64_t number, second;
    struct str text;
};
bool explain_count(struct explain_counter *counter, struct explain_hit *hit,
                   struct explain_value_key key, bool fits);
/* Those with hits that count, of each dimension the largest. */
void explain_counted(struct explain_counter *counter, struct explain_tallies *out_tallies);

/* --- ranking: explain_rank.c ------------------------------------------------------------------ */

/* Gives each its strength and moves those that stand out to the front, strongest first. */
size_t explain_rank(struct explain_tallies *tallies, const struct explain_whole *whole);
/* Of one degree of freedom: how likely G or more is by chance. */
double explain_chance(double strength, size_t compared);
