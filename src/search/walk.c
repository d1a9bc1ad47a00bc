/* SPDX-License-Identifier: Apache-2.0 */
/* walk: see walk.h. */
#include "search/walk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "search/walk_private.h"

/* Chunks read in vain in a segment that are enough to want transcripts. */
enum { IN_VAIN_MAX = 8 };

bool walk__is_over(const struct search_walk *walk, enum status *out_status)
{
    const struct search_walk_options *options = &walk->options;
    bool cancelled = options->cancelled && *options->cancelled;
    if (!cancelled && clock_mono_ns() < options->deadline_ns)
        return false;
    *out_status = cancelled ? STATUS_CANCELLED : STATUS_TIMEOUT;
    return true;
}

/* --- opening: which chunks can have which terms */

static bool same_chunk(const struct journal_chunk *a, const struct journal_chunk *b)
{
    return a->first_frame == b->first_frame && a->frame_count == b->frame_count &&
           a->first_content == b->first_content && a->content_count == b->content_count &&
           a->start == b->start && a->end == b->end;
}

static void allow(struct walk_chunk *chunk, size_t term, uint16_t sections)
{
    for (uint32_t left = sections; left; left &= left - 1)
        chunk->allowed[__builtin_ctz(left)] |= UINT32_C(1) << term;
    chunk->possible |= (uint32_t)(sections != 0) << term;
}

/* What a part says of its chunks, when it is of this very segment. */
static void take_part(struct search_walk *walk, const struct search_part *part)
{
    const struct search_expression *expression = walk->options.expression;
    if (part->created_ns != walk->list.created_ns ||
        part->first_chunk + (size_t)part->chunk_count > walk->chunk_count)
        return;
    for (uint32_t i = 0; i < part->chunk_count; i++) {
        struct walk_chunk *chunk = &walk->chunks[part->first_chunk + i];
        if (!chunk->chunk.complete || !same_chunk(&chunk->chunk, &part->chunks[i].chunk))
            continue;
        chunk->part = part;
        chunk->known = &part->chunks[i];
        chunk->possible = 0;
        memset(chunk->allowed, 0, sizeof chunk->allowed);
    }
    for (size_t term = 0; term < expression->term_count; term++) {
        struct part_places places;
        search_part_find(part, &expression->terms[term], &places);
        for (uint32_t i = 0; i < part->chunk_count; i++)
            if (walk->chunks[part->first_chunk + i].part == part)
                allow(&walk->chunks[part->first_chunk + i], term, places.in[i]);
    }
}

/* Terms of a chunk and of those it refers to, which come before it. */
static uint32_t reachable_from(const struct search_walk *walk, size_t number)
{
    const struct walk_chunk *chunk = &walk->chunks[number];
    uint32_t terms = chunk->possible;
    if (!chunk->part)
        return chunk->before;
    for (uint32_t i = 0; i < chunk->known->refers_count; i++) {
        uint32_t referred = chunk->part->refers[chunk->known->refers_at + i];
        terms |= referred < number ? walk->chunks[referred].reachable : chunk->before;
    }
    return terms;
}

/*
 * Terms that stand nearly everywhere need not be looked for when what is left of the expression is
 * rare: a span that has the rest is looked at closely anyway.
 */
static uint32_t choose_assumed(const struct search_walk *walk)
{
    enum { RARE_SHARE = 8 };
    const struct search_expression *expression = walk->options.expression;
    size_t counts[32] = {0}, sections = 0;
    uint32_t frequent = 0;
    for (size_t i = 0; i < walk->chunk_count; i++) {
        const struct walk_chunk *chunk = &walk->chunks[i];
        if (!chunk->part)
            continue;
        sections += SECTIONS;
        for (int section = 0; section < SECTIONS; section++)
            for (uint32_t left = chunk->allowed[section]; left; left &= left - 1)
                counts[__builtin_ctz(left)]++;
    }
    for (size_t term = 0; term < expression->term_count; term++)
        frequent |= (uint32_t)(counts[term] * RARE_SHARE > sections) << term;
    return search_may_hold(expression, frequent) ? 0 : frequent;
}

static void assume(struct search_walk *walk, uint32_t terms)
{
    walk->assumed = terms;
    for (size_t i = 0; i < walk->chunk_count; i++) {
        struct walk_chunk *chunk = &walk->chunks[i];
        chunk->possible &= ~terms;
        for (int section = 0; section < SECTIONS; section++)
            chunk->allowed[section] &= ~terms;
    }
}

static void find_possible(struct search_walk *walk)
{
    const struct search_expression *expression = walk->options.expression;
    uint32_t reachable = 0;
    bool all_known = true;
    for (size_t i = 0; i < walk->chunk_count; i++)
        for (size_t term = 0; term < expression->term_count; term++)
            allow(&walk->chunks[i], term, ALL_SECTIONS);
    if (walk->options.index)
        search_index_parts(walk->options.index, walk->options.segment, 0, &walk->parts);
    for (size_t i = 0; i < walk->parts.count; i++)
        take_part(walk, walk->parts.parts[i]);
    assume(walk, choose_assumed(walk));
    for (size_t i = 0; i < walk->chunk_count; i++) {
        reachable |= walk->chunks[i].possible;
        walk->chunks[i].before = reachable;
        walk->chunks[i].reachable = reachable_from(walk, i);
        all_known &= walk->chunks[i].part || !walk->chunks[i].chunk.complete;
    }
    if (!all_known && walk->options.index)
        search_index_hurry(walk->options.index);
}

/* The newest chunk of the range; SIZE_MAX when there is none. */
static size_t first_position(const struct search_walk *walk)
{
    for (size_t i = walk->chunk_count; i-- > 0;)
        if (walk->chunks[i].chunk.start <= walk->options.frame_most)
            return i;
    return SIZE_MAX;
}

static bool can_hold(const struct search_walk *walk, uint32_t terms)
{
    return walk->options.logs ? terms != 0
                              : search_may_hold(walk->options.expression, terms | walk->assumed);
}

bool walk__is_wanted(const struct search_walk *walk, const struct walk_chunk *chunk)
{
    return !chunk->part || (chunk->possible && can_hold(walk, chunk->reachable));
}

/* One a processor beside the walk itself, as far as there is something for them to do. */
static void start_helpers(struct search_walk *walk)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    size_t wanted = 0, most = processors > 1 ? (size_t)processors - 1 : 1;
    for (size_t i = 0; walk->position != SIZE_MAX && i <= walk->position; i++)
        wanted += walk__is_wanted(walk, &walk->chunks[i]);
    most = most < HELPERS_MAX ? most : HELPERS_MAX;
    while (walk->helper_count < most && walk->helper_count + 1 < wanted &&
           pthread_create(&walk->helpers[walk->helper_count], NULL, walk__help, walk) == 0)
        walk->helper_count++;
}

enum status search_walk_open(const struct search_walk_options *options,
                             struct search_walk **out_walk, struct error *error)
{
    struct search_walk *walk = calloc(1, sizeof *walk);
    if (!walk)
        return fail(error, STATUS_BUSY, "no memory for the search");
    walk->options = *options;
    walk->expected = SIZE_MAX;
    walk->scanner.matcher.expression = options->expression;
    pthread_mutex_init(&walk->lock, NULL);
    pthread_cond_init(&walk->scanned, NULL);
    enum status status =
        journal_list_chunks(options->journal, options->segment, &walk->list, error);
    if (status == STATUS_OK) {
        walk->chunk_count = walk->list.count;
        walk->chunks = calloc(walk->chunk_count + 1, sizeof *walk->chunks);
        walk->masks = calloc((size_t)walk->list.content_count + 1, sizeof *walk->masks);
        walk->known = calloc((size_t)walk->list.content_count + 1, sizeof *walk->known);
        if (!walk->chunks || !walk->masks || !walk->known)
            status = fail(error, STATUS_BUSY, "no memory for the search");
    }
    if (status != STATUS_OK) {
        search_walk_close(walk, NULL);
        return status;
    }
    for (size_t i = 0; i < walk->chunk_count; i++)
        walk->chunks[i].chunk = walk->list.items[i];
    find_possible(walk);
    walk->position = first_position(walk);
    start_helpers(walk);
    *out_walk = walk;
    return STATUS_OK;
}

void search_walk_close(struct search_walk *walk, struct search_walk_stats *stats)
{
    if (!walk)
        return;
    pthread_mutex_lock(&walk->lock);
    walk->stop = true;
    pthread_cond_broadcast(&walk->scanned);
    pthread_mutex_unlock(&walk->lock);
    while (walk->helper_count)
        pthread_join(walk->helpers[--walk->helper_count], NULL);
    if (stats) {
        stats->bytes_read += walk->bytes_read;
        stats->chunks_found += walk->found_in;
        stats->bytes_scanned += walk->bytes_scanned;
        stats->chunks += walk->chunk_count;
    }
    for (size_t i = 0; walk->chunks && i < walk->chunk_count; i++) {
        struct walk_chunk *chunk = &walk->chunks[i];
        if (stats)
            stats->chunks_skipped += chunk->state == SCAN_NONE || chunk->is_settled;
        free(chunk->own);
        free(chunk->records);
        free(chunk->link_at);
        free(chunk->links);
        buf_done(&chunk->refs);
    }
    if (walk->options.index && walk->in_vain >= IN_VAIN_MAX)
        search_index_want_transcripts(walk->options.index);
    if (walk->options.index && walk->parts.items)
        search_index_release(walk->options.index, &walk->parts);
    walk__scanner_done(&walk->scanner);
    buf_done(&walk->stack);
    buf_done(&walk->refs);
    free(walk->records);
    free(walk->chunks);
    free(walk->masks);
    free(walk->known);
    free(walk->list.items);
    pthread_mutex_destroy(&walk->lock);
    pthread_cond_destroy(&walk->scanned);
    free(walk);
}

void search_walk_expect(struct search_walk *walk, size_t spans)
{
    pthread_mutex_lock(&walk->lock);
    walk->expected = spans;
    pthread_cond_broadcast(&walk->scanned);
    pthread_mutex_unlock(&walk->lock);
}

size_t search_walk_found_in(struct search_walk *walk)
{
    pthread_mutex_lock(&walk->lock);
    size_t found_in = walk->found_in - walk->ahead;
    pthread_mutex_unlock(&walk->lock);
    return found_in;
}

/* --- the records of one chunk */

static bool add_record(struct search_walk *walk, struct ref_reader *reader,
                       const struct ref_record *record)
{
    if (walk->record_count == walk->record_capacity) {
        size_t capacity = walk->record_capacity ? walk->record_capacity * 2 : 4096;
        struct walk_record *wider = realloc(walk->records, capacity * sizeof *wider);
        if (!wider)
            return false;
        walk->records = wider;
        walk->record_capacity = capacity;
    }
    walk->records[walk->record_count++] =
        (struct walk_record){record->location, record->project,
                             (uint32_t)(walk->refs.len / sizeof(uint32_t)), record->count};
    for (uint32_t i = 0; i < record->count && !reader->bad; i++) {
        uint32_t ref = search_refs_next_ref(reader);
        buf_add(&walk->refs, &ref, sizeof ref);
    }
    return !reader->bad && !walk->refs.failed;
}

static int compare(const struct journal_location *a, const struct journal_location *b)
{
    int order = journal_position_compare(a->frame, b->frame);
    return order ? order : (a->record > b->record) - (a->record < b->record);
}

/* Number of the first extra span that is not before this place. */
static size_t find_extra(const struct search_walk *walk, const struct journal_location *place)
{
    size_t low = 0, high = walk->options.extra_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&walk->options.extra[middle], place) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_extra(const struct search_walk *walk, const struct journal_location *place)
{
    size_t at = find_extra(walk, place);
    return at < walk->options.extra_count && compare(&walk->options.extra[at], place) == 0;
}

/* Whether an extra span stands between these offsets of the segment. */
static bool has_extra(const struct search_walk *walk, uint64_t start, uint64_t end)
{
    const struct journal_location first = {.frame = {walk->options.segment, start}};
    size_t at = find_extra(walk, &first);
    return at < walk->options.extra_count &&
           walk->options.extra[at].frame.segment == walk->options.segment &&
           walk->options.extra[at].frame.offset < end;
}

/* No record of the chunk can, whatever those before it can. */
static bool is_useless(const struct search_walk *walk)
{
    const struct walk_chunk *chunk = &walk->chunks[walk->position];
    return !can_hold(walk, chunk->reachable) &&
           !has_extra(walk, chunk->chunk.start, chunk->chunk.end);
}

static bool holds_some(const struct walk_chunk *chunk)
{
    return chunk->state == SCAN_DONE && (chunk->own || chunk->records);
}

static enum status open_chunk(struct search_walk *walk, struct error *error)
{
    struct walk_chunk *chunk = &walk->chunks[walk->position];
    enum status status = STATUS_OK;
    if (chunk->possible || !chunk->part)
        status = walk__scan(walk, walk->position, error);
    if (status != STATUS_OK)
        return status;
    bool nothing = false;
    if (chunk->part && !holds_some(chunk))
        status = walk__scan_before(walk, walk->position, &nothing, error);
    if (status != STATUS_OK)
        return status;
    if (nothing) {
        pthread_mutex_lock(&walk->lock); /* helpers look at it */
        chunk->possible = chunk->reachable = 0;
        pthread_mutex_unlock(&walk->lock);
        if (is_useless(walk))
            return STATUS_OK;
    }
    struct ref_reader reader = search_refs_read(walk__refs(chunk), &chunk->chunk);
    struct ref_list list;
    struct ref_record record;
    while (search_refs_next_list(&reader, &list))
        for (uint32_t i = 0; i < list.count && !reader.bad; i++)
            search_refs_next_link(&reader, &list);
    walk->record_count = 0;
    buf_clear(&walk->refs);
    while (search_refs_next_record(&reader, &record))
        if (!add_record(walk, &reader, &record))
            return fail(error, STATUS_BUSY, "no memory for the search");
    walk->next_record = walk->record_count;
    walk->in_chunk = true;
    return STATUS_OK;
}

static bool in_range(const struct search_walk *walk, const struct walk_record *record)
{
    const struct search_walk_options *options = &walk->options;
    return record->location.signal == (options->logs ? SIGNAL_LOGS : SIGNAL_SPANS) &&
           record->project == options->project_id &&
           record->location.frame.offset >= options->frame_least &&
           record->location.frame.offset <= options->frame_most &&
           (!options->before || compare(&record->location, options->before) < 0);
}

static enum status check(struct search_walk *walk, const struct walk_record *record, bool *out_can,
                         struct error *error)
{
    const struct walk_chunk *chunk = &walk->chunks[walk->position];
    uint32_t terms = walk__record_terms(chunk, &record->location);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < record->ref_count && status == STATUS_OK; i++) {
        uint32_t ref, more;
        memcpy(&ref, walk->refs.ptr + (record->ref_at + i) * sizeof ref, sizeof ref);
        status = walk__resolve(walk, ref, &more, error);
        terms |= more;
    }
    *out_can = can_hold(walk, terms) || is_extra(walk, &record->location);
    return status;
}

static enum status next_in_chunk(struct search_walk *walk, bool *out_found,
                                 struct journal_location *out_location, struct error *error)
{
    enum status status = STATUS_OK;
    while (!*out_found && status == STATUS_OK && walk->next_record > 0) {
        const struct walk_record *record = &walk->records[--walk->next_record];
        if (!in_range(walk, record))
            continue;
        status = check(walk, record, out_found, error);
        *out_location = record->location;
    }
    return status;
}

/* The chunk being walked and all before it cannot have what is wanted, or are out of the range. */
static bool is_done(const struct search_walk *walk)
{
    if (walk->position == SIZE_MAX)
        return true;
    const struct walk_chunk *chunk = &walk->chunks[walk->position];
    return chunk->chunk.end < walk->options.frame_least ||
           (!can_hold(walk, chunk->before) && !has_extra(walk, 0, chunk->chunk.end));
}

static bool is_behind_cursor(const struct search_walk *walk)
{
    const struct journal_location *before = walk->options.before;
    return before && before->frame.segment == walk->options.segment &&
           walk->chunks[walk->position].chunk.start > before->frame.offset;
}

static void step_back(struct search_walk *walk)
{
    pthread_mutex_lock(&walk->lock);
    walk->position = walk->position ? walk->position - 1 : SIZE_MAX;
    if (walk->position == SIZE_MAX)
        walk->stop = true;
    else if (holds_some(&walk->chunks[walk->position]) && walk->ahead)
        walk->ahead--;
    pthread_cond_broadcast(&walk->scanned);
    pthread_mutex_unlock(&walk->lock);
}

enum status search_walk_next(struct search_walk *walk, bool *out_found,
                             struct journal_location *out_location, struct error *error)
{
    *out_found = false;
    while (!is_done(walk)) {
        enum status status = STATUS_OK;
        if (walk__is_over(walk, &status))
            return fail(error, status, "the search took too long");
        if (!walk->in_chunk && !is_behind_cursor(walk) && !is_useless(walk))
            status = open_chunk(walk, error);
        if (status == STATUS_OK && walk->in_chunk)
            status = next_in_chunk(walk, out_found, out_location, error);
        if (*out_found)
            search_walk_expect(walk, walk->expected - (walk->expected > 0));
        if (status != STATUS_OK || *out_found)
            return status;
        step_back(walk);
        walk->in_chunk = false;
    }
    return STATUS_OK;
}
