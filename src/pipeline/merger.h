/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merger: parts of spans from the journal -> whole spans, back into the journal.
 *
 * A part is acknowledged as it came. The index thread gathers the parts of a span; shortly after
 * the last one it merges them and appends the span as an ordinary record, which then is indexed
 * like any other. So whoever reads records by place sees whole spans only. A merged span says where
 * its parts stand, so one that comes later is merged with all of them.
 *
 * Invariants
 *   1. The index's progress never passes a part that no merged span in the journal covers: after a
 *      crash it is read and merged again.
 *   2. While history is read again (a crash, `vitrine reindex`) nothing is merged until its end:
 * the merged spans of then are there, and cover their parts.
 *   3. What is known of a span stays in memory until its merged form is in the index.
 *   4. A span of which no part names a trace waits a moment for one that does, then it is the root
 * of a trace of its own. A part that comes later and names one moves it there: the merged span says
 * where it was, and the index takes that row away.
 *
 * Threads  one, the indexer's.
 */
#pragma once

#include "journal/journal.h"
#include "store/store.h"

struct merger;

/* Everything before `live_from` is history. NULL: no memory. */
struct merger *merger_new(struct journal *journal, struct store *store,
                          struct journal_position live_from);
void merger_free(struct merger *merger);
/* The indexer goes back: forget everything. */
void merger_reset(struct merger *merger);

/* A batch that was read, and where its frame stands; before the store has its deletions. */
enum status merger_note(struct merger *merger, const struct batch *batch,
                        struct journal_position frame, uint32_t first_span, struct error *error);

/* Spans with parts that are not merged yet. */
size_t merger_waiting(const struct merger *merger);
/* The frame of the first of them; only when some wait. */
struct journal_position merger_oldest(const struct merger *merger);
/* How long until merging is due; -1: nothing waits, or history is still being read. */
int merger_due_ms(const struct merger *merger, struct journal_position at);
/* Merges what is due, or all that waits; it is durable when this returns. */
enum status merger_flush(struct merger *merger, bool all, struct error *error);
/* The index has everything read so far. */
void merger_committed(struct merger *merger);
