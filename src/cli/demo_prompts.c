/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_prompts: two applications' prompts and a text that both of them share. Version 8 of
 * support-reply is the one whose answers get longer and worse (docs/demo.md).
 */
#include "cli/demo_prompts.h"

#include <stdio.h>

#include "cli/client.h"
#include "cli/demo_support.h"
#include "wire/json.h"

/* `placeholder` NULL: a text; else a chat of the system's words and what was said before. */
struct version {
    const char *name, *text, *placeholder, *labels, *config, *message;
};

#define FERN  "You are Fern, the assistant of Fernweh Outfitters.\n"
#define HOUSE "@@@langfusePrompt:name=shop/house-rules|label=production@@@\n"

static const struct version versions[] = {
    {"shop/house-rules", "Never promise what we cannot keep. No legal or medical advice.", NULL,
     "[]", "{}", "What every assistant of ours keeps to"},
    {"shop/house-rules",
     "Never promise what we cannot keep. For injuries, allergies or anything legal, hand over to a "
     "person. Do not repeat addresses or card numbers back.",
     NULL, "[\"production\"]", "{}", "Hand over instead of refusing; card numbers"},
    {"handbook-answer", "Answer the question from these passages:\n{{passages}}", "question", "[]",
     "{\"model\":\"gemini-2.5-flash\",\"temperature\":0.7}", "First try"},
    {"handbook-answer",
     "Answer from the passages only. Give the number of the passage in brackets.\n\n{{passages}}",
     "question", "[\"previous\"]", "{\"model\":\"gemini-2.5-flash\",\"temperature\":0.2}",
     "Cite passages"},
    {"handbook-answer",
     HOUSE "Answer from the passages only. Give the number of the passage in brackets. When none "
           "of them answers the question, say so and name who could. Answer in the language of "
           "the question.\n\n{{passages}}",
     "question", "[\"production\"]", "{\"model\":\"gemini-2.5-flash\",\"temperature\":0.2}",
     "Say so when the handbook does not know"},
    {"support-reply", FERN "Answer the customer.", "conversation", "[]",
     "{\"model\":\"gpt-4o-mini\",\"temperature\":0.7}", "First version"},
    {"support-reply", FERN "Be brief and warm. Answer the customer.", "conversation", "[]",
     "{\"model\":\"gpt-4o-mini\",\"temperature\":0.7}", "Shorter answers"},
    {"support-reply",
     FERN "Be brief and warm. Answer in the customer's language. Orders ship from Bremen within "
          "one working day.",
     "conversation", "[]", "{\"model\":\"gpt-4o-mini\",\"temperature\":0.7}", "Languages"},
    {"support-reply",
     FERN "Be brief and warm. Answer in the customer's language. Orders ship from Bremen within "
          "one working day; returns are free for 30 days.",
     "conversation", "[]", "{\"model\":\"gpt-4o-mini\",\"temperature\":0.4}",
     "Returns; a lower temperature"},
    {"support-reply",
     FERN "Be brief and warm. Answer in the customer's language. Never promise a refund that the "
          "order tool does not allow. Orders ship from Bremen within one working day; returns are "
          "free for 30 days.",
     "conversation", "[]", "{\"model\":\"gpt-4o-mini\",\"temperature\":0.4}",
     "After the refunds of March"},
    {"support-reply",
     FERN HOUSE "Be brief and warm. Answer in the customer's language. Never promise a refund "
                "that the order tool does not allow. Orders ship from Bremen within one working "
                "day; returns are free for 30 days.",
     "conversation", "[]", "{\"model\":\"gpt-4o-mini\",\"temperature\":0.4}",
     "House rules from the shared text"},
    {"support-reply", demo_support_system, "conversation", "[\"previous\"]",
     "{\"model\":\"gpt-4o-mini\",\"temperature\":0.4,\"max_tokens\":800}",
     "Repairs, and a tone; rules in full again"},
    {"support-reply", demo_support_system_v8, "conversation", "[\"production\"]",
     "{\"model\":\"gpt-4o-mini\",\"temperature\":0.4,\"max_tokens\":800}",
     "Explain policies and add a tip: customers asked why"},
};

static void write_content(struct json_out *out, const struct version *version)
{
    if (!version->placeholder) {
        json_out_text(out, "prompt", version->text);
        return;
    }
    json_out_array(out, "prompt");
    json_out_object(out, NULL);
    json_out_text(out, "role", "system");
    json_out_text(out, "content", version->text);
    json_out_end_object(out);
    json_out_object(out, NULL);
    json_out_text(out, "type", "placeholder");
    json_out_text(out, "name", version->placeholder);
    json_out_end_object(out);
    json_out_end_array(out);
}

static enum status send(struct client *client, const char *path, const struct version *version,
                        struct error *error)
{
    struct buf body = {0};
    struct json_out out = json_out(&body);
    json_out_object(&out, NULL);
    json_out_text(&out, "name", version->name);
    json_out_text(&out, "type", version->placeholder ? "chat" : "text");
    write_content(&out, version);
    json_out_raw(&out, "labels", str_from(version->labels));
    json_out_raw(&out, "config", str_from(version->config));
    json_out_raw(&out, "tags", version->placeholder ? STR("[\"customer\"]") : STR("[\"shared\"]"));
    json_out_text(&out, "commitMessage", version->message);
    json_out_end_object(&out);
    enum status status =
        body.failed ? fail(error, STATUS_INTERNAL, "no memory")
                    : client_post(client, path, "application/json", buf_str(&body), NULL, error);
    buf_done(&body);
    return status;
}

static bool is_known(const struct json *reply, const char *name)
{
    const struct json *list = json_get(reply, STR("prompts"));
    for (uint32_t i = 0; list && list->type == JSON_ARRAY && i < list->count; i++)
        if (str_equal(json_string(json_get(&list->items[i], STR("name"))), str_from(name)))
            return true;
    return false;
}

enum status demo_prompts(struct client *client, const char *project, struct error *error)
{
    char query[96] = "", path[160];
    struct arena arena;
    struct json known;
    arena_init(&arena, 64 << 20);
    if (project)
        snprintf(query, sizeof query, "?project=%s", project);
    snprintf(path, sizeof path, "/api/v1/prompts%s", query);
    enum status status = client_get_json(client, path, &arena, &known, error);
    snprintf(path, sizeof path, "/api/public/v2/prompts%s", query);
    for (size_t i = 0; i < sizeof versions / sizeof *versions && status == STATUS_OK; i++)
        if (!is_known(&known, versions[i].name))
            status = send(client, path, &versions[i], error);
    arena_done(&arena);
    return status;
}
