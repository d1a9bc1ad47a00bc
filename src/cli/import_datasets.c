/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_datasets: data sets with their items and what ran over them. A run keeps its id, as scores
 * are about it. Of a Langfuse that has only its newest lists, runs are its experiments.
 */
#include <stdio.h>

#include "cli/import_private.h"

enum { RUN_ARENA_BYTES = 1 << 30 };

/* What belongs to a data set. */
struct dataset_copy {
    const struct json *dataset;
    struct str place; /* its name in a path */
};

static enum status copy_as_is(struct import *import, const struct json *item,
                              const char *const *names, const char *path)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    import__put_all(&out, item, names);
    json_out_end_object(&out);
    return import__write(import, "POST", path, &body, NULL);
}

static enum status copy_item(struct import *import, const struct json *item, void *context,
                             struct arena *arena)
{
    static const char *const names[] = {"id",       "datasetName",         "input",
                                        "metadata", "expectedOutput",      "sourceTraceId",
                                        "status",   "sourceObservationId", NULL};
    struct str id = json_string(json_get(item, STR("id")));
    const struct import_use use = {.dataset_item = id};
    (void)context;
    enum status status = copy_as_is(import, item, names, "/api/public/dataset-items");
    if (status == STATUS_OK)
        return import__media(import, item, &use, arena);
    return import__unless_refused(import, status, "item", id);
}

/* --- runs ------------------------------------------------------------------------------------- */

/* A run as it is written, and which of its items the target has. */
struct run_copy {
    struct str id, name;
    const struct json *description, *metadata;
    struct map there;
    uint64_t items;
};

static struct str link_key(struct str item, struct str trace, struct str observation,
                           struct arena *arena)
{
    return arena_printf(arena, "%.*s\n%.*s\n%.*s", STR_ARGS(item), STR_ARGS(trace),
                        STR_ARGS(observation));
}

static enum status read_there(struct import *import, const struct dataset_copy *dataset,
                              struct run_copy *run, struct arena *arena)
{
    struct json there;
    struct str path =
        arena_printf(arena, "/api/public/datasets/%.*s/runs", STR_ARGS(dataset->place));
    if (!path.ptr || !import__is_there(import, path.ptr, run->name, arena, &there))
        return STATUS_OK;
    const struct json *items = json_get(&there, STR("datasetRunItems"));
    for (uint32_t i = 0; items && items->type == JSON_ARRAY && i < items->count; i++) {
        const struct json *link = &items->items[i];
        struct str key = link_key(json_string(json_get(link, STR("datasetItemId"))),
                                  json_string(json_get(link, STR("traceId"))),
                                  json_string(json_get(link, STR("observationId"))), arena);
        if (!map_put(&run->there, key, 1))
            return fail(import->error, STATUS_TOO_LARGE, "no memory to know the items of a run");
    }
    return STATUS_OK;
}

struct link {
    struct str item, trace, observation, time;
};

static enum status write_link(struct import *import, struct run_copy *run, const struct link *link,
                              struct arena *arena)
{
    uint64_t is_there;
    struct buf body = {0};
    struct json_out out = json_out(&body);
    run->items++;
    if (map_get(&run->there, link_key(link->item, link->trace, link->observation, arena),
                &is_there))
        return STATUS_OK;
    json_out_object(&out, NULL);
    json_out_str(&out, "runName", run->name);
    json_out_str(&out, "datasetRunId", run->id);
    import__put(&out, "runDescription", run->description);
    import__put(&out, "metadata", run->metadata);
    json_out_str(&out, "datasetItemId", link->item);
    json_out_str(&out, "traceId", link->trace);
    if (link->observation.len)
        json_out_str(&out, "observationId", link->observation);
    if (link->time.len)
        json_out_str(&out, "createdAt", link->time);
    json_out_end_object(&out);
    return import__unless_refused(
        import, import__write(import, "POST", "/api/public/dataset-run-items", &body, NULL),
        "run item of", link->item);
}

static enum status copy_links(struct import *import, const struct json *items, struct run_copy *run,
                              struct arena *arena)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0;
         items && items->type == JSON_ARRAY && i < items->count && status == STATUS_OK; i++) {
        const struct json *item = &items->items[i];
        const struct link link = {
            .item = json_string(json_get(item, STR("datasetItemId"))),
            .trace = json_string(json_get(item, STR("traceId"))),
            .observation = json_string(json_get(item, STR("observationId"))),
            .time = json_string(json_get(item, STR("createdAt"))),
        };
        status = write_link(import, run, &link, arena);
    }
    return status;
}

static enum status copy_run(struct import *import, const struct json *item, void *context,
                            struct arena *page_arena)
{
    const struct dataset_copy *dataset = context;
    struct json whole;
    struct arena arena;
    struct run_copy run = {
        .id = json_string(json_get(item, STR("id"))),
        .name = json_string(json_get(item, STR("name"))),
        .description = json_get(item, STR("description")),
        .metadata = json_get(item, STR("metadata")),
    };
    (void)page_arena;
    arena_init(&arena, RUN_ARENA_BYTES);
    map_init(&run.there);
    enum status status = read_there(import, dataset, &run, &arena);
    if (status == STATUS_OK)
        status = import__get(import->source,
                             arena_printf(&arena, "/api/public/datasets/%.*s/runs/%.*s",
                                          STR_ARGS(dataset->place),
                                          STR_ARGS(arena_url_piece(&arena, run.name))),
                             &arena, &whole, import->error);
    if (status == STATUS_OK)
        status = copy_links(import, json_get(&whole, STR("datasetRunItems")), &run, &arena);
    if (status == STATUS_OK && run.items == 0)
        import__leave_out(import, "run", run.name, "it has no items");
    map_done(&run.there);
    arena_done(&arena);
    return import__unless_refused(import, status, "run", run.name);
}

/* --- experiments ------------------------------------------------------------------------------ */

static enum status copy_experiment_item(struct import *import, const struct json *item,
                                        void *context, struct arena *arena)
{
    const struct link link = {
        .item = json_string(json_get(item, STR("experimentItemId"))),
        .trace = json_string(json_get(item, STR("traceId"))),
        .observation = json_string(json_get(item, STR("id"))),
        .time = json_string(json_get(item, STR("startTime"))),
    };
    return write_link(import, context, &link, arena);
}

static enum status copy_experiment(struct import *import, const struct json *item, void *context,
                                   struct arena *arena)
{
    struct run_copy run = {
        .id = json_string(json_get(item, STR("id"))),
        .name = json_string(json_get(item, STR("name"))),
        .description = json_get(item, STR("description")),
        .metadata = json_get(item, STR("metadata")),
    };
    struct str id = arena_url_piece(arena, run.id);
    map_init(&run.there);
    enum status status = read_there(import, context, &run, arena);
    if (status == STATUS_OK)
        status = import__each_by_cursor(
            import,
            arena_printf(arena,
                         "/api/public/experiment-items?fromStartTime=1970-01-01T00:00:00Z"
                         "&experimentId=%.*s&",
                         STR_ARGS(id)),
            copy_experiment_item, &run);
    map_done(&run.there);
    return status;
}

/* --- data sets -------------------------------------------------------------------------------- */

static enum status copy_runs(struct import *import, struct dataset_copy *dataset,
                             struct arena *arena)
{
    struct str id = arena_url_piece(arena, json_string(json_get(dataset->dataset, STR("id"))));
    if (import->only_newest)
        return import__each_by_cursor(
            import,
            arena_printf(arena,
                         "/api/public/experiments?fromStartTime=1970-01-01T00:00:00Z"
                         "&fields=metadata&datasetId=%.*s&",
                         STR_ARGS(id)),
            copy_experiment, dataset);
    return import__each(
        import, arena_printf(arena, "/api/public/datasets/%.*s/runs?", STR_ARGS(dataset->place)),
        copy_run, dataset);
}

enum status import__datasets(struct import *import, const struct json *items, struct arena *arena)
{
    static const char *const names[] = {"name",        "description",          "metadata",
                                        "inputSchema", "expectedOutputSchema", NULL};
    enum status status = import__settle(import);
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        struct str name = json_string(json_get(&items->items[i], STR("name")));
        struct dataset_copy dataset = {&items->items[i], arena_url_piece(arena, name)};
        status = copy_as_is(import, &items->items[i], names, "/api/public/v2/datasets");
        if (status != STATUS_OK) {
            status = import__unless_refused(import, status, "data set", name);
            continue;
        }
        status = import__each(import,
                              arena_printf(arena, "/api/public/dataset-items?datasetName=%.*s&",
                                           STR_ARGS(dataset.place)),
                              copy_item, &dataset);
        if (status == STATUS_OK)
            status = copy_runs(import, &dataset, arena);
    }
    return status;
}
