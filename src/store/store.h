/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store: the only door to the tables on disk: the index of what the journal holds.
 *
 * Everything here is derived: how far the journal has been indexed is committed together with the
 * rows, so a replay after a crash is exactly-once, and deleting the directory loses nothing
 * (`vitrine reindex`). The same span sent twice counts once; a later, fuller version replaces the
 * row and every sum it was part of.
 *
 * Owns     every engine handle and its directory.
 * Threads  store_add_*(), store_delete*(), store_commit(), store_compact() and
 * store_drop_segments() from the one index thread; store_select() from any. Readers never wait for
 * the writer. Limits   memory_bytes for the engine; LABEL and NAME cardinality (beyond: "(other)",
 * counted). Engines  DuckDB (store/duckdb*.c). A second engine fills the same functions.
 */
#pragma once

#include "model/observation.h"

struct store;

/* How long the rollups keep minutes and hours; days stay. */
enum { ROLLUP_MINUTES_KEPT_DAYS = 8, ROLLUP_HOURS_KEPT_DAYS = 400 };

struct store_options {
    const char *directory; /* created when absent */
    size_t memory_bytes;   /* 0: 192 MiB */
    int threads;           /* of one query; 0: half the cores, 1 to 4 */
};

/* Position in the journal; all zero means the beginning. */
struct store_progress {
    uint32_t segment;
    uint64_t offset;
};

/* Opens or creates. A schema of another version is dropped: the caller sees progress zero and
 * replays. */
enum status store_open(const struct store_options *options, struct store **out_store,
                       struct error *error);
void store_close(struct store *store); /* commits nothing; NULL is fine */

struct store_progress store_progress(struct store *store);

/* Where the record stands in the journal (segment, frame offset, number of its signal in the
 * frame). */
struct store_place {
    uint32_t project_id, segment, record;
    uint64_t frame;
    int64_t arrival_ns;
};

struct store_span {
    struct store_place place;
    const struct span *span;
    const struct observation *observation;
    int64_t cost_nano;                         /* -1: none */
    int64_t cost_input_nano, cost_output_nano; /* -1: unknown */
    enum cost_source cost_source;
    uint32_t revision; /* of a span merged of parts: of how many; the higher stays. 0: not merged */
};

struct store_log {
    struct store_place place;
    const struct log_record *log;
    struct str service, environment, event_name, body_text; /* body_text: first bytes, for lists */
    uint64_t hash; /* of everything that makes it the same record when sent again */
};

struct store_point {
    struct store_place place;
    const struct metric *metric;
    const struct metric_point *point;
    struct str service, environment, host;
    struct str attributes_json; /* sorted by key */
    uint64_t series_hash;       /* of metric, resource, scope and attributes */
};

struct store_score {
    struct store_place place;
    const struct score *score;
    struct str comment;  /* its text; of long ones the first bytes */
    struct str queue_id; /* the annotation queue it was given in; empty: none */
};

/* Texts that go with our ids: what a sender called a trace, or a span (hi 0); a tag of a trace. */
enum alias_kind { ALIAS_TRACE, ALIAS_SPAN, ALIAS_TAG };
struct store_alias {
    struct store_place place;
    enum alias_kind kind;
    int64_t hi, lo;
    struct str text;
};

/* Take rows into the open batch. They are visible, all together, after the next commit. */
enum status store_add_span(struct store *store, const struct store_span *span, struct error *error);
enum status store_add_log(struct store *store, const struct store_log *log, struct error *error);
enum status store_add_point(struct store *store, const struct store_point *point,
                            struct error *error);
enum status store_add_score(struct store *store, const struct store_score *score,
                            struct error *error);
enum status store_add_alias(struct store *store, const struct store_alias *alias,
                            struct error *error);

/* A trace with its spans, logs, scores and tags, or one span of it, that a record takes away. */
struct store_deletion {
    struct store_place place; /* of the record */
    const uint8_t *trace_id;
    const uint8_t *span_id; /* NULL: all of the trace */
};
/* What was added before goes with the next commit, what is added afterwards stays. */
enum status store_delete(struct store *store, const struct store_deletion *deletions, size_t count,
                         struct error *error);
/* Whether the trace was deleted by a record behind that place. */
bool store_deleted_since(const struct store *store, uint32_t project_id, const uint8_t *trace_id,
                         const struct store_place *place);
size_t store_deletions_known(const struct store *store);
/* The next commit ends the memory of all deletions: nothing made without knowing of them can still
 * come. */
void store_forget_deletions(struct store *store);

/* Makes everything added since the last commit visible, with the progress, atomically. On failure
 * the batch is gone and the caller reads the journal again from store_progress(). */
enum status store_commit(struct store *store, struct store_progress progress, struct error *error);
/* False: surely no score tells of the trace. The first call reads which traces have any. Any
 * thread. */
bool store_trace_maybe_scored(struct store *store, uint32_t project, int64_t trace_hi,
                              int64_t trace_lo);
/* Where the span stands, as of the last commit; a trace id of all zero: of any trace. */
enum status store_locate_span(struct store *store, uint32_t project_id, const uint8_t *trace_id,
                              const uint8_t *span_id, struct store_place *out_place,
                              bool *out_found, struct error *error);
size_t store_pending(const struct store *store); /* rows added since the last commit */

/* Background work, a bounded slice at a time: checkpoint, merging of trace deltas and rollups,
 * ageing minutes into hours and days. `idle` says nobody waits. */
enum status store_compact(struct store *store, bool idle, struct error *error);
/* Retention: forgets the rows of segments before this one. */
enum status store_drop_segments(struct store *store, uint32_t first_kept, struct error *error);

/* --- reading ---------------------------------------------------------------------------- */

enum store_type { STORE_NULL, STORE_INT, STORE_DOUBLE, STORE_TEXT, STORE_ASKER };

struct store_param {
    enum store_type type;
    union {
        int64_t integer;
        double number;
        struct str text;
    };
};

/*
 * A value that may be a text, a number, a boolean, a list or a map (an attribute, a leaf of JSON)
 * is one text in SQL, whose first byte tells: STORE_ANY_NUMBER, _JSON and _BOOLEAN stand before
 * what JSON writes; a text stands as it is, behind STORE_ANY_TEXT when it begins like a tag itself.
 */
enum store_any { STORE_ANY_NUMBER = 1, STORE_ANY_JSON = 2, STORE_ANY_BOOLEAN = 3, STORE_ANY_TEXT };
/* Tag and text; 0: a text. */
int store_any_split(struct str any, struct str *out_text);
/* In the arena; tag 0: a text. */
struct str store_any_make(struct arena *arena, int tag, struct str text);

/*
 * What a question looks up outside the index while it runs. SQL says
 * `asker_values(set, ?, segment, frame, record)`, with a parameter STORE_ASKER, and gets a list of
 * `widths[set]` texts or nulls; rows come a vector at a time, in the order the engine scans them.
 * A null segment asks nothing. `tally(?, n)` is true and adds up the n of the rows it is asked for.
 */
enum { STORE_LOOKUP_SETS = 16 };
enum { STORE_NAME_OTHER = 1 }; /* the number that stands for what a full dictionary lacks */
struct store_lookup_row {
    bool absent;
    uint32_t segment, record;
    uint64_t frame;
};
struct store_lookup {
    /* values[row * width + n], ptr NULL: null; texts live in the arena, UTF-8. One call at a time.
     */
    enum status (*fill)(void *context, int set, const struct store_lookup_row *rows, size_t count,
                        struct str *values, struct arena *arena, struct error *error);
    void *context;
    size_t widths[STORE_LOOKUP_SETS];
    /* `asker_lookup(table, column, ?, key)` is a text or, of ptr NULL, nothing. Any thread; the
     * text lives as long as the question. */
    struct str (*find)(const void *context, int64_t table, int64_t column, struct str key);
    const void *find_context;
    _Atomic int64_t tally;
};

struct store_question {
    const char *sql; /* `?` for each parameter; text from outside only ever as parameter */
    const struct store_param *params;
    size_t param_count;
    int timeout_ms;                /* 0: 30 s */
    const _Atomic bool *cancelled; /* looked at while it runs; NULL: never */
    struct store_lookup *lookup;   /* NULL: none */
    /* Few rows, no text from outside in `sql`: when there are no parameters and no look-up it is
     * asked without preparing it first, which takes half a millisecond less. */
    bool brief;
};

/* Rows are read forward, once. A column is of one type, each cell may be null. */
struct store_rows;
enum status store_select(struct store *store, const struct store_question *question,
                         struct store_rows **out_rows, struct error *error);
/* The same, each row handed to `take` while the engine works on the next ones: for answers of any
 * size. The snapshot is held meanwhile. What `take` returns, other than STATUS_OK, ends it. */
enum status store_stream(struct store *store, const struct store_question *question,
                         enum status (*take)(void *context, const struct store_rows *row,
                                             struct error *error),
                         void *context, struct error *error);
/* The same for questions about numbers alone, some thousand rows at a time, column by column: cells
 * as store_rows_int() tells them. What is handed over lives until `take` returns. */
typedef enum status store_take_columns(void *context, const int64_t *const *columns,
                                       size_t row_count, struct error *error);
enum status store_stream_columns(struct store *store, const struct store_question *question,
                                 store_take_columns *take, void *context, struct error *error);
bool store_rows_next(struct store_rows *rows); /* false at the end */
bool store_rows_null(const struct store_rows *rows, size_t column);
int64_t store_rows_int(const struct store_rows *rows, size_t column);     /* 0 when null */
double store_rows_double(const struct store_rows *rows, size_t column);   /* NaN when null */
struct str store_rows_text(const struct store_rows *rows, size_t column); /* until the next row */
void store_rows_free(struct store_rows *rows);

/* The text behind a dictionary id in query results, without a join; STR_NONE when unknown. Stays
 * valid. */
struct str store_name(struct store *store, int32_t id);
/* The id of a text, or -1 when no row has it. */
int32_t store_name_id(struct store *store, struct str name);
