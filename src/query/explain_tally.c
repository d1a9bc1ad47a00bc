/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain_tally: adds up what each value of each dimension stands for, from spans that come in any
 * order. Hits and values are found by hashes of 64 bits; a hit remembers the few values it has.
 */
#include <stdlib.h>
#include <xxhash.h>

#include "query/explain_private.h"

enum { VALUES_TOLD = 60 }; /* of a dimension, the largest */

void explain_counter_done(struct explain_counter *counter)
{
    key_map_done(&counter->hit_places);
    key_map_done(&counter->trace_places);
    key_map_done(&counter->value_places);
}

/* --- hits ------------------------------------------------------------------------------------- */

static uint64_t hit_key(struct trace_key trace, int64_t span)
{
    const int64_t parts[] = {trace.hi, trace.lo, span};
    return XXH3_64bits(parts, sizeof parts);
}

/* Puts it in front of the other hits of its trace. */
static bool chain(struct explain_counter *counter, struct explain_hit *hit, uint32_t place)
{
    bool is_new;
    uint32_t *first = key_map_at(&counter->trace_places, hit_key(hit->trace, 0), place, &is_new);
    if (!first)
        return false;
    hit->next = is_new ? 0 : *first + 1;
    *first = place;
    return true;
}

struct explain_hit *explain_hit_at(struct explain_counter *counter, const struct explain_hit *hit)
{
    bool is_new;
    const uint32_t *place = key_map_at(&counter->hit_places, hit_key(hit->trace, hit->span),
                                       (uint32_t)counter->hit_count, &is_new);
    if (!place)
        return NULL;
    if (!is_new)
        return &counter->hits[*place];
    if (!arena_grow(counter->arena, &counter->hits, counter->hit_count, &counter->hit_capacity))
        return NULL;
    struct explain_hit *made = &counter->hits[counter->hit_count];
    *made = *hit;
    made->seen = 0;
    return chain(counter, made, (uint32_t)counter->hit_count++) ? made : NULL;
}

struct explain_hit *explain_hit_of(const struct explain_counter *counter, struct trace_key trace)
{
    uint32_t place;
    bool known = key_map_get(&counter->trace_places, hit_key(trace, 0), &place);
    return known ? &counter->hits[place] : NULL;
}

struct explain_hit *explain_hit_next(const struct explain_counter *counter,
                                     const struct explain_hit *hit)
{
    return hit->next ? &counter->hits[hit->next - 1] : NULL;
}

/* --- values ----------------------------------------------------------------------------------- */

/* NULL: no memory. */
static struct explain_tally *tally_at(struct explain_counter *counter,
                                      const struct explain_value_key *key)
{
    bool is_new;
    const int64_t parts[] = {(int64_t)key->dimension, key->number, key->second};
    uint64_t hash =
        XXH3_64bits_withSeed(key->text.ptr, key->text.len, XXH3_64bits(parts, sizeof parts));
    const uint32_t *place =
        key_map_at(&counter->value_places, hash, (uint32_t)counter->value_count, &is_new);
    if (!place)
        return NULL;
    if (!is_new)
        return &counter->values[*place];
    if (!arena_grow(counter->arena, &counter->values, counter->value_count,
                    &counter->value_capacity))
        return NULL;
    struct explain_tally *tally = &counter->values[counter->value_count++];
    *tally = (struct explain_tally){.dimension = key->dimension,
                                    .number = key->number,
                                    .second = key->second,
                                    .text = arena_copy(counter->arena, key->text)};
    return tally;
}

/* NULL: no memory. */
static struct explain_seen *seen_at(struct explain_counter *counter, struct explain_hit *hit,
                                    uint32_t value, bool *out_new)
{
    *out_new = false;
    for (uint32_t at = hit->seen; at; at = counter->seen[at - 1].next)
        if (counter->seen[at - 1].value == value)
            return &counter->seen[at - 1];
    if (!arena_grow(counter->arena, &counter->seen, counter->seen_count, &counter->seen_capacity))
        return NULL;
    *out_new = true;
    struct explain_seen *seen = &counter->seen[counter->seen_count++];
    *seen = (struct explain_seen){.value = value, .next = hit->seen};
    hit->seen = (uint32_t)counter->seen_count;
    return seen;
}

static void add_hit(struct explain_tally *tally, const struct explain_hit *hit,
                    enum explain_side told)
{
    bool is_first = hit->side == told && tally->spans[told] == 0;
    tally->spans[hit->side]++;
    tally->amounts[hit->side] += hit->weight;
    tally->squares += hit->weight * hit->weight;
    if (hit->side != told)
        return;
    if (is_first || hit->start_ns < tally->first_ns) {
        tally->first_ns = hit->start_ns;
        tally->first = hit->trace;
        tally->first_span = hit->span;
    }
    if (is_first || hit->size > tally->biggest_size) {
        tally->biggest_size = hit->size;
        tally->biggest = hit->trace;
        tally->biggest_span = hit->span;
    }
}

bool explain_count(struct explain_counter *counter, struct explain_hit *hit,
                   struct explain_value_key key, bool fits)
{
    bool is_new;
    struct explain_tally *tally = tally_at(counter, &key);
    struct explain_seen *seen =
        tally ? seen_at(counter, hit, (uint32_t)(tally - counter->values), &is_new) : NULL;
    if (!seen)
        return false;
    if (is_new && hit->could)
        tally->of[hit->side]++;
    if (fits && hit->counts && !seen->counted) {
        seen->counted = true;
        add_hit(tally, hit, counter->told);
    }
    return true;
}

/* --- the largest ------------------------------------------------------------------------------ */

static double larger_side(const struct explain_tally *tally)
{
    double now = tally->amounts[EXPLAIN_NOW], before = tally->amounts[EXPLAIN_BASELINE];
    return now > before ? now : before;
}

static bool was_counted(const struct explain_tally *tally)
{
    return tally->spans[EXPLAIN_NOW] > 0 || tally->spans[EXPLAIN_BASELINE] > 0;
}

static int by_size(const void *left, const void *right)
{
    const struct explain_tally *a = left, *b = right;
    if (a->dimension != b->dimension)
        return a->dimension < b->dimension ? -1 : 1;
    if (larger_side(a) != larger_side(b))
        return larger_side(a) < larger_side(b) ? 1 : -1;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return a->second != b->second ? (a->second < b->second ? -1 : 1)
                                  : str_compare(a->text, b->text);
}

void explain_counted(struct explain_counter *counter, struct explain_tallies *out_tallies)
{
    struct explain_tally *items = counter->values;
    size_t kept = 0, of_dimension = 0, dimension = SIZE_MAX;
    *out_tallies = (struct explain_tallies){.items = items};
    if (counter->value_count)
        qsort(items, counter->value_count, sizeof *items, by_size);
    for (size_t i = 0; i < counter->value_count; i++) {
        if (!was_counted(&items[i]))
            continue;
        of_dimension = items[i].dimension == dimension ? of_dimension + 1 : 1;
        dimension = items[i].dimension;
        out_tallies->compared++;
        if (of_dimension <= VALUES_TOLD)
            items[kept++] = items[i];
    }
    out_tallies->count = kept;
}
