/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompt_compose: prompts within prompts. A content is JSON, so what stands inside a string may be
 * replaced by what stands inside another: a reference is cut out, the other text without its quotes
 * is put in.
 *
 * A path through prompts never meets one twice, nor another version of the first; it is at most
 * PROMPT_DEPTH_MAX long. The number of references followed and the size of the result are bounded,
 * too, as ten texts that each name ten others grow by powers.
 */
#include <string.h>

#include "base/buf.h"
#include "control/prompts_private.h"

/* The text that a piece of a JSON string stands for. False: a quote ends the string here, or an
 * escape that no name has. */
static bool unescape(struct str piece, struct arena *arena, struct str *out_text)
{
    char *text = arena_alloc(arena, piece.len + 1);
    size_t len = 0;
    if (!text)
        return false;
    for (size_t i = 0; i < piece.len; i++) {
        if (piece.ptr[i] == '"')
            return false;
        if (piece.ptr[i] == '\\' &&
            (++i == piece.len || (piece.ptr[i] != '"' && piece.ptr[i] != '\\')))
            return false;
        text[len++] = piece.ptr[i];
    }
    *out_text = (struct str){text, len};
    return true;
}

/* `name=<name>|version=<n>` or `name=<name>|label=<label>`. */
static bool read_reference(struct str text, struct prompt_choice *out_child)
{
    struct str name, rest = text;
    if (!str_starts(text, STR("name=")) || !str_take(&rest, '|', &name))
        return false;
    *out_child = (struct prompt_choice){.name = str_sub(name, 5, name.len)};
    if (str_starts(rest, STR("version=")))
        return out_child->name.len > 0 &&
               str_to_i64(str_sub(rest, 8, rest.len), &out_child->version) &&
               out_child->version > 0;
    out_child->label = str_sub(rest, 6, rest.len);
    return out_child->name.len > 0 && str_starts(rest, STR("label=")) && out_child->label.len > 0 &&
           str_find_byte(out_child->label, '|') == out_child->label.len;
}

bool prompt_reference_next(struct str content, size_t at, struct arena *arena,
                           struct prompt_reference *out_reference)
{
    static const struct str open = STR_INIT("@@@langfusePrompt:"), close = STR_INIT("@@@");
    while (at < content.len) {
        size_t from = at + str_find(str_sub(content, at, content.len), open), start, len;
        struct str inner;
        start = from + open.len;
        if (start >= content.len)
            return false;
        len = str_find(str_sub(content, start, content.len), close);
        if (start + len >= content.len)
            return false;
        *out_reference = (struct prompt_reference){.from = from, .to = start + len + close.len};
        if (unescape(str_sub(content, start, len), arena, &inner) &&
            read_reference(inner, &out_reference->child))
            return true;
        at = start;
    }
    return false;
}

/* One resolution: the path from the first prompt to the one at hand, and what was followed. */
struct walk {
    struct control *control;
    uint32_t project_id;
    const struct prompt *root;
    struct arena *arena;
    int64_t path[PROMPT_DEPTH_MAX];
    size_t depth, followed;
    struct prompt_resolved *out;
    size_t edge_capacity;
};

static enum status no_way(struct error *error, const char *problem,
                          const struct prompt_choice *child)
{
    int name = (int)(child->name.len > 120 ? 120 : child->name.len);
    if (child->version)
        return fail(error, STATUS_INVALID, "%s: %.*s - version %lld", problem, name,
                    child->name.ptr, (long long)child->version);
    return fail(error, STATUS_INVALID, "%s: %.*s - label %.*s", problem, name, child->name.ptr,
                (int)(child->label.len > 40 ? 40 : child->label.len), child->label.ptr);
}

static bool is_on_path(const struct walk *walk, const struct prompt *prompt)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->path[i] == prompt->id)
            return true;
    return str_equal(prompt->name, walk->root->name);
}

static bool note_edge(struct walk *walk, int64_t parent_id, const struct prompt *child)
{
    struct prompt_resolved *out = walk->out;
    for (size_t i = 0; i < out->edge_count; i++)
        if (out->edges[i].parent_id == parent_id && out->edges[i].child_id == child->id)
            return true;
    if (!arena_grow(walk->arena, &out->edges, out->edge_count, &walk->edge_capacity))
        return false;
    out->edges[out->edge_count++] = (struct prompt_edge){
        .parent_id = parent_id,
        .child_id = child->id,
        .child_version = child->version,
        .child_name = child->name,
    };
    return true;
}

static enum status resolve(struct walk *walk, const struct prompt *prompt, struct buf *out,
                           struct error *error);

/* Appends what a reference stands for. */
static enum status put_in(struct walk *walk, int64_t parent_id, const struct prompt_choice *choice,
                          struct buf *out, struct error *error)
{
    struct prompt child;
    struct buf content = {.limit_bytes = PROMPT_RESOLVED_BYTES_MAX};
    if (walk->depth == PROMPT_DEPTH_MAX)
        return fail(error, STATUS_INVALID, "Maximum nesting depth exceeded (%d)", PROMPT_DEPTH_MAX);
    if (walk->followed++ == PROMPT_REFERENCES_MAX)
        return fail(error, STATUS_INVALID, "more than %d references in one prompt",
                    PROMPT_REFERENCES_MAX);
    enum status status =
        control__prompt_find(walk->control, walk->project_id, choice, walk->arena, &child, error);
    if (status == STATUS_NOT_FOUND)
        return no_way(error, "Prompt dependency not found", choice);
    if (status != STATUS_OK)
        return status;
    if (child.is_chat)
        return no_way(error, "Prompt dependency is not a text prompt", choice);
    if (is_on_path(walk, &child))
        return fail(error, STATUS_INVALID,
                    "Circular dependency detected involving prompt '%.*s' version %lld",
                    (int)(child.name.len > 120 ? 120 : child.name.len), child.name.ptr,
                    (long long)child.version);
    if (!note_edge(walk, parent_id, &child))
        return fail(error, STATUS_TOO_LARGE, "too many references for one reply");
    status = resolve(walk, &child, &content, error);
    if (status == STATUS_OK)
        buf_add_str(out, str_sub(buf_str(&content), 1, content.len - 2));
    buf_done(&content);
    return status;
}

static enum status resolve(struct walk *walk, const struct prompt *prompt, struct buf *out,
                           struct error *error)
{
    struct prompt_reference reference;
    size_t at = 0;
    enum status status = STATUS_OK;
    walk->path[walk->depth++] = prompt->id;
    while (status == STATUS_OK &&
           prompt_reference_next(prompt->content, at, walk->arena, &reference)) {
        buf_add_str(out, str_sub(prompt->content, at, reference.from - at));
        status = put_in(walk, prompt->id, &reference.child, out, error);
        at = reference.to;
    }
    walk->depth--;
    buf_add_str(out, str_sub(prompt->content, at, prompt->content.len));
    if (status == STATUS_OK && out->failed)
        status =
            fail(error, STATUS_INVALID, "with everything it refers to, the prompt is over %d bytes",
                 PROMPT_RESOLVED_BYTES_MAX);
    return status;
}

enum status control__prompt_resolve(struct control *control, uint32_t project_id,
                                    const struct prompt *prompt, struct arena *arena,
                                    struct prompt_resolved *out_resolved, struct error *error)
{
    struct prompt_resolved resolved = {.content = prompt->content};
    struct prompt_reference first;
    if (!prompt_reference_next(prompt->content, 0, arena, &first)) {
        *out_resolved = resolved;
        return STATUS_OK;
    }
    struct walk walk = {
        .control = control,
        .project_id = project_id,
        .root = prompt,
        .arena = arena,
        .out = &resolved,
    };
    struct buf content = {.limit_bytes = PROMPT_RESOLVED_BYTES_MAX};
    enum status status = resolve(&walk, prompt, &content, error);
    if (status == STATUS_OK) {
        resolved.content = arena_copy(arena, buf_str(&content));
        if (!resolved.content.ptr)
            status = fail(error, STATUS_TOO_LARGE, "the prompt is too large for this reply");
    }
    buf_done(&content);
    if (status == STATUS_OK)
        *out_resolved = resolved;
    return status;
}

enum status control_prompt_resolve(struct control *control, uint32_t project_id,
                                   const struct prompt *prompt, struct arena *arena,
                                   struct prompt_resolved *out_resolved, struct error *error)
{
    pthread_mutex_lock(&control->lock);
    enum status status =
        control__prompt_resolve(control, project_id, prompt, arena, out_resolved, error);
    pthread_mutex_unlock(&control->lock);
    return status;
}
