/* SPDX-License-Identifier: Apache-2.0 */
/*
 * indexer: the one thread that follows the journal and keeps the index: normalise, price, store.
 *
 * It starts where the store says it stopped, so a crash, a restart and `vitrine reindex` are the
 * same thing: reading on from a position. A frame that does not check out is logged, counted and
 * stepped over.
 */
#pragma once

#include "journal/journal.h"
#include "media/media.h"
#include "price/price.h"
#include "store/store.h"

struct indexer;

struct indexer_options {
    struct journal *journal;
    struct store *store;
    struct price_book *prices;
    struct media *media; /* NULL: files of deleted traces stay */
    /* After each commit, on the index thread: everything before `end` is visible. NULL is fine. */
    void (*committed)(void *context, struct journal_position end);
    void *context;
};

enum status indexer_start(const struct indexer_options *options, struct indexer **out_indexer,
                          struct error *error);
/* Commits what is pending, then ends. NULL is fine. */
void indexer_stop(struct indexer *indexer);

/* Retention: the rows of older segments go at the indexer's next pause. From any thread. */
void indexer_forget_before(struct indexer *indexer, uint32_t first_kept);

struct indexer_stats {
    uint64_t indexed_records; /* since start */
    int64_t lag_bytes; /* of journal not yet indexed, within its last segment; -1: more than that */
    int64_t lag_ns;    /* age of the oldest record not yet visible; 0 when up to date */
    bool caught_up;
};
void indexer_get_stats(struct indexer *indexer, struct indexer_stats *out_stats);

/*
 * The same work in the calling thread, until the journal's end: `vitrine reindex`.
 * `progress` is called now and then; NULL is fine.
 */
enum status indexer_run_once(const struct indexer_options *options,
                             void (*progress)(void *context, struct journal_position at),
                             void *context, uint64_t *out_records, struct error *error);
