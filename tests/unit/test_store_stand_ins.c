/* SPDX-License-Identifier: Apache-2.0 */
/* store: usage that no model call told counts once, where an agent, a turn or a chain told it, and
 * in traces, rollups and spans alike. */
#define _GNU_SOURCE
#include "store_fixture.h"

#define BASE INT64_C(1790000000000000000)

static struct sent summary(uint64_t trace, uint64_t span, uint64_t parent, int64_t tokens)
{
    return (struct sent){.trace = trace,
                         .span = span,
                         .parent = parent,
                         .start_ns = BASE + (int64_t)span * 1000,
                         .end_ns = BASE + 50000000 - (int64_t)span * 1000,
                         .kind = KIND_AGENT,
                         .flags = OBSERVATION_SUMMARY,
                         .name = "turn",
                         .session = "s-1",
                         .input_tokens = tokens,
                         .cost = tokens * 10};
}

static struct sent call(uint64_t trace, uint64_t span, uint64_t parent, int64_t tokens)
{
    struct sent made = summary(trace, span, parent, tokens);
    made.kind = KIND_LLM;
    made.flags = OBSERVATION_BILLED;
    made.model = "gpt-5";
    return made;
}

/* Everywhere the same; `counted` spans are billed, `standing` of them stand in. */
static void expect_usage(int64_t tokens, int64_t counted, int64_t standing)
{
    assert_int_equal(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM trace_parts"), tokens);
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), tokens * 10);
    assert_int_equal(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM spans "
                            "WHERE flags & 1 <> 0"),
                     tokens);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 1 <> 0"), counted);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 16384 <> 0"), standing);
    struct store_rows *rows =
        ask("SELECT CAST(sum(total_tokens) AS BIGINT), CAST(sum(calls) AS BIGINT), "
            "CAST(sum(cost) AS BIGINT), CAST(sum(spans) AS BIGINT) FROM rollups "
            "GROUP BY resolution");
    for (int i = 0; i < 3; i++) {
        assert_true(store_rows_next(rows));
        assert_int_equal(store_rows_int(rows, 0), tokens);
        assert_int_equal(store_rows_int(rows, 1), counted);
        assert_int_equal(store_rows_int(rows, 2), tokens * 10);
        assert_int_equal(store_rows_int(rows, 3), number("SELECT count(*) FROM spans"));
    }
    store_rows_free(rows);
}

static void without_calls_the_agent_counts(void **unused)
{
    (void)unused;
    open_store();
    add(summary(1, 1, 0, 100));
    commit();
    expect_usage(100, 1, 1);
}

static void a_call_in_the_same_batch_counts_alone(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1, 90));
    add(summary(1, 1, 0, 100));
    commit();
    expect_usage(90, 1, 0);
}

static void a_call_of_an_earlier_batch_counts_alone(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1, 90));
    commit();
    add(summary(1, 1, 0, 100));
    commit();
    expect_usage(90, 1, 0);
    reopen_store(); /* what was lately is forgotten */
    add(summary(1, 3, 0, 100));
    commit();
    expect_usage(90, 1, 0);
}

static void a_call_that_comes_later_takes_its_place(void **unused)
{
    (void)unused;
    open_store();
    struct sent root = summary(1, 1, 0, 100);
    root.flags |= OBSERVATION_ROOT;
    root.output = "an answer";
    add(root);
    commit();
    expect_usage(100, 1, 1);
    reopen_store();
    add(call(1, 2, 1, 90));
    commit();
    expect_usage(90, 1, 0);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE session = 's-1'"), 2);
    struct store_rows *rows =
        ask("SELECT arg_max(output, output_rank), arg_min(root_span, root_at) FROM trace_parts");
    assert_true(store_rows_next(rows));
    assert_true(str_equal(store_rows_text(rows, 0), STR("an answer")));
    assert_int_equal(store_rows_int(rows, 1), 1);
    store_rows_free(rows);
}

static void turns_beside_one_another_add_up(void **unused)
{
    (void)unused;
    open_store();
    for (uint64_t turn = 1; turn <= 5; turn++) {
        add(summary(1, turn, 0, 100));
        commit();
        expect_usage((int64_t)turn * 100, (int64_t)turn, (int64_t)turn);
    }
}

/* The cycles of an agent are counted when they tell all of what the agent tells. */
static void within_one_another_the_fullest_count(void **unused)
{
    (void)unused;
    open_store();
    add(summary(1, 3, 2, 60)); /* below a span that tells nothing */
    commit();
    expect_usage(60, 1, 1);
    struct sent chain = summary(1, 2, 1, 0);
    chain.kind = KIND_SPAN;
    chain.flags = 0;
    add(chain);
    add(summary(1, 1, 0, 100));
    commit();
    expect_usage(100, 1, 1);
    assert_int_equal(number("SELECT span_id FROM spans WHERE flags & 1 <> 0"), 1);
    add(summary(1, 4, 1, 40));
    commit();
    expect_usage(100, 2, 2);
    assert_int_equal(number("SELECT min(span_id) FROM spans WHERE flags & 1 <> 0"), 3);
}

static void a_version_sent_again_counts_once(void **unused)
{
    (void)unused;
    open_store();
    add(summary(1, 1, 0, 100));
    commit();
    add(summary(1, 1, 0, 100));
    commit();
    expect_usage(100, 1, 1);
    struct sent fuller = summary(1, 1, 0, 130);
    fuller.end_ns += 5;
    add(fuller);
    commit();
    expect_usage(130, 1, 1);
}

static void when_the_call_goes_the_agent_counts_again(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1, 90));
    add(summary(1, 1, 0, 100));
    commit();
    take_away(1, 2, 0);
    commit();
    expect_usage(100, 1, 1);
    struct sent again = call(1, 2, 1, 80);
    again.segment = 2;
    add(again);
    commit();
    expect_usage(80, 1, 0);
    struct sent silent = call(1, 2, 1, 0);
    silent.segment = 2;
    silent.end_ns += 1000; /* a version that tells nothing any more */
    silent.cost = 0;
    add(silent);
    commit();
    assert_int_equal(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM trace_parts"), 100);
}

/* Whose parents are in a ring, in another trace, or another project. */
static void strange_parents_do_no_harm(void **unused)
{
    (void)unused;
    open_store();
    add(summary(1, 1, 3, 10));
    add(summary(1, 2, 1, 10));
    add(summary(1, 3, 2, 10));
    add(summary(1, 4, 4, 10)); /* its own parent */
    commit();
    assert_true(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM trace_parts") >= 20);
    assert_int_equal(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM trace_parts"),
                     number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM rollups "
                            "WHERE resolution = 60"));
    struct sent other = call(2, 1, 0, 7);
    other.project = 2;
    add(summary(2, 1, 0, 50));
    add(other);
    commit();
    assert_int_equal(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM trace_parts "
                            "WHERE trace_lo = 2 AND project = 1"),
                     50);
}

static void a_commit_that_fails_leaves_no_memory(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1, 90));
    assert_ok(store__run(store, &error, "ALTER TABLE progress RENAME TO hidden"));
    store__drop_appenders(store);
    struct error failure = {0};
    assert_int_not_equal(store_commit(store, (struct store_progress){1, committed + 1}, &failure),
                         STATUS_OK);
    assert_ok(store__run(store, &error, "ALTER TABLE hidden RENAME TO progress"));
    add(summary(1, 1, 0, 100));
    commit();
    expect_usage(100, 1, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(without_calls_the_agent_counts),
        STORE_TEST(a_call_in_the_same_batch_counts_alone),
        STORE_TEST(a_call_of_an_earlier_batch_counts_alone),
        STORE_TEST(a_call_that_comes_later_takes_its_place),
        STORE_TEST(turns_beside_one_another_add_up),
        STORE_TEST(within_one_another_the_fullest_count),
        STORE_TEST(a_version_sent_again_counts_once),
        STORE_TEST(when_the_call_goes_the_agent_counts_again),
        STORE_TEST(strange_parents_do_no_harm),
        STORE_TEST(a_commit_that_fails_leaves_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
