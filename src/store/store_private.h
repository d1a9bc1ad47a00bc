/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_private: what the files of src/store share.
 *
 * The index thread owns `writer`, the open batch and everything that is not under a lock; readers
 * own the connections of the pool, one question each at a time.
 */
#pragma once

#include <duckdb.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/counter.h"
#include "store/names.h"
#include "store/rollups.h"
#include "store/scored_traces.h"
#include "store/seen.h"
#include "store/tables.h"
#include "store/trace_parts.h"

enum {
    SCHEMA_VERSION = 11,
    POOL_CONNECTIONS = 8,
    READER_HELPERS_MAX = 20,
    LABELS_MAX = 20000,
    SERIES_MAX = 1000000,
    PREVIEW_BYTES_MAX = 160,
    TEXT_BYTES_MAX = 1024, /* session, user */
    COMPACT_PERIODS_MAX = 4096,
    MERGED_WEIGHT = 1 << 24, /* of a span merged of parts, besides their number */
};

/* Rows of one signal that wait for the commit, and which keys the index may have already. */
struct pending {
    char *rows; /* span_row, log_row or point_row */
    size_t count, capacity;
    struct key_map at;              /* by hash of the key */
    int64_t duplicates, superseded; /* found so far; told to the counters after the commit */
    struct seen seen;
};

struct labels {
    struct label_row *rows; /* by id - 1 */
    uint32_t count, written, capacity, limit;
    struct key_map at;
    struct label_row last; /* neighbours are alike */
};

struct series {
    struct series_row *unwritten;
    size_t unwritten_count, capacity, count;
    struct key_map known; /* by hash */
};

/* What the open batch deletes, and which traces were deleted lately. */
struct deletions {
    struct pending open; /* probe_row: trace as a and b, span as c or 0 for all of the trace */
    struct deletion_row *rows;
    size_t count, written, capacity;
    struct key_map at; /* by hash of the trace: the latest row */
    bool forget;       /* with the open batch */
};

/* How many rows a period of the rollups took since it was last merged. */
struct period {
    int32_t resolution;
    int64_t from, to; /* seconds */
    int64_t fresh, merged;
};

struct compaction {
    struct period periods[COMPACT_PERIODS_MAX];
    size_t period_count;
    int64_t rows_since_checkpoint, changed_since_ns, checkpoint_retry_ns;
    int64_t parts_cursor_ns; /* arrival up to which parts of traces are merged */
    int64_t parts_quiet_ns;  /* when those that come next can be merged, as far as is known */
    int64_t last_commit_ns, aged_at_ns;
    bool shrunk, periods_loaded;
};

/* A call with usage, by the span that it may repeat; parent_id 0: none. */
struct recent_call {
    int64_t trace_hi, trace_lo, parent_id;
    int32_t project;
    uint8_t kind;
};
/* A trace that has model calls with usage; lo and hi 0: none. */
struct recent_trace {
    int64_t hi, lo;
    int32_t project;
};
enum { RECENT_SETS = 2048, RECENT_WAYS = 4 };

struct reader {
    duckdb_connection connection;
    bool open, busy;
    /* Set while a question runs; the watchdog looks at them under the pool's lock. */
    bool running, interrupted;
    bool relieved; /* interrupted because the index thread needs the memory */
    bool greedy;   /* interrupted because it took more memory than one question may */
    int64_t began_ns, deadline_ns;
    const _Atomic bool *cancelled;
    /* Connections that work for the same question: interrupted with it. */
    duckdb_connection helpers[READER_HELPERS_MAX];
    int helper_count;
    /* What the question looks up; `asker` is its number, which nobody can guess, 0 while none. */
    _Atomic int64_t asker;
    struct store_lookup *lookup;
    struct error lookup_error; /* status 0: none */
    pthread_mutex_t lookup_lock;
};

struct pool_of_readers {
    struct reader readers[POOL_CONNECTIONS];
    pthread_mutex_t lock;
    pthread_cond_t freed, wake; /* a reader is free; the watchdog has work */
    pthread_t watchdog;
    int running;
    duckdb_connection gauge; /* the watchdog's, which looks at the engine's memory with it */
    bool gauge_open;
    int sandboxes;             /* that exist */
    int64_t reserved_until_ns; /* the engine's memory is the index thread's; 0: everybody's */
    bool started, stopping, paused;
};

struct store {
    char *directory, *path;
    size_t memory_bytes;
    int threads;

    duckdb_database database;
    duckdb_connection writer;
    duckdb_appender appenders[TABLE_COUNT];
    duckdb_data_chunk chunks[TABLE_COUNT];
    bool in_transaction; /* between store__begin() and store__end() */
    _Atomic bool broken; /* the engine gave up: reopened before the next use */

    pthread_mutex_t progress_lock;
    struct store_progress progress;
    int64_t progress_seq;

    struct names names;
    int32_t last_name_ids[SPAN_NAMES]; /* what each column had last */
    struct labels labels;
    struct series series;
    struct pending spans, logs, points, scores;
    struct seen billed, billed_parents; /* spans that made model calls, and their parents */
    /* By the parent's hash, the latest first. */
    struct recent_call recent_calls[RECENT_SETS][RECENT_WAYS];
    struct seen called_traces, stood_in_traces; /* with calls that told usage; with stand-ins */
    struct recent_trace recent_traces[RECENT_SETS][RECENT_WAYS]; /* with calls; the latest first */
    struct pending doomed_scores, aliases; /* rows only: doomed_row, alias_row */
    struct scored_traces scored_traces; /* also of scores that never were committed, or are gone */
    pthread_mutex_t scored_lock;        /* of what reads those from the table, once */
    _Atomic bool scored_loaded;
    struct key_map known_aliases; /* written lately, by hash */
    struct deletions deletions;
    struct arena batch_texts;
    struct rollups rollups;
    struct trace_parts parts;
    struct span_row *taken_back; /* versions in the index that the open batch replaces */
    int64_t *taken_back_ids;     /* their row numbers */
    size_t taken_back_count, taken_back_capacity;

    struct compaction compaction;
    struct pool_of_readers pool;
};

/* --- engine ------------------------------------------------------------------------------- */
/* Runs a statement on the index thread's connection; the answer is thrown away. */
enum status store__run(struct store *store, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with an answer; close with duckdb_destroy_result(). */
enum status store__ask(struct store *store, duckdb_result *out_result, struct error *error,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* First column of the first row; `otherwise` when there is none or it is null. */
enum status store__ask_int(struct store *store, int64_t otherwise, int64_t *out_number,
                           struct error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* An answer that is made while it is read: for whole tables. */
enum status store__stream(struct store *store, const char *sql, duckdb_result *out_result,
                          struct error *error);
/* Calls `take` for each chunk of a result, then destroys it. */
enum status store__each_chunk(struct store *store, duckdb_result *result,
                              enum status (*take)(struct store *store, duckdb_data_chunk chunk,
                                                  struct error *error),
                              struct error *error);
enum status store__engine_reopen(struct store *store, struct error *error);
/* An engine's message as ours; marks the store broken when the engine says that it gave up. */
enum status store__engine_failed(struct store *store, const char *what, const char *message,
                                 struct error *error);

/* --- writing ------------------------------------------------------------------------------ */
enum status store__append(struct store *store, enum table_id id, const void *rows, size_t count,
                          struct error *error);
enum status store__temp_table(struct store *store, enum table_id id, struct error *error);
enum status store__begin(struct store *store, struct error *error);
enum status store__end(struct store *store, enum status status, struct error *error);
void store__drop_appenders(struct store *store);
void store__clear_batch(struct store *store); /* keeps memory for the next */
void store__free_batch(struct store *store);  /* of an empty batch: its memory, too */
/* Before anything is added: opens an engine that gave up, reads the keys that the table has. */
enum status store__ready(struct store *store, struct pending *pending, struct error *error);
void *store__pending_push(struct pending *pending, size_t row_size); /* NULL: no memory */
int64_t store__id_half(const uint8_t *bytes);
struct str store__keep_text(struct store *store, struct str text, size_t most);
enum status store__no_memory(struct error *error);

/* --- identity (duplicates.c) ---------------------------------------------------------------- */
uint64_t store__span_hash(const struct span_row *span);
uint64_t store__number_hash(uint64_t a, uint64_t b);
/* What is known of the spans in the table, to be read from it again. */
void store__forget_spans(struct store *store);
/* Fills `seen` from the tables, once. */
enum status store__load_seen(struct store *store, struct pending *pending, struct error *error);
/* Whether a version replaces one that came before it. */
bool store__replaces(const struct span_row *fresh, const struct span_row *old);
/* Within a transaction: drops what is known, notes what is replaced in taken_back. */
enum status store__settle_spans(struct store *store, struct error *error);
/* Notes a version in the table that the batch replaces. */
enum status store__take_back(struct store *store, const struct span_row *old, int64_t row_id,
                             struct error *error);
/* Puts another version in the place of a row in the table: *out_fresh is a copy of it in the batch,
 * good until the next is added. NULL: the batch has replaced that row already. */
enum status store__replace_stored(struct store *store, const struct span_row *old, int64_t row_id,
                                  struct span_row **out_fresh, struct error *error);
/* Of model calls within one another the innermost counts (nested.c); after settle_spans. */
enum status store__settle_nested(struct store *store, struct error *error);
bool store__nested_remember(struct store *store, const struct span_row *span);
void store__forget_calls(struct store *store); /* a commit failed: they may not be in the table */
/* Usage that no model call told counts where it was told (stand_ins.c); after the traces' parts
 * were added up. */
enum status store__settle_stand_ins(struct store *store, struct error *error);
bool store__stand_ins_remember(struct store *store, const struct span_row *span);
void store__forget_called_traces(struct store *store); /* a commit failed */
enum status store__settle_logs(struct store *store, struct error *error);
enum status store__settle_points(struct store *store, struct error *error);
/* The same, which takes replaced rows out at once (scores.c). */
enum status store__settle_scores(struct store *store, struct error *error);
/* Within a transaction: takes the replaced rows out. */
enum status store__delete_taken_back(struct store *store, struct error *error);

/* --- deletions (deletions.c) ---------------------------------------------------------------- */
enum status store__load_deletions(struct store *store, struct error *error);
/* Within a transaction: before and after everything else is written. */
enum status store__settle_deletions(struct store *store, struct error *error);
enum status store__write_deletions(struct store *store, struct error *error);
void store__deletions_written(struct deletions *deletions);
void store__deletions_undo(struct deletions *deletions);
void store__deletions_done(struct deletions *deletions);

/* --- labels, series --------------------------------------------------------------------------- */
int32_t store__label(struct labels *labels, const struct span_row *span); /* -1: no memory */
bool store__label_restore(struct labels *labels, const struct label_row *row);
void store__labels_done(struct labels *labels);
enum status store__series(struct store *store, const struct store_point *point,
                          struct error *error);
void store__series_written(struct series *series);
void store__series_done(struct series *series);

/* --- traces ------------------------------------------------------------------------------- */
/* Within a transaction: makes the parts of the traces in `affected` anew; `previews` is filled from
 * them. */
enum status store__rebuild_parts(struct store *store, struct error *error);

/* --- background --------------------------------------------------------------------------- */
void store__note_rollups(struct store *store); /* what the commit wrote */
enum status store__checkpoint(struct store *store, struct error *error);
enum status store__merge_rollups(struct store *store, bool idle, bool *out_worked,
                                 struct error *error);
enum status store__merge_parts(struct store *store, bool *out_worked, struct error *error);

/* --- reading ------------------------------------------------------------------------------ */
enum status store__pool_open(struct store *store, struct error *error);
void store__pool_close(struct store *store);
/* Waits until no question runs and closes the connections; questions wait until
 * store__pool_resume(). */
void store__pool_pause(struct store *store);
/* The same when no question runs; otherwise false, and nothing was done. */
bool store__pool_pause_idle(struct store *store);
void store__pool_resume(struct store *store);
/* After a commit. One that found no memory left ends the questions that run, and new ones wait
 * until it was tried again: what arrives comes first. */
void store__pool_after_commit(struct store *store, enum status status, const struct error *error);
enum status store__define_views(struct store *store, struct error *error);
