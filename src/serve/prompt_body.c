/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prompt_body: a request to keep a prompt. Messages are written anew, so that equal texts are kept
 * in equal bytes; members we do not know stay.
 */
#include <string.h>

#include "serve/prompts.h"

enum { MESSAGES_MAX = 2000 };

enum status prompt_body_texts(struct call *call, const struct json *body, const char *name,
                              const struct str **out_texts, size_t *out_count, bool *out_given)
{
    const struct json *list = json_get(body, str_from(name));
    *out_texts = NULL;
    *out_count = 0;
    *out_given = list && list->type != JSON_NULL;
    if (!*out_given)
        return STATUS_OK;
    if (list->type != JSON_ARRAY)
        return fail(&call->error, STATUS_INVALID, "%s: expected a list of texts", name);
    struct str *texts = arena_array(&call->request->arena, struct str, list->count + 1);
    if (!texts)
        return fail(&call->error, STATUS_TOO_LARGE, "%s: too many", name);
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->items[i].type != JSON_STRING)
            return fail(&call->error, STATUS_INVALID, "%s[%u]: expected a text", name, i);
        texts[i] = list->items[i].string;
    }
    *out_texts = texts;
    *out_count = list->count;
    return STATUS_OK;
}

static bool is_placeholder(const struct json *message)
{
    return str_equal(json_string(json_get(message, STR("type"))), STR("placeholder"));
}

static enum status check_message(struct call *call, const struct json *message, uint32_t at)
{
    if (message->type != JSON_OBJECT)
        return fail(&call->error, STATUS_INVALID, "prompt[%u]: expected a message", at);
    if (is_placeholder(message))
        return json_string(json_get(message, STR("name"))).len
                   ? STATUS_OK
                   : fail(&call->error, STATUS_INVALID,
                          "prompt[%u].name: a placeholder needs a name", at);
    if (!json_string(json_get(message, STR("role"))).len)
        return fail(&call->error, STATUS_INVALID, "prompt[%u].role: expected a text", at);
    if (!json_string(json_get(message, STR("content"))).ptr)
        return fail(&call->error, STATUS_INVALID, "prompt[%u].content: expected a text", at);
    return STATUS_OK;
}

/* Whether {{name}} stands in the text, with or without spaces. */
static bool has_variable(struct str text, struct str name)
{
    struct str rest = text;
    for (;;) {
        size_t open = str_find(rest, STR("{{"));
        rest = str_sub(rest, open + 2, rest.len);
        size_t close = str_find(rest, STR("}}"));
        if (close >= rest.len)
            return false;
        if (str_equal(str_trim(str_sub(rest, 0, close)), name))
            return true;
    }
}

/* A placeholder and a variable of one name could not be told apart when they are filled. */
static enum status check_names(struct call *call, const struct json *messages)
{
    for (uint32_t i = 0; i < messages->count; i++) {
        if (!is_placeholder(&messages->items[i]))
            continue;
        struct str name = json_string(json_get(&messages->items[i], STR("name")));
        for (uint32_t k = 0; k < messages->count; k++) {
            struct str content = json_string(json_get(&messages->items[k], STR("content")));
            if (!is_placeholder(&messages->items[k]) && has_variable(content, name))
                return fail(&call->error, STATUS_INVALID,
                            "prompt[%u].name: variables and placeholders must be unique, the "
                            "following is not: %.*s",
                            i, (int)(name.len > 100 ? 100 : name.len), name.ptr);
        }
    }
    return STATUS_OK;
}

static enum status check_chat(struct call *call, const struct json *prompt)
{
    enum status status = STATUS_OK;
    if (!prompt || prompt->type != JSON_ARRAY)
        return fail(&call->error, STATUS_INVALID, "prompt: expected a list of messages");
    if (prompt->count > MESSAGES_MAX)
        return fail(&call->error, STATUS_INVALID, "prompt: at most %d messages", MESSAGES_MAX);
    for (uint32_t i = 0; i < prompt->count && status == STATUS_OK; i++)
        status = check_message(call, &prompt->items[i], i);
    return status == STATUS_OK ? check_names(call, prompt) : status;
}

static enum status write_content(struct call *call, const struct json *prompt, struct str *out_text)
{
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    if (prompt->type == JSON_STRING) {
        json_out_str(&out, NULL, prompt->string);
    } else {
        json_out_array(&out, NULL);
        for (uint32_t i = 0; i < prompt->count; i++) {
            struct json message = prompt->items[i];
            message.raw = STR_NONE; /* so that its texts are written anew */
            json_out_value(&out, NULL, &message);
        }
        json_out_end_array(&out);
    }
    *out_text = buf.failed ? STR_NONE : arena_copy(&call->request->arena, buf_str(&buf));
    buf_done(&buf);
    return out_text->ptr ? STATUS_OK
                         : fail(&call->error, STATUS_TOO_LARGE, "prompt: it does not fit");
}

static enum status read_content(struct call *call, const struct json *body,
                                struct prompt_draft *out_draft)
{
    const struct json *prompt = json_get(body, STR("prompt"));
    struct str type;
    enum status status = body_text(call, body, "type", false, &type);
    if (status != STATUS_OK)
        return status;
    out_draft->is_chat = str_equal(type, STR("chat"));
    if (type.len && !out_draft->is_chat && !str_equal(type, STR("text")))
        return fail(&call->error, STATUS_INVALID, "type: expected text or chat");
    if (out_draft->is_chat)
        status = check_chat(call, prompt);
    else if (!prompt || prompt->type != JSON_STRING)
        status = fail(&call->error, STATUS_INVALID, "prompt: expected a text");
    return status == STATUS_OK ? write_content(call, prompt, &out_draft->content) : status;
}

/* Any JSON; nothing is an empty object. */
static enum status read_config(struct call *call, const struct json *body, struct str *out_config)
{
    const struct json *config = json_get(body, STR("config"));
    struct buf buf = {0};
    struct json_out out = json_out(&buf);
    *out_config = STR("{}");
    if (!config || config->type == JSON_NULL)
        return STATUS_OK;
    json_out_value(&out, NULL, config);
    *out_config = buf.failed ? STR_NONE : arena_copy(&call->request->arena, buf_str(&buf));
    buf_done(&buf);
    return out_config->ptr ? STATUS_OK
                           : fail(&call->error, STATUS_TOO_LARGE, "config: it does not fit");
}

static enum status read_message(struct call *call, const struct json *body, struct str *out_message)
{
    const struct json *message = json_get(body, STR("commitMessage"));
    *out_message = STR_NONE;
    if (!message || message->type == JSON_NULL)
        return STATUS_OK;
    return body_text(call, body, "commitMessage", true, out_message);
}

enum status prompt_body_read(struct call *call, const struct json *body,
                             struct prompt_draft *out_draft)
{
    bool given;
    *out_draft = (struct prompt_draft){.created_by = STR("API")};
    enum status status = body_text(call, body, "name", true, &out_draft->name);
    if (status == STATUS_OK)
        status = read_content(call, body, out_draft);
    if (status == STATUS_OK)
        status = prompt_body_texts(call, body, "labels", &out_draft->labels,
                                   &out_draft->label_count, &given);
    if (status == STATUS_OK)
        status = prompt_body_texts(call, body, "tags", &out_draft->tags, &out_draft->tag_count,
                                   &out_draft->has_tags);
    if (status == STATUS_OK)
        status = read_config(call, body, &out_draft->config);
    if (!json_int(json_get(body, STR("version")), &out_draft->version) ||
        out_draft->version > INT32_MAX)
        out_draft->version = 0;
    return status == STATUS_OK ? read_message(call, body, &out_draft->commit_message) : status;
}
