/* SPDX-License-Identifier: Apache-2.0 */
/* walk_scan: one chunk's texts, each looked at once for all terms that may stand in it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/walk_private.h"

struct scan {
    struct search_matcher *matcher;
    struct walk_chunk *chunk;
    enum signal signal; /* of the records that are wanted */
    uint32_t regexes;   /* terms */
    uint32_t record;    /* terms of the record being read */
    uint64_t bytes_read, bytes;
    bool any_own, failed, lacks_transcript;
    struct ref_writer refs;
    size_t shortest; /* bytes of the shortest literal; 0 when there is a regex */
    unsigned also;   /* what of records may hold a term */
    struct seen_text *seen;
};

static void look_at_text(void *context, uint32_t ordinal, struct str text)
{
    struct scan *scan = context;
    struct walk_chunk *chunk = scan->chunk;
    uint32_t at = ordinal - chunk->chunk.first_content;
    if (at >= chunk->chunk.content_count)
        return;
    scan->bytes_read += text.len;
    uint32_t terms = chunk->allowed[search_section_of(&chunk->chunk, ordinal)] & ~chunk->own[at];
    if (!terms)
        return;
    scan->bytes += text.len;
    uint32_t found = search_find_loosely(scan->matcher, text, terms);
    chunk->own[at] |= found;
    scan->any_own |= found != 0;
}

static void note_link(void *context, uint32_t list, uint32_t ordinal)
{
    struct scan *scan = context;
    search_refs_link(&scan->refs, list, ordinal);
}

static void look_at_short(void *context, struct str text, bool stays)
{
    struct scan *scan = context;
    /* Folding makes nothing longer by half, reading escapes makes it shorter. */
    if (text.len * 2 < scan->shortest)
        return;
    struct seen_text *seen = search_seen(scan->seen, text);
    if (stays && seen->ptr == text.ptr && seen->len == text.len) {
        scan->record |= seen->terms;
        return;
    }
    scan->bytes += text.len;
    uint32_t found = search_find_loosely(scan->matcher, text, scan->chunk->allowed[RECORD_SECTION]);
    scan->record |= found;
    if (stays)
        *seen = (struct seen_text){text.ptr, text.len, found};
}

static bool add_record_terms(struct walk_chunk *chunk, const struct record_terms *terms)
{
    if (chunk->record_count == chunk->record_capacity) {
        size_t capacity = chunk->record_capacity ? chunk->record_capacity * 2 : 64;
        struct record_terms *wider = realloc(chunk->records, capacity * sizeof *wider);
        if (!wider)
            return false;
        chunk->records = wider;
        chunk->record_capacity = capacity;
    }
    chunk->records[chunk->record_count++] = *terms;
    return true;
}

static void look_at_record(void *context, struct journal_location location,
                           const struct batch *batch, size_t index)
{
    struct scan *scan = context;
    struct walk_chunk *chunk = scan->chunk;
    uint32_t regexes = scan->regexes & chunk->allowed[RECORD_SECTION];
    if (!chunk->part && (location.signal == SIGNAL_SPANS || location.signal == SIGNAL_LOGS))
        search_refs_record(&scan->refs, location, batch, index);
    if (location.signal != scan->signal)
        return;
    scan->record = 0;
    search_record_texts(batch, location.signal, index, scan->also, look_at_short, scan);
    if (regexes && search_record_is_apart(batch, location.signal, index))
        scan->record |= regexes;
    const struct record_terms terms = {location.frame.offset, location.record, scan->record};
    if (scan->record && !add_record_terms(chunk, &terms))
        scan->failed = true;
}

uint32_t walk__record_terms(const struct walk_chunk *chunk, const struct journal_location *place)
{
    size_t low = 0, high = chunk->record_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct record_terms *at = &chunk->records[middle];
        if (at->frame < place->frame.offset ||
            (at->frame == place->frame.offset && at->record < place->record))
            low = middle + 1;
        else
            high = middle;
    }
    const struct record_terms *at = &chunk->records[low];
    return low < chunk->record_count && at->frame == place->frame.offset &&
                   at->record == place->record
               ? at->terms
               : 0;
}

static bool holds_any(void *context)
{
    const struct scan *scan = context;
    return scan->any_own || scan->chunk->record_count;
}

static uint32_t regex_terms(const struct search_expression *expression)
{
    uint32_t terms = 0;
    for (size_t i = 0; i < expression->term_count; i++)
        terms |= (uint32_t)!expression->terms[i].folded.ptr << i;
    return terms;
}

static bool has_digit(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            return true;
    return false;
}

static void learn_terms(struct scan *scan, const struct search_expression *expression)
{
    scan->regexes = regex_terms(expression);
    uint32_t in_records = scan->chunk->allowed[RECORD_SECTION];
    scan->also = scan->regexes & in_records ? RECORD_NUMBERS | RECORD_WHOLES : 0;
    scan->shortest = SIZE_MAX;
    for (size_t i = 0; i < expression->term_count; i++) {
        const struct search_term *term = &expression->terms[i];
        if (!(in_records >> i & 1) || !term->folded.ptr)
            continue;
        scan->also |= has_digit(term->folded) ? RECORD_NUMBERS : 0;
        scan->shortest = term->piece.len < scan->shortest ? term->piece.len : scan->shortest;
    }
    if (scan->regexes & in_records)
        scan->shortest = 0;
}

/* How many of its frames have all that is to be looked at. */
static uint32_t frames_needed(const struct walk_chunk *chunk)
{
    uint32_t needed = 0;
    if (!chunk->part || chunk->allowed[RECORD_SECTION])
        return chunk->chunk.frame_count;
    for (int section = 0; section < CONTENT_SECTIONS; section++)
        if (chunk->allowed[section] && chunk->known->section_frames[section] > needed)
            needed = chunk->known->section_frames[section];
    return needed < chunk->chunk.frame_count ? needed : chunk->chunk.frame_count;
}

/* Reads the chunk. What is damaged in it holds nothing. */
static enum status read_chunk(struct search_walk *walk, struct walk_chunk *chunk,
                              struct scanner *scanner, struct scan *out_scan, struct error *error)
{
    struct journal_chunk wanted = chunk->chunk;
    bool lacks_transcript = !walk__narrow(walk, chunk, scanner);
    wanted.frame_count = frames_needed(chunk);
    chunk->is_settled = !wanted.frame_count;
    if (chunk->is_settled)
        return STATUS_OK;
    struct scan scan = {.matcher = &scanner->matcher,
                        .lacks_transcript = lacks_transcript,
                        .chunk = chunk,
                        .signal = walk->options.logs ? SIGNAL_LOGS : SIGNAL_SPANS};
    scan.seen = calloc(SEEN_SLOTS, sizeof *scan.seen);
    chunk->own = calloc((size_t)chunk->chunk.content_count + 1, sizeof *chunk->own);
    if (!chunk->own || !scan.seen) {
        free(scan.seen);
        return fail(error, STATUS_BUSY, "no memory for the search");
    }
    learn_terms(&scan, walk->options.expression);
    search_refs_start(&scan.refs, &chunk->chunk);
    bool needs_records = !chunk->part || chunk->allowed[RECORD_SECTION];
    const struct journal_visitor visitor = {.context = &scan,
                                            .text = look_at_text,
                                            .link = chunk->part ? NULL : note_link,
                                            .record = needs_records ? look_at_record : NULL,
                                            .keep = holds_any};
    enum status status = journal_visit_chunk(walk->options.journal, &wanted, &visitor, error);
    if (status == STATUS_CORRUPT || status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (!chunk->part && !search_refs_end(&scan.refs, &chunk->refs))
        scan.failed = true;
    search_refs_done(&scan.refs);
    free(scan.seen);
    if (!scan.any_own) {
        free(chunk->own);
        chunk->own = NULL;
    }
    *out_scan = scan;
    if (status == STATUS_OK && scan.failed)
        status = fail(error, STATUS_BUSY, "no memory for the search");
    return status;
}

/* With the lock held and the chunk taken (BUSY); lets go of it meanwhile. */
static void scan_taken(struct search_walk *walk, struct walk_chunk *chunk, struct scanner *scanner)
{
    struct scan scan = {0};
    pthread_mutex_unlock(&walk->lock);
    enum status status = read_chunk(walk, chunk, scanner, &scan, NULL);
    pthread_mutex_lock(&walk->lock);
    chunk->status = status;
    chunk->state = SCAN_DONE;
    walk->bytes_read += scan.bytes_read;
    walk->bytes_scanned += scan.bytes;
    bool holds_some = chunk->own || chunk->records;
    walk->found_in += holds_some;
    walk->in_vain += scan.lacks_transcript && !holds_some;
    walk->ahead += holds_some && (size_t)(chunk - walk->chunks) < walk->position;
    pthread_cond_broadcast(&walk->scanned);
}

/* The newest chunk not yet read that will be needed. What only is referred to is read when a span
 * asks for it. */
static struct walk_chunk *next_wanted(struct search_walk *walk)
{
    for (size_t i = walk->position + 1; i-- > 0;) {
        struct walk_chunk *chunk = &walk->chunks[i];
        if (chunk->state == SCAN_NONE && walk__is_wanted(walk, chunk))
            return chunk;
    }
    return NULL;
}

/* A walk over frequent words is soon left; the longer it goes on, the further one reads ahead. */
static bool may_read_ahead(const struct search_walk *walk)
{
    size_t walked = walk->found_in - walk->ahead;
    return walk->ahead < AHEAD_MAX && walk->ahead < walked + 2 && walk->ahead < walk->expected;
}

/* With the lock held: reads another chunk, or waits until one was read. */
static void work_or_wait(struct search_walk *walk, struct scanner *scanner)
{
    struct walk_chunk *chunk = may_read_ahead(walk) ? next_wanted(walk) : NULL;
    if (!chunk) {
        pthread_cond_wait(&walk->scanned, &walk->lock);
        return;
    }
    chunk->state = SCAN_BUSY;
    scan_taken(walk, chunk, scanner);
}

enum status walk__scan(struct search_walk *walk, size_t number, struct error *error)
{
    struct walk_chunk *chunk = &walk->chunks[number];
    pthread_mutex_lock(&walk->lock);
    if (chunk->state == SCAN_NONE) {
        chunk->state = SCAN_BUSY;
        scan_taken(walk, chunk, &walk->scanner);
    }
    while (chunk->state != SCAN_DONE)
        work_or_wait(walk, &walk->scanner);
    enum status status = chunk->status;
    pthread_mutex_unlock(&walk->lock);
    return status == STATUS_OK ? STATUS_OK : fail(error, status, "no memory for the search");
}

/* The newest up to this one of which it is not known that it holds nothing; SIZE_MAX: all are known
 * to. With the lock held. */
static size_t newest_open(const struct search_walk *walk, size_t number)
{
    for (size_t i = number + 1; i-- > 0;) {
        const struct walk_chunk *chunk = &walk->chunks[i];
        if (chunk->state == SCAN_DONE ? chunk->own || chunk->records
                                      : chunk->possible || !chunk->part)
            return i;
    }
    return SIZE_MAX;
}

enum status walk__scan_before(struct search_walk *walk, size_t number, bool *out_nothing,
                              struct error *error)
{
    enum status status = STATUS_OK;
    size_t open;
    *out_nothing = false;
    for (;;) {
        pthread_mutex_lock(&walk->lock);
        open = newest_open(walk, number);
        *out_nothing = open == SIZE_MAX;
        /* What is older than the range is read when a record refers to it. */
        bool goes_on = !*out_nothing && walk->chunks[open].state != SCAN_DONE &&
                       walk->chunks[open].chunk.end >= walk->options.frame_least &&
                       walk__is_wanted(walk, &walk->chunks[open]);
        pthread_mutex_unlock(&walk->lock);
        if (!goes_on || walk__is_over(walk, &status))
            break;
        status = walk__scan(walk, open, error);
        if (status != STATUS_OK)
            return status;
        number = open;
    }
    return STATUS_OK; /* that it is over is said when the walk goes on */
}

void walk__scanner_done(struct scanner *scanner)
{
    search_matcher_done(&scanner->matcher);
    search_finder_free(scanner->finder);
    buf_done(&scanner->transcript);
}

void *walk__help(void *argument)
{
    struct search_walk *walk = argument;
    struct scanner scanner = {.matcher.expression = walk->options.expression};
    enum status over;
    pthread_mutex_lock(&walk->lock);
    while (!walk->stop && !walk__is_over(walk, &over) && next_wanted(walk))
        work_or_wait(walk, &scanner);
    pthread_mutex_unlock(&walk->lock);
    walk__scanner_done(&scanner);
    return NULL;
}
