/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_payload: a vocabulary, a few agents, their conversations, and two ways to write a span. */
#include "support/otlp_payload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/json.h"
#include "wire/protobuf.h"

enum { WORDS = 3000, WORD_BYTES = 16, AGENTS = 6, CONVERSATIONS = 16, CALLS = 11 };

struct conversation {
    uint8_t trace_id[16], root_id[8];
    uint64_t start_ns;
    int agent;
    int spans_left;     /* the last is the root, as SDKs send it */
    uint64_t tool_call; /* id of the call that waits for its result */
    struct buf history; /* messages so far, joined by commas */
};

struct otlp_payload {
    enum otlp_payload_kind kind;
    uint64_t random, now_ns, step_ns;
    struct word {
        char text[WORD_BYTES];
        size_t len;
    } words[WORDS];
    struct buf system[AGENTS], tools[AGENTS]; /* JSON */
    struct conversation conversations[CONVERSATIONS];
    struct buf text, message, input; /* scratch */
    struct buf span, scope, group;
};

/* --- chance -------------------------------------------------------------------------------- */

static uint64_t next_random(struct otlp_payload *payload)
{
    uint64_t x = payload->random += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static size_t below(struct otlp_payload *payload, size_t limit)
{
    return (size_t)((next_random(payload) >> 32) * limit >> 32);
}

static void random_id(struct otlp_payload *payload, uint8_t *id, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        uint64_t part = next_random(payload) | 1; /* never all zero */
        memcpy(id + i, &part, 8);
    }
}

/* --- words ---------------------------------------------------------------------------------- */

static void make_words(struct otlp_payload *payload)
{
    static const char *const syllables[] = {
        "ra", "ten", "mo", "li",  "sur", "ve", "con", "tion", "der", "pa", "qui", "stra",
        "ne", "gor", "al", "min", "per", "ex", "tu",  "sa",   "bel", "co", "ing", "ter"};
    for (size_t i = 0; i < WORDS; i++) {
        /* Frequent words are short. */
        size_t count = i < 60 ? 1 : i < 600 ? 2 : 3;
        struct word *word = &payload->words[i];
        word->text[0] = 0;
        while (count--)
            strcat(word->text, syllables[below(payload, sizeof syllables / sizeof *syllables)]);
        word->len = strlen(word->text);
    }
}

static const struct word *any_word(struct otlp_payload *payload)
{
    /* A product of three uniform numbers leans on low ranks much as Zipf's law does. */
    uint64_t random = next_random(payload);
    size_t rank = (random & 0xFFFFF) * ((random >> 20 & 0xFFFFF) + 1) >> 20;
    rank = rank * ((random >> 40 & 0xFFFFF) + 1) >> 20;
    return &payload->words[rank * WORDS >> 20];
}

static const char *word(struct otlp_payload *payload)
{
    return any_word(payload)->text;
}

static void put(struct buf *out, const char *text, size_t len)
{
    memcpy(out->ptr + out->len, text, len);
    out->len += len;
}

/* About so many bytes of sentences, ready to stand inside a JSON string. */
static void sentences(struct otlp_payload *payload, size_t bytes, struct buf *out)
{
    size_t end = out->len + bytes, left = 0;
    if (!buf_reserve(out, bytes + 2 * WORD_BYTES))
        return;
    while (out->len < end) {
        const struct word *next = any_word(payload);
        size_t kind = below(payload, 40), start = out->len;
        memcpy(out->ptr + start, next->text, WORD_BYTES);
        out->len += next->len;
        if (left == 0) {
            left = 6 + below(payload, 14);
            out->ptr[start] = (char)(out->ptr[start] - 'a' + 'A');
        } else if (kind == 0) {
            out->len = start + (size_t)snprintf(out->ptr + start, WORD_BYTES, "%zu",
                                                below(payload, 100000));
        }
        left--;
        if (left > 0)
            put(out, kind == 1 ? ", " : " ", kind == 1 ? 2 : 1);
        else if (below(payload, 6))
            put(out, ". ", 2);
        else
            put(out, ".\\n\\n", 5);
    }
}

/* --- agents --------------------------------------------------------------------------------- */

static const char *const tool_names[] = {"search_orders", "get_document", "run_query", "send_mail"};

static void make_agent(struct otlp_payload *payload, int agent)
{
    struct buf *system = &payload->system[agent], *tools = &payload->tools[agent];
    buf_add_str(system, STR("[{\"type\":\"text\",\"content\":\""));
    sentences(payload, 1400, system);
    buf_add_str(system, STR("\"}]"));
    buf_add_byte(tools, '[');
    for (int i = 0; i < 4; i++) {
        buf_printf(tools, "%s{\"type\":\"function\",\"name\":\"%s\",\"description\":\"",
                   i ? "," : "", tool_names[i]);
        sentences(payload, 180, tools);
        buf_printf(tools,
                   "\",\"parameters\":{\"type\":\"object\",\"properties\":{\"%s\":{\"type\":"
                   "\"string\"},\"limit\":{\"type\":\"integer\"}},\"required\":[\"%s\"]}}",
                   word(payload), word(payload));
    }
    buf_add_byte(tools, ']');
}

static void add_to_history(struct conversation *conversation, struct str message)
{
    if (conversation->history.len)
        buf_add_byte(&conversation->history, ',');
    buf_add_str(&conversation->history, message);
}

static void user_message(struct otlp_payload *payload, struct conversation *conversation)
{
    struct buf *message = &payload->message;
    buf_clear(message);
    buf_add_str(message, STR("{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\""));
    sentences(payload, 120 + below(payload, 400), message);
    buf_add_str(message, STR("\"}]}"));
    add_to_history(conversation, buf_str(message));
}

static void start_conversation(struct otlp_payload *payload, struct conversation *conversation)
{
    random_id(payload, conversation->trace_id, sizeof conversation->trace_id);
    random_id(payload, conversation->root_id, sizeof conversation->root_id);
    conversation->agent = (int)below(payload, AGENTS);
    conversation->spans_left = 1 + CALLS / 2 + (int)below(payload, CALLS + 1);
    conversation->start_ns = payload->now_ns;
    buf_clear(&conversation->history);
    user_message(payload, conversation);
}

struct otlp_payload *otlp_payload_new(enum otlp_payload_kind kind, uint64_t seed, uint64_t start_ns)
{
    struct otlp_payload *payload = calloc(1, sizeof *payload);
    if (!payload)
        return NULL;
    payload->kind = kind;
    payload->now_ns = start_ns;
    payload->step_ns = 1000000;
    payload->random = 1; /* one vocabulary and the same agents for every seed */
    make_words(payload);
    for (int i = 0; i < AGENTS; i++)
        make_agent(payload, i);
    payload->random = seed * 1000003 + 17;
    return payload;
}

void otlp_payload_pace(struct otlp_payload *payload, uint64_t step_ns)
{
    payload->step_ns = step_ns ? step_ns : 1;
}

void otlp_payload_free(struct otlp_payload *payload)
{
    if (!payload)
        return;
    for (int i = 0; i < AGENTS; i++) {
        buf_done(&payload->system[i]);
        buf_done(&payload->tools[i]);
    }
    for (int i = 0; i < CONVERSATIONS; i++)
        buf_done(&payload->conversations[i].history);
    buf_done(&payload->text);
    buf_done(&payload->message);
    buf_done(&payload->input);
    buf_done(&payload->span);
    buf_done(&payload->scope);
    buf_done(&payload->group);
    free(payload);
}

/* --- writing a span ------------------------------------------------------------------------- */

/* Either a protobuf message or JSON being written. */
struct sink {
    enum otlp_payload_form form;
    struct buf *buf;
    struct json_out json;
};

static void write_key_value(struct sink *sink, uint32_t number, const char *key, struct str value)
{
    struct str name = str_from(key);
    size_t value_size = value.len;
    size_t head = value_size < 128 ? 2 : value_size < 16384 ? 3 : value_size < (1 << 21) ? 4 : 5;
    size_t size = 2 + name.len + head + value_size; /* key is under 128 bytes */
    buf_add_varint(sink->buf, number << 3 | PROTOBUF_BYTES);
    buf_add_varint(sink->buf, size);
    protobuf_write_bytes(sink->buf, 1, name);
    protobuf_write_bytes(sink->buf, 2, value);
}

static void json_attribute(struct sink *sink, const char *key)
{
    json_out_object(&sink->json, NULL);
    json_out_text(&sink->json, "key", key);
    json_out_object(&sink->json, "value");
}

static void json_attribute_end(struct sink *sink)
{
    json_out_end_object(&sink->json);
    json_out_end_object(&sink->json);
}

static void text_attribute(struct otlp_payload *payload, struct sink *sink, const char *key,
                           struct str text)
{
    if (sink->form == OTLP_PAYLOAD_JSON) {
        json_attribute(sink, key);
        json_out_str(&sink->json, "stringValue", text);
        json_attribute_end(sink);
        return;
    }
    buf_clear(&payload->text);
    protobuf_write_bytes(&payload->text, 1, text);
    write_key_value(sink, 9, key, buf_str(&payload->text));
}

static void int_attribute(struct otlp_payload *payload, struct sink *sink, const char *key,
                          int64_t number)
{
    if (sink->form == OTLP_PAYLOAD_JSON) {
        json_attribute(sink, key);
        json_out_int_text(&sink->json, "intValue", number);
        json_attribute_end(sink);
        return;
    }
    buf_clear(&payload->text);
    protobuf_write_varint(&payload->text, 3, (uint64_t)number);
    write_key_value(sink, 9, key, buf_str(&payload->text));
}

static void double_attribute(struct otlp_payload *payload, struct sink *sink, const char *key,
                             double number)
{
    if (sink->form == OTLP_PAYLOAD_JSON) {
        json_attribute(sink, key);
        json_out_double(&sink->json, "doubleValue", number);
        json_attribute_end(sink);
        return;
    }
    buf_clear(&payload->text);
    protobuf_write_double(&payload->text, 4, number);
    write_key_value(sink, 9, key, buf_str(&payload->text));
}

/* One text in an array, as finish reasons are sent. */
static void list_attribute(struct otlp_payload *payload, struct sink *sink, const char *key,
                           struct str item)
{
    if (sink->form == OTLP_PAYLOAD_JSON) {
        json_attribute(sink, key);
        json_out_object(&sink->json, "arrayValue");
        json_out_array(&sink->json, "values");
        json_out_object(&sink->json, NULL);
        json_out_str(&sink->json, "stringValue", item);
        json_out_end_object(&sink->json);
        json_out_end_array(&sink->json);
        json_out_end_object(&sink->json);
        json_attribute_end(sink);
        return;
    }
    struct buf *value = &payload->text;
    buf_clear(value); /* AnyValue{5: ArrayValue{1: AnyValue{1: item}}}; item is short */
    uint8_t sizes[] = {0x2A, (uint8_t)(item.len + 4), 0x0A, (uint8_t)(item.len + 2),
                       0x0A, (uint8_t)item.len};
    buf_add(value, sizes, sizeof sizes);
    buf_add_str(value, item);
    write_key_value(sink, 9, key, buf_str(value));
}

static void id_text(struct sink *sink, const char *key, const uint8_t *id, size_t size)
{
    char hex[33];
    str_hex_encode(id, size, hex);
    json_out_text(&sink->json, key, hex);
}

static void span_head(struct otlp_payload *payload, struct sink *sink,
                      const struct conversation *conversation, struct str name, unsigned kind)
{
    uint8_t span_id[8];
    bool is_root = conversation->spans_left == 1;
    uint64_t now = payload->now_ns +=
        payload->step_ns / 2 + next_random(payload) % payload->step_ns;
    uint64_t start = is_root ? conversation->start_ns : now;
    uint64_t end = now + 20000000 + below(payload, 2000000000);
    random_id(payload, span_id, sizeof span_id);
    if (is_root)
        memcpy(span_id, conversation->root_id, sizeof span_id);
    if (sink->form == OTLP_PAYLOAD_JSON) {
        json_out_object(&sink->json, NULL);
        id_text(sink, "traceId", conversation->trace_id, 16);
        id_text(sink, "spanId", span_id, 8);
        if (!is_root)
            id_text(sink, "parentSpanId", conversation->root_id, 8);
        json_out_str(&sink->json, "name", name);
        json_out_int(&sink->json, "kind", kind);
        json_out_int_text(&sink->json, "startTimeUnixNano", (int64_t)start);
        json_out_int_text(&sink->json, "endTimeUnixNano", (int64_t)end);
        json_out_array(&sink->json, "attributes");
        return;
    }
    protobuf_write_bytes(sink->buf, 1, (struct str){(const char *)conversation->trace_id, 16});
    protobuf_write_bytes(sink->buf, 2, (struct str){(const char *)span_id, 8});
    if (!is_root)
        protobuf_write_bytes(sink->buf, 4, (struct str){(const char *)conversation->root_id, 8});
    protobuf_write_bytes(sink->buf, 5, name);
    protobuf_write_varint(sink->buf, 6, kind);
    protobuf_write_fixed64(sink->buf, 7, start);
    protobuf_write_fixed64(sink->buf, 8, end);
}

static void span_tail(struct sink *sink)
{
    if (sink->form == OTLP_PAYLOAD_JSON) {
        json_out_end_array(&sink->json);
        json_out_object(&sink->json, "status");
        json_out_end_object(&sink->json);
        json_out_int(&sink->json, "flags", 257);
        json_out_end_object(&sink->json);
        return;
    }
    protobuf_write_bytes(sink->buf, 15, STR(""));
    protobuf_write_fixed32(sink->buf, 16, 257);
}

/* --- fat spans ------------------------------------------------------------------------------ */

/* The model's answer into payload->message; true when it calls a tool. */
static bool model_answer(struct otlp_payload *payload, struct conversation *conversation)
{
    struct buf *message = &payload->message;
    bool calls_tool = conversation->spans_left > 2 && below(payload, 10) < 8;
    buf_clear(message);
    buf_add_str(message,
                STR("{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\""));
    sentences(payload, calls_tool ? 60 : 400 + below(payload, 500), message);
    buf_add_str(message, STR("\"}"));
    conversation->tool_call = next_random(payload);
    if (calls_tool)
        buf_printf(message,
                   ",{\"type\":\"tool_call\",\"id\":\"call_%016llx\",\"name\":\"%s\","
                   "\"arguments\":{\"%s\":\"%s %s %s\",\"limit\":%zu}}",
                   (unsigned long long)conversation->tool_call, tool_names[below(payload, 4)],
                   word(payload), word(payload), word(payload), word(payload), below(payload, 50));
    buf_printf(message, "],\"finish_reason\":\"%s\"}", calls_tool ? "tool_call" : "stop");
    return calls_tool;
}

static void tool_result(struct otlp_payload *payload, struct conversation *conversation)
{
    struct buf *message = &payload->message;
    buf_clear(message);
    buf_printf(message,
               "{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":"
               "\"call_%016llx\",\"response\":\"",
               (unsigned long long)conversation->tool_call);
    sentences(payload, 300 + below(payload, 900), message);
    buf_add_str(message, STR("\"}]}"));
    add_to_history(conversation, buf_str(message));
}

static void parameters(struct otlp_payload *payload, struct sink *sink,
                       const struct conversation *conversation, bool calls_tool)
{
    static const char *const models[AGENTS] = {"gpt-4o-2024-08-06", "gpt-4.1-mini",
                                               "claude-sonnet-4-5", "gpt-4o-mini",
                                               "claude-haiku-4-5",  "gpt-4.1"};
    char text[40];
    const char *model = models[conversation->agent];
    text_attribute(payload, sink, "gen_ai.operation.name", STR("chat"));
    text_attribute(payload, sink, "gen_ai.provider.name",
                   model[0] == 'g' ? STR("openai") : STR("anthropic"));
    text_attribute(payload, sink, "gen_ai.request.model", str_from(model));
    text_attribute(payload, sink, "gen_ai.response.model", str_from(model));
    snprintf(text, sizeof text, "chatcmpl-%016llx", (unsigned long long)next_random(payload));
    text_attribute(payload, sink, "gen_ai.response.id", str_from(text));
    double_attribute(payload, sink, "gen_ai.request.temperature", 0.2);
    int_attribute(payload, sink, "gen_ai.request.max_tokens", 4096);
    list_attribute(payload, sink, "gen_ai.response.finish_reasons",
                   calls_tool ? STR("tool_calls") : STR("stop"));
    snprintf(text, sizeof text, "conv-%02x%02x%02x%02x", conversation->trace_id[0],
             conversation->trace_id[1], conversation->trace_id[2], conversation->trace_id[3]);
    text_attribute(payload, sink, "gen_ai.conversation.id", str_from(text));
    snprintf(text, sizeof text, "user-%u", conversation->trace_id[4]);
    text_attribute(payload, sink, "user.id", str_from(text));
}

static void root_span(struct otlp_payload *payload, struct sink *sink,
                      const struct conversation *conversation)
{
    char text[40];
    span_head(payload, sink, conversation, STR("invoke_agent"), 1);
    text_attribute(payload, sink, "gen_ai.operation.name", STR("invoke_agent"));
    snprintf(text, sizeof text, "agent-%d", conversation->agent);
    text_attribute(payload, sink, "gen_ai.agent.name", str_from(text));
    span_tail(sink);
}

static void messages_attribute(struct otlp_payload *payload, struct sink *sink, const char *key,
                               struct str messages)
{
    struct buf *list = &payload->input;
    buf_clear(list);
    buf_add_byte(list, '[');
    buf_add_str(list, messages);
    buf_add_byte(list, ']');
    text_attribute(payload, sink, key, buf_str(list));
}

static void call_span(struct otlp_payload *payload, struct sink *sink,
                      struct conversation *conversation)
{
    size_t history = conversation->history.len;
    bool calls_tool = model_answer(payload, conversation);
    span_head(payload, sink, conversation, STR("chat"), 3);
    parameters(payload, sink, conversation, calls_tool);
    int_attribute(payload, sink, "gen_ai.usage.input_tokens", (int64_t)(history / 4 + 700));
    int_attribute(payload, sink, "gen_ai.usage.output_tokens", (int64_t)(payload->message.len / 4));
    text_attribute(payload, sink, "gen_ai.system_instructions",
                   buf_str(&payload->system[conversation->agent]));
    text_attribute(payload, sink, "gen_ai.tool.definitions",
                   buf_str(&payload->tools[conversation->agent]));
    messages_attribute(payload, sink, "gen_ai.input.messages", buf_str(&conversation->history));
    messages_attribute(payload, sink, "gen_ai.output.messages", buf_str(&payload->message));
    span_tail(sink);

    add_to_history(conversation, buf_str(&payload->message));
    if (calls_tool)
        tool_result(payload, conversation);
    else
        user_message(payload, conversation);
}

static void fat_span(struct otlp_payload *payload, struct sink *sink)
{
    struct conversation *conversation = &payload->conversations[below(payload, CONVERSATIONS)];
    if (conversation->spans_left == 0)
        start_conversation(payload, conversation);
    if (conversation->spans_left == 1)
        root_span(payload, sink, conversation);
    else
        call_span(payload, sink, conversation);
    conversation->spans_left--;
}

/* --- thin spans ----------------------------------------------------------------------------- */

static void thin_span(struct otlp_payload *payload, struct sink *sink)
{
    static const char *const routes[] = {"/api/answer", "/api/search", "/api/rank", "/api/tools"};
    struct conversation *conversation = &payload->conversations[below(payload, CONVERSATIONS)];
    char text[80];
    if (conversation->spans_left == 0) {
        random_id(payload, conversation->trace_id, 16);
        random_id(payload, conversation->root_id, 8);
        conversation->spans_left = 8;
        conversation->start_ns = payload->now_ns;
    }
    const char *route = routes[below(payload, 4)];
    span_head(payload, sink, conversation, STR("POST model endpoint"), 3);
    text_attribute(payload, sink, "http.request.method", STR("POST"));
    text_attribute(payload, sink, "http.route", str_from(route));
    snprintf(text, sizeof text, "https://models-%zu.example.internal%s?q=%zu", below(payload, 20),
             route, below(payload, 1000000));
    text_attribute(payload, sink, "url.full", str_from(text));
    int_attribute(payload, sink, "http.response.status_code", below(payload, 50) ? 200 : 429);
    text_attribute(payload, sink, "gen_ai.operation.name", STR("embeddings"));
    text_attribute(payload, sink, "gen_ai.request.model", STR("text-embedding-3-small"));
    int_attribute(payload, sink, "gen_ai.usage.input_tokens", 20 + (int64_t)below(payload, 3000));
    span_tail(sink);
    conversation->spans_left--;
}

/* --- calls and prose ------------------------------------------------------------------------ */

enum { MODELS = 12, USERS = 5000, RARE_WORDS = 1000000 };

static void call_attributes(struct otlp_payload *payload, struct sink *sink)
{
    static const char *const models[MODELS] = {"gpt-4o-2024-08-06",
                                               "gpt-4.1-mini",
                                               "claude-sonnet-4-5",
                                               "gpt-4o-mini",
                                               "claude-haiku-4-5",
                                               "gpt-4.1",
                                               "gpt-4o",
                                               "claude-opus-4-1",
                                               "gpt-4.1-nano",
                                               "claude-3-5-haiku",
                                               "o3-mini",
                                               "claude-3-7-sonnet"};
    static const char *const tiers[] = {"free", "team", "business", "internal"};
    char text[40];
    const char *model = models[below(payload, MODELS)];
    /* A few users ask for much. */
    size_t user = below(payload, USERS) * (below(payload, USERS) + 1) / USERS;
    text_attribute(payload, sink, "gen_ai.operation.name", STR("chat"));
    text_attribute(payload, sink, "gen_ai.provider.name",
                   model[0] == 'c' ? STR("anthropic") : STR("openai"));
    text_attribute(payload, sink, "gen_ai.request.model", str_from(model));
    int_attribute(payload, sink, "gen_ai.usage.input_tokens", 50 + (int64_t)below(payload, 8000));
    int_attribute(payload, sink, "gen_ai.usage.output_tokens", 5 + (int64_t)below(payload, 1500));
    snprintf(text, sizeof text, "user-%zu", user);
    text_attribute(payload, sink, "user.id", str_from(text));
    text_attribute(payload, sink, "app.tier", str_from(tiers[below(payload, 4)]));
    double_attribute(payload, sink, "app.score", (double)below(payload, 1000) / 1000);
}

static void call_begin(struct otlp_payload *payload, struct sink *sink)
{
    struct conversation *conversation = &payload->conversations[below(payload, CONVERSATIONS)];
    if (conversation->spans_left == 0) {
        random_id(payload, conversation->trace_id, 16);
        random_id(payload, conversation->root_id, 8);
        conversation->spans_left = 4;
        conversation->start_ns = payload->now_ns;
    }
    span_head(payload, sink, conversation, STR("chat"), 3);
    conversation->spans_left--;
    call_attributes(payload, sink);
}

/* `rare` and a number below a million: about every hundredth word. */
static void prose(struct otlp_payload *payload, size_t bytes, struct buf *out)
{
    for (size_t end = out->len + bytes; out->len < end;) {
        sentences(payload, 500, out);
        buf_printf(out, " rare%zu ", below(payload, RARE_WORDS));
    }
}

static void prose_span(struct otlp_payload *payload, struct sink *sink)
{
    struct buf *message = &payload->message;
    call_begin(payload, sink);
    buf_clear(message);
    buf_add_str(message, STR("{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\""));
    prose(payload, 8000, message);
    buf_add_str(message, STR("\"}]}"));
    messages_attribute(payload, sink, "gen_ai.input.messages", buf_str(message));
    buf_clear(message);
    buf_add_str(message,
                STR("{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\""));
    prose(payload, 900, message);
    buf_add_str(message, STR("\"}],\"finish_reason\":\"stop\"}"));
    messages_attribute(payload, sink, "gen_ai.output.messages", buf_str(message));
    list_attribute(payload, sink, "gen_ai.response.finish_reasons", STR("stop"));
    span_tail(sink);
}

/* --- requests ------------------------------------------------------------------------------- */

static void one_span(struct otlp_payload *payload, struct sink *sink)
{
    switch (payload->kind) {
    case OTLP_PAYLOAD_FAT:
        fat_span(payload, sink);
        break;
    case OTLP_PAYLOAD_THIN:
        thin_span(payload, sink);
        break;
    case OTLP_PAYLOAD_CALLS:
        call_begin(payload, sink);
        span_tail(sink);
        break;
    case OTLP_PAYLOAD_PROSE:
        prose_span(payload, sink);
        break;
    }
}

static void protobuf_request(struct otlp_payload *payload, size_t spans, struct buf *out)
{
    /* Resource{attributes: service.name = agents}, then InstrumentationScope{name, version}. */
    static const char resource[] = "\x0A\x18\x0A\x0Cservice.name\x12\x08\x0A\x06"
                                   "agents";
    static const char scope[] = "\x0A\x05"
                                "bench\x12\x05"
                                "1.0.0";
    struct sink sink = {.form = OTLP_PAYLOAD_PROTOBUF, .buf = &payload->span};
    buf_clear(&payload->scope);
    buf_clear(&payload->group);
    protobuf_write_bytes(&payload->scope, 1, (struct str){scope, sizeof scope - 1});
    for (size_t i = 0; i < spans; i++) {
        buf_clear(&payload->span);
        one_span(payload, &sink);
        protobuf_write_bytes(&payload->scope, 2, buf_str(&payload->span));
    }
    protobuf_write_bytes(&payload->group, 1, (struct str){resource, sizeof resource - 1});
    protobuf_write_bytes(&payload->group, 2, buf_str(&payload->scope));
    protobuf_write_bytes(out, 1, buf_str(&payload->group));
}

static void json_request(struct otlp_payload *payload, size_t spans, struct buf *out)
{
    struct sink sink = {.form = OTLP_PAYLOAD_JSON, .buf = out, .json = json_out(out)};
    buf_add_str(out, STR("{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":"
                         "\"service.name\",\"value\":{\"stringValue\":\"agents\"}}]},"
                         "\"scopeSpans\":[{\"scope\":{\"name\":\"bench\",\"version\":\"1.0.0\"},"
                         "\"spans\":"));
    json_out_array(&sink.json, NULL);
    for (size_t i = 0; i < spans; i++)
        one_span(payload, &sink);
    json_out_end_array(&sink.json);
    buf_add_str(out, STR("}]}]}"));
}

void otlp_payload_next(struct otlp_payload *payload, size_t spans, enum otlp_payload_form form,
                       struct buf *out)
{
    if (form == OTLP_PAYLOAD_JSON)
        json_request(payload, spans, out);
    else
        protobuf_request(payload, spans, out);
}
