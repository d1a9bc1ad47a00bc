/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store against a naive model: spans come shuffled, twice, in several versions, over many commits,
 * some of which fail, with deletions, merging and restarts in between. After every commit each
 * trace and each rollup is what adding up the best versions gives; where no call tells of usage,
 * what summaries tell. SEED=n repeats a run.
 */
#define _GNU_SOURCE
#include "store_fixture.h"

#include "store/bucket.h"

enum { TRACES = 40, SPANS = 12, VERSIONS = 3, MODELS = 3 };
#define BASE INT64_C(1790000000000000000)

static uint64_t state;
static uint32_t dice(uint32_t sides)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % sides;
}

static const char *const models[MODELS] = {"alpha", "beta", "gamma"};
static const char *const services[2] = {"front", "back"};

struct known {
    struct sent sent;
    bool present;
    bool counts; /* its usage: set by settle_all() */
};
static struct sent versions[TRACES][SPANS][VERSIONS];
static struct known known[TRACES][SPANS], before[TRACES][SPANS];

/* The root, or an earlier span that is no model call: calls within calls are another matter. */
static uint64_t pick_parent(uint32_t trace, uint32_t span)
{
    uint32_t parent = span ? dice(span) : 0;
    while (parent > 0 && versions[trace][parent][0].kind == KIND_LLM)
        parent--;
    return span ? parent + 1 + trace * 1000u : 0;
}

/* All versions of a span start together; a later version ends later or says more. */
static struct sent make_version(uint32_t trace, uint32_t span, int version, struct sent first)
{
    struct sent made = first;
    if (version == 0) {
        made = (struct sent){.trace = trace + 1, .span = span + 1 + trace * 1000u};
        made.start_ns = BASE + (int64_t)trace * 61 * NS_PER_SEC + (int64_t)span * 1000003;
        made.end_ns = made.start_ns + 1 + dice(2000000000);
        made.arrival_ns = BASE + (int64_t)(trace % 5) * 100 * NS_PER_SEC;
        made.name = span ? "step" : "start";
        made.service = dice(4) ? services[dice(2)] : NULL;
        made.kind = span == 0 ? KIND_AGENT : dice(2) ? KIND_TOOL : dice(2) ? KIND_LLM : KIND_SPAN;
        made.kind = trace % 2 && made.kind == KIND_LLM ? KIND_CHAIN : made.kind;
        made.parent = pick_parent(trace, span);
    } else if (dice(2)) {
        made.end_ns += 1 + dice(1000000000);
    } else {
        made.attributes += 1 + dice(3);
    }
    made.flags = span == 0 ? OBSERVATION_ROOT : 0;
    if (made.kind == KIND_LLM) {
        made.flags |= OBSERVATION_BILLED | (dice(5) ? 0 : OBSERVATION_UNPRICED);
        made.model = models[dice(MODELS)];
        made.ttft = dice(3) ? 1 + dice(900000000) : 0;
        made.cost = made.flags & OBSERVATION_UNPRICED ? 0 : 1 + dice(1000000);
    }
    if (made.kind == KIND_AGENT || made.kind == KIND_CHAIN)
        made.flags |= OBSERVATION_SUMMARY;
    if (dice(10) == 0)
        made.flags |= OBSERVATION_BAD_TIME;
    made.trace_name = dice(12) ? NULL : "declared";
    made.session = dice(3) ? "session" : NULL;
    made.input_tokens = made.kind == KIND_SPAN ? 0 : 1 + dice(5000);
    made.output_tokens = made.kind == KIND_SPAN ? 0 : dice(500);
    made.is_error = dice(6) == 0;
    return made;
}

static bool better(const struct sent *fresh, const struct sent *old)
{
    return fresh->end_ns != old->end_ns ? fresh->end_ns > old->end_ns
                                        : fresh->attributes > old->attributes;
}

struct expected {
    int64_t spans, errors, llm, tools, unpriced, input, output, cost, start, end, root, ttft;
    const char *model, *name, *service, *session;
};

static int64_t told(const struct sent *span)
{
    return span->flags & OBSERVATION_SUMMARY ? span->input_tokens + span->output_tokens : 0;
}

/* The most that a span and what is below it tell of; marks who counts. Parents stand before their
 * children. */
static int64_t settle_below(struct known *spans, int at)
{
    int64_t below = 0, own = spans[at].present ? told(&spans[at].sent) : 0;
    for (int i = at + 1; i < SPANS; i++) {
        if (!spans[i].present || spans[i].sent.parent != spans[at].sent.span)
            continue;
        below += settle_below(spans, i);
    }
    spans[at].counts = own > below;
    return own > below ? own : below;
}

static bool parent_counts(const struct known *spans, int at)
{
    for (int i = 0; i < at; i++)
        if (spans[i].present && spans[i].sent.span == spans[at].sent.parent)
            return spans[i].counts || parent_counts(spans, i);
    return false;
}

static void settle_all(void)
{
    for (int trace = 0; trace < TRACES; trace++) {
        struct known *spans = known[trace];
        bool calls = false, inner[SPANS];
        for (int i = 0; i < SPANS; i++)
            calls |= spans[i].present && spans[i].sent.flags & OBSERVATION_BILLED;
        for (int i = SPANS; i-- > 0;)
            settle_below(spans, i);
        for (int i = 0; i < SPANS; i++)
            inner[i] = parent_counts(spans, i);
        for (int i = 0; i < SPANS; i++)
            spans[i].counts =
                spans[i].present && (calls ? (spans[i].sent.flags & OBSERVATION_BILLED) != 0
                                           : spans[i].counts && !inner[i]);
    }
}

static struct expected expect_trace(const struct known *spans)
{
    struct expected sum = {.start = INT64_MAX, .root = -2, .ttft = -2};
    int64_t model_at = INT64_MAX, ttft_at = INT64_MAX, name_at = INT64_MAX;
    int name_level = 0;
    for (int i = 0; i < SPANS; i++) {
        const struct sent *span = &spans[i].sent;
        if (!spans[i].present)
            continue;
        bool is_root = span->flags & OBSERVATION_ROOT;
        sum.spans++;
        sum.errors += span->is_error;
        sum.llm += span->kind == KIND_LLM;
        sum.tools += span->kind == KIND_TOOL;
        sum.unpriced += (span->flags & OBSERVATION_UNPRICED) != 0;
        if (spans[i].counts) {
            sum.input += span->input_tokens;
            sum.output += span->output_tokens;
            sum.cost += span->cost;
        }
        sum.start = span->start_ns < sum.start ? span->start_ns : sum.start;
        sum.end = span->end_ns > sum.end ? span->end_ns : sum.end;
        if (is_root)
            sum.root = (int64_t)span->span;
        if (span->kind == KIND_LLM && span->start_ns < model_at) {
            model_at = span->start_ns;
            sum.model = span->model;
        }
        if (span->ttft && span->start_ns < ttft_at) {
            ttft_at = span->start_ns;
            sum.ttft = span->ttft;
        }
        int level = span->trace_name ? 3 : is_root ? 2 : 1;
        if (level > name_level || (level == name_level && span->start_ns < name_at)) {
            name_level = level;
            name_at = span->start_ns;
            sum.name = span->trace_name ? span->trace_name : span->name;
        }
        if (span->session)
            sum.session = span->session;
        /* The root's service, else the earliest one's; spans are in the order of their start. */
        if (span->service && !sum.service)
            sum.service = span->service;
    }
    return sum;
}

static void check_text(const struct store_rows *rows, size_t column, const char *expected)
{
    struct str text = store_rows_text(rows, column), wanted = str_from(expected);
    if (!str_equal(text, wanted))
        print_error("column %zu: \"%.*s\", expected \"%.*s\"\n", column, STR_ARGS(text),
                    STR_ARGS(wanted));
    assert_true(str_equal(text, wanted));
}

static void check_traces(void)
{
    struct store_rows *rows =
        ask("SELECT spans, errors, llm_calls, tool_calls, unpriced, input_tokens, output_tokens, "
            "CAST(round(cost * 1e9) AS BIGINT), start_ns, end_ns, "
            "coalesce(CAST('0x' || root_span AS BIGINT), -2), coalesce(ttft, -2), "
            "model, name, service, session FROM v_traces ORDER BY right(trace_id, 16)");
    for (int trace = 0; trace < TRACES; trace++) {
        struct expected sum = expect_trace(known[trace]);
        if (sum.spans == 0)
            continue;
        const int64_t numbers[] = {sum.spans,    sum.errors, sum.llm,    sum.tools,
                                   sum.unpriced, sum.input,  sum.output, sum.cost,
                                   sum.start,    sum.end,    sum.root,   sum.ttft};
        assert_true(store_rows_next(rows));
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            if (store_rows_int(rows, i) != numbers[i])
                print_error("trace %d column %zu\n", trace, i);
            assert_int_equal(store_rows_int(rows, i), numbers[i]);
        }
        check_text(rows, 12, sum.model);
        check_text(rows, 13, sum.name);
        check_text(rows, 14, sum.service);
        check_text(rows, 15, sum.session);
    }
    assert_false(store_rows_next(rows));
    store_rows_free(rows);
}

/* Adds up over all spans: those of a period, model and root or not, into numbers[0..5]. */
static void expect_rollup(int64_t resolution, int64_t time, struct str model, bool root,
                          int64_t numbers[6])
{
    memset(numbers, 0, 6 * sizeof *numbers);
    for (int i = 0; i < TRACES * SPANS; i++) {
        const struct known *one = &known[0][0] + i;
        const struct sent *span = &one->sent;
        int64_t seconds = span->start_ns / NS_PER_SEC;
        if (!one->present || seconds - seconds % resolution != time ||
            root != ((span->flags & OBSERVATION_ROOT) != 0) ||
            !str_equal(model, str_from(span->model)))
            continue;
        bool billed = one->counts;
        numbers[0]++;
        numbers[1] += span->is_error;
        numbers[2] += billed;
        numbers[3] += billed ? span->input_tokens : 0;
        numbers[4] += billed ? span->cost : 0;
        numbers[5] += span->flags & OBSERVATION_BAD_TIME ? 0 : span->end_ns - span->start_ns;
    }
}

static void check_rollups(void)
{
    int64_t present = 0, seen[3] = {0};
    for (int i = 0; i < TRACES * SPANS; i++)
        present += (&known[0][0] + i)->present;
    struct store_rows *rows =
        ask("SELECT r.resolution, r.time, name_text(l.model), l.root, sum(r.spans), sum(r.errors), "
            "sum(r.calls), sum(r.input_tokens), sum(r.cost), sum(r.duration_sum) "
            "FROM rollups r JOIN labels l ON l.id = r.label GROUP BY ALL");
    while (store_rows_next(rows)) {
        int64_t resolution = store_rows_int(rows, 0), numbers[6];
        expect_rollup(resolution, store_rows_int(rows, 1), store_rows_text(rows, 2),
                      store_rows_int(rows, 3), numbers);
        for (size_t i = 0; i < 6; i++) {
            if (store_rows_int(rows, 4 + i) != numbers[i])
                print_error("resolution %d sum %zu\n", (int)resolution, i);
            assert_int_equal(store_rows_int(rows, 4 + i), numbers[i]);
        }
        seen[resolution == 60 ? 0 : resolution == 3600 ? 1 : 2] += numbers[0];
    }
    store_rows_free(rows);
    for (int i = 0; i < 3; i++)
        assert_int_equal(seen[i], present);
}

static void check_histograms(void)
{
    static int64_t counts[2][BUCKET_COUNT];
    memset(counts, 0, sizeof counts);
    for (int i = 0; i < TRACES * SPANS; i++) {
        const struct known *one = &known[0][0] + i;
        if (one->present && !(one->sent.flags & OBSERVATION_BAD_TIME))
            counts[0][bucket_of(one->sent.end_ns - one->sent.start_ns)]++;
        if (one->present && one->sent.ttft)
            counts[1][bucket_of(one->sent.ttft)]++;
    }
    struct store_rows *rows = ask("SELECT metric, bucket, sum(count) FROM histograms "
                                  "GROUP BY resolution, metric, bucket");
    int64_t found = 0, expected = 0;
    while (store_rows_next(rows)) {
        assert_int_equal(store_rows_int(rows, 2),
                         counts[store_rows_int(rows, 0)][store_rows_int(rows, 1)]);
        found += store_rows_int(rows, 2);
    }
    store_rows_free(rows);
    for (int i = 0; i < 2 * BUCKET_COUNT; i++)
        expected += 3 * (&counts[0][0])[i];
    assert_int_equal(found, expected);
}

static void send(const struct sent *span)
{
    struct known *one = &known[span->trace - 1][(span->span - 1) % 1000];
    add(*span);
    if (!one->present || better(span, &one->sent))
        one->sent = *span;
    one->present = true;
}

/* Whole traces, twice now and then, and single spans; what is sent afterwards is there again. */
static void delete_some(void)
{
    for (uint32_t i = dice(4); i > 0; i--) {
        uint32_t trace = dice(TRACES), span = dice(SPANS);
        bool whole = dice(2);
        take_away(trace + 1, whole ? 0 : span + 1 + trace * 1000u, 0);
        for (uint32_t one = 0; one < SPANS; one++)
            if (whole || one == span)
                known[trace][one].present = false;
        if (dice(3) == 0 && whole)
            take_away(trace + 1, 0, 1);
        if (dice(2))
            send(&versions[trace][span][dice(VERSIONS)]);
    }
}

/* The last append of the commit fails, after everything else was written. */
static void fail_commit(void)
{
    struct error error = {0};
    store__drop_appenders(store);
    assert_ok(store__run(store, &error, "ALTER TABLE progress RENAME TO hidden"));
    assert_int_not_equal(store_commit(store, (struct store_progress){1, committed + 1}, &error),
                         STATUS_OK);
    assert_ok(store__run(store, &error, "ALTER TABLE hidden RENAME TO progress"));
    assert_int_equal(store_pending(store), 0);
    assert_int_equal(store_progress(store).offset, committed);
}

static void merge_everything(void)
{
    bool worked = true;
    for (size_t i = 0; i < store->compaction.period_count; i++)
        store->compaction.periods[i].fresh += 1000000;
    store->compaction.periods_loaded = true;
    store->compaction.parts_cursor_ns = 1;
    for (int i = 0; i < 200 && worked; i++)
        assert_ok(store__merge_rollups(store, true, &worked, &error));
    worked = true;
    for (int i = 0; i < 200 && worked; i++)
        assert_ok(store__merge_parts(store, &worked, &error));
    assert_false(worked);
    assert_int_equal(number("SELECT count(*) FROM (SELECT 1 FROM trace_parts GROUP BY project, "
                            "trace_hi, trace_lo, arrival_ns HAVING count(*) > 1)"),
                     0);
}

static void send_some(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        send(&versions[dice(TRACES)][dice(SPANS)][dice(VERSIONS)]);
}

static void totals_are_exact_at_every_moment(void **unused)
{
    (void)unused;
    const char *seed = getenv("SEED");
    state = seed ? strtoull(seed, NULL, 10) : 20261;
    open_store();
    memset(known, 0, sizeof known);
    for (uint32_t trace = 0; trace < TRACES; trace++)
        for (uint32_t span = 0; span < SPANS; span++)
            for (int version = 0; version < VERSIONS; version++)
                versions[trace][span][version] =
                    make_version(trace, span, version,
                                 version ? versions[trace][span][version - 1] : (struct sent){0});
    for (int round = 0; round < 30; round++) {
        memcpy(before, known, sizeof known);
        send_some(1 + dice(round < 10 ? 40 : 150));
        if (dice(3) == 0) {
            delete_some();
            send_some(dice(60));
        }
        if (dice(6) == 0) {
            fail_commit();
            memcpy(known, before, sizeof known);
        } else {
            commit();
        }
        if (dice(8) == 0)
            merge_everything();
        if (dice(10) == 0)
            reopen_store();
        settle_all();
        check_traces();
        check_rollups();
        check_histograms();
    }
    int64_t rows = 0;
    for (int i = 0; i < TRACES * SPANS; i++)
        rows += (&known[0][0] + i)->present;
    assert_true(rows > TRACES * SPANS / 2);
    assert_int_equal(number("SELECT count(*) FROM spans"), rows);
    for (uint32_t trace = 0; trace < TRACES; trace++)
        take_away(trace + 1, 0, 2);
    commit();
    memset(known, 0, sizeof known);
    check_traces();
    check_rollups();
    check_histograms();
}

int main(void)
{
    const struct CMUnitTest tests[] = {STORE_TEST(totals_are_exact_at_every_moment)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
