/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: how much there is now and before, what it is made of, and which of that stands out.
 *
 * Totals are exact. Beyond EXPLAIN_SPANS_MAX spans on a side, values are counted in a share of its
 * traces and their amounts are shares of the exact total.
 */
#include <math.h>
#include <string.h>

#include "query/explain_private.h"
#include "query/label_text.h"

_Static_assert(OBSERVATION_ROOT == 128 && OBSERVATION_BILLED == 1 && OBSERVATION_BAD_TIME == 4,
               "flags of explain_measures.def");
_Static_assert(SPAN_ERROR == 2 && KIND_LLM == 1 && KIND_EMBEDDING == 2 && KIND_RERANKER == 4 &&
                   KIND_TOOL == 5,
               "numbers of explain_measures.def");
#define IS_ROOT    "s.flags & 128 <> 0"
#define IS_BILLED  "s.flags & 1 <> 0"
#define IS_TIMED   "s.flags & 4 = 0"
#define IS_FAILED  "s.status = 2"
#define IS_CALL    "s.kind = 1"
#define IS_COUNTED "(s.kind IN (1, 2, 4, 5) OR " IS_ROOT ")" /* as errors by kind are */

static const struct explain_measure measures[] = {
#define MEASURE(name, unit, of, hit, weight, biggest, tail, whole)                                 \
    {#name, EXPLAIN_##unit, of, hit, weight, biggest, tail, whole},
#include "query/explain_measures.def"
#undef MEASURE
};
enum { MEASURES = sizeof measures / sizeof measures[0] };

const struct explain_dimension explain_dimensions[] = {
#define DIMENSION(name, of, column, second) {#name, EXPLAIN_OF_##of, column, second},
#include "query/explain_dimensions.def"
#undef DIMENSION
};
const size_t explain_dimension_count = sizeof explain_dimensions / sizeof explain_dimensions[0];

const struct explain_measure *explain_measure_find(struct str name)
{
    for (size_t i = 0; i < MEASURES; i++)
        if (str_equal(name, str_from(measures[i].name)))
            return &measures[i];
    return NULL;
}

struct str explain_measure_names(struct arena *arena)
{
    struct str names = STR("");
    for (size_t i = 0; i < MEASURES; i++)
        names = arena_printf(arena, "%.*s%s%s", STR_ARGS(names),
                             !i                  ? ""
                             : i == MEASURES - 1 ? " or "
                                                 : ", ",
                             measures[i].name);
    return names;
}

/* --- sampling -----------------------------------------------------------------------------------
 */

static int sample_of(double spans, double most)
{
    if (spans <= most)
        return EXPLAIN_SAMPLE_ALL;
    int sample = (int)(EXPLAIN_SAMPLE_ALL * (most / spans));
    return sample > 1 ? sample : 1;
}

/* --- the answer ---------------------------------------------------------------------------------
 */

/* The same spans of the side that has more, as far as counts and examples tell. */
static bool is_same(const struct explain_tally *a, const struct explain_tally *b,
                    enum explain_side more)
{
    return a->dimension != b->dimension && a->spans[more] == b->spans[more] &&
           a->amounts[more] == b->amounts[more] && a->first_ns == b->first_ns &&
           a->first_span == b->first_span && a->biggest_span == b->biggest_span;
}

/* The text of a dictionary id, or of an enum's number. */
static struct str text_of(const struct query *query, const char *field, int64_t number)
{
    return label_text(query->store, filter_field_find(str_from(field)), number);
}

static double scaled(double part, double sampled, double exact)
{
    return sampled > 0 ? round(part * (exact / sampled)) : 0;
}

static struct explain_value value_of(const struct query *query, const struct explain_tally *tally,
                                     const struct explain_whole *sampled,
                                     const struct explanation *all)
{
    const struct explain_dimension *dimension = &explain_dimensions[tally->dimension];
    struct explain_value value = {
        .dimension = dimension->name,
        .second_dimension = dimension->second,
        .text = dimension->level == EXPLAIN_OF_TEXT
                    ? tally->text
                    : text_of(query, dimension->name, tally->number),
        .second = dimension->second ? text_of(query, dimension->second, tally->second) : STR_NONE,
        .strength = tally->strength,
        .chance = explain_chance(tally->strength, all->compared),
        .first_ns = tally->first_ns,
        .first = tally->first,
        .first_span = tally->first_span,
        .biggest = tally->biggest,
        .biggest_span = tally->biggest_span,
        .same = -1,
    };
    for (int side = 0; side < EXPLAIN_SIDES; side++) {
        value.amounts[side] =
            scaled(tally->amounts[side], sampled->amounts[side], all->amounts[side]);
        value.spans[side] = scaled(tally->spans[side], sampled->spans[side], all->spans[side]);
        value.of[side] =
            sampled->has_of ? scaled(tally->of[side], sampled->of[side], all->of[side]) : NAN;
    }
    return value;
}

/* The place of the value told before that stands for the same spans, or -1. */
static int same_place(const struct explanation *all, const struct explain_tallies *tallies,
                      const size_t *places, size_t at)
{
    enum explain_side more = all->falls ? EXPLAIN_BASELINE : EXPLAIN_NOW;
    for (size_t i = 0; i < all->count; i++)
        if (all->values[i].same < 0 &&
            is_same(&tallies->items[places[i]], &tallies->items[at], more))
            return (int)i;
    return -1;
}

static enum status tell(const struct query *query, const struct explain_question *question,
                        struct explain_tallies *tallies, const struct explain_whole *sampled,
                        struct arena *arena, struct explanation *out, struct error *error)
{
    size_t standing = explain_rank(tallies, sampled), heads = 0;
    size_t *places = arena_array(arena, size_t, EXPLAIN_VALUES_MAX);
    out->compared = tallies->compared;
    out->values = arena_array(arena, struct explain_value, EXPLAIN_VALUES_MAX);
    if (!out->values || !places)
        return fail(error, STATUS_TOO_LARGE, "limit: too many values for one reply");
    for (size_t i = 0; i < standing && out->count < EXPLAIN_VALUES_MAX; i++) {
        size_t told = i;
        int same = same_place(out, tallies, places, i);
        if (same < 0 && ++heads > question->limit)
            continue;
        /* Of values for the same spans the dimension listed first names them. */
        if (same >= 0 && tallies->items[i].dimension < tallies->items[places[same]].dimension) {
            told = places[same];
            places[same] = i;
            out->values[same] = value_of(query, &tallies->items[i], sampled, out);
        }
        places[out->count] = told;
        out->values[out->count] = value_of(query, &tallies->items[told], sampled, out);
        out->values[out->count++].same = same;
    }
    return STATUS_OK;
}

/* Less than before, for how long each side is; of the slow ones, a smaller share. */
static bool falls(const struct explanation *all, bool tail)
{
    double now = tail ? all->of[EXPLAIN_NOW] : all->lengths_ns[EXPLAIN_NOW];
    double before = tail ? all->of[EXPLAIN_BASELINE] : all->lengths_ns[EXPLAIN_BASELINE];
    return all->amounts[EXPLAIN_NOW] * before < all->amounts[EXPLAIN_BASELINE] * now;
}

static double length_without(struct time_range range, struct time_range hole)
{
    int64_t from = range.from_ns > hole.from_ns ? range.from_ns : hole.from_ns;
    int64_t to = range.to_ns < hole.to_ns ? range.to_ns : hole.to_ns;
    return (double)(range.to_ns - range.from_ns) - (to > from ? (double)(to - from) : 0);
}

/* Of a side with more than what is looked at, some parts; gives the totals of those. */
static struct explain_whole choose_samples(struct explain_scan *scan,
                                           const struct explain_totals *totals,
                                           const struct explanation *all)
{
    for (int side = 0; side < EXPLAIN_SIDES; side++) {
        scan->hits[side] = sample_of(all->spans[side], EXPLAIN_SPANS_MAX);
        /* There are many more of those that could count: a sample of their own. */
        scan->could[side] = sample_of(all->of[side], EXPLAIN_SPANS_MAX / 2);
    }
    struct explain_whole sampled = explain_sampled(totals, scan->hits);
    struct explain_whole could = explain_sampled(totals, scan->could);
    memcpy(sampled.of, could.of, sizeof sampled.of);
    sampled.has_of = scan->measure->of[0] != 0;
    sampled.falls = scan->falls;
    return sampled;
}

enum status query_explain(const struct query *query, const struct explain_question *question,
                          struct arena *arena, struct explanation *out_explanation,
                          struct error *error)
{
    static const int everything[EXPLAIN_SIDES] = {EXPLAIN_SAMPLE_ALL, EXPLAIN_SAMPLE_ALL};
    struct explain_scan scan = {.question = question, .query = query, .measure = question->measure};
    struct explain_totals *totals = arena_new(arena, struct explain_totals);
    struct explain_tallies tallies = {0};
    struct time_range now = question->ranges[EXPLAIN_NOW];
    struct explanation all = {
        .lengths_ns = {(double)(now.to_ns - now.from_ns),
                       length_without(question->ranges[EXPLAIN_BASELINE], now)},
        .sample = 1,
    };
    if (!totals)
        return fail(error, STATUS_TOO_LARGE, "explain: no memory");
    enum status status = explain_totals_read(&scan, totals, error);
    if (status != STATUS_OK)
        return status;
    struct explain_whole whole = explain_sampled(totals, everything);
    memcpy(all.amounts, whole.amounts, sizeof all.amounts);
    memcpy(all.spans, whole.spans, sizeof all.spans);
    memcpy(all.of, whole.of, sizeof all.of);
    all.threshold_ns = scan.threshold_ns;
    all.falls = scan.falls = falls(&all, question->measure->tail != NULL);
    struct explain_whole sampled = choose_samples(&scan, totals, &all);
    double spans = all.spans[EXPLAIN_NOW] + all.spans[EXPLAIN_BASELINE];
    if (spans > 0)
        status = explain_values(&scan, arena, &tallies, error);
    if (status == STATUS_OK)
        status = tell(query, question, &tallies, &sampled, arena, &all, error);
    if (spans > 0)
        all.sample = (sampled.spans[EXPLAIN_NOW] + sampled.spans[EXPLAIN_BASELINE]) / spans;
    if (status == STATUS_OK)
        *out_explanation = all;
    return status;
}
