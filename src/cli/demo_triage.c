/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_triage: sorts incoming mail with a model of our own, for which nobody has a price, in the
 * spelling OpenTelemetry used before 2025: gen_ai.system, prompt_tokens, content in span events.
 */
#include <stdio.h>
#include <string.h>

#include "cli/demo.h"
#include "wire/json.h"

enum { IN = OTLP_IN_SPAN };

static const struct mail {
    const char *text, *label;
} mails[] = {
    {"Subject: Where is my refund?\n\nI sent the jacket back on the 3rd and still see nothing.",
     "{\"queue\":\"refunds\",\"urgency\":2}"},
    {"Betreff: Zelt undicht\n\nNach dem Gewitter stand das Wasser im Innenzelt. Fotos im Anhang.",
     "{\"queue\":\"repairs\",\"urgency\":2}"},
    {"Subject: Invoice 88120 paid twice\n\nOur bank shows two payments. Please return one.",
     "{\"queue\":\"billing\",\"urgency\":3}"},
    {"Objet : collaboration\n\nJe tiens un blog de randonnée et j'aimerais tester vos sacs.",
     "{\"queue\":\"marketing\",\"urgency\":1}"},
    {"Subject: URGENT stove caught fire\n\nThe valve of the stove I bought leaked and burned. No "
     "one is hurt.",
     "{\"queue\":\"safety\",\"urgency\":5}"},
    {"Asunto: talla equivocada\n\nPedí la M y llegó la S. ¿Cómo la cambio?",
     "{\"queue\":\"returns\",\"urgency\":2}"},
    {"主题：批量采购\n\n我们想订购四十顶帐篷，请报价。", "{\"queue\":\"wholesale\",\"urgency\":3}"},
    {"الموضوع: طلب وظيفة\n\nأود التقدم لوظيفة في متجركم في بريمن، سيرتي الذاتية مرفقة.",
     "{\"queue\":\"people\",\"urgency\":1}"},
    {"Subject: Congratulations!!! You have WON\n\nClick here to claim 💰💰💰",
     "{\"queue\":\"spam\",\"urgency\":0}"},
    {"Subject: Re: Re: appointment workshop\n\nThursday at ten is fine. See you then.",
     "{\"queue\":\"repairs\",\"urgency\":1}"},
    {"件名：配送先の変更\n\n出張のため、配送先を職場に変更できますか。",
     "{\"queue\":\"shipping\",\"urgency\":3}"},
    {"Subject: Delete my data\n\nUnder the law I ask you to delete everything about me.",
     "{\"queue\":\"privacy\",\"urgency\":3}"},
};
enum { MAILS = sizeof mails / sizeof mails[0] };

static const char system_text[] =
    "Sort this mail. Answer with JSON only: {\"queue\": one of refunds, returns, repairs, billing, "
    "shipping, wholesale, marketing, people, privacy, safety, spam; \"urgency\": 0 to 5}. Danger "
    "to "
    "people is always 5.";

static void put_event(struct otlp_span *span, int64_t time_ns, const char *name, const char *key,
                      const struct demo_message *items, size_t count)
{
    struct buf json = {0}, attributes = {0};
    demo_messages_openai(&json, items, count);
    otlp_str(&attributes, OTLP_IN_EVENT, key, buf_str(&json));
    otlp_event(&span->events, time_ns, name, buf_str(&attributes));
    buf_done(&json);
    buf_done(&attributes);
}

/* Returns when the call ends. Now and then the answer breaks off, and its reader fails. */
static int64_t classify(struct demo_trace *trace, const struct otlp_span *parent,
                        const struct mail *mail, int64_t start_ns, struct demo_fault *out_fault)
{
    bool broken = demo_chance(&trace->random, 0.012);
    const char *answer =
        demo_text(trace, broken ? "{\"label\": \"%.3s" : "{\"label\": \"%s\"}", mail->label);
    const struct demo_message said[] = {{.role = "system", .text = str_from(system_text)},
                                        {.role = "user", .text = str_from(mail->text)}};
    struct demo_history history = {.items = {said[0], said[1]}, .count = 2};
    struct demo_call call = {.model = &demo_house,
                             .history = &history,
                             .output = {.role = "assistant", .text = str_from(answer)},
                             .finish = "stop",
                             .max_tokens = 64};
    int64_t duration = demo_call_time(&call, &trace->random, 1);
    if (demo_chance(&trace->random, 0.005)) {
        call.fault = (struct demo_fault){"ServiceUnavailableError",
                                         "503 no worker is free, queue length 64"};
        duration = 2 * NS_PER_SEC;
    }
    struct otlp_span span =
        demo_span(trace, parent, "chat fernweh-triage-7b", OTLP_KIND_CLIENT, start_ns);
    struct buf *to = &span.attributes;
    const struct str finish = STR("stop");
    otlp_text(to, IN, "gen_ai.operation.name", "chat");
    otlp_text(to, IN, "gen_ai.system", "vllm");
    otlp_text(to, IN, "gen_ai.request.model", demo_house.name);
    otlp_text(to, IN, "gen_ai.output.type", "json");
    otlp_double(to, IN, "gen_ai.request.temperature", 0);
    otlp_int(to, IN, "gen_ai.request.max_tokens", call.max_tokens);
    put_event(&span, start_ns, "gen_ai.content.prompt", "gen_ai.prompt", said, 2);
    if (!call.fault.type) {
        otlp_text(to, IN, "gen_ai.response.model", demo_house.version);
        otlp_strs(to, IN, "gen_ai.response.finish_reasons", &finish, 1);
        otlp_int(to, IN, "gen_ai.usage.prompt_tokens", call.input_tokens);
        otlp_int(to, IN, "gen_ai.usage.completion_tokens", call.output_tokens);
        put_event(&span, start_ns + duration, "gen_ai.content.completion", "gen_ai.completion",
                  &call.output, 1);
    }
    demo_span_fault(&span, &call.fault, start_ns + duration);
    demo_measure(trace->demo, trace, &call, start_ns + duration, duration);
    demo_span_end(trace, &span, start_ns + duration);
    *out_fault = broken && !call.fault.type
                     ? (struct demo_fault){"OutputValidationError",
                                           "label: unexpected end of the model's JSON"}
                     : call.fault;
    return start_ns + duration;
}

void demo_triage(struct demo *demo, uint64_t seed, int64_t start_ns)
{
    struct demo_trace trace;
    struct demo_fault fault;
    demo_trace_begin(&trace, demo, seed);
    trace.service = "mail-triage";
    trace.release = "3.4.1";
    trace.environment = "production";
    trace.language = "go";
    trace.scope = "fernweh/triage";
    trace.scope_version = "3.4.1";
    demo_person(&trace, "mail", demo_next(&trace.random));
    const struct mail *mail = &mails[demo_below(&trace.random, MAILS)];
    struct otlp_span root =
        demo_span(&trace, NULL, "POST /inbound-mail", OTLP_KIND_SERVER, start_ns);
    otlp_text(&root.attributes, IN, "http.request.method", "POST");
    otlp_text(&root.attributes, IN, "url.path", "/inbound-mail");
    otlp_text(&root.attributes, IN, "tenant.id", trace.tenant);
    int64_t now = classify(&trace, &root, mail, start_ns + 3 * NS_PER_MS, &fault);
    struct otlp_span save =
        demo_span(&trace, &root, "INSERT tickets", OTLP_KIND_CLIENT, now + NS_PER_MS);
    otlp_text(&save.attributes, IN, "db.system.name", "postgresql");
    otlp_text(&save.attributes, IN, "db.operation.name", "INSERT");
    now += NS_PER_MS + (int64_t)demo_spread(&trace.random, 6e6, 0.4);
    demo_span_end(&trace, &save, now);
    demo_span_fault(&root, &fault, now);
    otlp_int(&root.attributes, IN, "http.response.status_code", fault.type ? 503 : 202);
    if (fault.type)
        demo_log(&trace, &root, now, 13, "triage.skipped",
                 STR("the model gave no label; the mail goes to the general queue"));
    else
        demo_log(&trace, &root, now, 9, "triage.sorted",
                 str_from(demo_text(&trace, "sorted: %s", mail->label)));
    demo_span_end(&trace, &root, now + NS_PER_MS);
    demo_trace_end(&trace);
}
