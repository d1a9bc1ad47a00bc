/* SPDX-License-Identifier: Apache-2.0 */
/* store: a model call told by two instrumentations, one span within the other, counts once. */
#define _GNU_SOURCE
#include "store_fixture.h"

#define BASE INT64_C(1790000000000000000)

static struct sent call(uint64_t trace, uint64_t span, uint64_t parent)
{
    return (struct sent){.trace = trace,
                         .span = span,
                         .parent = parent,
                         .start_ns = BASE + (int64_t)span * 1000,
                         .end_ns = BASE + 50000000 - (int64_t)span * 1000,
                         .kind = KIND_LLM,
                         .flags = OBSERVATION_BILLED,
                         .name = parent ? "chat gpt-5" : "ChatOpenAI",
                         .model = "gpt-5",
                         .session = "s-1",
                         .input = "what is it?",
                         .output = parent ? "an answer" : "the framework's answer",
                         .input_tokens = 100,
                         .output_tokens = 10,
                         .cost = 1000};
}

static void expect_one_call(uint64_t spans)
{
    assert_int_equal(number("SELECT count(*) FROM spans"), spans);
    assert_int_equal(number("SELECT CAST(sum(total_tokens) AS BIGINT) FROM trace_parts"), 110);
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 1000);
    assert_int_equal(number("SELECT CAST(sum(llm_calls) AS BIGINT) FROM trace_parts"), 1);
    assert_int_equal(number("SELECT CAST(sum(spans) AS BIGINT) FROM trace_parts"), spans);
    assert_int_equal(number("SELECT count(*) FROM (SELECT resolution FROM rollups GROUP BY 1 "
                            "HAVING sum(calls) = 1 AND sum(total_tokens) = 110 "
                            "AND sum(cost) = 1000)"),
                     3);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 1 <> 0"), 1);
    assert_int_equal(number("SELECT span_id FROM spans WHERE flags & 1 <> 0"), 2);
}

static void both_in_one_batch(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 1, 0));
    add(call(1, 2, 1));
    commit();
    expect_one_call(2);
}

static void the_parent_first(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 1, 0));
    commit();
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 1000);
    add(call(1, 2, 1));
    commit();
    expect_one_call(2);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE session = 's-1'"), 2);
}

static void the_child_first(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1));
    commit();
    add(call(1, 1, 0));
    commit();
    expect_one_call(2);
}

static void after_a_restart_and_sent_again(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 1, 0));
    commit();
    reopen_store();
    add(call(1, 2, 1));
    commit();
    add(call(1, 1, 0));
    commit();
    expect_one_call(2);
    reopen_store();
    struct sent fuller = call(1, 1, 0);
    fuller.end_ns += 5;
    add(fuller);
    commit();
    expect_one_call(2);
}

static void words_of_the_parent_stay(void **unused)
{
    (void)unused;
    open_store();
    struct sent parent = call(1, 1, 0);
    parent.flags |= OBSERVATION_ROOT;
    add(parent);
    commit();
    add(call(1, 2, 1));
    commit();
    expect_one_call(2);
    struct store_rows *rows =
        ask("SELECT arg_max(output, output_rank), arg_min(root_span, root_at) FROM trace_parts");
    assert_true(store_rows_next(rows));
    assert_true(str_equal(store_rows_text(rows, 0), STR("the framework's answer")));
    assert_int_equal(store_rows_int(rows, 1), 1);
    store_rows_free(rows);
}

static void three_within_one_another(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1));
    add(call(1, 4, 2));
    commit();
    add(call(1, 1, 0));
    commit();
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 1000);
    assert_int_equal(number("SELECT span_id FROM spans WHERE flags & 1 <> 0"), 4);
}

/* A model call around an embedding, a call without figures, an equal id in another trace or
 * project: two calls. */
static void what_is_no_repetition_is_billed(void **unused)
{
    (void)unused;
    open_store();
    struct sent other = call(1, 2, 1);
    other.kind = KIND_EMBEDDING;
    add(call(1, 1, 0));
    add(other);
    commit();
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 2000);
    struct sent silent = call(2, 2, 1);
    silent.input_tokens = silent.output_tokens = silent.cost = 0;
    add(call(2, 1, 0));
    add(silent);
    commit();
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 3000);
    add(call(3, 2, 1));
    struct sent elsewhere = call(3, 1, 0);
    elsewhere.project = 2;
    add(elsewhere);
    commit();
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 5000);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 2 <> 0"), 0);
}

/* The calls of the last batches are remembered, but not what they no longer say. */
static void a_child_of_an_earlier_batch(void **unused)
{
    (void)unused;
    open_store();
    struct sent other = call(1, 2, 1), silent = call(2, 2, 1);
    other.kind = KIND_EMBEDDING;
    add(other);
    add(silent);
    commit();
    silent.input_tokens = silent.output_tokens = silent.cost = 0;
    silent.end_ns += 1000; /* a later version */
    add(silent);
    commit();
    add(call(1, 1, 0));
    add(call(2, 1, 0));
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 1 <> 0"), 4);
    assert_int_equal(number("SELECT CAST(sum(cost) AS BIGINT) FROM trace_parts"), 3000);
}

static void a_deleted_child_repeats_nothing(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 2, 1));
    commit();
    take_away(1, 0, 3);
    commit();
    struct sent parent = call(1, 1, 0);
    parent.segment = 2; /* after the deletion */
    add(parent);
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 1);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 1 <> 0"), 1);
}

/* A parent of thousands of calls costs its look-up once, not once a call. */
static void many_calls_below_one_parent(void **unused)
{
    (void)unused;
    open_store();
    for (uint64_t i = 0; i < 60000; i++)
        add(call(1, 10 + i, 5));
    commit();
    assert_true(seen_bytes(&store->billed_parents) < 1 << 16);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 1 <> 0"), 60000);
    add(call(1, 5, 0));
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans WHERE flags & 1 <> 0"), 60000);
    assert_int_equal(number("SELECT CAST(sum(llm_calls) AS BIGINT) FROM trace_parts"), 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(both_in_one_batch),
        STORE_TEST(the_parent_first),
        STORE_TEST(the_child_first),
        STORE_TEST(after_a_restart_and_sent_again),
        STORE_TEST(words_of_the_parent_stay),
        STORE_TEST(three_within_one_another),
        STORE_TEST(what_is_no_repetition_is_billed),
        STORE_TEST(a_child_of_an_earlier_batch),
        STORE_TEST(a_deleted_child_repeats_nothing),
        STORE_TEST(many_calls_below_one_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
