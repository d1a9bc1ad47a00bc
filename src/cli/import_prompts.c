/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_prompts: every version of every prompt under its own number, with labels, tags, config and
 * message. A version that refers to one that is not there yet waits, and those behind it with it:
 * the stage is walked again. Labels that were moved at the source move here, too.
 */
#include <stdio.h>

#include "cli/import_private.h"

enum { VERSION_ARENA_BYTES = 256 << 20 };

static bool has_label(const struct json *labels, struct str label)
{
    for (uint32_t i = 0; labels && labels->type == JSON_ARRAY && i < labels->count; i++)
        if (str_equal(json_string(&labels->items[i]), label))
            return true;
    return false;
}

/* Those that `there` has not got; never "latest", which the server gives itself. */
static uint32_t put_labels(struct json_out *out, const char *name, const struct json *labels,
                           const struct json *there)
{
    uint32_t count = 0;
    json_out_array(out, name);
    for (uint32_t i = 0; labels && labels->type == JSON_ARRAY && i < labels->count; i++) {
        struct str label = json_string(&labels->items[i]);
        if (!label.len || str_equal(label, STR("latest")) || has_label(there, label))
            continue;
        json_out_str(out, NULL, label);
        count++;
    }
    json_out_end_array(out);
    return count;
}

/* The address of a version, at either side. */
static struct str version_path(struct str name, int64_t version, const char *project,
                               struct arena *arena)
{
    struct str place = arena_url_piece(arena, name);
    return arena_printf(arena, "/api/public/v2/prompts/%.*s?version=%lld&resolve=false%s%s",
                        STR_ARGS(place), (long long)version, project ? "&project=" : "",
                        project ? project : "");
}

/* A version of the source is this one at the target. */
static enum status know(struct import *import, const struct json *source, const struct json *target)
{
    int64_t id;
    struct str from = json_string(json_get(source, STR("id")));
    if (!from.len || !json_int(json_get(target, STR("id")), &id))
        return STATUS_OK;
    return map_put(&import->prompts, from, (uint64_t)id)
               ? STATUS_OK
               : fail(import->error, STATUS_TOO_LARGE, "no memory to know the prompts");
}

static enum status move_labels(struct import *import, struct str name, int64_t version,
                               const struct json *source, const struct json *target,
                               struct arena *arena)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    struct str place = arena_url_piece(arena, name);
    struct str path = arena_printf(arena, "/api/public/v2/prompts/%.*s/versions/%lld",
                                   STR_ARGS(place), (long long)version);
    json_out_object(&out, NULL);
    uint32_t count = put_labels(&out, "newLabels", json_get(source, STR("labels")),
                                json_get(target, STR("labels")));
    json_out_end_object(&out);
    if (!count || !path.ptr) {
        buf_done(&body);
        return STATUS_OK;
    }
    enum status status = import__write(import, "PATCH", path.ptr, &body, NULL);
    if (status == STATUS_FORBIDDEN) { /* it is protected here, and stays */
        import__leave_out(import, "labels of prompt", name, import->error->text);
        return STATUS_OK;
    }
    return import__unless_refused(import, status, "labels of prompt", name);
}

static enum status make_version(struct import *import, const struct json *prompt, int64_t version,
                                struct arena *arena)
{
    static const char *const names[] = {"name", "type",          "prompt", "config",
                                        "tags", "commitMessage", NULL};
    struct buf body = {0}, reply = {0};
    struct json made;
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    import__put_all(&out, prompt, names);
    json_out_int(&out, "version", version);
    put_labels(&out, "labels", json_get(prompt, STR("labels")), NULL);
    json_out_end_object(&out);
    enum status status = import__write(import, "POST", "/api/public/v2/prompts", &body, &reply);
    if (status == STATUS_OK)
        status = json_parse(arena_copy(arena, buf_str(&reply)), arena, &made, import->error);
    buf_done(&reply);
    if (status == STATUS_OK)
        import->advanced++;
    return status == STATUS_OK ? know(import, prompt, &made) : status;
}

/* What it needs may be made later in this walk. */
static enum status wait_or_tell(struct import *import, enum status status, struct str name,
                                int64_t version, struct arena *arena, bool *out_waits)
{
    if (status == STATUS_INVALID && !import->must_not_wait) {
        import->waiting++;
        *out_waits = true;
        return STATUS_OK;
    }
    struct str what = arena_printf(arena, "version %lld of prompt", (long long)version);
    return import__unless_refused(import, status, what.ptr ? what.ptr : "prompt", name);
}

static enum status copy_version(struct import *import, struct str name, int64_t version,
                                bool *out_waits)
{
    struct json source, target;
    struct error absent;
    struct arena arena;
    arena_init(&arena, VERSION_ARENA_BYTES);
    const char *project = import->target_project ? import->target_project : "default";
    enum status status = import__get(import->source, version_path(name, version, NULL, &arena),
                                     &arena, &source, import->error);
    if (status != STATUS_OK)
        status = import__unless_refused(import, status, "prompt", name);
    else if (import__get(import->target, version_path(name, version, project, &arena), &arena,
                         &target, &absent) == STATUS_OK) {
        status = know(import, &source, &target);
        if (status == STATUS_OK)
            status = move_labels(import, name, version, &source, &target, &arena);
    } else {
        status = make_version(import, &source, version, &arena);
        if (status != STATUS_OK)
            status = wait_or_tell(import, status, name, version, &arena, out_waits);
    }
    arena_done(&arena);
    return status;
}

/* The smallest that is above; INT64_MAX: none. */
static int64_t version_above(const struct json *versions, int64_t last)
{
    int64_t next = INT64_MAX, number;
    for (uint32_t i = 0; versions && versions->type == JSON_ARRAY && i < versions->count; i++)
        if (json_int(&versions->items[i], &number) && number > last && number < next)
            next = number;
    return next;
}

enum status import__prompts(struct import *import, const struct json *items, struct arena *arena)
{
    enum status status = STATUS_OK;
    (void)arena;
    for (uint32_t i = 0; i < items->count && status == STATUS_OK; i++) {
        const struct json *versions = json_get(&items->items[i], STR("versions"));
        struct str name = json_string(json_get(&items->items[i], STR("name")));
        bool waits = false;
        for (int64_t version = version_above(versions, 0);
             name.len && version != INT64_MAX && status == STATUS_OK && !waits;
             version = version_above(versions, version))
            status = copy_version(import, name, version, &waits);
    }
    return status;
}

/* --- which one is which ----------------------------------------------------------------------- */

static enum status know_prompt(struct import *import, const struct json *item, void *context,
                               struct arena *arena)
{
    const struct json one = {.type = JSON_ARRAY, .count = 1, .items = (struct json *)item};
    (void)context;
    return import__prompts(import, &one, arena);
}

enum status import__prompt_id(struct import *import, struct str id, struct arena *arena,
                              struct str *out_id)
{
    uint64_t number;
    enum status status = STATUS_OK;
    *out_id = STR("");
    /* An import that went on behind the prompts has not seen them. */
    if (!import->prompts_known)
        status = import__each(import, STR("/api/public/v2/prompts?"), know_prompt, NULL);
    import->prompts_known = status == STATUS_OK;
    if (status == STATUS_OK && map_get(&import->prompts, id, &number))
        *out_id = arena_printf(arena, "%lld", (long long)number);
    return status;
}
