/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_support: the support chat, in the Vercel AI SDK's words. A customer's conversation is a
 * session; each of its turns is a trace that resends what was said before.
 */
#include <stdio.h>
#include <string.h>

#include "cli/demo.h"
#include "cli/demo_support.h"
#include "wire/json.h"

enum { IN = OTLP_IN_SPAN, SLOTS = 7 };
static const char function[] = "support-turn";

struct chat {
    struct demo *demo;
    const struct support_case *talk;
    struct demo_slot slots[SLOTS];
    uint64_t session;
    struct demo_random random;
    struct demo_trace *trace; /* the turn being made */
    struct demo_history history;
};

static void fill_slots(struct chat *chat)
{
    static const char *const names[] = {"Ana",   "Jonas", "Mei",   "Youssef",
                                        "Priya", "Luca",  "Ingrid"};
    static const char *const orders[] = {"FW-20418", "FW-20577", "FW-21003", "FW-21340",
                                         "FW-21981", "FW-22064", "FW-22755", "FW-23108"};
    static const char *const cities[] = {"Hannover", "Lyon", "Porto", "Graz", "Gdańsk", "上海"};
    static const char *const products[] = {"Kestrel 3", "Heron 2", "Marten rain jacket",
                                           "Pine 45 pack", "Lynx sleeping bag"};
    static const char *const days[] = {"Monday", "Tuesday", "Thursday", "Saturday"};
    static const char *const amounts[] = {"89", "129", "349", "429", "64.50"};
    static const char *const carriers[] = {"DHL", "DPD", "GLS"};
#define PICK(list) list[demo_below(&chat->random, sizeof list / sizeof *list)]
    const struct demo_slot slots[SLOTS] = {{"name", PICK(names)},      {"order", PICK(orders)},
                                           {"city", PICK(cities)},     {"product", PICK(products)},
                                           {"day", PICK(days)},        {"amount", PICK(amounts)},
                                           {"carrier", PICK(carriers)}};
#undef PICK
    memcpy(chat->slots, slots, sizeof slots);
}

static struct str fill(struct chat *chat, const char *text)
{
    return demo_fill(chat->trace, text, chat->slots, SLOTS);
}

/* The same each time the turn is retold. */
static const char *call_id_of(struct chat *chat, size_t turn)
{
    return demo_text(chat->trace, "call_%llx%zu", (unsigned long long)(chat->session >> 12), turn);
}

/* What was said before this turn: system, and each earlier turn in full. */
static void retell(struct chat *chat, size_t turn, bool v8)
{
    chat->history.count = 0;
    demo_say(&chat->history, "system", str_from(v8 ? demo_support_system_v8 : demo_support_system));
    for (size_t i = 0; i <= turn; i++) {
        const struct support_turn *said = &chat->talk->turns[i];
        demo_say(&chat->history, "user", fill(chat, said->user));
        if (i == turn)
            return;
        if (said->tool) {
            const char *id = call_id_of(chat, i);
            demo_ask_tool(&chat->history, STR_NONE, said->tool, id, fill(chat, said->arguments));
            demo_tool_says(&chat->history, said->tool, id, fill(chat, said->result));
        }
        demo_say(&chat->history, "assistant", fill(chat, said->answer));
    }
}

static struct demo_call new_call(const struct chat *chat, const struct demo_model *model, bool v8)
{
    return (struct demo_call){.model = model,
                              .history = &chat->history,
                              .tools = demo_support_tools,
                              .stream = true,
                              .finish = "stop",
                              .prompt = "support-reply",
                              .prompt_version = v8 ? "8" : "7",
                              .temperature = 0.4,
                              .max_tokens = 800};
}

/* The carrier's interface is down for a while, and slow now and then. */
static int64_t run_tool(struct chat *chat, const struct otlp_span *root,
                        const struct support_turn *turn, const char *call_id, int64_t start_ns)
{
    struct demo_trace *trace = chat->trace;
    const struct demo_day *day = demo_day(chat->demo);
    bool is_carrier = !strcmp(turn->tool, "track_parcel");
    bool is_down = is_carrier && start_ns >= day->outage_from_ns && start_ns < day->outage_until_ns;
    int64_t end = start_ns + (int64_t)demo_spread(&trace->random, is_carrier ? 260e6 : 90e6, 0.6);
    struct demo_fault fault = {0};
    struct str arguments = fill(chat, turn->arguments), result = fill(chat, turn->result);
    if (is_down) {
        fault =
            (struct demo_fault){"CarrierApiError", "carrier API answered 503 Service Unavailable"};
        end = start_ns + 3 * NS_PER_SEC;
        result = STR("{\"error\":\"the carrier does not answer\"}");
    }
    struct otlp_span span = demo_span(trace, root, "ai.toolCall", OTLP_KIND_INTERNAL, start_ns);
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "operation.name", "ai.toolCall support-turn");
    otlp_text(to, IN, "resource.name", function);
    otlp_text(to, IN, "ai.operationId", "ai.toolCall");
    otlp_text(to, IN, "ai.telemetry.functionId", function);
    otlp_text(to, IN, "ai.toolCall.name", turn->tool);
    otlp_text(to, IN, "ai.toolCall.id", call_id);
    otlp_str(to, IN, "ai.toolCall.args", arguments);
    if (!is_down)
        otlp_str(to, IN, "ai.toolCall.result", result);
    demo_span_fault(&span, &fault, end);
    if (is_down)
        demo_log(trace, &span, end, 17, "tool.failed",
                 str_from(demo_text(trace,
                                    "track_parcel gave up after 3 s: 503 from the carrier, "
                                    "order %s",
                                    chat->slots[1].text)));
    demo_ask_tool(&chat->history, STR_NONE, turn->tool, call_id, arguments);
    demo_tool_says(&chat->history, turn->tool, call_id, result);
    demo_span_end(trace, &span, end);
    return is_down ? -end : end;
}

static struct demo_fault pick_fault(struct demo_random *random, bool upset)
{
    double at = demo_unit(random);
    if (upset && at > 0.88)
        return (struct demo_fault){"content_filter", "400 The response was filtered: category "
                                                     "harassment, severity medium"};
    if (at < 0.006)
        return (struct demo_fault){"AbortError", "The operation was aborted: the customer left"};
    if (at < 0.010)
        return (struct demo_fault){"InternalServerError",
                                   "500 The server had an error while processing your request"};
    if (at < 0.012)
        return (struct demo_fault){"RateLimitError", "429 Rate limit reached for gpt-4o-mini"};
    return (struct demo_fault){0};
}

static void put_root(struct chat *chat, struct otlp_span *root, const struct demo_call *last,
                     const struct demo_call *first)
{
    struct demo_trace *trace = chat->trace;
    struct buf *to = &root->attributes, json = {0}, prompt = {0};
    otlp_text(to, IN, "operation.name", "ai.streamText support-turn");
    otlp_text(to, IN, "resource.name", function);
    otlp_text(to, IN, "ai.operationId", "ai.streamText");
    otlp_text(to, IN, "ai.telemetry.functionId", function);
    otlp_text(to, IN, "ai.telemetry.metadata.userId", trace->user);
    otlp_text(to, IN, "ai.telemetry.metadata.sessionId", trace->session);
    otlp_text(to, IN, "ai.telemetry.metadata.topic", chat->talk->topic);
    otlp_text(to, IN, "tenant.id", trace->tenant);
    otlp_text(to, IN, "ai.model.id", last->model->name);
    otlp_text(to, IN, "ai.model.provider", "openai.chat");
    struct json_out out = json_out(&prompt);
    size_t asked = 1;
    while (asked < chat->history.count &&
           strcmp(chat->history.items[chat->history.count - asked].role, "user") != 0)
        asked++;
    demo_messages_vercel(&json, &chat->history.items[chat->history.count - asked], 1);
    json_out_object(&out, NULL);
    json_out_raw(&out, "messages", buf_str(&json));
    json_out_end_object(&out);
    otlp_str(to, IN, "ai.prompt", buf_str(&prompt));
    if (!last->fault.type) {
        otlp_str(to, IN, "ai.response.text", last->output.text);
        otlp_text(to, IN, "ai.response.finishReason",
                  !strcmp(last->finish, "content_filter") ? "content-filter" : last->finish);
        otlp_int(to, IN, "ai.usage.inputTokens",
                 last->input_tokens + (first ? first->input_tokens : 0));
        otlp_int(to, IN, "ai.usage.outputTokens",
                 last->output_tokens + (first ? first->output_tokens : 0));
    }
    buf_done(&json);
    buf_done(&prompt);
}

/* Returns when the turn ends. */
static int64_t make_turn(struct chat *chat, size_t index, int64_t start_ns)
{
    struct demo_trace trace;
    const struct support_turn *turn = &chat->talk->turns[index];
    demo_trace_begin(&trace, chat->demo, demo_next(&chat->random));
    chat->trace = &trace;
    trace.service = "support-chat",
    trace.release = start_ns < demo_day(chat->demo)->prompt_v8_ns ? "5.12.0" : "5.13.0";
    trace.environment = "production";
    trace.language = "nodejs";
    trace.scope = "ai";
    trace.scope_version = "5.0.100";
    demo_person(&trace, "chat", chat->session);
    /* One customer has a bad afternoon: whatever she asks, the carrier does not answer. */
    if (start_ns >= demo_day(chat->demo)->outage_from_ns - 1200 * NS_PER_SEC &&
        start_ns < demo_day(chat->demo)->outage_until_ns && chat->session % 4 == 0)
        trace.user = "hana.sato";

    bool v8 = start_ns >= demo_day(chat->demo)->prompt_v8_ns, tool_failed = false;
    bool upset = !strcmp(chat->talk->topic, "angry-late");
    const struct demo_model *model = upset ? &demo_gpt_41 : &demo_gpt_4o_mini;
    retell(chat, index, v8);
    struct otlp_span root = demo_span(&trace, NULL, "ai.streamText", OTLP_KIND_INTERNAL, start_ns);
    int64_t now = start_ns + 2 * NS_PER_MS;
    struct demo_call first = new_call(chat, model, v8), last = new_call(chat, model, v8);
    if (turn->tool) {
        const char *id = call_id_of(chat, index);
        first.output =
            (struct demo_message){.role = "assistant", .tool = turn->tool, .call_id = id};
        first.output.arguments = fill(chat, turn->arguments);
        first.finish = "tool_calls";
        now = demo_vercel_call(&trace, &root, function, &first, now, 1);
        now = run_tool(chat, &root, turn, id, now + NS_PER_MS);
        tool_failed = now < 0;
        now = tool_failed ? -now : now;
    }
    last.output = (struct demo_message){.role = "assistant", .text = fill(chat, turn->answer)};
    if (tool_failed)
        last.output.text =
            STR("I am sorry: the carrier does not answer me at the moment, so I "
                "cannot see where your parcel is. Please ask me again in an hour, or "
                "leave your number and a colleague calls you back.");
    if (v8 && index == 0)
        last.output.text = str_from(demo_text(&trace, "%.*s\n\n%.*s", STR_ARGS(last.output.text),
                                              STR_ARGS(fill(chat, chat->talk->more))));
    last.fault = pick_fault(&trace.random, upset);
    if (!last.fault.type && demo_chance(&trace.random, upset ? 0.05 : 0.003)) {
        last.finish = "content_filter";
        last.output.text = STR("");
        last.output_tokens = 1;
    }
    now = demo_vercel_call(&trace, &root, function, &last, now + 3 * NS_PER_MS, 1);
    put_root(chat, &root, &last, turn->tool ? &first : NULL);
    demo_span_fault(&root, &last.fault, now);
    int64_t end = now + NS_PER_MS;
    demo_span_end(&trace, &root, end);
    /* Longer is not better: the judge finds the answer between more words. */
    if (!last.fault.type && demo_chance(&trace.random, 0.5))
        demo_judge(&trace, "helpful",
                   tool_failed ? 0.3
                   : v8        ? 0.64
                               : 0.83,
                   0.14, v8 ? "says what was asked, then much that was not" : NULL);
    if (!last.fault.type && demo_chance(&trace.random, 0.12))
        demo_thumb(&trace, tool_failed ? 0.1 : v8 ? 0.62 : 0.9);
    demo_trace_end(&trace);
    return end;
}

void demo_support(struct demo *demo, uint64_t seed, int64_t start_ns)
{
    struct chat chat = {.demo = demo, .random = {seed}};
    chat.session = demo_next(&chat.random);
    /* English topics are asked about twice as often as each of the others. */
    size_t which = demo_below(&chat.random, demo_support_case_count + 6);
    static const size_t often[] = {0, 1, 0, 10, 0, 2};
    chat.talk = &demo_support_cases[which < demo_support_case_count
                                        ? which
                                        : often[which - demo_support_case_count]];
    fill_slots(&chat);
    for (size_t i = 0; i < SUPPORT_TURNS && chat.talk->turns[i].user; i++) {
        if (i && demo_chance(&chat.random, 0.12))
            return; /* gone */
        start_ns = make_turn(&chat, i, start_ns);
        start_ns += (int64_t)demo_spread(&chat.random, 35e9, 0.6);
    }
}
