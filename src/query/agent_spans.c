/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent_spans: the narrow columns of all spans of the picked traces, and their order.
 *
 * They are asked for by the traces' ids and put into order here. The engine, asked to join them
 * with the traces, takes a range that it cannot know for a few rows and puts every span of it, all
 * columns, into a hash table: 200 MB for a million.
 *
 * Limits   AGENT_SPANS_MAX spans are kept: those of the first traces, of a single one the first.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "query/agent_walk_private.h"

enum { BEFORE_RUNS_S = 3600, ROOM_MAX = AGENT_SPANS_MAX + AGENT_SPANS_MAX / 4 };

/* In the order that read_step() takes them. */
static const char step_columns[] =
    "s.trace_hi, s.trace_lo, s.span_id, s.parent_id, s.start_ns, s.duration_ns, s.kind, s.status, "
    "s.error_kind, s.flags, s.name, s.op, s.agent, s.tool, s.model, s.graph_node, s.graph_parent, "
    "s.arguments, s.tool_call, s.linked, s.input_tokens, s.output_tokens, s.total_tokens, s.cost, "
    "s.segment, s.frame, s.record, s.trace_name";

static void read_step(const int64_t *const *columns, size_t row, struct agent_step *out)
{
    int64_t flags = columns[9][row];
    *out = (struct agent_step){
        .span_id = columns[2][row],
        .start_ns = columns[4][row],
        .duration_ns = columns[5][row],
        .kind = (uint8_t)columns[6][row],
        .failed = columns[7][row] == SPAN_ERROR,
        .error_kind = (uint8_t)columns[8][row],
        .billed = (flags & OBSERVATION_BILLED) != 0,
        .is_root = (flags & OBSERVATION_ROOT) != 0,
        .name = (int32_t)columns[10][row],
        .op = (int32_t)columns[11][row],
        .agent = (int32_t)columns[12][row],
        .tool = (int32_t)columns[13][row],
        .model = (int32_t)columns[14][row],
        .graph_node = (int32_t)columns[15][row],
        .graph_parent = (int32_t)columns[16][row],
        .arguments = columns[17][row],
        .tool_call = columns[18][row],
        .linked = columns[19][row],
        .place = {.frame = {(uint32_t)columns[24][row], (uint64_t)columns[25][row]},
                  .signal = SIGNAL_SPANS,
                  .record = (uint32_t)columns[26][row]},
        .parent = -1,
        .run = -1,
    };
    if (out->billed) {
        out->input_tokens = columns[20][row];
        out->output_tokens = columns[21][row];
        out->total_tokens = columns[22][row];
        out->cost = columns[23][row];
    }
}

/* A picked trace, to be found by its key. */
struct known_trace {
    struct trace_key key;
    int32_t at;
};

struct reading {
    struct agent_spans *spans;
    struct known_trace *known;      /* by key */
    const struct known_trace *last; /* neighbours are mostly of one trace */
    size_t *counts;                 /* of each trace, what is kept */
    size_t known_count, capacity;
    int64_t latest_ns; /* what starts later is cut off */
};

static int by_key(const void *a, const void *b)
{
    const struct known_trace *left = a, *right = b;
    if (left->key.hi != right->key.hi)
        return left->key.hi < right->key.hi ? -1 : 1;
    return (left->key.lo > right->key.lo) - (left->key.lo < right->key.lo);
}

static int by_start(const void *a, const void *b)
{
    const struct agent_step *left = &(*(const struct agent_span *const *)a)->step;
    const struct agent_step *right = &(*(const struct agent_span *const *)b)->step;
    if (left->start_ns != right->start_ns)
        return left->start_ns < right->start_ns ? -1 : 1;
    if (left->duration_ns != right->duration_ns)
        return left->duration_ns > right->duration_ns ? -1 : 1;
    return (left->span_id > right->span_id) - (left->span_id < right->span_id);
}

static const struct agent_span **list_spans(const struct agent_spans *spans)
{
    const struct agent_span **list = malloc((spans->count + 1) * sizeof *list);
    for (size_t i = 0; list && i < spans->count; i++)
        list[i] = &spans->items[i];
    return list;
}

/* Of a trace that is larger than the limit, and alone. */
static bool keep_first(struct reading *reading)
{
    struct agent_spans *spans = reading->spans;
    const struct agent_span **list = list_spans(spans);
    struct agent_span *kept = malloc(AGENT_SPANS_MAX * sizeof *kept);
    bool has_room = list && kept;
    if (has_room) {
        qsort(list, spans->count, sizeof *list, by_start);
        for (size_t i = 0; i < AGENT_SPANS_MAX; i++)
            kept[i] = *list[i];
        free(spans->items);
        spans->items = kept;
        spans->count = reading->capacity = reading->counts[0] = AGENT_SPANS_MAX;
        reading->latest_ns = kept[AGENT_SPANS_MAX - 1].step.start_ns;
    } else {
        free(kept);
    }
    free(list);
    return has_room;
}

/* Half a trace tells lies: the first one that does not fit goes with all behind it, for good, as
 * counts only grow. */
static bool cut(struct reading *reading)
{
    struct agent_spans *spans = reading->spans;
    size_t fits = 0, kept = 0;
    for (size_t sum = 0; fits < spans->trace_count; fits++)
        if ((sum += reading->counts[fits]) > AGENT_SPANS_MAX)
            break;
    if (fits == spans->trace_count)
        return true;
    spans->complete = false;
    spans->trace_count = fits ? fits : 1;
    for (size_t i = 0; i < spans->count; i++)
        if ((size_t)spans->items[i].trace < spans->trace_count)
            spans->items[kept++] = spans->items[i];
    spans->count = kept;
    return fits || keep_first(reading);
}

static bool make_room(struct reading *reading)
{
    if (reading->spans->count == ROOM_MAX && !cut(reading))
        return false;
    if (reading->spans->count < reading->capacity)
        return true;
    size_t capacity = reading->capacity ? reading->capacity * 2 : 1024;
    capacity = capacity < ROOM_MAX ? capacity : ROOM_MAX;
    void *items = realloc(reading->spans->items, capacity * sizeof *reading->spans->items);
    if (!items)
        return false;
    reading->spans->items = items;
    reading->capacity = capacity;
    return true;
}

/* Its place among the picked, -1: not one of them, or cut off. */
static int32_t find_trace(struct reading *reading, struct trace_key key)
{
    const struct known_trace wanted = {.key = key}, *found = reading->last;
    if (!found || by_key(&wanted, found) != 0)
        found = bsearch(&wanted, reading->known, reading->known_count, sizeof wanted, by_key);
    reading->last = found;
    return found && (size_t)found->at < reading->spans->trace_count ? found->at : -1;
}

static enum status take_spans(void *context, const int64_t *const *columns, size_t count,
                              struct error *error)
{
    struct reading *reading = context;
    for (size_t row = 0; row < count; row++) {
        if (!make_room(reading))
            return fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
        int32_t at = find_trace(reading, (struct trace_key){columns[0][row], columns[1][row]});
        if (at < 0 || columns[4][row] > reading->latest_ns)
            continue;
        struct agent_span *span = &reading->spans->items[reading->spans->count++];
        span->trace = at;
        span->parent_id = columns[3][row];
        span->declared = (int32_t)columns[27][row];
        read_step(columns, row, &span->step);
        reading->counts[at]++;
    }
    return STATUS_OK;
}

/* Of the engine: all spans whose trace has the same half of its id as one that is picked. */
static enum status select_spans(const struct query *query, const struct agent_question *question,
                                const struct agent_picked *picked, struct reading *reading,
                                struct error *error)
{
    struct buf ids = {0};
    struct sql sql = {0};
    for (size_t i = 0; i < picked->count; i++)
        buf_printf(&ids, "%s%lld", i ? "," : "", (long long)picked->traces[i].lo);
    sql_add(&sql, "SELECT %s FROM spans s WHERE s.project = ", step_columns);
    sql_int(&sql, question->project_id);
    /* Runs that are inside another trace's work may have begun an hour after it. */
    sql_add(&sql, " AND s.start_ns >= ");
    sql_int(&sql, picked->oldest_ns - BEFORE_RUNS_S * NS_PER_SEC);
    sql_add(&sql, " AND s.trace_lo IN (SELECT unnest(CAST(string_split(");
    sql_text(&sql, (struct str){ids.ptr, ids.len});
    sql_add(&sql, ", ',') AS BIGINT[])))");
    sql.failed |= ids.failed;
    enum status status =
        sql_stream_columns(&sql, query, question->cancelled, take_spans, reading, error);
    buf_done(&ids);
    return status;
}

/* Trace by trace, each by start. */
static bool put_in_order(struct agent_spans *spans, const size_t *counts)
{
    spans->first = calloc(spans->trace_count + 2, sizeof *spans->first);
    spans->order = calloc(spans->count + 1, sizeof *spans->order);
    if (!spans->first || !spans->order)
        return false;
    /* Each counter begins one place early and ends where its trace does: where the next begins. */
    size_t *next = spans->first + 1;
    for (size_t i = 0; i + 1 < spans->trace_count; i++)
        next[i + 1] = next[i] + counts[i];
    for (size_t i = 0; i < spans->count; i++)
        spans->order[next[spans->items[i].trace]++] = &spans->items[i];
    for (size_t i = 0; i < spans->trace_count; i++)
        qsort(spans->order + spans->first[i], spans->first[i + 1] - spans->first[i],
              sizeof *spans->order, by_start);
    return true;
}

enum status agent__read_spans(const struct query *query, const struct agent_question *question,
                              const struct agent_picked *picked, struct agent_spans *out_spans,
                              struct error *error)
{
    struct reading reading = {.spans = out_spans,
                              .known = calloc(picked->count + 1, sizeof *reading.known),
                              .counts = calloc(picked->count + 1, sizeof *reading.counts),
                              .known_count = picked->count,
                              .latest_ns = INT64_MAX};
    enum status status = STATUS_OK;
    bool has_room = reading.known && reading.counts;
    *out_spans = (struct agent_spans){.trace_count = picked->count, .complete = true};
    for (size_t i = 0; has_room && i < picked->count; i++)
        reading.known[i] = (struct known_trace){picked->traces[i], (int32_t)i};
    if (has_room && picked->count) {
        qsort(reading.known, picked->count, sizeof *reading.known, by_key);
        status = select_spans(query, question, picked, &reading, error);
    }
    if (status == STATUS_OK)
        has_room = has_room && cut(&reading) && put_in_order(out_spans, reading.counts);
    if (status == STATUS_OK && !has_room)
        status = fail(error, STATUS_TOO_LARGE, "there is no memory for that many runs");
    free(reading.known);
    free(reading.counts);
    return status;
}

void agent__spans_done(struct agent_spans *spans)
{
    free(spans->items);
    free(spans->order);
    free(spans->first);
}
