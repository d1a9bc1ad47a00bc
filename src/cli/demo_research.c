/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_research: an agent with tools, in OpenTelemetry's own words. Each of its calls carries the
 * whole run so far, mostly read from the provider's cache. Two runs go in circles; one afternoon
 * the model throttles, and half of the runs go on with another one; one tenant suddenly asks for
 * much more.
 */
#include <stdio.h>
#include <string.h>

#include "cli/demo.h"
#include "cli/demo_research.h"

enum { IN = OTLP_IN_SPAN, LOOPS = 26 };
static const char agent[] = "buying-researcher";

struct run {
    struct demo_trace trace;
    const struct research_task *task;
    struct otlp_span root;
    struct demo_history history;
    int64_t now, cached;
    struct demo_fault fault;
    bool has_fallback; /* another model is asked when its own stays away */
    bool is_told;      /* a story of its own, which chance and other stories leave alone */
};

static bool is_burst(const struct run *run, int64_t time_ns)
{
    const struct demo_day *day = demo_day(run->trace.demo);
    return time_ns >= day->burst_from_ns && time_ns < day->burst_until_ns;
}

static struct demo_fault fault_at(struct run *run, int64_t input)
{
    struct demo_random *random = &run->trace.random;
    if (run->is_told)
        return (struct demo_fault){0};
    if (is_burst(run, run->now) ? demo_chance(random, 0.72) : demo_chance(random, 0.004))
        return (struct demo_fault){
            "RateLimitError", "429 This request would exceed the limit of 400,000 input tokens "
                              "per minute for claude-sonnet-4-5"};
    if (input > 60000)
        return (struct demo_fault){"BadRequestError",
                                   "400 prompt is too long: 204,811 tokens > 200,000"};
    if (demo_chance(random, 0.003))
        return (struct demo_fault){"InternalServerError", "500 Internal server error"};
    return (struct demo_fault){0};
}

/* One call with what is in the history; false when it failed for good. After the last attempt some
 * runs ask another provider's model, which answers. */
static bool ask(struct run *run, const struct demo_message *output, const char *finish)
{
    enum { ATTEMPTS = 3 };
    for (int attempt = 1;; attempt++) {
        bool elsewhere = attempt > ATTEMPTS;
        struct demo_call call = {.model = elsewhere ? &demo_gpt_41 : &demo_sonnet,
                                 .history = &run->history,
                                 .output = *output,
                                 .tools = demo_research_tools,
                                 .stream = true,
                                 .finish = finish,
                                 .prompt = "buying-research",
                                 .prompt_version = "12",
                                 .temperature = -1,
                                 .max_tokens = 4096};
        int64_t input =
            demo_history_tokens(&run->history) + demo_tokens(str_from(demo_research_tools)) + 640;
        call.input_tokens = input;
        if (!elsewhere) {
            call.cached_tokens = run->cached;
            call.cache_write_tokens = input - run->cached - 12;
            call.fault = fault_at(run, input);
        }
        run->now = demo_otel_call(&run->trace, &run->root, agent, &call, run->now, 1);
        if (!call.fault.type) {
            run->cached = elsewhere ? run->cached : input - 12;
            return true;
        }
        demo_log(&run->trace, &run->root, run->now, attempt < ATTEMPTS ? 13 : 17, "model.error",
                 str_from(demo_text(&run->trace, "attempt %d of %d failed: %s", attempt, ATTEMPTS,
                                    call.fault.message)));
        bool useless = !strcmp(call.fault.type, "BadRequestError");
        if (useless || (attempt == ATTEMPTS && !run->has_fallback)) {
            run->fault = call.fault;
            return false;
        }
        if (attempt < ATTEMPTS)
            run->now += (1 << attempt) * NS_PER_SEC; /* waits before it tries again */
    }
}

static bool step(struct run *run, const struct research_step *step, size_t index)
{
    struct demo_trace *trace = &run->trace;
    const char *id = demo_text(trace, "toolu_01%08llx%02zu",
                               (unsigned long long)(demo_next(&trace->random) >> 32), index);
    struct demo_message output = {.role = "assistant",
                                  .text = str_from(step->thought),
                                  .tool = step->tool,
                                  .call_id = id,
                                  .arguments = str_from(step->arguments)};
    if (!ask(run, &output, "tool_calls"))
        return false;
    bool is_page = !strcmp(step->tool, "read_page");
    int64_t end = run->now + (int64_t)demo_spread(&trace->random, is_page ? 900e6 : 350e6, 0.5);
    struct demo_fault fault = {0};
    struct str result = str_from(step->result);
    if (is_page && demo_chance(&trace->random, 0.03)) {
        fault = (struct demo_fault){"ToolError", "the page answered 403 to our reader"};
        result = STR("error: the page answered 403");
    }
    demo_otel_tool(trace, &run->root, step->tool, id, str_from(step->arguments), result, &fault,
                   run->now + NS_PER_MS, end);
    demo_ask_tool(&run->history, output.text, step->tool, id, output.arguments);
    demo_tool_says(&run->history, step->tool, id, result);
    run->now = end + 4 * NS_PER_MS;
    return true;
}

/* The same search again and again, each time with new hope. */
static bool go_in_circles(struct run *run)
{
    static const char *const hopes[] = {"Maybe the next page has it.", "Let me try once more.",
                                        "The result was not conclusive. Searching again.",
                                        "I should verify this with another search."};
    for (size_t i = 0; i < LOOPS; i++) {
        const struct research_step again = {
            hopes[i % 4], "web_search",
            "{\"query\":\"Fjellrev Storm jacket wholesale price dealer list\"}",
            "{\"results\":[{\"title\":\"Fjellrev "
            "dealers\",\"url\":\"https://fjellrev.example/dealers\","
            "\"snippet\":\"Dealer prices after login\"}]}"};
        if (!step(run, &again, i))
            return false;
    }
    run->fault =
        (struct demo_fault){"MaxTurnsExceeded", "the agent did not finish within 26 turns"};
    return false;
}

/* Reads one long page after the other and keeps all of it: every call says everything again. */
static bool hoard(struct run *run)
{
    static const char sentence[] =
        "Article 4711, three-season tent, two persons, 1,870 g, water column 3,000 mm, list price "
        "349 euros, dealer price on request, delivery in eight to twelve working days. ";
    enum { PAGES = 9, SENTENCES = 60 };
    struct buf page = {0};
    bool going = true;
    for (int i = 0; i < SENTENCES; i++)
        buf_add_str(&page, str_from(sentence));
    for (size_t i = 0; i < PAGES && going; i++) {
        const struct research_step next = {
            "The catalogue goes on.", "read_page",
            demo_text(&run->trace, "{\"url\":\"https://catalogue.example/tents?page=%zu\"}", i + 1),
            demo_text(&run->trace, "Page %zu. %.*s", i + 1, STR_ARGS(buf_str(&page)))};
        going = step(run, &next, i);
    }
    buf_done(&page);
    return going;
}

static void put_root(struct run *run, bool done)
{
    struct buf *to = &run->root.attributes, json = {0};
    const struct demo_message last = {.role = "assistant", .text = str_from(run->task->report)};
    otlp_text(to, IN, "gen_ai.operation.name", "invoke_agent");
    otlp_text(to, IN, "gen_ai.agent.name", agent);
    otlp_text(to, IN, "gen_ai.agent.id", "agent-buying-01");
    otlp_text(to, IN, "gen_ai.conversation.id", run->trace.session);
    otlp_text(to, IN, "user.id", run->trace.user);
    otlp_text(to, IN, "tenant.id", run->trace.tenant);
    demo_messages_otel(&json, &run->history.items[1], 1, NULL);
    otlp_str(to, IN, "gen_ai.input.messages", buf_str(&json));
    if (done) {
        demo_messages_otel(&json, &last, 1, "stop");
        otlp_str(to, IN, "gen_ai.output.messages", buf_str(&json));
    }
    buf_done(&json);
}

void demo_research(struct demo *demo, uint64_t seed, int64_t start_ns)
{
    const struct demo_day *day = demo_day(demo);
    bool loops = start_ns == day->loop_ns[0] || start_ns == day->loop_ns[1];
    bool hoards = start_ns == day->hoard_ns;
    struct run run = {.now = start_ns, .has_fallback = seed % 2, .is_told = loops || hoards};
    struct demo_trace *trace = &run.trace;
    demo_trace_begin(trace, demo, seed);
    trace->service = "research-agent";
    trace->release = "1.18.2";
    trace->environment = "production";
    trace->language = "python";
    trace->scope = "opentelemetry.instrumentation.anthropic";
    trace->scope_version = "2.1b0";
    demo_person(trace, "research", demo_next(&trace->random) % 700 + 9000);
    /* northwind's batch job arrives on whole and half minutes. */
    if (start_ns >= day->spender_from_ns && start_ns % (30 * NS_PER_SEC) == 0 && !loops) {
        trace->tenant = "northwind";
        trace->user = "batch@northwind";
    }
    run.task = &demo_research_tasks[demo_below(&trace->random, demo_research_task_count)];
    if (loops)
        run.task = &demo_research_tasks[1];

    run.root =
        demo_span(trace, NULL, "invoke_agent buying-researcher", OTLP_KIND_INTERNAL, start_ns);
    demo_say(&run.history, "system", str_from(demo_research_system));
    demo_say(&run.history, "user", str_from(run.task->question));
    run.now += 5 * NS_PER_MS;
    bool going = !loops || go_in_circles(&run);
    if (hoards)
        going = hoard(&run);
    for (size_t i = 0; going && i < RESEARCH_STEPS && run.task->steps[i].tool; i++)
        going = step(&run, &run.task->steps[i], i);
    const struct demo_message report = {.role = "assistant", .text = str_from(run.task->report)};
    if (going)
        going = ask(&run, &report, "stop");
    put_root(&run, going);
    demo_span_fault(&run.root, &run.fault, run.now);
    demo_span_end(trace, &run.root, run.now + 2 * NS_PER_MS);
    if (going && demo_chance(&trace->random, 0.4))
        demo_judge(trace, "correct", 0.87, 0.15, NULL);
    demo_trace_end(trace);
}
