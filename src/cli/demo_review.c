/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_review: reviews pull requests of the shop's code, in OpenLLMetry's words: a workflow with
 * tasks, tools and a reasoning model.
 */
#include <stdio.h>
#include <string.h>

#include "cli/demo.h"
#include "wire/json.h"

enum { IN = OTLP_IN_SPAN };
static const char workflow[] = "review_pull_request";

struct pull {
    const char *title, *diff, *tests, *review;
    bool tests_fail;
};

static const struct pull pulls[] = {
    {"cart: round the tax once, at the end",
     "--- a/cart/total.py\n+++ b/cart/total.py\n@@ -14,7 +14,6 @@ def total(items, rate):\n"
     "-    return sum(round(i.price * (1 + rate), 2) * i.count for i in items)\n"
     "+    net = sum(i.price * i.count for i in items)\n+    return (net * (1 + "
     "rate)).quantize(CENT)\n",
     "42 passed in 3.1 s",
     "Right change: rounding once matches what accounting does. Two remarks. `price` is a Decimal, "
     "but "
     "`rate` is a float here, so the product raises TypeError for the Austrian shop, where the "
     "rate "
     "comes from JSON. And a test with two items of 0.05 at 19 % would pin the old fault.",
     false},
    {"search: cache suggestions for a minute",
     "--- a/search/suggest.ts\n+++ b/search/suggest.ts\n@@ -3,6 +3,12 @@\n+const cache = new "
     "Map<string, "
     "Suggestion[]>();\n export async function suggest(q: string) {\n+  const hit = "
     "cache.get(q);\n+  if (hit) "
     "return hit;\n   const rows = await db.suggest(q);\n+  cache.set(q, rows);\n   return rows;\n",
     "118 passed, 2 skipped in 9.8 s",
     "The map grows for ever: every distinct query stays, and nothing makes it forget after a "
     "minute as "
     "the title says. Use the shared LRU with a time to live. Lower-case the key, or \"Tent\" and "
     "\"tent\" are fetched twice.",
     false},
    {"returns: e-mail the label in the customer's language",
     "--- a/returns/mail.py\n+++ b/returns/mail.py\n@@ -22,4 +22,5 @@ def send_label(order):\n-    "
     "body = "
     "render('label.en.txt', order)\n+    language = order.customer.language or 'en'\n+    body = "
     "render(f'label.{language}.txt', order)\n",
     "1 failed, 57 passed in 4.4 s\nFAILED tests/test_mail.py::test_unknown_language - "
     "TemplateNotFound: label.nl.txt",
     "The failing test is right: for languages without a template the customer gets no label at "
     "all. "
     "Fall back to English when the template is missing. Also, `language` comes from a form and "
     "goes "
     "into a file name: check it against the list of languages first.",
     true},
    {"stock: lock the row while reserving",
     "--- a/stock/reserve.go\n+++ b/stock/reserve.go\n@@ -31,7 +31,7 @@\n-\trow := "
     "tx.QueryRow(`SELECT "
     "free FROM stock WHERE sku=$1`, sku)\n+\trow := tx.QueryRow(`SELECT free FROM stock WHERE "
     "sku=$1 FOR "
     "UPDATE`, sku)\n",
     "ok  \tshop/stock\t2.217s",
     "Good, this closes the race that oversold the Heron. Baskets with several items now lock rows "
     "in "
     "basket order, so two customers can deadlock each other: sort by sku before reserving.",
     false},
    {"checkout: drop support for the old address form",
     "--- a/checkout/address.tsx\n+++ b/checkout/address.tsx\n@@ -1,80 +1,12 @@\n-export function "
     "LegacyAddressForm(props: Props) {\n-  /* 68 lines */\n-}\n",
     "311 passed in 21.0 s",
     "Nothing imports it any more; safe to delete. The feature flag `legacy_address` is still read "
     "in "
     "admin/flags.ts: remove it too, or support will wonder what it does.",
     false},
    {"infra: raise the worker's memory to 2 GB",
     "--- a/deploy/worker.yaml\n+++ b/deploy/worker.yaml\n@@ -18,3 +18,3 @@\n-          memory: "
     "1Gi\n+        "
     "  memory: 2Gi\n",
     "no tests ran",
     "This hides the leak rather than mending it: memory grows by 40 MB an hour since the image "
     "resizer "
     "keeps its buffers. As a stopgap before the weekend it is fine; please link the issue.",
     false},
};
enum { PULLS = sizeof pulls / sizeof pulls[0] };

static const char system_text[] =
    "You review code of a web shop. Say what is wrong and why, most important first; name file and "
    "line when you can. Praise in one clause at most. Look for: money as float, input that reaches "
    "a query, a path or a page unescaped, locks and races, unbounded memory, missing tests for the "
    "case that is fixed. Do not comment on formatting, a tool does that. At most 120 words.";

static const char tools_text[] =
    "[{\"name\":\"git_diff\",\"description\":\"The change of a pull "
    "request\",\"parameters\":{\"type\":"
    "\"object\",\"properties\":{\"number\":{\"type\":\"integer\"}}}},"
    "{\"name\":\"run_tests\",\"description\":\"Runs the tests the change touches\",\"parameters\":"
    "{\"type\":\"object\",\"properties\":{\"number\":{\"type\":\"integer\"}}}}]";

struct review {
    struct demo_trace trace;
    const struct pull *pull;
    struct demo_history history;
    int number;
    int64_t now;
};

static struct otlp_span entity(struct review *review, const struct otlp_span *parent,
                               const char *kind, const char *name)
{
    struct demo_trace *trace = &review->trace;
    struct otlp_span span = demo_span(trace, parent, demo_text(trace, "%s.%s", name, kind),
                                      OTLP_KIND_INTERNAL, review->now);
    otlp_text(&span.attributes, IN, "traceloop.span.kind", kind);
    otlp_text(&span.attributes, IN, "traceloop.entity.name", name);
    otlp_text(&span.attributes, IN, "traceloop.workflow.name", workflow);
    otlp_text(&span.attributes, IN, "traceloop.association.properties.user_id", trace->user);
    otlp_text(&span.attributes, IN, "traceloop.association.properties.session_id", trace->session);
    otlp_text(&span.attributes, IN, "traceloop.association.properties.tenant_id", trace->tenant);
    return span;
}

static void put_text(struct otlp_span *span, const char *key, struct str text)
{
    struct buf json = {0};
    json_write_string(&json, text);
    otlp_str(&span->attributes, IN, key, buf_str(&json));
    buf_done(&json);
}

static struct demo_fault ask(struct review *review, const struct otlp_span *task, const char *path,
                             const struct demo_message *output, const char *finish,
                             double reasoning)
{
    struct demo_random *random = &review->trace.random;
    struct demo_call call = {.model = &demo_gpt_5_mini,
                             .history = &review->history,
                             .output = *output,
                             .tools = tools_text,
                             .finish = finish,
                             .prompt = "code-review",
                             .prompt_version = "5",
                             .temperature = -1,
                             .max_tokens = 8000};
    call.reasoning_tokens = (int64_t)demo_spread(random, reasoning, 0.5) / 64 * 64;
    if (demo_chance(random, 0.008))
        call.fault = (struct demo_fault){"APITimeoutError", "Request timed out."};
    else if (demo_chance(random, 0.006))
        call.fault = (struct demo_fault){"BadRequestError", "400 Invalid 'tools[1].parameters': "
                                                            "schema must have type object"};
    review->now = demo_traceloop_call(&review->trace, task, workflow, path, &call, review->now, 1);
    return call.fault;
}

static void run_tool(struct review *review, const struct otlp_span *task, const char *tool,
                     const char *result, bool fails)
{
    struct demo_trace *trace = &review->trace;
    const char *id = demo_call_id(trace, "call_");
    struct str arguments = str_from(demo_text(trace, "{\"number\":%d}", review->number));
    const struct demo_message output = {
        .role = "assistant", .tool = tool, .call_id = id, .arguments = arguments};
    ask(review, task, "gather", &output, "tool_calls", 96);
    struct otlp_span span = entity(review, task, "tool", tool);
    otlp_str(&span.attributes, IN, "traceloop.entity.input", arguments);
    put_text(&span, "traceloop.entity.output", str_from(result));
    bool is_tests = !strcmp(tool, "run_tests");
    int64_t end = review->now + (int64_t)demo_spread(&trace->random, is_tests ? 11e9 : 300e6, 0.5);
    const struct demo_fault fault = {"TestsFailed", "the tests of the change do not pass"};
    if (fails)
        demo_span_fault(&span, &fault, end);
    else
        span.status = OTLP_STATUS_OK;
    demo_span_end(trace, &span, end);
    demo_ask_tool(&review->history, STR_NONE, tool, id, arguments);
    demo_tool_says(&review->history, tool, id, str_from(result));
    review->now = end + 2 * NS_PER_MS;
}

void demo_review(struct demo *demo, uint64_t seed, int64_t start_ns)
{
    struct review review = {.now = start_ns};
    struct demo_trace *trace = &review.trace;
    demo_trace_begin(trace, demo, seed);
    trace->service = "code-review";
    trace->release = "0.31.0";
    trace->environment = "ci";
    trace->language = "python";
    trace->scope = "opentelemetry.instrumentation.openai.v1";
    trace->scope_version = "0.47.3";
    demo_person(trace, "review", demo_next(&trace->random) % 300 + 20000);
    review.pull = &pulls[demo_below(&trace->random, PULLS)];
    review.number = 1800 + (int)demo_below(&trace->random, 240);
    struct str request = str_from(
        demo_text(trace, "Review pull request #%d: %s", review.number, review.pull->title));
    demo_say(&review.history, "system", str_from(system_text));
    demo_say(&review.history, "user", request);

    struct otlp_span root = entity(&review, NULL, "workflow", workflow);
    put_text(&root, "traceloop.entity.input", request);
    review.now += NS_PER_MS;
    struct otlp_span gather = entity(&review, &root, "task", "gather");
    run_tool(&review, &gather, "git_diff", review.pull->diff, false);
    run_tool(&review, &gather, "run_tests", review.pull->tests, review.pull->tests_fail);
    gather.status = OTLP_STATUS_OK;
    demo_span_end(trace, &gather, review.now);

    struct otlp_span write = entity(&review, &root, "task", "write_review");
    const struct demo_message output = {.role = "assistant", .text = str_from(review.pull->review)};
    struct demo_fault fault = ask(&review, &write, "write_review", &output, "stop", 1400);
    if (!fault.type) {
        put_text(&root, "traceloop.entity.output", output.text);
        write.status = root.status = OTLP_STATUS_OK;
    }
    demo_span_fault(&write, &fault, review.now);
    demo_span_fault(&root, &fault, review.now);
    demo_span_end(trace, &write, review.now);
    demo_span_end(trace, &root, review.now + NS_PER_MS);
    demo_trace_end(trace);
}
