/* SPDX-License-Identifier: Apache-2.0 */
/* demo_messages: one conversation in the JSON of three families. */
#include <string.h>

#include "cli/demo.h"
#include "wire/json.h"

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* Arguments and results are JSON themselves where they look like it. */
static void out_loose(struct json_out *out, const char *key, struct str text)
{
    if (text.len && (text.ptr[0] == '{' || text.ptr[0] == '['))
        json_out_raw(out, key, text);
    else
        json_out_str(out, key, text);
}

static void otel_part(struct json_out *out, const char *type, struct str content)
{
    json_out_object(out, NULL);
    json_out_text(out, "type", type);
    json_out_str(out, "content", content);
    json_out_end_object(out);
}

void demo_messages_otel(struct buf *buf, const struct demo_message *items, size_t count,
                        const char *finish)
{
    buf_clear(buf);
    struct json_out out = json_out(buf);
    json_out_array(&out, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct demo_message *message = &items[i];
        json_out_object(&out, NULL);
        json_out_text(&out, "role", message->role);
        json_out_array(&out, "parts");
        if (is(message->role, "tool")) {
            json_out_object(&out, NULL);
            json_out_text(&out, "type", "tool_call_response");
            json_out_text(&out, "id", message->call_id);
            out_loose(&out, "response", message->text);
            json_out_end_object(&out);
        } else if (message->text.len) {
            otel_part(&out, "text", message->text);
        }
        if (message->tool && is(message->role, "assistant")) {
            json_out_object(&out, NULL);
            json_out_text(&out, "type", "tool_call");
            json_out_text(&out, "id", message->call_id);
            json_out_text(&out, "name", message->tool);
            out_loose(&out, "arguments", message->arguments);
            json_out_end_object(&out);
        }
        json_out_end_array(&out);
        if (finish)
            json_out_text(&out, "finish_reason", is(finish, "tool_calls") ? "tool_call" : finish);
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
}

void demo_messages_openai(struct buf *buf, const struct demo_message *items, size_t count)
{
    buf_clear(buf);
    struct json_out out = json_out(buf);
    json_out_array(&out, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct demo_message *message = &items[i];
        json_out_object(&out, NULL);
        json_out_text(&out, "role", message->role);
        json_out_str(&out, "content", message->text);
        if (is(message->role, "tool"))
            json_out_text(&out, "tool_call_id", message->call_id);
        if (message->tool && is(message->role, "assistant")) {
            json_out_array(&out, "tool_calls");
            json_out_object(&out, NULL);
            json_out_text(&out, "id", message->call_id);
            json_out_text(&out, "type", "function");
            json_out_object(&out, "function");
            json_out_text(&out, "name", message->tool);
            json_out_str(&out, "arguments", message->arguments);
            json_out_end_object(&out);
            json_out_end_object(&out);
            json_out_end_array(&out);
        }
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
}

static void vercel_tool_part(struct json_out *out, const struct demo_message *message)
{
    bool is_result = is(message->role, "tool");
    json_out_object(out, NULL);
    json_out_text(out, "type", is_result ? "tool-result" : "tool-call");
    json_out_text(out, "toolCallId", message->call_id);
    json_out_text(out, "toolName", message->tool);
    if (is_result) {
        json_out_object(out, "output");
        json_out_text(out, "type", "json");
        out_loose(out, "value", message->text);
        json_out_end_object(out);
    } else {
        out_loose(out, "input", message->arguments);
    }
    json_out_end_object(out);
}

void demo_messages_vercel(struct buf *buf, const struct demo_message *items, size_t count)
{
    buf_clear(buf);
    struct json_out out = json_out(buf);
    json_out_array(&out, NULL);
    for (size_t i = 0; i < count; i++) {
        const struct demo_message *message = &items[i];
        json_out_object(&out, NULL);
        json_out_text(&out, "role", message->role);
        if (is(message->role, "system")) {
            json_out_str(&out, "content", message->text);
        } else {
            json_out_array(&out, "content");
            if (message->text.len && !is(message->role, "tool")) {
                json_out_object(&out, NULL);
                json_out_text(&out, "type", "text");
                json_out_str(&out, "text", message->text);
                json_out_end_object(&out);
            }
            if (message->tool)
                vercel_tool_part(&out, message);
            json_out_end_array(&out);
        }
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
}
