/* SPDX-License-Identifier: Apache-2.0 */
/* transcript: calls by start, each read from the journal, its messages counted by what they say. */
#define XXH_STATIC_LINKING_ONLY /* a state on the stack */
#include "query/transcript.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "base/map.h"

enum { LOOK_BACK = 8, CALL_ARENA_BYTES = 256 << 20 };

/* --- which calls ----------------------------------------------------------------------------- */

static void where_calls(struct sql *sql, const struct transcript_question *question, bool roots)
{
    sql_add(sql, " FROM spans s WHERE s.project = ");
    sql_int(sql, question->project_id);
    if (question->session.ptr) {
        sql_add(sql, " AND (s.trace_hi, s.trace_lo) IN (SELECT p.trace_hi, p.trace_lo "
                     "FROM trace_parts p WHERE p.project = ");
        sql_int(sql, question->project_id);
        sql_add(sql, " AND p.session = ");
        sql_text(sql, question->session);
        sql_add(sql, ")");
    } else {
        sql_add(sql, " AND s.trace_lo = ");
        sql_int(sql, question->trace.lo);
        sql_add(sql, " AND s.trace_hi = ");
        sql_int(sql, question->trace.hi);
    }
    if (roots)
        sql_add(sql, " AND s.flags & %d <> 0", OBSERVATION_ROOT);
    else
        sql_add(sql, " AND s.kind = %d AND s.flags & %d = 0", KIND_LLM, OBSERVATION_SUMMARY);
}

static int64_t number_at(const struct store_rows *rows, size_t column)
{
    return store_rows_null(rows, column) ? -1 : store_rows_int(rows, column);
}

static void read_call(const struct store_rows *rows, struct transcript_call *out)
{
    *out = (struct transcript_call){
        .trace = {store_rows_int(rows, 0), store_rows_int(rows, 1)},
        .span_id = store_rows_int(rows, 2),
        .start_ns = store_rows_int(rows, 3),
        .duration_ns = store_rows_int(rows, 4),
        .cost = number_at(rows, 5),
        .total_tokens = number_at(rows, 6),
        .name = (int32_t)store_rows_int(rows, 7),
        .model = (int32_t)store_rows_int(rows, 8),
        .agent = (int32_t)store_rows_int(rows, 9),
        .is_error = store_rows_int(rows, 10) == SPAN_ERROR,
        .error_kind = (enum error_kind)store_rows_int(rows, 11),
        .location = {.frame = {(uint32_t)store_rows_int(rows, 12),
                               (uint64_t)store_rows_int(rows, 13)},
                     .signal = SIGNAL_SPANS,
                     .record = (uint32_t)store_rows_int(rows, 14)},
    };
}

/* The calls of the page with those before it that are looked back on. */
struct calls {
    struct transcript_call *items;
    size_t count, first; /* items[first] is the page's first one */
    bool more;
};

static enum status find_calls(const struct query *query, const struct transcript_question *question,
                              bool roots, struct arena *arena, struct calls *calls,
                              struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    size_t skipped = question->after > LOOK_BACK ? question->after - LOOK_BACK : 0, capacity = 0;
    *calls = (struct calls){.first = question->after - skipped};
    sql_add(&sql, "SELECT s.trace_hi, s.trace_lo, s.span_id, s.start_ns, s.duration_ns, s.cost, "
                  "s.total_tokens, s.name, s.model, s.agent, s.status, s.error_kind, s.segment, "
                  "s.frame, s.record");
    where_calls(&sql, question, roots);
    sql_add(&sql, " ORDER BY s.start_ns, s.span_id LIMIT ");
    sql_int(&sql, (int64_t)(calls->first + question->limit + 1));
    sql_add(&sql, " OFFSET ");
    sql_int(&sql, (int64_t)skipped);
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && store_rows_next(rows)) {
        if (calls->count == calls->first + question->limit) {
            calls->more = true;
            break;
        }
        if (arena_grow(arena, &calls->items, calls->count, &capacity))
            read_call(rows, &calls->items[calls->count++]);
        else
            status = fail(error, STATUS_TOO_LARGE, "limit: too many calls for one reply");
    }
    store_rows_free(rows);
    return status;
}

/* --- what is new ----------------------------------------------------------------------------- */

/* Said of equal words: how often in the transcript, how often in the call that is being read. */
struct said {
    struct map transcript, call;
};

/* Whitespace is left out: arguments come back from a history in another layout. */
static void hash_text(XXH3_state_t *state, struct str text)
{
    char piece[4096];
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (isspace((unsigned char)text.ptr[i]))
            continue;
        piece[length++] = text.ptr[i];
        if (length == sizeof piece) {
            XXH3_128bits_update(state, piece, length);
            length = 0;
        }
    }
    XXH3_128bits_update(state, piece, length);
    XXH3_128bits_update(state, "", 1);
}

static XXH128_hash_t hash_of(const struct message *message)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    XXH3_128bits_reset(&state);
    hash_text(&state, message->role);
    for (size_t i = 0; i < message->part_count; i++) {
        const struct part *part = &message->parts[i];
        const char type = (char)part->type;
        XXH3_128bits_update(&state, &type, 1);
        hash_text(&state, part->text);
        /* Whose result it is stands in the call's id where the name is not said. */
        hash_text(&state, part->type == PART_TOOL_CALL ? part->name : STR_NONE);
        hash_text(&state, part->uri);
    }
    return XXH3_128bits_digest(&state);
}

static bool is_new(struct said *said, const struct message *message, bool *out_failed)
{
    const XXH128_hash_t hash = hash_of(message);
    const struct str key = {(const char *)&hash, sizeof hash};
    uint64_t here = 0, before = 0;
    map_get(&said->call, key, &here);
    map_get(&said->transcript, key, &before);
    here++;
    *out_failed = !map_put(&said->call, key, here);
    if (here <= before)
        return false;
    *out_failed = *out_failed || !map_put(&said->transcript, key, here);
    return true;
}

/* --- one call -------------------------------------------------------------------------------- */

struct telling {
    const struct transcript_question *question;
    bool (*sink)(void *context, const struct transcript_message *message);
    void *context;
    struct said said;
    bool silent, stopped, failed; /* silent: only looked back on */
};

static void tell(struct telling *telling, const struct transcript_call *call,
                 const struct span_view *view, const struct message *message, const char *list,
                 size_t number, bool is_answer)
{
    struct transcript_message told = {
        .call = call,
        .view = view,
        .message = message,
        .is_answer = is_answer,
        .time_ns = is_answer ? call->start_ns + call->duration_ns : call->start_ns,
    };
    if (message->part_count == 0)
        return;
    if (!is_new(&telling->said, message, &telling->failed) || telling->silent)
        return;
    if (number == SIZE_MAX)
        snprintf(told.path, sizeof told.path, "%s", list);
    else
        snprintf(told.path, sizeof told.path, "%s/%zu", list, number);
    /* A call is told to its end: the next page begins with another one. */
    telling->stopped |= !telling->sink(telling->context, &told);
}

static void tell_text(struct telling *telling, const struct transcript_call *call,
                      const struct span_view *view, const char *role, struct str text,
                      const char *path, bool is_answer)
{
    struct part part = {.type = PART_TEXT, .text = text};
    const struct message message = {.role = str_from(role), .parts = &part, .part_count = 1};
    if (text.len)
        tell(telling, call, view, &message, path, SIZE_MAX, is_answer);
}

static void tell_call(struct telling *telling, const struct transcript_call *call,
                      const struct span_view *view)
{
    const struct conversation *talk = &view->conversation;
    const struct message system = {
        .role = STR("system"), .parts = talk->system, .part_count = talk->system_count};
    map_done(&telling->said.call);
    map_init(&telling->said.call);
    tell(telling, call, view, &system, "system", SIZE_MAX, false);
    for (size_t i = 0; i < talk->input.count; i++)
        tell(telling, call, view, &talk->input.items[i], "input", i, false);
    if (talk->input.count == 0)
        tell_text(telling, call, view, "user", talk->input_text, "text/input", false);
    for (size_t i = 0; i < talk->output.count; i++)
        tell(telling, call, view, &talk->output.items[i], "output", i, true);
    if (talk->output.count == 0)
        tell_text(telling, call, view, "assistant", talk->output_text, "text/output", true);
}

static enum status read_and_tell(const struct query *query, struct telling *telling,
                                 const struct transcript_call *call, struct error *error)
{
    struct journal_location logs[VIEW_LOGS_MAX];
    size_t log_count = 0;
    struct span_view view;
    struct arena arena;
    if (telling->question->cancelled && *telling->question->cancelled)
        return fail(error, STATUS_CANCELLED, "the question was cancelled");
    enum status status = query_span_logs(query, telling->question->project_id, call->trace,
                                         call->span_id, logs, &log_count, error);
    if (status != STATUS_OK)
        return status;
    arena_init(&arena, CALL_ARENA_BYTES);
    status = query_span_at(query, call->location, logs, log_count, &arena, &view, error);
    if (status == STATUS_OK) {
        tell_call(telling, call, &view);
        span_view_done(&view);
    }
    arena_done(&arena);
    /* Retention may have taken the content of an old call: the rest is still told. */
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    return status == STATUS_OK && telling->failed
               ? fail(error, STATUS_INTERNAL, "transcript: no memory")
               : status;
}

static enum status check_exists(const struct query *query,
                                const struct transcript_question *question, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT 1 FROM trace_parts WHERE project = ");
    sql_int(&sql, question->project_id);
    if (question->session.ptr) {
        sql_add(&sql, " AND session = ");
        sql_text(&sql, question->session);
    } else {
        sql_add(&sql, " AND trace_lo = ");
        sql_int(&sql, question->trace.lo);
        sql_add(&sql, " AND trace_hi = ");
        sql_int(&sql, question->trace.hi);
    }
    sql_add(&sql, " LIMIT 1");
    enum status status = sql_run(&sql, query, question->cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    bool found = store_rows_next(rows);
    store_rows_free(rows);
    return found ? STATUS_OK
                 : fail(error, STATUS_NOT_FOUND, "%s: this project has no such %s",
                        question->session.ptr ? "session" : "trace",
                        question->session.ptr ? "session" : "trace");
}

enum status query_transcript(const struct query *query, const struct transcript_question *question,
                             bool (*sink)(void *context, const struct transcript_message *message),
                             void *context, size_t *out_next, struct error *error)
{
    struct telling telling = {.question = question, .sink = sink, .context = context};
    struct calls calls;
    struct arena arena;
    arena_init(&arena, CALL_ARENA_BYTES);
    map_init(&telling.said.transcript);
    map_init(&telling.said.call);
    enum status status = find_calls(query, question, false, &arena, &calls, error);
    if (status == STATUS_OK && calls.count == 0) {
        const struct transcript_question any = {.project_id = question->project_id,
                                                .session = question->session,
                                                .trace = question->trace,
                                                .limit = 1};
        struct calls first;
        status = find_calls(query, &any, false, &arena, &first, error);
        if (status == STATUS_OK && first.count == 0)
            status = find_calls(query, question, true, &arena, &calls, error);
    }
    if (status == STATUS_OK && calls.count == 0)
        status = check_exists(query, question, error);
    size_t i = 0;
    for (; i < calls.count && status == STATUS_OK && !telling.stopped; i++) {
        telling.silent = i < calls.first;
        status = read_and_tell(query, &telling, &calls.items[i], error);
    }
    map_done(&telling.said.transcript);
    map_done(&telling.said.call);
    arena_done(&arena);
    if (status == STATUS_OK)
        *out_next = calls.more || i < calls.count ? question->after + (i - calls.first) : 0;
    return status;
}
