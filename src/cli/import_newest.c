/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_newest: observations of a Langfuse that has only its newest lists, which know no traces: a
 * trace is what its root observation says of it, or an observation of its own, "t-" and its id.
 * Input and output come as text, metadata cut short unless its keys are named.
 */
#include <stdio.h>

#include "base/clock.h"
#include "cli/import_private.h"

enum { CUT_CHARACTERS = 200 };

#define TRACE_ITSELF "t-"

static bool is_trace_itself(const struct json *item)
{
    struct str id = json_string(json_get(item, STR("id")));
    struct str trace = json_string(json_get(item, STR("traceId")));
    return str_starts(id, STR(TRACE_ITSELF)) &&
           str_equal(str_sub(id, sizeof TRACE_ITSELF - 1, id.len), trace);
}

static bool is_root(const struct json *item)
{
    const struct json *said = json_get(item, STR("isRootObservation"));
    return (said && said->type == JSON_BOOL && said->boolean) ||
           json_string(json_get(item, STR("parentObservationId"))).len == 0;
}

/* --- metadata in full ------------------------------------------------------------------------- */

/* Names of members that may have been cut, as a list in an address; empty: none. */
static struct str cut_keys(const struct json *metadata, struct arena *arena)
{
    struct str keys = STR("");
    for (uint32_t i = 0; metadata && metadata->type == JSON_OBJECT && i < metadata->count; i++) {
        const struct json_member *member = &metadata->members[i];
        struct str key = arena_url_piece(arena, member->key);
        if (str_count_characters(json_string(&member->value)) >= CUT_CHARACTERS &&
            str_find_byte(member->key, ',') == member->key.len)
            keys = arena_printf(arena, "%.*s%s%.*s", STR_ARGS(keys), keys.len ? "," : "",
                                STR_ARGS(key));
    }
    return keys;
}

struct wanted {
    struct str id;
    struct arena *arena;
    struct json metadata; /* what was found; an object, or JSON_NULL */
};

static enum status take_metadata(struct import *import, const struct json *item, void *context,
                                 struct arena *arena)
{
    struct wanted *wanted = context;
    const struct json *metadata = json_get(item, STR("metadata"));
    (void)arena;
    if (!metadata || metadata->type != JSON_OBJECT ||
        !str_equal(json_string(json_get(item, STR("id"))), wanted->id))
        return STATUS_OK;
    struct str kept = arena_copy(wanted->arena, metadata->raw);
    return kept.ptr ? json_parse(kept, wanted->arena, &wanted->metadata, import->error)
                    : fail(import->error, STATUS_TOO_LARGE, "no memory for metadata");
}

/* Asks for the one observation by its trace and the millisecond in which it began. */
static enum status read_metadata(struct import *import, const struct json *item,
                                 struct arena *arena, const struct json **out_metadata)
{
    char from[CLOCK_TEXT_BYTES], to[CLOCK_TEXT_BYTES];
    int64_t start_ns;
    struct wanted wanted = {.id = json_string(json_get(item, STR("id"))), .arena = arena};
    const struct json *metadata = json_get(item, STR("metadata"));
    struct str keys = cut_keys(metadata, arena);
    *out_metadata = metadata;
    if (!keys.len || !clock_parse(json_string(json_get(item, STR("startTime"))), &start_ns))
        return STATUS_OK;
    start_ns -= start_ns % NS_PER_MS;
    clock_format(start_ns, from);
    clock_format(start_ns + NS_PER_MS, to);
    struct str trace = arena_url_piece(arena, json_string(json_get(item, STR("traceId"))));
    enum status status = import__each_by_cursor(
        import,
        arena_printf(arena,
                     "/api/public/v2/observations?fields=core,metadata&traceId=%.*s"
                     "&fromStartTime=%s&toStartTime=%s&expandMetadata=%.*s&",
                     STR_ARGS(trace), from, to, STR_ARGS(keys)),
        take_metadata, &wanted);
    if (status == STATUS_OK && wanted.metadata.type == JSON_OBJECT) {
        struct json *whole = arena_new(arena, struct json);
        if (!whole)
            return fail(import->error, STATUS_TOO_LARGE, "no memory for metadata");
        *whole = wanted.metadata;
        *out_metadata = whole;
    }
    return status;
}

/* --- events ----------------------------------------------------------------------------------- */

/* A text that was JSON before it became a text. */
static void put_content(struct json_out *out, const char *name, const struct json *value,
                        struct arena *arena)
{
    struct str text = json_string(value);
    struct json parsed;
    if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '[') &&
        json_parse(text, arena, &parsed, NULL) == STATUS_OK)
        json_out_raw(out, name, text);
    else
        import__put(out, name, value);
}

static void put_contents(struct json_out *out, const struct json *item, struct arena *arena)
{
    put_content(out, "input", json_get(item, STR("input")), arena);
    put_content(out, "output", json_get(item, STR("output")), arena);
}

static void add_trace(struct event_batch *batch, const struct json *item,
                      const struct json *metadata, struct arena *arena)
{
    static const char *const names[] = {"userId", "sessionId", "release",     "version",
                                        "tags",   "public",    "environment", NULL};
    struct json_out *out = &batch->out;
    struct str start = json_string(json_get(item, STR("startTime")));
    struct str end = json_string(json_get(item, STR("endTime")));
    struct str name = json_string(json_get(item, STR("traceName")));
    import__open_event(batch, item, "trace-create", end.len ? end : start, arena);
    import__put(out, "id", json_get(item, STR("traceId")));
    json_out_str(out, "timestamp", start);
    json_out_str(out, "name", name.len ? name : json_string(json_get(item, STR("name"))));
    import__put_all(out, item, names);
    import__put(out, "metadata", metadata);
    put_contents(out, item, arena);
    import__close_event(batch);
}

static void add_observation(struct event_batch *batch, const struct json *item,
                            const struct json *metadata, struct arena *arena)
{
    static const char *const names[] = {"id",
                                        "traceId",
                                        "parentObservationId",
                                        "name",
                                        "startTime",
                                        "endTime",
                                        "level",
                                        "version",
                                        "statusMessage",
                                        "completionStartTime",
                                        "environment",
                                        "usageDetails",
                                        "costDetails",
                                        NULL};
    struct json_out *out = &batch->out;
    const char *type = import__create_event(json_string(json_get(item, STR("type"))), arena);
    const struct json *prompt = json_get(item, STR("promptName"));
    import__open_event(batch, item, type, json_string(json_get(item, STR("startTime"))), arena);
    import__put_all(out, item, names);
    import__put(out, "model", json_get(item, STR("providedModelName")));
    put_content(out, "modelParameters", json_get(item, STR("modelParameters")), arena);
    import__put(out, "metadata", metadata);
    put_contents(out, item, arena);
    if (json_string(prompt).len) {
        import__put(out, "promptName", prompt);
        import__put(out, "promptVersion", json_get(item, STR("promptVersion")));
    }
    import__close_event(batch);
}

static enum status add_item(struct import *import, struct event_batch *batch,
                            const struct json *item, struct arena *arena)
{
    const struct json *metadata;
    struct import_use use = {.trace = json_string(json_get(item, STR("traceId")))};
    enum status status = read_metadata(import, item, arena, &metadata);
    if (!is_trace_itself(item))
        use.observation = json_string(json_get(item, STR("id")));
    if (status == STATUS_OK)
        status = import__media(import, item, &use, arena);
    if (status != STATUS_OK)
        return status;
    if (is_root(item) || is_trace_itself(item))
        add_trace(batch, item, metadata, arena);
    if (!is_trace_itself(item))
        add_observation(batch, item, metadata, arena);
    return STATUS_OK;
}

enum status import__newest_observations(struct import *import, const struct json *items,
                                        struct arena *arena)
{
    struct event_batch batch;
    enum status status = STATUS_OK;
    import__open_events(&batch);
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++)
        status = add_item(import, &batch, &items->items[i], arena);
    if (status == STATUS_OK)
        return import__send_events(import, &batch, arena);
    buf_done(&batch.body);
    return status;
}
