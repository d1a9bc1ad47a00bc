/* SPDX-License-Identifier: Apache-2.0 */
/* search: candidates, newest in the journal first, until there are enough hits. */
#include "query/search.h"

#include <stdlib.h>

#include "base/clock.h"
#include "query/search_private.h"
#include "search/walk.h"

enum { ROWS_FIRST = 64, ROWS_MAX = 4096, DIRECTLY_MAX = 100 };
/* Chunks found in before their spans are looked at: more would fall out of the journal's cache. */
enum { CHUNKS_A_BATCH = 12 };

struct run {
    const struct query *query;
    const struct search_question *question;
    struct search_checker checker;
    struct search_segments logs; /* log records of spans */
    struct search_places extra;  /* spans to look at because of them, ascending */
    struct arena *arena;
    int64_t started_ns, deadline_ns;
    size_t limit;
    struct search_hit *hits; /* or only: */
    struct journal_location *places;
    size_t count;
    bool more, complete;
    struct journal_location last; /* looked at */
    bool has_last;
    struct search_statistics statistics;
};

static bool is_over(struct run *run)
{
    const _Atomic bool *cancelled = run->question->cancelled;
    if ((cancelled && *cancelled) || clock_mono_ns() > run->deadline_ns)
        run->complete = false;
    return !run->complete || run->more;
}

static enum status check_row(struct run *run, const struct search_row *row,
                             const struct journal_location *logs, size_t log_count,
                             struct error *error)
{
    bool matches;
    struct search_hit hit;
    enum status status =
        search__check(&run->checker, row, logs, log_count, run->arena, &matches,
                      run->hits ? &hit : NULL, &run->statistics.bytes_scanned, error);
    run->statistics.spans_checked++;
    if (status != STATUS_OK)
        return status;
    if (matches && run->count == run->limit) {
        run->more = true;
        return STATUS_OK;
    }
    run->last = row->location;
    run->has_last = true;
    if (matches && run->hits)
        run->hits[run->count] = hit;
    if (matches && run->places)
        run->places[run->count] = row->location;
    run->count += matches;
    return STATUS_OK;
}

static enum status check_rows(struct run *run, const struct search_rows *rows, struct error *error)
{
    struct search_logs logs = {0};
    struct journal_location own[VIEW_LOGS_MAX];
    enum status status = STATUS_OK;
    if (run->logs.count)
        status = search__logs_of(run->query, run->question, rows, &logs, error);
    for (size_t i = 0, at = 0; i < rows->count && status == STATUS_OK && !is_over(run); i++) {
        size_t count = 0;
        for (; at < logs.count && logs.items[at].row == i; at++)
            if (count < VIEW_LOGS_MAX)
                own[count++] = logs.items[at].location;
        status = check_row(run, &rows->items[i], own, count, error);
    }
    free(logs.items);
    return status;
}

/* Every span of the range, whatever its texts: when there are few. */
static enum status check_all(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    size_t wanted = ROWS_FIRST;
    while (status == STATUS_OK && !is_over(run)) {
        struct search_rows rows;
        status = search__newest_rows(run->query, run->question, run->has_last ? &run->last : NULL,
                                     wanted, &rows, error);
        if (status != STATUS_OK)
            break;
        bool is_last = rows.count < wanted;
        status = check_rows(run, &rows, error);
        free(rows.items);
        if (is_last)
            break;
        wanted = wanted * 4 < ROWS_MAX ? wanted * 4 : ROWS_MAX;
    }
    return status;
}

/* What the walk gives, a batch at a time: the first hits come soon, later ones cheaply. */
static enum status take_places(struct run *run, struct search_walk *walk, size_t wanted,
                               struct journal_location *places, size_t *out_count, bool *out_more,
                               struct error *error)
{
    enum status status = STATUS_OK;
    size_t found_in = search_walk_found_in(walk);
    bool found = true;
    *out_count = 0;
    while (status == STATUS_OK && found && *out_count < wanted &&
           search_walk_found_in(walk) < found_in + CHUNKS_A_BATCH) {
        status = search_walk_next(walk, &found, &places[*out_count], error);
        *out_count += status == STATUS_OK && found;
    }
    *out_more = found;
    if (status == STATUS_TIMEOUT || status == STATUS_CANCELLED) {
        run->complete = false;
        status = STATUS_OK;
    }
    return status;
}

static enum status check_places(struct run *run, const struct journal_location *places,
                                size_t count, struct error *error)
{
    struct search_rows rows;
    enum status status = search__rows_at(run->query, run->question, places, count, &rows, error);
    if (status != STATUS_OK)
        return status;
    status = check_rows(run, &rows, error);
    free(rows.items);
    /* None of these is looked at again, whether the index knew it or not. */
    if (status == STATUS_OK && !is_over(run) && count) {
        run->last = places[count - 1];
        run->has_last = true;
    }
    return status;
}

static void add_statistics(struct run *run, const struct search_walk_stats *stats)
{
    run->statistics.bytes_read += stats->bytes_read;
    run->statistics.bytes_scanned += stats->bytes_scanned;
    run->statistics.chunks += stats->chunks;
    run->statistics.chunks_skipped += stats->chunks_skipped;
    run->statistics.chunks_found += stats->chunks_found;
}

/* How many more have to be looked at for as many hits, the one that says there are more among them:
 * each chunk that a walk goes on for nothing is decompressed for nothing. */
static size_t places_for(size_t hits, size_t taken, size_t hits_of_them)
{
    if (taken == 0)
        return hits;
    if (hits_of_them == 0)
        return ROWS_MAX;
    return hits * taken / hits_of_them + 1;
}

static enum status walk_segment(struct run *run, const struct search_segment *segment,
                                struct journal_location *places, struct error *error)
{
    struct search_walk *walk;
    const struct search_walk_options options = {
        .journal = run->query->journal,
        .index = run->query->search,
        .expression = run->question->expression,
        .project_id = run->question->project_id,
        .segment = segment->segment,
        .frame_least = segment->frame_least,
        .frame_most = segment->frame_most,
        .before = run->question->has_cursor ? &run->question->cursor : NULL,
        .extra = run->extra.items,
        .extra_count = run->extra.count,
        .deadline_ns = run->deadline_ns,
        .cancelled = run->question->cancelled,
    };
    enum status status = search_walk_open(&options, &walk, error);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK; /* retention was faster */
    if (status != STATUS_OK)
        return status;
    struct search_walk_stats stats = {0};
    size_t most = ROWS_FIRST, taken = 0, hits_before = run->count, count;
    for (bool more = true; status == STATUS_OK && more && !is_over(run);) {
        size_t wanted = places_for(run->limit + 1 - run->count, taken, run->count - hits_before);
        wanted = wanted < most ? wanted : most;
        search_walk_expect(walk, wanted);
        status = take_places(run, walk, wanted, places, &count, &more, error);
        if (status == STATUS_OK)
            status = check_places(run, places, count, error);
        taken += count;
        if (count == most && most < ROWS_MAX)
            most *= 4;
    }
    search_walk_close(walk, &stats);
    add_statistics(run, &stats);
    return status;
}

static enum status walk_all(struct run *run, const struct search_segments *segments,
                            struct error *error)
{
    enum status status = STATUS_OK;
    struct journal_location *places = calloc(ROWS_MAX, sizeof *places);
    if (!places)
        return fail(error, STATUS_BUSY, "no memory for the search");
    for (size_t i = 0; i < segments->count && status == STATUS_OK && !is_over(run); i++)
        status = walk_segment(run, &segments->items[i], places, error);
    free(places);
    return status;
}

static int by_place(const void *a, const void *b)
{
    return search__compare(a, b);
}

/* The spans whose log records hold any of the terms, in one segment's log records. */
static enum status find_logs_in(struct run *run, const struct search_segment *segment,
                                struct journal_location *places, struct error *error)
{
    struct search_walk *walk;
    const struct search_walk_options options = {
        .journal = run->query->journal,
        .index = run->query->search,
        .expression = run->question->expression,
        .project_id = run->question->project_id,
        .segment = segment->segment,
        .frame_least = segment->frame_least,
        .frame_most = segment->frame_most,
        .logs = true,
        .deadline_ns = run->deadline_ns,
        .cancelled = run->question->cancelled,
    };
    enum status status = search_walk_open(&options, &walk, error);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK)
        return status;
    struct search_walk_stats stats = {0};
    size_t count;
    for (bool more = true; status == STATUS_OK && more && !is_over(run);) {
        status = take_places(run, walk, ROWS_MAX, places, &count, &more, error);
        if (status == STATUS_OK)
            status =
                search__spans_of_logs(run->query, run->question, places, count, &run->extra, error);
    }
    search_walk_close(walk, &stats);
    add_statistics(run, &stats);
    return status;
}

static enum status find_logs(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    struct journal_location *places = calloc(ROWS_MAX, sizeof *places);
    if (!places)
        return fail(error, STATUS_BUSY, "no memory for the search");
    for (size_t i = 0; i < run->logs.count && status == STATUS_OK && !is_over(run); i++)
        status = find_logs_in(run, &run->logs.items[i], places, error);
    free(places);
    if (run->extra.count)
        qsort(run->extra.items, run->extra.count, sizeof *run->extra.items, by_place);
    return status;
}

static enum status search(struct run *run, struct error *error)
{
    struct search_segments segments;
    enum status status = search__segments(run->query, run->question, &segments, error);
    if (status != STATUS_OK)
        return status;
    if (segments.spans <= DIRECTLY_MAX) {
        status = check_all(run, error);
    } else {
        if (run->logs.count && !search_may_hold(run->question->expression, 0))
            status = find_logs(run, error);
        if (status == STATUS_OK)
            status = walk_all(run, &segments, error);
    }
    free(run->extra.items);
    free(segments.items);
    return status;
}

static enum status start(struct run *run, struct error *error)
{
    const struct search_question *question = run->question;
    int timeout_ms = question->timeout_ms ? question->timeout_ms : SEARCH_TIMEOUT_MS;
    run->started_ns = clock_mono_ns();
    run->deadline_ns = run->started_ns + timeout_ms * NS_PER_MS;
    run->complete = true;
    run->last = question->cursor;
    run->has_last = question->has_cursor;
    run->checker = (struct search_checker){
        .query = run->query, .question = question, .matcher = {.expression = question->expression}};
    return search__log_segments(run->query, question, &run->logs, error);
}

static enum status finish(struct run *run, enum status status, struct error *error)
{
    search_matcher_done(&run->checker.matcher);
    free(run->logs.items);
    run->statistics.elapsed_ns = clock_mono_ns() - run->started_ns;
    const _Atomic bool *cancelled = run->question->cancelled;
    if (status == STATUS_OK && cancelled && *cancelled)
        return fail(error, STATUS_CANCELLED, "the search was cancelled");
    return status;
}

enum status query_search(const struct query *query, const struct search_question *question,
                         struct arena *arena, struct search_result *out_result, struct error *error)
{
    struct run run = {.query = query,
                      .question = question,
                      .arena = arena,
                      .limit = question->limit,
                      .hits = arena_array(arena, struct search_hit, question->limit + 1)};
    if (!run.hits)
        return fail(error, STATUS_TOO_LARGE, "limit: too many hits for one reply");
    enum status status = start(&run, error);
    if (status == STATUS_OK)
        status = search(&run, error);
    status = finish(&run, status, error);
    if (status == STATUS_OK)
        *out_result = (struct search_result){.hits = run.hits,
                                             .count = run.count,
                                             .more = run.more,
                                             .complete = run.complete,
                                             .next = run.last,
                                             .statistics = run.statistics};
    return status;
}

enum status query_search_places(const struct query *query, const struct search_question *question,
                                size_t max, struct arena *arena,
                                struct journal_location **out_places, size_t *out_count,
                                bool *out_complete, struct error *error)
{
    struct run run = {.query = query,
                      .question = question,
                      .arena = arena,
                      .limit = max,
                      .places = arena_array(arena, struct journal_location, max + 1)};
    if (!run.places)
        return fail(error, STATUS_TOO_LARGE, "search: too many matching spans");
    enum status status = start(&run, error);
    if (status == STATUS_OK)
        status = search(&run, error);
    status = finish(&run, status, error);
    if (status == STATUS_OK) {
        *out_places = run.places;
        *out_count = run.count;
        *out_complete = run.complete && !run.more;
    }
    return status;
}
