/* SPDX-License-Identifier: Apache-2.0 */
/* walk_scan: one chunk's texts, each looked at once for all terms that may stand in it. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "search/walk_private.h"

struct scan {
    struct search_matcher *matcher;
    struct walk_chunk *chunk;
    uint32_t regexes; /* terms */
    uint32_t record;  /* terms of the record being read */
    uint64_t bytes;
    bool any_own, any_record, failed;
    struct ref_writer refs;
    size_t shortest; /* bytes of the shortest literal; 0 when there is a regex */
    bool numbers;    /* some term may be found in a number */
    struct seen_text *seen;
};

static void look_at_text(void *context, uint32_t ordinal, struct str text)
{
    struct scan *scan = context;
    struct walk_chunk *chunk = scan->chunk;
    uint32_t at = ordinal - chunk->chunk.first_content;
    if (at >= chunk->chunk.content_count)
        return;
    scan->bytes += text.len;
    uint32_t found = search_find_loosely(scan->matcher, text, chunk->possible & ~chunk->own[at]);
    chunk->own[at] |= found;
    scan->any_own |= found != 0;
}

static void note_link(void *context, uint32_t list, uint32_t ordinal)
{
    struct scan *scan = context;
    if (!scan->chunk->part)
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
    uint32_t found = search_find_loosely(scan->matcher, text, scan->chunk->possible);
    scan->record |= found;
    if (stays)
        *seen = (struct seen_text){text.ptr, text.len, found};
}

static void look_at_record(void *context, struct journal_location location,
                           const struct batch *batch, size_t index)
{
    struct scan *scan = context;
    struct walk_chunk *chunk = scan->chunk;
    if (location.signal != SIGNAL_SPANS && location.signal != SIGNAL_LOGS)
        return;
    if (!chunk->part)
        search_refs_record(&scan->refs, location, batch, index);
    scan->record = 0;
    search_record_texts(batch, location.signal, index, scan->numbers, look_at_short, scan);
    if (scan->regexes & chunk->possible && search_record_nests(batch, location.signal, index))
        scan->record |= scan->regexes & chunk->possible;
    if (chunk->record_count == chunk->record_capacity) {
        size_t capacity = chunk->record_capacity ? chunk->record_capacity * 2 : 1024;
        uint32_t *wider = realloc(chunk->records, capacity * sizeof *wider);
        if (!wider) {
            scan->failed = true;
            return;
        }
        chunk->records = wider;
        chunk->record_capacity = capacity;
    }
    chunk->records[chunk->record_count++] = scan->record;
    scan->any_record |= scan->record != 0;
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
    scan->numbers = scan->regexes & scan->chunk->possible;
    scan->shortest = SIZE_MAX;
    for (size_t i = 0; i < expression->term_count; i++) {
        const struct search_term *term = &expression->terms[i];
        if (!(scan->chunk->possible >> i & 1) || !term->folded.ptr)
            continue;
        scan->numbers |= has_digit(term->folded);
        scan->shortest = term->piece.len < scan->shortest ? term->piece.len : scan->shortest;
    }
    if (scan->regexes & scan->chunk->possible)
        scan->shortest = 0;
}

/* Reads the chunk. What is damaged in it holds nothing. */
static enum status read_chunk(struct search_walk *walk, struct walk_chunk *chunk,
                              struct search_matcher *matcher, uint64_t *bytes, struct error *error)
{
    if (chunk->part && !chunk->possible)
        return STATUS_OK;
    struct scan scan = {.matcher = matcher, .chunk = chunk};
    scan.seen = calloc(SEEN_SLOTS, sizeof *scan.seen);
    chunk->own = calloc((size_t)chunk->chunk.content_count + 1, sizeof *chunk->own);
    if (!chunk->own || !scan.seen) {
        free(scan.seen);
        return fail(error, STATUS_BUSY, "no memory for the search");
    }
    learn_terms(&scan, walk->options.expression);
    search_refs_start(&scan.refs, &chunk->chunk);
    const struct journal_visitor visitor = {&scan, look_at_text, note_link, look_at_record};
    enum status status = journal_visit_chunk(walk->options.journal, &chunk->chunk, &visitor, error);
    if (status == STATUS_CORRUPT || status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (!chunk->part && !search_refs_end(&scan.refs, &chunk->refs))
        scan.failed = true;
    search_refs_done(&scan.refs);
    free(scan.seen);
    *bytes = scan.bytes;
    if (!scan.any_own) {
        free(chunk->own);
        chunk->own = NULL;
    }
    if (!scan.any_record) {
        free(chunk->records);
        chunk->records = NULL;
        chunk->record_count = 0;
    }
    if (status == STATUS_OK && scan.failed)
        status = fail(error, STATUS_BUSY, "no memory for the search");
    return status;
}

/* With the lock held and the chunk taken (BUSY); lets go of it meanwhile. */
static void scan_taken(struct search_walk *walk, struct walk_chunk *chunk,
                       struct search_matcher *matcher)
{
    uint64_t bytes = 0;
    pthread_mutex_unlock(&walk->lock);
    enum status status = read_chunk(walk, chunk, matcher, &bytes, NULL);
    pthread_mutex_lock(&walk->lock);
    chunk->status = status;
    chunk->state = SCAN_DONE;
    walk->bytes_scanned += bytes;
    pthread_cond_broadcast(&walk->scanned);
}

enum status walk__scan(struct search_walk *walk, size_t number, struct error *error)
{
    struct walk_chunk *chunk = &walk->chunks[number];
    pthread_mutex_lock(&walk->lock);
    if (chunk->state == SCAN_NONE) {
        chunk->state = SCAN_BUSY;
        scan_taken(walk, chunk, &walk->matcher);
    }
    while (chunk->state != SCAN_DONE)
        pthread_cond_wait(&walk->scanned, &walk->lock);
    enum status status = chunk->status;
    pthread_mutex_unlock(&walk->lock);
    return status == STATUS_OK ? STATUS_OK : fail(error, status, "no memory for the search");
}

/* The newest chunk not yet read that will be needed. */
static struct walk_chunk *next_for_helper(struct search_walk *walk)
{
    for (size_t i = walk->position + 1; i-- > 0;) {
        struct walk_chunk *chunk = &walk->chunks[i];
        if (chunk->state == SCAN_NONE && (chunk->possible || !chunk->part))
            return chunk;
    }
    return NULL;
}

void *walk__help(void *argument)
{
    struct search_walk *walk = argument;
    struct search_matcher matcher = {.expression = walk->options.expression};
    struct walk_chunk *chunk;
    enum status over;
    pthread_mutex_lock(&walk->lock);
    while (!walk->stop && !walk__is_over(walk, &over) && (chunk = next_for_helper(walk)) != NULL) {
        chunk->state = SCAN_BUSY;
        scan_taken(walk, chunk, &matcher);
    }
    pthread_mutex_unlock(&walk->lock);
    search_matcher_done(&matcher);
    return NULL;
}
