/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo: a believable day at an outdoor shop's AI team. Six services, each a generator with its
 * texts beside it (demo_<service>.c, demo_<service>_texts.c), each writing spans in another
 * vocabulary (demo_<vocabulary>.c). Nothing but the seed and the clock hour decides what an hour
 * holds, so sending an hour twice sends the same spans.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "cli/otlp_write.h"

/* --- chance: demo_random.c ------------------------------------------------------------------ */

struct demo_random {
    uint64_t state;
};
uint64_t demo_next(struct demo_random *random);
size_t demo_below(struct demo_random *random, size_t limit);
double demo_unit(struct demo_random *random); /* [0, 1) */
bool demo_chance(struct demo_random *random, double probability);
/* Log-normal: half are below the median, `sigma` 0.3 is tame and 0.8 has a long tail. */
double demo_spread(struct demo_random *random, double median, double sigma);

/* --- nouns ---------------------------------------------------------------------------------- */

struct demo_model {
    const char *name, *version; /* asked for, and answered with */
    const char *provider;
    double ttft_ms, tokens_per_s;
};
extern const struct demo_model demo_gpt_4o_mini, demo_gpt_41, demo_gpt_5_mini, demo_sonnet,
    demo_flash, demo_pro, demo_embedding, demo_rerank, demo_house;

/* One message. An assistant's with `tool` asks for it; a tool's carries the result as its text. */
struct demo_message {
    const char *role;
    struct str text;
    const char *tool, *call_id;
    struct str arguments; /* JSON */
};

enum { DEMO_MESSAGES_MAX = 160 };
struct demo_history {
    struct demo_message items[DEMO_MESSAGES_MAX];
    size_t count;
};
void demo_say(struct demo_history *history, const char *role, struct str text);
void demo_ask_tool(struct demo_history *history, struct str text, const char *tool,
                   const char *call_id, struct str arguments);
void demo_tool_says(struct demo_history *history, const char *tool, const char *call_id,
                    struct str result);

struct demo_fault {
    const char *type, *message; /* type NULL: none */
};

/* One call of a model: what the vocabularies know how to word. */
struct demo_call {
    const struct demo_model *model;
    const struct demo_history *history;
    struct demo_message output;
    const char *tools; /* JSON array of {name, description, parameters}; NULL: none */
    int64_t input_tokens, output_tokens, cached_tokens, cache_write_tokens, reasoning_tokens;
    bool stream;
    int64_t ttft_ns;    /* 0: not streamed */
    const char *finish; /* stop, tool_calls, length, content_filter */
    struct demo_fault fault;
    const char *prompt, *prompt_version;
    double temperature; /* below 0: not given */
    int64_t max_tokens;
};

/* Estimated as tokenisers do in the mean: four ASCII bytes, or one and a half other characters. */
int64_t demo_tokens(struct str text);
int64_t demo_history_tokens(const struct demo_history *history);
/* Fills in tokens and time to first token from the model and the texts; returns how long it takes.
 */
int64_t demo_call_time(struct demo_call *call, struct demo_random *random, double slowness);

/* --- a trace being made: demo_trace.c --------------------------------------------------------- */

struct demo;
struct demo_trace {
    struct demo *demo;
    struct demo_random random;
    struct arena arena; /* texts of this trace */
    uint8_t id[16];
    const char *service, *release, *environment, *language;
    const char *scope, *scope_version;
    const char *user, *session, *tenant;
    struct buf spans, logs, scores;
    size_t span_count, log_count, score_count, error_count;
    int64_t end_ns;
};

/* Zeroes, an id, and an arena. The caller then sets the texts. */
void demo_trace_begin(struct demo_trace *trace, struct demo *demo, uint64_t seed);
/* Hands it to the sender, unless it would end after now. Frees everything. */
void demo_trace_end(struct demo_trace *trace);
struct otlp_span demo_span(struct demo_trace *trace, const struct otlp_span *parent,
                           const char *name, int kind, int64_t start_ns);
/* Ends the span and adds it to the trace. */
void demo_span_end(struct demo_trace *trace, struct otlp_span *span, int64_t end_ns);
/* Error status and an exception event; nothing when there is no fault. */
void demo_span_fault(struct otlp_span *span, const struct demo_fault *fault, int64_t at_ns);
void demo_log(struct demo_trace *trace, const struct otlp_span *span, int64_t time_ns, int severity,
              const char *event, struct str body);
const char *demo_call_id(struct demo_trace *trace, const char *prefix);
/* printf into the trace's arena, zero-terminated. */
const char *demo_text(struct demo_trace *trace, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Replaces {name} by the slot of that name. */
struct demo_slot {
    const char *name, *text;
};
struct str demo_fill(struct demo_trace *trace, const char *text, const struct demo_slot *slots,
                     size_t count);

/* --- the day: demo_day.c -------------------------------------------------------------------- */

/* What goes wrong, and when. */
struct demo_day {
    int64_t now_ns, end_ns;                  /* the end of the current hour */
    int64_t prompt_v8_ns;                    /* support answers get longer */
    int64_t slow_from_ns, slow_until_ns;     /* docs-search on a slower model */
    int64_t burst_from_ns, burst_until_ns;   /* the research model throttles */
    int64_t outage_from_ns, outage_until_ns; /* the carrier's tracking is down */
    int64_t spender_from_ns;                 /* tenant northwind asks for much more */
    int64_t loop_ns[2];                      /* research runs that go in circles */
    int64_t hoard_ns;                        /* one that keeps every page it read */
    int64_t store_from_ns, store_until_ns;   /* the vector store is half away, half wrong */
    int64_t attack_from_ns, attack_until_ns; /* somebody tries to break the guard's rules */
};
const struct demo_day *demo_day(const struct demo *demo);
/* The user, session and tenant of a trace; the weights favour a few. */
void demo_person(struct demo_trace *trace, const char *session_prefix, uint64_t session);

/* Generators: fill traces for one arrival at start_ns. */
void demo_support(struct demo *demo, uint64_t seed, int64_t start_ns);
void demo_docs(struct demo *demo, uint64_t seed, int64_t start_ns);
void demo_research(struct demo *demo, uint64_t seed, int64_t start_ns);
void demo_review(struct demo *demo, uint64_t seed, int64_t start_ns);
void demo_triage(struct demo *demo, uint64_t seed, int64_t start_ns);
void demo_desk(struct demo *demo, uint64_t seed, int64_t start_ns);

/* --- scores: demo_scores.c; to be given when the trace has ended ----------------------------- */

/* A judge's verdict from 0 to 1, most likely `mean` and at most `spread` off it. */
void demo_judge(struct demo_trace *trace, const char *name, double mean, double spread,
                const char *comment);
/* The customer's thumb: up with that probability. */
void demo_thumb(struct demo_trace *trace, double likes);

/* --- vocabularies ------------------------------------------------------------------------------
 */

/* Each adds a model call that starts at start_ns and returns when it ends. */
int64_t demo_otel_call(struct demo_trace *trace, const struct otlp_span *parent, const char *agent,
                       struct demo_call *call, int64_t start_ns, double slowness);
int64_t demo_otel_tool(struct demo_trace *trace, const struct otlp_span *parent, const char *tool,
                       const char *call_id, struct str arguments, struct str result,
                       const struct demo_fault *fault, int64_t start_ns, int64_t end_ns);
int64_t demo_vercel_call(struct demo_trace *trace, const struct otlp_span *parent,
                         const char *function, struct demo_call *call, int64_t start_ns,
                         double slowness);
int64_t demo_openinference_call(struct demo_trace *trace, const struct otlp_span *parent,
                                struct demo_call *call, int64_t start_ns, double slowness);
int64_t demo_traceloop_call(struct demo_trace *trace, const struct otlp_span *parent,
                            const char *workflow, const char *path, struct demo_call *call,
                            int64_t start_ns, double slowness);

/* JSON forms of messages, into a buf that is emptied first. */
void demo_messages_otel(struct buf *out, const struct demo_message *items, size_t count,
                        const char *finish);
void demo_messages_openai(struct buf *out, const struct demo_message *items, size_t count);
void demo_messages_vercel(struct buf *out, const struct demo_message *items, size_t count);

/* --- metrics: demo_metrics.c --------------------------------------------------------------------
 */

/* What the calls of a service measured, a point each five minutes. */
void demo_measure(struct demo *demo, const struct demo_trace *trace, const struct demo_call *call,
                  int64_t end_ns, int64_t duration_ns);
