/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_docs: search in the shop's handbook, in OpenInference's words: guardrail, embedding,
 * retrieval, reranking, answer. For three hours a release asked a slower and dearer model; one
 * forenoon the vector store failed half the time and found the wrong passages otherwise; one
 * afternoon somebody kept trying to break the rules.
 */
#include <stdio.h>
#include <string.h>

#include "cli/demo.h"
#include "cli/demo_docs.h"

enum { IN = OTLP_IN_SPAN, FOUND = 6, KEPT = 3 };

static const char system_text[] =
    "Answer from the passages only. Give the number of the passage in brackets. When none of them "
    "answers the question, say so and name who could. Answer in the language of the question.";

static const char lost_answer[] =
    "Passages 1 to 3 speak of something else [1][2][3], so I can only guess: in most shops this is "
    "possible within fourteen days. Please ask the team lead to be sure.";

struct search {
    struct demo_trace trace;
    const struct docs_question *question;
    bool store_ill, attack;
    struct otlp_span root;
    struct demo_history history;
    int64_t now;
    struct hit {
        size_t passage;
        double score;
    } hits[FOUND];
};

static struct otlp_span begin(struct search *search, const char *name, const char *kind)
{
    struct otlp_span span =
        demo_span(&search->trace, &search->root, name, OTLP_KIND_INTERNAL, search->now);
    otlp_text(&span.attributes, IN, "openinference.span.kind", kind);
    otlp_text(&span.attributes, IN, "session.id", search->trace.session);
    return span;
}

static void end(struct search *search, struct otlp_span *span, int64_t duration_ns)
{
    search->now += duration_ns;
    if (span->status == OTLP_STATUS_UNSET)
        span->status = OTLP_STATUS_OK;
    demo_span_end(&search->trace, span, search->now);
    search->now += NS_PER_MS;
}

/* The best passage scores well, the rest are neighbours. */
static void find(struct search *search)
{
    struct demo_random *random = &search->trace.random;
    size_t first = search->question->best >= 0 ? (size_t)search->question->best
                                               : demo_below(random, demo_docs_passage_count);
    if (search->store_ill) /* an index of last year: neighbours of nothing */
        first = (first + demo_docs_passage_count / 2) % demo_docs_passage_count;
    double score = search->store_ill             ? 0.22 + 0.08 * demo_unit(random)
                   : search->question->best >= 0 ? 0.78 + 0.15 * demo_unit(random)
                                                 : 0.31 + 0.1 * demo_unit(random);
    for (size_t i = 0; i < FOUND; i++) {
        search->hits[i] = (struct hit){(first + i * 5) % demo_docs_passage_count, score};
        score *= 0.72 + 0.2 * demo_unit(random);
    }
}

static void put_documents(struct search *search, struct buf *to, const char *prefix, size_t count,
                          double (*score)(double))
{
    for (size_t i = 0; i < count; i++) {
        const struct docs_passage *passage = &demo_docs_passages[search->hits[i].passage];
        const char *start = demo_text(&search->trace, "%s.%zu.document", prefix, i);
        otlp_text(to, IN, demo_text(&search->trace, "%s.id", start), passage->id);
        otlp_text(to, IN, demo_text(&search->trace, "%s.content", start), passage->text);
        otlp_double(to, IN, demo_text(&search->trace, "%s.score", start),
                    score(search->hits[i].score));
        otlp_text(to, IN, demo_text(&search->trace, "%s.metadata", start),
                  demo_text(&search->trace, "{\"title\":\"%s\",\"source\":\"handbook\"}",
                            passage->title));
    }
}

static double as_is(double score)
{
    return score;
}

static double sharpened(double score)
{
    return score * score * 1.1 < 0.99 ? score * score * 1.1 : 0.99;
}

static void embed(struct search *search)
{
    struct otlp_span span = begin(search, "CreateEmbeddings", "EMBEDDING");
    struct buf *to = &span.attributes;
    int64_t tokens = demo_tokens(str_from(search->question->text));
    otlp_text(to, IN, "embedding.model_name", demo_embedding.name);
    otlp_text(to, IN, "llm.provider", "openai");
    otlp_text(to, IN, "embedding.embeddings.0.embedding.text", search->question->text);
    otlp_text(to, IN, "input.value", search->question->text);
    otlp_int(to, IN, "llm.token_count.prompt", tokens);
    otlp_int(to, IN, "llm.token_count.total", tokens);
    end(search, &span, (int64_t)demo_spread(&search->trace.random, 85e6, 0.4));
}

/* False when the vector store did not answer. */
static bool retrieve(struct search *search)
{
    struct otlp_span span = begin(search, "VectorStoreRetriever", "RETRIEVER");
    struct buf *to = &span.attributes;
    find(search);
    otlp_text(to, IN, "input.value", search->question->text);
    otlp_text(to, IN, "db.system", "qdrant");
    if (demo_chance(&search->trace.random, search->store_ill ? 0.45 : 0.006)) {
        const struct demo_fault fault = {"ReadTimeout", "qdrant did not answer within 5 s"};
        demo_span_fault(&span, &fault, search->now + 5 * NS_PER_SEC);
        demo_log(&search->trace, &span, search->now + 5 * NS_PER_SEC, 17, "retrieval.timeout",
                 STR("vector store timed out after 5 s, collection=handbook"));
        end(search, &span, 5 * NS_PER_SEC);
        return false;
    }
    put_documents(search, to, "retrieval.documents", FOUND, as_is);
    end(search, &span, (int64_t)demo_spread(&search->trace.random, 34e6, 0.5));
    return true;
}

static void rerank(struct search *search)
{
    struct otlp_span span = begin(search, "CohereRerank", "RERANKER");
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "reranker.model_name", demo_rerank.name);
    otlp_text(to, IN, "llm.provider", "cohere");
    otlp_text(to, IN, "reranker.query", search->question->text);
    otlp_int(to, IN, "reranker.top_k", KEPT);
    put_documents(search, to, "reranker.input_documents", FOUND, as_is);
    put_documents(search, to, "reranker.output_documents", KEPT, sharpened);
    end(search, &span, (int64_t)demo_spread(&search->trace.random, 150e6, 0.3));
}

/* True when the question is let through. */
static bool guard(struct search *search)
{
    bool bad = strstr(search->question->text, "Ignore your rules") != NULL;
    struct otlp_span span = begin(search, "input_guard", "GUARDRAIL");
    struct buf *to = &span.attributes;
    otlp_text(to, IN, "input.value", search->question->text);
    otlp_text(to, IN, "validator_name", "prompt-injection");
    otlp_bool(to, IN, "gen_ai.guardrail.triggered", bad);
    if (bad)
        otlp_text(to, IN, "gen_ai.guardrail.action.type", "block");
    otlp_text(to, IN, "output.value",
              bad ? "{\"passed\":false,\"reason\":\"asks to break its rules\"}"
                  : "{\"passed\":true}");
    if (bad)
        demo_log(&search->trace, &span, search->now, 13, "guardrail.blocked",
                 STR("question refused: asks to break its rules"));
    end(search, &span, (int64_t)demo_spread(&search->trace.random, 18e6, 0.3));
    return !bad;
}

static struct str context_of(struct search *search)
{
    const char *text = "";
    for (size_t i = 0; i < KEPT; i++) {
        const struct docs_passage *passage = &demo_docs_passages[search->hits[i].passage];
        text = demo_text(&search->trace, "%s[%zu] %s (%s): %s\n", text, i + 1, passage->title,
                         passage->id, passage->text);
    }
    return str_from(demo_text(&search->trace, "%s\nQuestion: %s", text, search->question->text));
}

static struct demo_fault answer(struct search *search, bool slow)
{
    struct demo_history *history = &search->history;
    struct demo_random *random = &search->trace.random;
    demo_say(history, "system", str_from(system_text));
    demo_say(history, "user", context_of(search));
    struct demo_call call = {
        .model = slow ? &demo_pro : &demo_flash,
        .history = history,
        .output = {.role = "assistant",
                   .text = str_from(search->store_ill ? lost_answer : search->question->answer)},
        .stream = true,
        .finish = "stop",
        .prompt = "handbook-answer",
        .prompt_version = "3",
        .temperature = 0.1,
        .max_tokens = 600};
    if (slow)
        call.reasoning_tokens = (int64_t)demo_spread(random, 420, 0.4);
    double at = demo_unit(random);
    if (at < 0.012)
        call.fault =
            (struct demo_fault){"DeadlineExceeded", "504 Deadline expired before operation "
                                                    "could complete"};
    else if (at < 0.016)
        call.fault = (struct demo_fault){"ServiceUnavailable", "503 The model is overloaded"};
    else if (at < 0.020)
        call.finish = "length";
    else if (at < 0.023)
        call.finish = "SAFETY";
    search->now = demo_openinference_call(&search->trace, &search->root, &call, search->now, 1);
    return call.fault;
}

void demo_docs(struct demo *demo, uint64_t seed, int64_t start_ns)
{
    const struct demo_day *day = demo_day(demo);
    bool slow = start_ns >= day->slow_from_ns && start_ns < day->slow_until_ns;
    struct search search = {.now = start_ns};
    struct demo_trace *trace = &search.trace;
    demo_trace_begin(trace, demo, seed);
    trace->service = "docs-search";
    trace->release = slow ? "2.9.0" : start_ns < day->slow_from_ns ? "2.8.3" : "2.9.1";
    trace->environment = demo_chance(&trace->random, 0.06) ? "staging" : "production";
    if (!strcmp(trace->environment, "staging"))
        trace->release = "2.10.0-rc1";
    trace->language = "python";
    trace->scope = "openinference.instrumentation.langchain";
    trace->scope_version = "0.1.51";
    demo_person(trace, "docs", demo_next(&trace->random) % 4000 + 1);
    size_t pick = demo_below(&trace->random, demo_docs_question_count * 4);
    /* The one with bad intentions comes rarely. */
    if (pick % demo_docs_question_count == demo_docs_question_count - 1 && pick > 50)
        pick = 0;
    search.question = &demo_docs_questions[pick % demo_docs_question_count];
    search.store_ill = start_ns >= day->store_from_ns && start_ns < day->store_until_ns;
    search.attack = start_ns >= day->attack_from_ns && start_ns < day->attack_until_ns &&
                    (start_ns - day->attack_from_ns) % (55 * NS_PER_SEC) == 0;
    if (search.attack) {
        search.question = &demo_docs_questions[demo_docs_question_count - 1];
        trace->user = "guest-4471";
        trace->tenant = "kumo-gear";
    }

    search.root = demo_span(trace, NULL, "HandbookSearch", OTLP_KIND_SERVER, start_ns);
    struct buf *to = &search.root.attributes;
    otlp_text(to, IN, "openinference.span.kind", "CHAIN");
    otlp_text(to, IN, "session.id", trace->session);
    otlp_text(to, IN, "user.id", trace->user);
    otlp_text(to, IN, "tenant.id", trace->tenant);
    otlp_text(to, IN, "input.value", search.question->text);
    struct demo_fault fault = {0};
    const char *said = "I cannot help with that.";
    search.now += 2 * NS_PER_MS;
    if (guard(&search)) {
        embed(&search);
        if (!retrieve(&search)) {
            fault = (struct demo_fault){"ReadTimeout", "qdrant did not answer within 5 s"};
        } else {
            rerank(&search);
            fault = answer(&search, slow);
            said = search.store_ill ? lost_answer : search.question->answer;
        }
    }
    if (!fault.type) {
        otlp_text(to, IN, "output.value", said);
        search.root.status = OTLP_STATUS_OK;
    }
    demo_span_fault(&search.root, &fault, search.now);
    demo_span_end(trace, &search.root, search.now + 3 * NS_PER_MS);
    if (said == search.question->answer || said == lost_answer) {
        if (demo_chance(&trace->random, 0.6))
            demo_judge(trace, "grounded",
                       search.store_ill ? 0.24
                       : slow           ? 0.93
                                        : 0.9,
                       0.12, search.store_ill ? "no passage supports the answer" : NULL);
        if (demo_chance(&trace->random, 0.08))
            demo_thumb(trace, search.store_ill ? 0.15 : 0.88);
    }
    demo_trace_end(trace);
}
