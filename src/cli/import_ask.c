/* SPDX-License-Identifier: Apache-2.0 */
/*
 * import_ask: reading lists of the source and writing to the target; see import_private.h. What the
 * source says is not believed: an answer, a list and a text have their ends here.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/import_private.h"

enum { PAGE_ARENA_BYTES = 1 << 30, REPEATS_MAX = 20, SETTLE_SECONDS = 600 };

/* --- reading ---------------------------------------------------------------------------------- */

enum status import__get(struct client *client, struct str path, struct arena *arena,
                        struct json *out_reply, struct error *error)
{
    struct buf body = {0};
    if (!path.ptr)
        return fail(error, STATUS_TOO_LARGE, "a name is too long");
    enum status status = client_ask(client, "GET", path.ptr, NULL, STR_NONE, &body, error);
    struct str copy = status == STATUS_OK ? arena_copy(arena, buf_str(&body)) : STR_NONE;
    buf_done(&body);
    if (status == STATUS_OK)
        status = copy.ptr ? json_parse(copy, arena, out_reply, error)
                          : fail(error, STATUS_TOO_LARGE, "an answer is too large");
    return status;
}

bool import__is_there(struct import *import, const char *path, struct str id, struct arena *arena,
                      struct json *out_there)
{
    struct error ignored;
    struct str place = arena_url_piece(arena, id);
    const char *project = import->target_project ? import->target_project : "default";
    return import__get(import->target,
                       arena_printf(arena, "%s/%.*s?project=%s", path, STR_ARGS(place), project),
                       arena, out_there, &ignored) == STATUS_OK;
}

/* --- lists ------------------------------------------------------------------------------------ */

void import__circle_init(struct import_circle *circle)
{
    *circle = (struct import_circle){0};
    map_init(&circle->seen);
}

void import__circle_done(struct import_circle *circle)
{
    map_done(&circle->seen);
}

/* What arrives at a source while it is read can move a page by its length, so that it comes twice;
 * not often. */
enum status import__circle_check(struct import_circle *circle, const struct json *items,
                                 struct error *error)
{
    uint64_t hash = str_hash(items->raw), once;
    struct str key = {(const char *)&hash, sizeof hash};
    if (items->count == 0)
        return STATUS_OK;
    if (map_get(&circle->seen, key, &once))
        return ++circle->repeats > REPEATS_MAX
                   ? fail(error, STATUS_INVALID, "the source tells the same pages again and again")
                   : STATUS_OK;
    return map_put(&circle->seen, key, 1)
               ? STATUS_OK
               : fail(error, STATUS_TOO_LARGE, "no memory to know the pages of the source");
}

struct list {
    struct import *import;
    struct str path;
    import_take *take;
    void *context;
    struct import_circle circle;
};

static enum status read_list(const struct list *list, struct str parameter, struct arena *arena,
                             struct json *out_reply, const struct json **out_items)
{
    struct str path =
        arena_printf(arena, "%.*slimit=50%.*s", STR_ARGS(list->path), STR_ARGS(parameter));
    enum status status =
        import__get(list->import->source, path, arena, out_reply, list->import->error);
    *out_items = status == STATUS_OK ? json_get(out_reply, STR("data")) : NULL;
    if (status == STATUS_OK && (!*out_items || (*out_items)->type != JSON_ARRAY))
        status = fail(list->import->error, STATUS_INVALID, "%s: the answer has no data", path.ptr);
    return status;
}

/* One page; 0 only tells how many there are. */
static enum status take_page(struct list *list, int64_t page, int64_t *out_pages)
{
    struct arena arena;
    struct json reply;
    const struct json *items;
    arena_init(&arena, PAGE_ARENA_BYTES);
    struct str parameter = arena_printf(&arena, "&page=%lld", (long long)(page ? page : 1));
    enum status status = read_list(list, parameter, &arena, &reply, &items);
    if (status == STATUS_OK && page == 0)
        json_int(json_path(&reply, STR("meta.totalPages")), out_pages);
    else if (status == STATUS_OK)
        status = import__circle_check(&list->circle, items, list->import->error);
    for (uint32_t i = items && page ? items->count : 0; i-- > 0 && status == STATUS_OK;)
        status = list->take(list->import, &items->items[i], list->context, &arena);
    arena_done(&arena);
    return status;
}

enum status import__each(struct import *import, struct str path, import_take *take, void *context)
{
    struct list list = {.import = import, .path = path, .take = take, .context = context};
    int64_t pages = 0;
    import__circle_init(&list.circle);
    enum status status = take_page(&list, 0, &pages);
    if (status == STATUS_OK && pages > IMPORT_PAGES_MAX)
        status = fail(import->error, STATUS_TOO_LARGE, "%.*s: the source tells of no end",
                      STR_ARGS(path));
    for (int64_t page = pages; page >= 1 && status == STATUS_OK; page--)
        status = take_page(&list, page, &pages);
    import__circle_done(&list.circle);
    return status;
}

static enum status take_cursor(struct list *list, struct buf *cursor)
{
    struct arena arena;
    struct json reply;
    const struct json *items;
    struct str parameter = STR("");
    arena_init(&arena, PAGE_ARENA_BYTES);
    if (cursor->len)
        parameter = arena_printf(&arena, "&cursor=%.*s",
                                 STR_ARGS(arena_url_piece(&arena, buf_str(cursor))));
    enum status status = read_list(list, parameter, &arena, &reply, &items);
    if (status == STATUS_OK)
        status = import__circle_check(&list->circle, items, list->import->error);
    for (uint32_t i = 0; items && i < items->count && status == STATUS_OK; i++)
        status = list->take(list->import, &items->items[i], list->context, &arena);
    buf_clear(cursor);
    if (status == STATUS_OK)
        buf_add_str(cursor, json_string(json_path(&reply, STR("meta.cursor"))));
    arena_done(&arena);
    return status;
}

enum status import__each_by_cursor(struct import *import, struct str path, import_take *take,
                                   void *context)
{
    struct list list = {.import = import, .path = path, .take = take, .context = context};
    struct buf cursor = {0};
    enum status status = STATUS_OK;
    import__circle_init(&list.circle);
    for (int64_t pages = 0; status == STATUS_OK && (pages == 0 || cursor.len); pages++)
        status = pages < IMPORT_PAGES_MAX
                     ? take_cursor(&list, &cursor)
                     : fail(import->error, STATUS_TOO_LARGE, "%.*s: the source tells of no end",
                            STR_ARGS(path));
    import__circle_done(&list.circle);
    buf_done(&cursor);
    return status;
}

/* --- writing ---------------------------------------------------------------------------------- */

void import__put(struct json_out *out, const char *name, const struct json *value)
{
    if (value && value->type != JSON_NULL)
        json_out_value(out, name, value);
}

void import__put_all(struct json_out *out, const struct json *item, const char *const *names)
{
    for (; *names; names++)
        import__put(out, *names, json_get(item, str_from(*names)));
}

enum status import__write(struct import *import, const char *method, const char *path,
                          struct buf *body, struct buf *out_reply)
{
    char whole[1200];
    enum status status = STATUS_OK;
    if (snprintf(whole, sizeof whole, "%s%s%s", path, import->target_project ? "?project=" : "",
                 import->target_project ? import->target_project : "") >= (int)sizeof whole)
        status = fail(import->error, STATUS_INVALID, "an id is too long");
    if (status == STATUS_OK)
        status = client_ask(import->target, method, whole, "application/json", buf_str(body),
                            out_reply, import->error);
    buf_done(body);
    return status;
}

void import__leave_out(struct import *import, const char *what, struct str id, const char *why)
{
    import->left_out++;
    fprintf(stderr, "left out: %s %.*s: %s\n", what, (int)(id.len > 300 ? 300 : id.len),
            id.ptr ? id.ptr : "", why);
}

enum status import__unless_refused(struct import *import, enum status status, const char *what,
                                   struct str id)
{
    if (status != STATUS_INVALID && status != STATUS_CONFLICT && status != STATUS_NOT_FOUND &&
        status != STATUS_TOO_LARGE)
        return status;
    import__leave_out(import, what, id, import->error->text);
    return STATUS_OK;
}

enum status import__settle(struct import *import)
{
    static const struct timespec pause = {0, 100 * NS_PER_MS};
    int64_t deadline = clock_mono_ns() + SETTLE_SECONDS * NS_PER_SEC;
    while (!import->settled) {
        struct arena arena;
        struct json status_reply;
        arena_init(&arena, 16 << 20);
        enum status status = import__get(import->target, STR("/api/v1/status"), &arena,
                                         &status_reply, import->error);
        const struct json *caught_up =
            status == STATUS_OK ? json_path(&status_reply, STR("index.caught_up")) : NULL;
        import->settled = caught_up && caught_up->type == JSON_BOOL && caught_up->boolean;
        arena_done(&arena);
        if (status == STATUS_OK && !import->settled && clock_mono_ns() > deadline)
            status = fail(import->error, STATUS_TIMEOUT,
                          "the index of the server here is not up to date after %d seconds",
                          SETTLE_SECONDS);
        if (status != STATUS_OK)
            return status;
        if (!import->settled)
            nanosleep(&pause, NULL);
    }
    return STATUS_OK;
}
