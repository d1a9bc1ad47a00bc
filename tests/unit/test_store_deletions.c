/* SPDX-License-Identifier: Apache-2.0 */
/* Traces that are taken away: everything about them goes, whether written or waiting, and what
 * comes afterwards is new. That totals stay exact is shown in test_store_model.c. */
#define _GNU_SOURCE
#include "store_fixture.h"

enum { TRACE = 7 };

static void fill(uint64_t trace)
{
    struct score score = {.id = trace == TRACE ? STR("mine") : STR("other's"), .name = STR("q")};
    struct log_record log = {.time_ns = 5};
    add((struct sent){.trace = trace,
                      .span = trace * 10,
                      .start_ns = 1000,
                      .end_ns = 2000,
                      .flags = OBSERVATION_ROOT,
                      .input = "secret",
                      .session = "s"});
    put_id(trace * 0x9E3779B97F4A7C15u, score.trace_id);
    put_id(trace, score.trace_id + 8);
    memcpy(log.trace_id, score.trace_id, TRACE_ID_BYTES);
    const struct store_place place = {.project_id = 1, .segment = 1};
    const struct store_score row = {.place = place, .score = &score};
    const struct store_log line = {.place = place, .log = &log, .hash = 40 + trace};
    const struct store_alias tag = {.place = place,
                                    .kind = ALIAS_TAG,
                                    .hi = store__id_half(score.trace_id),
                                    .lo = store__id_half(score.trace_id + 8),
                                    .text = STR("tag")};
    assert_ok(store_add_score(store, &row, &error));
    assert_ok(store_add_log(store, &line, &error));
    assert_ok(store_add_alias(store, &tag, &error));
}

static void assert_rows(int64_t each)
{
    static const char *const tables_of[] = {"spans", "trace_parts", "scores", "logs", "aliases"};
    char sql[64];
    for (size_t i = 0; i < sizeof tables_of / sizeof *tables_of; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", tables_of[i]);
        assert_int_equal(number(sql), each);
    }
    assert_int_equal(number("SELECT count(*) FROM rollups"), each ? 3 : 0);
    assert_int_equal(number("SELECT count(*) FROM histograms"), each ? 3 : 0);
}

static void a_deleted_trace_leaves_no_row(void **state)
{
    (void)state;
    open_store();
    fill(TRACE);
    commit();
    assert_rows(1);
    take_away(TRACE, 0, 9);
    take_away(TRACE, 0, 9);
    commit();
    assert_rows(0);
    fill(TRACE); /* still waiting when it goes */
    take_away(TRACE, 0, 10);
    commit();
    assert_rows(0);
    take_away(TRACE, 0, 11);
    fill(TRACE);
    commit();
    assert_rows(1);
}

static void what_comes_behind_the_deletion_in_one_batch_is_new(void **state)
{
    (void)state;
    open_store();
    fill(TRACE);
    take_away(TRACE, 0, 9);
    fill(TRACE);
    commit();
    assert_rows(1);
    fill(TRACE);
    take_away(TRACE, 0, 9);
    fill(TRACE);
    commit();
    assert_rows(1);
}

static void other_traces_and_projects_keep_theirs(void **state)
{
    (void)state;
    open_store();
    fill(TRACE);
    fill(TRACE + 1);
    add((struct sent){.trace = TRACE, .span = 1, .project = 2, .start_ns = 1, .end_ns = 2});
    commit();
    take_away(TRACE, 0, 9);
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans WHERE project = 1"), 1);
    assert_int_equal(number("SELECT count(*) FROM spans WHERE project = 2"), 1);
    assert_int_equal(number("SELECT count(*) FROM scores WHERE id = 'mine'"), 0);
    assert_int_equal(number("SELECT count(*) FROM scores"), 1);
    assert_int_equal(number("SELECT count(*) FROM aliases"), 1);
}

static void one_span_leaves_a_trace_that_goes_on(void **state)
{
    (void)state;
    open_store();
    fill(TRACE);
    add((struct sent){.trace = TRACE, .span = 99, .start_ns = 3, .end_ns = 9000, .name = "late"});
    commit();
    take_away(TRACE, 99, 9);
    commit();
    assert_rows(1);
    assert_int_equal(number("SELECT end_ns FROM v_traces"), 2000);
}

static bool deleted_since(uint32_t record)
{
    uint8_t trace_id[TRACE_ID_BYTES];
    const struct store_place place = {.segment = 1, .record = record};
    put_id(TRACE * 0x9E3779B97F4A7C15u, trace_id);
    put_id(TRACE, trace_id + 8);
    return store_deleted_since(store, 1, trace_id, &place);
}

static void which_traces_were_deleted_is_known_until_it_is_forgotten(void **state)
{
    (void)state;
    open_store();
    take_away(TRACE, 0, 9);
    take_away(TRACE, 3, 20); /* one span of it */
    assert_true(deleted_since(8));
    assert_false(deleted_since(9));
    commit();
    reopen_store();
    assert_true(deleted_since(8));
    assert_false(deleted_since(9));
    take_away(TRACE, 0, 12);
    store__drop_appenders(store);
    assert_ok(store__run(store, &error, "ALTER TABLE progress RENAME TO hidden"));
    struct error error;
    assert_int_not_equal(store_commit(store, (struct store_progress){1, 5000}, &error), STATUS_OK);
    assert_false(deleted_since(10)); /* it is read again */
    assert_true(deleted_since(8));
    assert_ok(store__run(store, &error, "ALTER TABLE hidden RENAME TO progress"));
    store_forget_deletions(store);
    commit();
    assert_false(deleted_since(8));
    reopen_store();
    assert_int_equal(store_deletions_known(store), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_deleted_trace_leaves_no_row),
        STORE_TEST(what_comes_behind_the_deletion_in_one_batch_is_new),
        STORE_TEST(other_traces_and_projects_keep_theirs),
        STORE_TEST(one_span_leaves_a_trace_that_goes_on),
        STORE_TEST(which_traces_were_deleted_is_known_until_it_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
