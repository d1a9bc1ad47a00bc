/* SPDX-License-Identifier: Apache-2.0 */
/* traces: the list, and one trace's shape as column arrays. */
#include <stdlib.h>
#include <string.h>

#include "serve/serve_private.h"

enum { COUNT_MOST = 100000 };

/* A cursor is the sort value and the trace id of the last row. */
static enum status read_cursor(struct call *call, struct trace_list_question *question)
{
    uint8_t id[TRACE_ID_BYTES];
    struct str rest;
    enum status status = param_cursor(call, &question->has_cursor, &question->cursor_value, &rest);
    if (status != STATUS_OK || !question->has_cursor)
        return status;
    if (!str_hex_decode(rest, id, sizeof id))
        return param_cursor_refused(call);
    question->cursor_key = trace_key(id);
    return STATUS_OK;
}

static void write_cursor(struct json_out *out, const struct trace_list *list)
{
    uint8_t id[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    if (!list->more || list->count == 0) {
        json_out_null(out, "next");
        return;
    }
    id_bytes(list->items[list->count - 1].key.hi, id);
    id_bytes(list->items[list->count - 1].key.lo, id + 8);
    str_hex_encode(id, sizeof id, hex);
    out_cursor(out, list->sort_values[list->count - 1], str_from(hex));
}

static enum status read_question(struct call *call, struct filters *filters,
                                 struct trace_list_question *question)
{
    int64_t limit = 0;
    int sort = 0;
    *question = (struct trace_list_question){.project_id = call->request->project_id,
                                             .filters = filters,
                                             .cancelled = &call->request->cancelled};
    enum status status = param_range(call, &question->range);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), 50, 1, 500, &limit);
    if (status == STATUS_OK)
        status = param_sort(call, trace_sorts, SORT_COUNT, &sort, &question->ascending);
    if (status == STATUS_OK)
        status = read_cursor(call, question);
    question->sort = (enum trace_sort)sort;
    question->limit = (size_t)limit;
    return status;
}

void serve__traces(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct trace_list_question question;
    struct trace_list list;
    int64_t count = -1;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_traces(call.query, &question, &request->arena, &list, &call.error);
    if (status == STATUS_OK && str_equal(request_param(request, STR("count")), STR("1")))
        status = query_trace_count(call.query, &question, COUNT_MOST, &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "traces");
        for (size_t i = 0; i < list.count; i++)
            out_trace(&call.out, NULL, &list.items[i]);
        json_out_end_array(&call.out);
        write_cursor(&call.out, &list);
        if (count >= 0)
            json_out_int(&call.out, "total", count);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

/* --- one trace's shape --------------------------------------------------------------------- */

/* Span ids sorted, to find a parent's place. */
struct place {
    int64_t span_id;
    int32_t index;
};

static int by_span_id(const void *a, const void *b)
{
    const struct place *left = a, *right = b;
    return (left->span_id > right->span_id) - (left->span_id < right->span_id);
}

static struct place *sort_places(const struct trace_shape *shape, struct arena *arena)
{
    struct place *places = arena_array(arena, struct place, shape->count + 1);
    for (size_t i = 0; places && i < shape->count; i++)
        places[i] = (struct place){shape->spans[i].span_id, (int32_t)i};
    if (places)
        qsort(places, shape->count, sizeof *places, by_span_id);
    return places;
}

static int32_t place_of(const struct place *places, size_t count, int64_t span_id)
{
    const struct place wanted = {.span_id = span_id};
    const struct place *found =
        span_id ? bsearch(&wanted, places, count, sizeof *places, by_span_id) : NULL;
    return found ? found->index : -1;
}

/*
 * Each span's parent as an index, -1 for none. Senders can make rings; the first span of a ring in
 * order of start becomes a root, so that whoever walks up comes to an end.
 */
static int32_t *find_parents(const struct trace_shape *shape, struct arena *arena)
{
    enum { UNKNOWN, WALKING, FINE };
    struct place *places = sort_places(shape, arena);
    int32_t *parents = arena_array(arena, int32_t, shape->count + 1);
    uint8_t *seen = arena_array(arena, uint8_t, shape->count + 1);
    if (!places || !parents || !seen)
        return NULL;
    for (size_t i = 0; i < shape->count; i++)
        parents[i] = place_of(places, shape->count, shape->spans[i].parent_id);
    for (size_t i = 0; i < shape->count; i++) {
        int32_t at = (int32_t)i;
        for (; at >= 0 && seen[at] == UNKNOWN; at = parents[at])
            seen[at] = WALKING;
        if (at >= 0 && seen[at] == WALKING)
            parents[at] = -1;
        for (at = (int32_t)i; at >= 0 && seen[at] == WALKING; at = parents[at])
            seen[at] = FINE;
    }
    return parents;
}

/* Each distinct name once: dictionary ids become indexes into `strings`. */
struct strings {
    int32_t *ids;   /* of each string */
    int32_t *index; /* by hash slot: 1 + place in ids */
    size_t count, slots;
};

static int32_t string_index(struct strings *strings, int32_t id)
{
    if (id <= 0)
        return -1;
    for (size_t slot = (uint32_t)id * 2654435761u & (strings->slots - 1);;
         slot = (slot + 1) & (strings->slots - 1)) {
        int32_t at = strings->index[slot];
        if (at && strings->ids[at - 1] == id)
            return at - 1;
        if (!at) {
            strings->ids[strings->count++] = id;
            strings->index[slot] = (int32_t)strings->count;
            return (int32_t)strings->count - 1;
        }
    }
}

enum { NAME_COLUMNS = 7, ERROR_STRINGS = ERROR_KIND_COUNT };

static bool strings_init(struct strings *strings, size_t spans, struct arena *arena)
{
    strings->slots = 64;
    while (strings->slots < spans * NAME_COLUMNS * 2)
        strings->slots *= 2;
    strings->ids = arena_array(arena, int32_t, spans * NAME_COLUMNS + 1);
    strings->index = arena_array(arena, int32_t, strings->slots);
    return strings->ids && strings->index;
}

struct shape_writer {
    struct json_out *out;
    struct call *call;
    const struct trace_summary *trace;
    const struct trace_shape *shape;
    const int32_t *parents;
    struct strings strings;
};

#define WRITE_COLUMN(writer, name, expression)                                                     \
    do {                                                                                           \
        json_out_array((writer)->out, name);                                                       \
        for (size_t i = 0; i < (writer)->shape->count; i++) {                                      \
            const struct span_shape *span = &(writer)->shape->spans[i];                            \
            (void)span;                                                                            \
            json_out_int((writer)->out, NULL, (expression));                                       \
        }                                                                                          \
        json_out_end_array((writer)->out);                                                         \
    } while (0)

static void write_tree(struct shape_writer *writer)
{
    json_out_array(writer->out, "id");
    for (size_t i = 0; i < writer->shape->count; i++)
        out_span_id(writer->out, NULL, writer->shape->spans[i].span_id);
    json_out_end_array(writer->out);
    WRITE_COLUMN(writer, "parent", writer->parents[i]);
    WRITE_COLUMN(writer, "missing_parent", span->parent_id && writer->parents[i] < 0);
    json_out_array(writer->out, "kind");
    for (size_t i = 0; i < writer->shape->count; i++)
        json_out_text(writer->out, NULL,
                      observation_kind_name((enum observation_kind)writer->shape->spans[i].kind));
    json_out_end_array(writer->out);
}

static void write_names(struct shape_writer *writer)
{
    struct strings *strings = &writer->strings;
    WRITE_COLUMN(writer, "name_s", string_index(strings, span->name));
    WRITE_COLUMN(writer, "op_s", string_index(strings, span->op));
    WRITE_COLUMN(writer, "model_s", string_index(strings, span->model));
    WRITE_COLUMN(writer, "provider_s", string_index(strings, span->provider));
    WRITE_COLUMN(writer, "tool_s", string_index(strings, span->tool));
    WRITE_COLUMN(writer, "agent_s", string_index(strings, span->agent));
    WRITE_COLUMN(writer, "service_s", string_index(strings, span->service));
    /* Error kinds stand behind all names. */
    WRITE_COLUMN(writer, "error_kind_s",
                 span->error_kind ? (int64_t)strings->count + span->error_kind - 1 : -1);
}

static void write_numbers(struct shape_writer *writer)
{
    int64_t start = writer->trace->start_ns;
    WRITE_COLUMN(writer, "start", span->start_ns - start);
    WRITE_COLUMN(writer, "duration", span->duration_ns);
    WRITE_COLUMN(writer, "status", span->status);
    WRITE_COLUMN(writer, "ttft", span->ttft_ns);
    WRITE_COLUMN(writer, "input_tokens", span->input_tokens);
    WRITE_COLUMN(writer, "output_tokens", span->output_tokens);
    WRITE_COLUMN(writer, "cache_read_tokens", span->cache_read);
    WRITE_COLUMN(writer, "reasoning_tokens", span->reasoning);
    WRITE_COLUMN(writer, "total_tokens", span->total_tokens);
    WRITE_COLUMN(writer, "cost", span->cost);
    WRITE_COLUMN(writer, "flags",
                 span->flags |
                     (span->parent_id && writer->parents[i] < 0 ? OBSERVATION_PARENT_UNSEEN : 0));
}

static void write_strings(struct shape_writer *writer)
{
    json_out_array(writer->out, "strings");
    for (size_t i = 0; i < writer->strings.count; i++)
        json_out_str(writer->out, NULL,
                     store_name(writer->call->query->store, writer->strings.ids[i]));
    for (int kind = 1; kind < ERROR_STRINGS; kind++)
        json_out_text(writer->out, NULL, error_kind_name((enum error_kind)kind));
    json_out_end_array(writer->out);
}

static enum status write_shape(struct call *call, const struct trace_summary *trace,
                               const struct trace_shape *shape)
{
    struct shape_writer writer = {.out = &call->out, .call = call, .trace = trace, .shape = shape};
    writer.parents = find_parents(shape, &call->request->arena);
    if (!writer.parents || !strings_init(&writer.strings, shape->count, &call->request->arena))
        return fail(&call->error, STATUS_TOO_LARGE, "trace: too many spans for one reply");
    json_out_object(writer.out, NULL);
    out_trace(writer.out, "trace", trace);
    json_out_int_text(writer.out, "start", trace->start_ns);
    json_out_bool(writer.out, "truncated", shape->truncated);
    json_out_object(writer.out, "spans");
    json_out_int(writer.out, "count", (int64_t)shape->count);
    write_tree(&writer);
    write_names(&writer);
    write_numbers(&writer);
    json_out_end_object(writer.out);
    write_strings(&writer);
    out_scores(call, trace->key, 0);
    json_out_end_object(writer.out);
    return STATUS_OK;
}

void serve__trace(struct request *request, void *context)
{
    struct call call;
    struct trace_key key;
    struct trace_summary trace;
    struct trace_shape shape;
    if (!call_begin(&call, request, context))
        return;
    enum status status = param_trace_id(&call, &key);
    if (status == STATUS_OK)
        status =
            query_trace(call.query, request->project_id, key, &request->arena, &trace, &call.error);
    if (status == STATUS_OK)
        status = query_trace_shape(call.query, request->project_id, &trace, &request->arena,
                                   &request->cancelled, &shape, &call.error);
    if (status == STATUS_OK)
        status = write_shape(&call, &trace, &shape);
    call_end(&call, status);
}
