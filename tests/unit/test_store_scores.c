/* SPDX-License-Identifier: Apache-2.0 */
/* Scores in the index: one row a score, the newest record of it, none once it is deleted. */
#define _GNU_SOURCE
#include <math.h>

#include "store_fixture.h"

struct said {
    const char *id, *name, *text;
    double number;
    uint32_t project, segment;
    int64_t arrival_ns;
    bool deleted;
};

static void score(struct said said)
{
    const struct score sent = {
        .id = str_from(said.id),
        .name = str_from(said.name ? said.name : "quality"),
        .type = said.text ? SCORE_CATEGORICAL : SCORE_NUMERIC,
        .number = said.text ? (double)NAN : said.number,
        .text = str_from(said.text),
        .trace_id = {1},
        .time_ns = 1000,
        .deleted = said.deleted,
    };
    const struct store_score row = {
        .place = {.project_id = said.project ? said.project : 1,
                  .segment = said.segment ? said.segment : 1,
                  .arrival_ns = said.arrival_ns},
        .score = &sent,
        .comment = STR("why"),
    };
    assert_ok(store_add_score(store, &row, &error));
}

static void a_later_record_replaces_the_score(void **state)
{
    (void)state;
    open_store();
    score((struct said){.id = "a", .number = 1, .arrival_ns = 10});
    score((struct said){.id = "b", .number = 5, .arrival_ns = 10});
    commit();
    score((struct said){.id = "a", .number = 2, .arrival_ns = 20});
    commit();
    assert_int_equal(number("SELECT count(*) FROM scores"), 2);
    assert_int_equal(number("SELECT CAST(sum(value) AS BIGINT) FROM scores"), 7);
    assert_int_equal(number("SELECT created_ns FROM scores WHERE id = 'a'"), 10);
    assert_int_equal(number("SELECT arrival_ns FROM scores WHERE id = 'a'"), 20);
}

static void of_one_batch_the_last_record_stays(void **state)
{
    (void)state;
    open_store();
    score((struct said){.id = "a", .number = 1, .arrival_ns = 10});
    score((struct said){.id = "a", .number = 3, .arrival_ns = 11});
    score((struct said){.id = "gone", .number = 3});
    score((struct said){.id = "gone", .deleted = true});
    commit();
    assert_int_equal(number("SELECT count(*) FROM scores"), 1);
    assert_int_equal(number("SELECT CAST(value AS BIGINT) FROM scores"), 3);
}

static void a_tombstone_takes_the_score_away_and_leaves_no_row(void **state)
{
    (void)state;
    open_store();
    score((struct said){.id = "a", .number = 1});
    commit();
    reopen_store();
    score((struct said){.id = "a", .deleted = true});
    score((struct said){.id = "never-there", .deleted = true});
    commit();
    assert_int_equal(number("SELECT count(*) FROM scores"), 0);
    score((struct said){.id = "a", .number = 4});
    commit();
    assert_int_equal(number("SELECT CAST(value AS BIGINT) FROM scores"), 4);
}

static void projects_do_not_share_ids(void **state)
{
    (void)state;
    open_store();
    score((struct said){.id = "a", .number = 1, .project = 1});
    score((struct said){.id = "a", .number = 2, .project = 2});
    commit();
    score((struct said){.id = "a", .deleted = true, .project = 2});
    commit();
    assert_int_equal(number("SELECT count(*) FROM scores WHERE project = 1"), 1);
    assert_int_equal(number("SELECT count(*) FROM scores"), 1);
}

static void retention_takes_scores_of_dropped_segments(void **state)
{
    (void)state;
    open_store();
    score((struct said){.id = "old", .number = 1, .segment = 1});
    score((struct said){.id = "new", .number = 2, .segment = 2});
    commit();
    assert_ok(store_drop_segments(store, 2, &error));
    assert_int_equal(number("SELECT count(*) FROM scores"), 1);
    assert_int_equal(number("SELECT count(*) FROM scores WHERE id = 'new'"), 1);
}

static void the_view_shows_words_and_hex(void **state)
{
    (void)state;
    open_store();
    score((struct said){.id = "c", .name = "tone", .text = "kind"});
    commit();
    assert_int_equal(number("SELECT count(*) FROM v_scores WHERE name = 'tone' AND "
                            "type = 'categorical' AND source = 'api' AND text = 'kind' AND "
                            "value IS NULL AND comment = 'why' AND span_id IS NULL AND "
                            "trace_id = '01000000000000000000000000000000'"),
                     1);
}

static void an_alias_is_written_once(void **state)
{
    (void)state;
    open_store();
    const struct store_alias alias = {.place = {.project_id = 1, .segment = 1},
                                      .kind = ALIAS_TRACE,
                                      .hi = 5,
                                      .lo = 6,
                                      .text = STR("my trace")};
    assert_ok(store_add_alias(store, &alias, &error));
    assert_ok(store_add_alias(store, &alias, &error));
    score((struct said){.id = "a", .number = 1});
    commit();
    assert_int_equal(number("SELECT count(*) FROM aliases WHERE text = 'my trace' AND hi = 5"), 1);
}

/* The trace of score(), in its halves. */
static bool maybe_scored(uint32_t project, int64_t lo)
{
    return store_trace_maybe_scored(store, project, INT64_C(1) << 56, lo);
}

static void it_is_known_which_traces_have_none(void **state)
{
    (void)state;
    open_store();
    assert_false(maybe_scored(1, 0));
    score((struct said){.id = "a", .number = 1});
    commit();
    assert_true(maybe_scored(1, 0));
    reopen_store();
    assert_true(maybe_scored(1, 0));
    assert_false(maybe_scored(2, 0));
    score((struct said){.id = "b", .number = 1, .project = 2});
    commit();
    assert_true(maybe_scored(2, 0));
    int others = 0;
    for (int64_t lo = 1; lo <= 10000; lo++)
        others += maybe_scored(1, lo);
    assert_in_range(others, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_later_record_replaces_the_score),
        STORE_TEST(of_one_batch_the_last_record_stays),
        STORE_TEST(a_tombstone_takes_the_score_away_and_leaves_no_row),
        STORE_TEST(projects_do_not_share_ids),
        STORE_TEST(retention_takes_scores_of_dropped_segments),
        STORE_TEST(the_view_shows_words_and_hex),
        STORE_TEST(an_alias_is_written_once),
        STORE_TEST(it_is_known_which_traces_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
