/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_desk: three agents behind one counter, in OpenTelemetry's own words: a front desk hands over
 * to refunds or to shipping. Now and then those two send a customer back and forth until somebody
 * stops them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/demo.h"

enum { IN = OTLP_IN_SPAN, ROUNDS = 8 };

enum clerk { FRONT, REFUNDS, SHIPPING };
static const struct {
    const char *name, *transfer, *instructions;
} clerks[] = {
    [FRONT] = {"front-desk", NULL,
               "You welcome customers of an outdoor shop. Find out in one question what they need, "
               "then hand over: refunds for money, shipping for parcels. Answer nothing yourself."},
    [REFUNDS] = {"refunds", "transfer_to_refunds",
                 "You decide about refunds up to 150 euros. Look the order up first. What concerns "
                 "a parcel on its way belongs to shipping."},
    [SHIPPING] = {"shipping", "transfer_to_shipping",
                  "You answer what concerns parcels: where they are, when they come, how to change "
                  "an address. Look the order up first. Money belongs to refunds."},
};

static const char tools[] =
    "[{\"name\":\"transfer_to_refunds\",\"description\":\"Hands the customer over\"},"
    "{\"name\":\"transfer_to_shipping\",\"description\":\"Hands the customer over\"},"
    "{\"name\":\"lookup_order\",\"description\":\"Status, parcel and payments of an order\","
    "\"parameters\":{\"type\":\"object\",\"properties\":{\"order\":{\"type\":\"string\"}},"
    "\"required\":[\"order\"]}}]";

static const struct desk_case {
    enum clerk who;
    const char *question, *order, *found, *answer;
} cases[] = {
    {REFUNDS, "The Heron 2 came with a torn seam. I would like my 349 euros back, please.",
     "{\"order\":\"FW-20577\"}",
     "{\"status\":\"delivered\",\"delivered\":\"3 days ago\",\"paid\":349}",
     "I am sorry about the seam. 349 euros are above what I may decide, so a colleague confirms it "
     "today; the return label is in your mailbox."},
    {SHIPPING, "Can my parcel go to the shop in Graz instead of my home?",
     "{\"order\":\"FW-21003\"}",
     "{\"status\":\"in transit\",\"carrier\":\"DPD\",\"eta\":\"Friday\"}",
     "Yes: DPD brings it to the shop in Graz on Friday. Please bring the code from their mail."},
    {REFUNDS, "You charged me twice for the sleeping bag.", "{\"order\":\"FW-21981\"}",
     "{\"status\":\"paid\",\"payments\":[129,129]}",
     "You are right, 129 euros were taken twice. The second payment goes back to your card within "
     "three days."},
    {SHIPPING, "My tent should have been here on Monday. Where is it?", "{\"order\":\"FW-22064\"}",
     "{\"status\":\"in transit\",\"carrier\":\"GLS\",\"last\":\"sorting centre Hannover\"}",
     "It left the sorting centre in Hannover this morning and should reach you tomorrow."},
};
enum { CASES = sizeof cases / sizeof *cases };

/* Lost on its way and paid for: each of the two has good reasons why it is the other's. */
static const struct desk_case torn = {
    REFUNDS, "The parcel is lost and I want the money for it back.", "{\"order\":\"FW-22755\"}",
    "{\"status\":\"lost\",\"carrier\":\"GLS\",\"paid\":89}", ""};

struct desk {
    struct demo_trace trace;
    const struct desk_case *talk;
    struct otlp_span root;
    struct demo_history history;
    int64_t now;
    size_t calls;
};

static struct otlp_span begin(struct desk *desk, const struct otlp_span *parent, enum clerk who)
{
    struct otlp_span span = demo_span(&desk->trace, parent,
                                      demo_text(&desk->trace, "invoke_agent %s", clerks[who].name),
                                      OTLP_KIND_INTERNAL, desk->now);
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "gen_ai.operation.name", "invoke_agent");
    otlp_text(to, IN, "gen_ai.agent.name", clerks[who].name);
    otlp_text(to, IN, "gen_ai.conversation.id", desk->trace.session);
    otlp_text(to, IN, "user.id", desk->trace.user);
    otlp_text(to, IN, "tenant.id", desk->trace.tenant);
    desk->now += 2 * NS_PER_MS;
    return span;
}

/* One model call; `tool` NULL: it answers. */
static void say(struct desk *desk, const struct otlp_span *agent, enum clerk who, const char *text,
                const char *tool, struct str arguments, const char *id)
{
    desk->history.items[0].text = str_from(clerks[who].instructions);
    struct demo_call call = {.model = &demo_gpt_5_mini,
                             .history = &desk->history,
                             .output = {.role = "assistant",
                                        .text = str_from(text),
                                        .tool = tool,
                                        .call_id = id,
                                        .arguments = arguments},
                             .tools = tools,
                             .stream = false,
                             .finish = tool ? "tool_calls" : "stop",
                             .prompt = "desk",
                             .prompt_version = "4",
                             .temperature = -1,
                             .max_tokens = 1000};
    call.reasoning_tokens = (int64_t)demo_spread(&desk->trace.random, 90, 0.4);
    desk->now = demo_otel_call(&desk->trace, agent, clerks[who].name, &call, desk->now, 0.5);
}

static void use(struct desk *desk, const struct otlp_span *agent, enum clerk who, const char *tool,
                struct str arguments, struct str result)
{
    struct demo_trace *trace = &desk->trace;
    const struct demo_fault none = {0};
    const char *id =
        demo_text(trace, "call_%08llx%02zu", (unsigned long long)(demo_next(&trace->random) >> 32),
                  desk->calls++);
    say(desk, agent, who, "", tool, arguments, id);
    int64_t end = desk->now + (int64_t)demo_spread(&trace->random, 70e6, 0.5);
    demo_otel_tool(trace, agent, tool, id, arguments, result, &none, desk->now + NS_PER_MS, end);
    demo_ask_tool(&desk->history, STR_NONE, tool, id, arguments);
    demo_tool_says(&desk->history, tool, id, result);
    desk->now = end + NS_PER_MS;
}

/* Looks the order up, then answers or hands over to `next`. */
static void serve(struct desk *desk, enum clerk who, enum clerk next)
{
    struct otlp_span agent = begin(desk, &desk->root, who);
    use(desk, &agent, who, "lookup_order", str_from(desk->talk->order),
        str_from(desk->talk->found));
    if (next)
        use(desk, &agent, who, clerks[next].transfer, STR("{}"), STR("{\"handed_over\":true}"));
    else
        say(desk, &agent, who, desk->talk->answer, NULL, STR_NONE, NULL);
    agent.status = OTLP_STATUS_OK;
    demo_span_end(&desk->trace, &agent, desk->now);
    desk->now += NS_PER_MS;
}

static void put_root(struct desk *desk, bool answered)
{
    struct buf json = {0};
    const struct demo_message asked = {.role = "user", .text = str_from(desk->talk->question)};
    const struct demo_message said = {.role = "assistant", .text = str_from(desk->talk->answer)};
    demo_messages_otel(&json, &asked, 1, NULL);
    otlp_str(&desk->root.attributes, IN, "gen_ai.input.messages", buf_str(&json));
    if (answered) {
        demo_messages_otel(&json, &said, 1, "stop");
        otlp_str(&desk->root.attributes, IN, "gen_ai.output.messages", buf_str(&json));
    }
    buf_done(&json);
}

void demo_desk(struct demo *demo, uint64_t seed, int64_t start_ns)
{
    struct desk desk = {.now = start_ns};
    struct demo_trace *trace = &desk.trace;
    struct demo_fault fault = {0};
    demo_trace_begin(trace, demo, seed);
    trace->service = "order-desk";
    trace->release = "0.9.4";
    trace->environment = "production";
    trace->language = "python";
    trace->scope = "opentelemetry.instrumentation.openai_agents";
    trace->scope_version = "0.2.0";
    demo_person(trace, "desk", demo_next(&trace->random) % 900 + 20000);
    bool circles = demo_chance(&trace->random, 0.05);
    desk.talk = circles ? &torn : &cases[demo_below(&trace->random, CASES)];
    demo_say(&desk.history, "system", STR(""));
    demo_say(&desk.history, "user", str_from(desk.talk->question));

    desk.root = begin(&desk, NULL, FRONT);
    use(&desk, &desk.root, FRONT, clerks[desk.talk->who].transfer, STR("{}"),
        STR("{\"handed_over\":true}"));
    if (circles) {
        for (int round = 0; round < ROUNDS; round++)
            serve(&desk, round % 2 ? SHIPPING : REFUNDS, round % 2 ? REFUNDS : SHIPPING);
        fault = (struct demo_fault){"MaxHandoffsExceeded", "the customer was handed over 9 times"};
    } else {
        serve(&desk, desk.talk->who, FRONT);
        desk.root.status = OTLP_STATUS_OK;
    }
    put_root(&desk, !circles);
    demo_span_fault(&desk.root, &fault, desk.now);
    demo_span_end(trace, &desk.root, desk.now + NS_PER_MS);
    demo_trace_end(trace);
}
