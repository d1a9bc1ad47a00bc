/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mcp_span: one span in words, and pages of its long texts.
 *
 * What tells most comes first: the error, the answer, the last messages of the question. Each text
 * gets at most a share of the room that is left, and names its path when it is cut.
 */
#include <math.h>
#include <stdio.h>

#include "normalise/value_json.h"
#include "serve/content.h"
#include "serve/mcp.h"
#include "wire/utf8.h"

enum {
    SHARE = 3,
    TEXT_BYTES_MIN = 160,
    ATTRIBUTE_BYTES = 200,
    PAGE_DEFAULT = 8000,
    PAGE_MAX = 65536
};

static size_t room(const struct mcp_call *mcp)
{
    return mcp->text.len < mcp->budget_bytes ? mcp->budget_bytes - mcp->text.len : 0;
}

/* A text as it is, at most `most` bytes of it. */
static void add_text(struct mcp_call *mcp, struct str text, size_t most, const char *path)
{
    struct buf *out = &mcp->text;
    if (most < TEXT_BYTES_MIN)
        most = TEXT_BYTES_MIN;
    struct str shown = utf8_clip(text, most);
    buf_add_str(out, shown);
    if (shown.len < text.len)
        buf_printf(out, "… [%zu of %zu bytes; get_content path=%s]", shown.len, text.len, path);
    buf_add_byte(out, '\n');
}

static void add_part(struct mcp_call *mcp, const struct part *part, const char *path, size_t most)
{
    struct buf *out = &mcp->text;
    if (part->type != PART_TEXT)
        buf_printf(out, "[%s%s%.*s] ", part_type_name(part->type), part->name.len ? " " : "",
                   STR_ARGS(part->name));
    if (part->type == PART_MEDIA)
        buf_printf(out, "%.*s, %zu bytes\n", STR_ARGS(part->mime), part->text.len);
    else
        add_text(mcp, part->text, most, path);
}

static void add_message(struct mcp_call *mcp, const char *side, size_t index,
                        const struct message *message, size_t most)
{
    char path[64];
    buf_printf(&mcp->text, "%.*s: ", STR_ARGS(message->role));
    for (size_t i = 0; i < message->part_count; i++) {
        snprintf(path, sizeof path, "%s/%zu/%zu", side, index, i);
        add_part(mcp, &message->parts[i], path,
                 most / (message->part_count ? message->part_count : 1));
    }
    if (message->part_count == 0)
        buf_add_byte(&mcp->text, '\n');
}

/* The newest messages matter most: as many of the last as fit, in their order. */
static void add_input(struct mcp_call *mcp, const struct messages *input)
{
    size_t first = input->count, estimate = 0, most = room(mcp) / SHARE;
    while (first > 0 && (first == input->count || estimate < room(mcp) / 2)) {
        const struct message *message = &input->items[--first];
        for (size_t i = 0; i < message->part_count; i++)
            estimate += message->parts[i].text.len < most ? message->parts[i].text.len : most;
    }
    if (input->count == 0)
        return;
    buf_printf(&mcp->text, "## question (%zu messages", input->count);
    buf_printf(&mcp->text, first ? "; the first %zu are at input/0/0 …)\n" : ")\n", first);
    for (size_t i = first; i < input->count; i++)
        add_message(mcp, "input", i, &input->items[i], most);
}

static void add_output(struct mcp_call *mcp, const struct messages *output)
{
    if (output->count)
        buf_add_str(&mcp->text, STR("## answer\n"));
    for (size_t i = 0; i < output->count && room(mcp); i++)
        add_message(mcp, "output", i, &output->items[i], room(mcp) / SHARE);
}

/* Where a key stands, among the events' attributes or the span's own. */
static const char *path_of(const struct span_view *view, struct str key, char *room_for,
                           size_t size)
{
    for (size_t i = 0; i < view->span->event_count; i++)
        for (size_t k = 0; k < view->span->events[i].attributes.count; k++)
            if (str_equal(view->span->events[i].attributes.items[k].key, key)) {
                snprintf(room_for, size, "event/%zu/%zu", i, k);
                return room_for;
            }
    for (size_t i = 0; i < view->span->attributes.count; i++)
        if (str_equal(view->span->attributes.items[i].key, key)) {
            snprintf(room_for, size, "attribute/%zu", i);
            return room_for;
        }
    return "raw";
}

static void add_error(struct mcp_call *mcp, const struct span_view *view)
{
    const struct observation *seen = &view->observation;
    struct buf *out = &mcp->text;
    char path[64];
    if (!seen->is_error)
        return;
    const char *kind = error_kind_name(seen->error_kind);
    buf_printf(out, "## error %s %.*s\n", kind ? kind : "", STR_ARGS(seen->error_type));
    if (seen->error_message.len)
        add_text(mcp, seen->error_message, room(mcp) / SHARE,
                 path_of(view, STR("exception.message"), path, sizeof path));
    if (view->conversation.stacktrace.len)
        add_text(mcp, view->conversation.stacktrace, room(mcp) / SHARE,
                 path_of(view, STR("exception.stacktrace"), path, sizeof path));
}

static void add_usage(struct buf *out, const struct span_view *view)
{
    const struct token_usage *usage = &view->observation.usage;
    const struct {
        const char *name;
        int64_t tokens;
    } counts[] = {{"in", usage->input_total},
                  {"cached", usage->cache_read},
                  {"cache written", usage->cache_write},
                  {"out", usage->output_total},
                  {"reasoning", usage->reasoning}};
    if (usage_any(usage)) {
        buf_add_str(out, STR("tokens:"));
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
            if (counts[i].tokens >= 0)
                buf_printf(out, " %s %lld", counts[i].name, (long long)counts[i].tokens);
        buf_add_byte(out, '\n');
    }
    if (view->bill.total_nano >= 0) {
        buf_add_str(out, STR("cost: "));
        mcp_add_money(out, view->bill.total_nano);
        buf_printf(out, " (%s)\n", cost_source_name(view->bill.source));
    }
}

static void add_head(struct mcp_call *mcp, const struct span_view *view, struct trace_key key,
                     int64_t span_id)
{
    const struct observation *seen = &view->observation;
    struct buf *out = &mcp->text;
    buf_add_str(out, STR("span "));
    mcp_add_span_id(out, span_id);
    buf_add_str(out, STR(" of trace "));
    mcp_add_trace_id(out, key);
    buf_printf(out, "\n%s %.*s · %s · started ", observation_kind_name(seen->kind),
               STR_ARGS(view->span->name), seen->is_error ? "ERROR" : "ok");
    mcp_add_time(out, seen->start_ns);
    buf_add_str(out, STR(" · "));
    mcp_add_duration(out, seen->end_ns - seen->start_ns);
    if (seen->ttft_ns >= 0) {
        buf_add_str(out, STR(" · first token after "));
        mcp_add_duration(out, seen->ttft_ns);
    }
    buf_add_byte(out, '\n');
    const struct {
        const char *name;
        struct str text;
    } texts[] = {{"model", seen->model},
                 {"provider", seen->provider},
                 {"operation", seen->op},
                 {"agent", seen->agent},
                 {"tool", seen->tool},
                 {"finish", seen->finish},
                 {"prompt", seen->prompt},
                 {"service", seen->service},
                 {"status", seen->status_message},
                 {"sent as", seen->vocabulary}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.len) {
            struct str shown = utf8_clip(texts[i].text, ATTRIBUTE_BYTES);
            buf_printf(out, "%s: %.*s\n", texts[i].name, STR_ARGS(shown));
        }
    add_usage(out, view);
}

static void add_parameters(struct mcp_call *mcp, const struct span_view *view)
{
    const struct conversation *talk = &view->conversation;
    struct buf *out = &mcp->text;
    if (talk->parameter_count)
        buf_add_str(out, STR("parameters:"));
    for (size_t i = 0; i < talk->parameter_count && room(mcp); i++) {
        struct str text = value_json(&talk->parameters[i].value, &view->contents, mcp->arena);
        buf_printf(out, " %.*s=", STR_ARGS(talk->parameters[i].name));
        buf_add_str(out, utf8_clip(text, ATTRIBUTE_BYTES));
    }
    if (talk->parameter_count)
        buf_add_byte(out, '\n');
    if (talk->tool_count)
        buf_printf(out, "tools offered (%zu; tool/0 …):", talk->tool_count);
    for (size_t i = 0; i < talk->tool_count && room(mcp); i++)
        buf_printf(out, " %.*s", STR_ARGS(talk->tools[i].name));
    if (talk->tool_count)
        buf_add_byte(out, '\n');
}

static void add_documents(struct mcp_call *mcp, const struct conversation *talk)
{
    char path[64];
    if (talk->document_count)
        buf_printf(&mcp->text, "## documents (%zu)\n", talk->document_count);
    for (size_t i = 0; i < talk->document_count && room(mcp); i++) {
        const struct document *document = &talk->documents[i];
        snprintf(path, sizeof path, "document/%zu", i);
        buf_printf(&mcp->text, "%.*s", STR_ARGS(document->id));
        buf_printf(&mcp->text, isnan(document->score) ? ": " : " (score %g): ", document->score);
        add_text(mcp, document->content, room(mcp) / (SHARE * talk->document_count), path);
    }
}

static void add_texts(struct mcp_call *mcp, const struct conversation *talk)
{
    char path[64];
    /* A conversation says the same in better order. */
    if (talk->input.count == 0 && talk->input_text.len) {
        buf_add_str(&mcp->text, STR("## input\n"));
        add_text(mcp, talk->input_text, room(mcp) / SHARE, "text/input");
    }
    if (talk->output.count == 0 && talk->output_text.len) {
        buf_add_str(&mcp->text, STR("## output\n"));
        add_text(mcp, talk->output_text, room(mcp) / SHARE, "text/output");
    }
    for (size_t i = 0; i < talk->system_count && room(mcp); i++) {
        snprintf(path, sizeof path, "system/%zu", i);
        buf_add_str(&mcp->text, i ? STR("") : STR("## system\n"));
        add_part(mcp, &talk->system[i], path, room(mcp) / SHARE);
    }
}

static void add_attributes(struct mcp_call *mcp, const struct span_view *view)
{
    const struct attributes *all = &view->span->attributes;
    struct buf *out = &mcp->text;
    buf_printf(out, "## attributes (%zu)\n", all->count);
    for (size_t i = 0; i < all->count; i++) {
        if (room(mcp) == 0) {
            buf_printf(out, "… %zu more; get_content path=raw has them all\n", all->count - i);
            break;
        }
        struct str text = value_plain_text(&all->items[i].value, &view->contents, mcp->arena);
        struct str shown = utf8_clip(text, ATTRIBUTE_BYTES);
        buf_printf(out, "%.*s = ", STR_ARGS(all->items[i].key));
        buf_add_str(out, shown);
        if (shown.len < text.len)
            buf_printf(out, "… [%zu bytes; get_content path=attribute/%zu]", text.len, i);
        buf_add_byte(out, '\n');
    }
}

static void add_events(struct mcp_call *mcp, const struct span_view *view)
{
    char path[64];
    if (view->span->event_count)
        buf_printf(&mcp->text, "## events (%zu)\n", view->span->event_count);
    for (size_t i = 0; i < view->span->event_count && room(mcp); i++) {
        const struct span_event *event = &view->span->events[i];
        buf_printf(&mcp->text, "%.*s\n", STR_ARGS(event->name));
        for (size_t k = 0; k < event->attributes.count && room(mcp); k++) {
            struct str text =
                value_plain_text(&event->attributes.items[k].value, &view->contents, mcp->arena);
            snprintf(path, sizeof path, "event/%zu/%zu", i, k);
            buf_printf(&mcp->text, "  %.*s = ", STR_ARGS(event->attributes.items[k].key));
            add_text(mcp, text, ATTRIBUTE_BYTES, path);
        }
    }
}

static enum status open_view(struct mcp_call *mcp, struct trace_key *out_key, int64_t *out_span,
                             struct span_view *out_view)
{
    enum status status = mcp_trace_id(mcp, out_key);
    if (status == STATUS_OK)
        status = mcp_span_id(mcp, out_span);
    if (status == STATUS_OK)
        status = query_span(mcp->call->query, mcp->call->request->project_id, *out_key, *out_span,
                            mcp->arena, out_view, &mcp->call->error);
    return status;
}

enum status mcp__get_span(struct mcp_call *mcp)
{
    struct trace_key key;
    int64_t span_id;
    struct span_view view;
    enum status status = open_view(mcp, &key, &span_id, &view);
    if (status != STATUS_OK)
        return status;
    const struct conversation *talk = &view.conversation;
    add_head(mcp, &view, key, span_id);
    add_error(mcp, &view);
    add_output(mcp, &talk->output);
    add_input(mcp, &talk->input);
    add_texts(mcp, talk);
    add_documents(mcp, talk);
    add_parameters(mcp, &view);
    add_attributes(mcp, &view);
    add_events(mcp, &view);
    span_view_done(&view);
    return STATUS_OK;
}

enum status mcp__get_content(struct mcp_call *mcp)
{
    struct trace_key key;
    int64_t span_id, offset = 0, length = PAGE_DEFAULT;
    struct span_view view;
    struct str path, text;
    enum status status = mcp_text(mcp, "path", true, &path);
    if (status == STATUS_OK)
        status = mcp_int(mcp, "offset", 0, 0, INT64_MAX, &offset);
    if (status == STATUS_OK)
        status = mcp_int(mcp, "length", PAGE_DEFAULT, 1, PAGE_MAX, &length);
    if (status == STATUS_OK)
        status = open_view(mcp, &key, &span_id, &view);
    if (status != STATUS_OK)
        return status;
    text = STR_NONE;
    if (str_equal(path, STR("raw")))
        text = content_raw(&view, mcp->arena);
    else
        status = span_view_text(&view, path, mcp->arena, &text, &mcp->call->error);
    if (status == STATUS_OK) {
        size_t from = (size_t)offset < text.len ? (size_t)offset : text.len;
        while (from > 0 && from < text.len && (text.ptr[from] & 0xc0) == 0x80)
            from--;
        struct str page = utf8_clip(str_sub(text, from, text.len), (size_t)length);
        buf_printf(&mcp->text, "[bytes %zu to %zu of %zu]\n", from, from + page.len, text.len);
        buf_add_str(&mcp->text, page);
    }
    span_view_done(&view);
    return status;
}
