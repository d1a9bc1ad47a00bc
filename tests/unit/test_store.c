/* SPDX-License-Identifier: Apache-2.0 */
/* store: what goes in comes out, once, together with the progress; what readers may and may not
 * ask. */
#define _GNU_SOURCE
#include "store_fixture.h"

#include <math.h>

#define BASE INT64_C(1790000000000000000)

static struct sent call(uint64_t trace, uint64_t span)
{
    return (struct sent){.trace = trace,
                         .span = span,
                         .start_ns = BASE + (int64_t)span * 1000,
                         .end_ns = BASE + (int64_t)span * 1000 + 5000000,
                         .kind = KIND_LLM,
                         .flags = OBSERVATION_BILLED,
                         .name = "chat",
                         .model = "gpt-5",
                         .service = "shop",
                         .input_tokens = 100,
                         .output_tokens = 10,
                         .cost = 1000};
}

static enum status question(const char *sql, const struct store_param *params, size_t count,
                            int timeout_ms, struct error *error)
{
    const struct store_question asked = {
        .sql = sql, .params = params, .param_count = count, .timeout_ms = timeout_ms};
    struct store_rows *rows;
    enum status status = store_select(store, &asked, &rows, error);
    if (status == STATUS_OK)
        store_rows_free(rows);
    return status;
}

static void rows_show_after_the_commit_and_not_before(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 1));
    assert_int_equal(store_pending(store), 1);
    assert_int_equal(number("SELECT count(*) FROM spans"), 0);
    commit();
    assert_int_equal(store_pending(store), 0);
    assert_int_equal(number("SELECT count(*) FROM spans"), 1);
    assert_int_equal(number("SELECT trace_lo FROM spans"), 1);
    assert_int_equal(number("SELECT input_tokens + output_tokens FROM spans"), 110);
    assert_int_equal(number("SELECT duration_ns FROM spans"), 5000000);
    assert_int_equal(number("SELECT ttft FROM spans"), -2);
    assert_int_equal(number("SELECT reasoning FROM spans"), -2);
}

static void progress_comes_with_the_rows_and_survives_a_restart(void **unused)
{
    (void)unused;
    open_store();
    assert_int_equal(store_progress(store).segment, 0);
    assert_int_equal(store_progress(store).offset, 0);
    for (uint64_t i = 1; i <= 3; i++) {
        add(call(1, i));
        commit();
        assert_int_equal(number("SELECT \"offset\" FROM progress ORDER BY seq DESC LIMIT 1"),
                         committed);
    }
    /* A frame without rows moves the position, too. */
    commit();
    reopen_store();
    assert_int_equal(store_progress(store).segment, 1);
    assert_int_equal(store_progress(store).offset, committed);
    assert_int_equal(number("SELECT count(*) FROM spans"), 3);
    assert_int_equal(number("SELECT count(*) FROM progress"), 1);
}

static void a_span_sent_again_counts_once_also_after_a_restart(void **unused)
{
    (void)unused;
    open_store();
    add(call(1, 1));
    add(call(1, 1));
    commit();
    add(call(1, 1));
    add(call(1, 2));
    commit();
    reopen_store();
    add(call(1, 1));
    add(call(1, 3));
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 3);
    assert_int_equal(number("SELECT sum(spans) FROM trace_parts"), 3);
    assert_int_equal(number("SELECT sum(calls) FROM rollups WHERE resolution = 60"), 3);
    assert_int_equal(number("SELECT sum(cost) FROM rollups WHERE resolution = 86400"), 3000);
}

static void the_same_ids_in_two_projects_are_two_spans(void **unused)
{
    (void)unused;
    open_store();
    struct sent other = call(1, 1);
    other.project = 2;
    add(call(1, 1));
    add(other);
    commit();
    add(other);
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 2);
    assert_int_equal(number("SELECT count(*) FROM trace_parts"), 2);
}

static void a_better_version_replaces_and_a_worse_one_does_not(void **unused)
{
    (void)unused;
    open_store();
    struct sent first = call(1, 1), later = first, fuller = first;
    first.input = "asked first";
    first.flags |= OBSERVATION_ROOT;
    later.flags |= OBSERVATION_ROOT;
    later.end_ns += 7;
    later.input_tokens = 200;
    later.input = "asked later";
    add(first);
    commit();
    add(later);
    commit();
    add(first);
    commit();
    assert_int_equal(number("SELECT sum(input_tokens) FROM spans"), 200);
    assert_int_equal(number("SELECT sum(input_tokens) FROM trace_parts"), 200);
    assert_int_equal(number("SELECT sum(input_tokens) FROM rollups WHERE resolution = 3600"), 200);
    assert_int_equal(number("SELECT count(*) FROM v_traces WHERE input = 'asked later'"), 1);
    fuller = later;
    fuller.attributes = 3;
    fuller.start_ns -= 5000; /* also where the start changed */
    fuller.output_tokens = 77;
    add(fuller);
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 1);
    assert_int_equal(number("SELECT sum(output_tokens) FROM trace_parts"), 77);
    assert_int_equal(number("SELECT min(start_ns) FROM trace_parts"), fuller.start_ns);
}

static void a_failed_commit_leaves_nothing_and_its_names_work_later(void **unused)
{
    (void)unused;
    open_store();
    struct error error = {0};
    struct sent fresh = call(1, 1);
    fresh.model = "new-model";
    add(fresh);
    assert_ok(store__run(store, &error, "ALTER TABLE progress RENAME TO hidden"));
    assert_int_not_equal(store_commit(store, (struct store_progress){1, 5}, &error), STATUS_OK);
    assert_int_equal(store_progress(store).offset, 0);
    assert_int_equal(store_name_id(store, STR("new-model")), -1);
    assert_int_equal(number("SELECT count(*) FROM spans"), 0);
    assert_int_equal(number("SELECT count(*) FROM labels"), 0);
    assert_ok(store__run(store, &error, "ALTER TABLE hidden RENAME TO progress"));
    add(fresh);
    commit();
    int32_t id = store_name_id(store, STR("new-model"));
    assert_true(id > 1);
    assert_true(str_equal(store_name(store, id), STR("new-model")));
    reopen_store();
    assert_int_equal(store_name_id(store, STR("new-model")), id);
    assert_int_equal(number("SELECT count(*) FROM v_spans WHERE model = 'new-model'"), 1);
    assert_int_equal(number("SELECT count(*) FROM labels"), 1);
}

static void names_that_do_not_fit_become_other(void **unused)
{
    (void)unused;
    open_store();
    store->names.limit = store->names.count + 3;
    for (uint64_t i = 1; i <= 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "name %d", (int)i);
        struct sent span = {.trace = 1, .span = i, .start_ns = BASE, .end_ns = BASE + 1};
        span.name = name;
        add(span);
    }
    commit();
    assert_int_equal(number("SELECT count(*) FROM v_spans WHERE name = '(other)'"), 3);
    assert_int_equal(number("SELECT count(DISTINCT name) FROM spans"), 4);
}

static void labels_that_do_not_fit_become_other_and_errors_stay_right(void **unused)
{
    (void)unused;
    open_store();
    store->labels.limit = 2;
    for (uint64_t i = 1; i <= 20; i++) {
        char model[16];
        snprintf(model, sizeof model, "model %d", (int)i);
        struct sent span = call(1, i);
        span.model = model;
        span.is_error = i % 4 == 0;
        add(span);
    }
    commit();
    assert_int_equal(number("SELECT count(*) FROM labels"), 4);
    assert_int_equal(number("SELECT sum(r.spans) FROM rollups r JOIN labels l ON l.id = r.label "
                            "WHERE r.resolution = 60 AND l.model = 1"),
                     18);
    assert_int_equal(number("SELECT sum(r.errors) FROM rollups r JOIN labels l ON l.id = r.label "
                            "WHERE r.resolution = 60 AND l.error_kind <> 0"),
                     5);
}

static void text_that_is_not_utf8_or_holds_zeroes_is_kept_readable(void **unused)
{
    (void)unused;
    open_store();
    struct sent span = call(1, 1);
    span.name = "bad \xff\xfe name";
    span.session = "s\xc3";
    add(span);
    struct store_log log = {.log = &(struct log_record){.time_ns = 5},
                            .service = STR("a\0b"),
                            .body_text = STR("x\0y\xff"),
                            .hash = 9,
                            .place = {.project_id = 1, .segment = 1}};
    assert_ok(store_add_log(store, &log, &error));
    commit();
    assert_int_equal(number("SELECT count(*) FROM v_spans WHERE name = 'bad \uFFFD\uFFFD name' "
                            "AND session = 's\uFFFD'"),
                     1);
    assert_int_equal(number("SELECT length(service) FROM v_logs"), 3);
    assert_int_equal(number("SELECT length(body) FROM v_logs"), 4);
    reopen_store();
    assert_true(store_name_id(store, STR("a\0b")) > 1);
}

static void absurd_times_are_kept_and_spoil_no_percentile(void **unused)
{
    (void)unused;
    open_store();
    const int64_t starts[] = {0, -5, 1, INT64_MAX - 10, BASE};
    for (uint64_t i = 0; i < 5; i++)
        add((struct sent){.trace = 1,
                          .span = i + 1,
                          .start_ns = starts[i],
                          .end_ns = i == 2 ? INT64_MAX : starts[i],
                          .arrival_ns = BASE,
                          .flags = i < 4 ? OBSERVATION_BAD_TIME : 0});
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 5);
    assert_int_equal(number("SELECT sum(spans) FROM rollups WHERE resolution = 86400"), 5);
    assert_int_equal(number("SELECT sum(spans) FROM rollups WHERE resolution = 60"), 1);
    assert_int_equal(number("SELECT sum(count) FROM histograms WHERE resolution = 86400"), 1);
}

static void sums_stop_at_the_end_of_their_range(void **unused)
{
    (void)unused;
    open_store();
    for (uint64_t i = 1; i <= 3; i++) {
        struct sent span = call(1, i);
        span.cost = INT64_MAX;
        span.input_tokens = INT64_MAX / 4;
        add(span);
        commit();
    }
    assert_int_equal(number("SELECT sum(cost) FROM trace_parts"), INT64_C(3000000000000000));
    assert_int_equal(number("SELECT sum(input_tokens) FROM rollups WHERE resolution = 60"),
                     3 * (int64_t)INT32_MAX);
}

/* --- logs and points ---------------------------------------------------------------------- */

static void log_records_are_kept_once(void **unused)
{
    (void)unused;
    open_store();
    struct log_record record = {.time_ns = (uint64_t)BASE, .severity = 17};
    record.trace_id[15] = 3;
    struct store_log log = {.place = {.project_id = 1, .segment = 1, .arrival_ns = BASE + 5},
                            .log = &record,
                            .service = STR("shop"),
                            .event_name = STR("gen_ai.choice"),
                            .body_text = STR("{\"role\":\"user\"}"),
                            .hash = 77};
    for (int round = 0; round < 3; round++) {
        assert_ok(store_add_log(store, &log, &error));
        assert_ok(store_add_log(store, &log, &error));
        log.hash++;
        assert_ok(store_add_log(store, &log, &error));
        log.hash--;
        commit();
        if (round == 1)
            reopen_store();
    }
    assert_int_equal(number("SELECT count(*) FROM logs"), 2);
    assert_int_equal(number("SELECT count(*) FROM v_logs WHERE severity = 17 AND service = 'shop' "
                            "AND event = 'gen_ai.choice' AND trace_id LIKE '%0003' "
                            "AND body = '{\"role\":\"user\"}'"),
                     2);
}

static void a_log_without_a_time_has_the_time_of_its_arrival(void **unused)
{
    (void)unused;
    open_store();
    struct store_log log = {.place = {.project_id = 1, .arrival_ns = BASE},
                            .log = &(struct log_record){.severity = 9},
                            .hash = 1};
    assert_ok(store_add_log(store, &log, &error));
    log.log = &(struct log_record){.observed_ns = 42};
    log.hash = 2;
    assert_ok(store_add_log(store, &log, &error));
    commit();
    assert_int_equal(number("SELECT min(time_ns) FROM logs"), 42);
    assert_int_equal(number("SELECT max(time_ns) FROM logs"), BASE);
}

static void add_point(const struct metric *metric, const struct metric_point *sent, uint64_t series)
{
    const struct store_point point = {.place = {.project_id = 1, .arrival_ns = BASE},
                                      .metric = metric,
                                      .point = sent,
                                      .service = STR("shop"),
                                      .attributes_json = STR("{\"a\":1}"),
                                      .series_hash = series};
    assert_ok(store_add_point(store, &point, &error));
}

static void datapoints_keep_their_series_and_count_once(void **unused)
{
    (void)unused;
    open_store();
    const struct metric gauge = {.name = STR("load"), .unit = STR("1"), .type = METRIC_GAUGE};
    const struct metric histogram = {
        .name = STR("took"), .unit = STR("s"), .type = METRIC_HISTOGRAM, .temporality = 2};
    for (int round = 0; round < 3; round++) {
        add_point(&gauge, &(struct metric_point){.time_ns = 10, .number = 0.5}, 100);
        add_point(&gauge, &(struct metric_point){.time_ns = 20, .is_int = true, .integer = 7}, 100);
        add_point(&gauge, &(struct metric_point){.time_ns = 30, .flags = 1}, 100);
        add_point(
            &histogram,
            &(struct metric_point){
                .time_ns = 10, .count = 4, .sum = 2.5, .has_sum = true, .has_max = true, .max = 2},
            UINT64_MAX);
        commit();
        if (round == 1)
            reopen_store();
    }
    assert_int_equal(number("SELECT count(*) FROM series"), 2);
    assert_int_equal(number("SELECT count(*) FROM points"), 4);
    assert_int_equal(
        number("SELECT count(*) FROM v_points WHERE metric = 'load' AND unit = '1' AND "
               "attributes = '{\"a\":1}' AND service = 'shop' AND value IN (0.5, 7)"),
        2);
    assert_int_equal(
        number("SELECT count(*) FROM v_points WHERE metric = 'load' AND value IS NULL"), 1);
    assert_int_equal(number("SELECT count(*) FROM v_points WHERE metric = 'took' AND count = 4 AND "
                            "sum = 2.5 AND max = 2 AND min IS NULL AND temporality = 2"),
                     1);
}

/* --- reading ------------------------------------------------------------------------------ */

static void questions_are_bound_and_typed(void **unused)
{
    (void)unused;
    open_store();
    const struct store_param params[] = {
        {.type = STORE_INT, .integer = INT64_MIN},
        {.type = STORE_DOUBLE, .number = 1.5},
        {.type = STORE_TEXT, .text = STR("'; DROP TABLE spans; --")},
        {.type = STORE_NULL},
    };
    const struct store_question asked = {
        .sql = "SELECT CAST(? AS BIGINT), CAST(? AS DOUBLE), CAST(? AS VARCHAR), CAST(? AS "
               "INTEGER), 0.25, CAST(9223372036854775807 AS HUGEINT) * 4, true, NULL",
        .params = params,
        .param_count = 4};
    struct store_rows *rows;
    assert_ok(store_select(store, &asked, &rows, &error));
    assert_true(store_rows_next(rows));
    assert_int_equal(store_rows_int(rows, 0), INT64_MIN);
    assert_true(store_rows_double(rows, 1) == 1.5);
    assert_true(str_equal(store_rows_text(rows, 2), params[2].text));
    assert_true(store_rows_null(rows, 3));
    assert_int_equal(store_rows_int(rows, 3), 0);
    assert_true(isnan(store_rows_double(rows, 3)));
    assert_true(store_rows_double(rows, 4) == 0.25);
    assert_int_equal(store_rows_int(rows, 5), INT64_MAX);
    assert_int_equal(store_rows_int(rows, 6), 1);
    assert_true(store_rows_null(rows, 7));
    assert_null(store_rows_text(rows, 7).ptr);
    assert_false(store_rows_next(rows));
    assert_false(store_rows_next(rows));
    store_rows_free(rows);
}

static void wrong_questions_are_answered_in_words(void **unused)
{
    (void)unused;
    static const struct {
        const char *sql, *word;
        enum status status;
    } wrong[] = {
        {"SELECT nothing FROM spans", "nothing", STATUS_INVALID},
        {"SELEC 1", "syntax", STATUS_INVALID},
        {"SELECT 1; SELECT 2", "2", STATUS_INVALID},
        {"", "statement", STATUS_INVALID},
        {"SELECT ?", "parameter", STATUS_INVALID},
        {"INSERT INTO names VALUES (9, 'x')", "SELECT", STATUS_FORBIDDEN},
        {"DROP TABLE spans", "SELECT", STATUS_FORBIDDEN},
        {"SET memory_limit = '1TB'", "SELECT", STATUS_FORBIDDEN},
        {"CHECKPOINT", "SELECT", STATUS_FORBIDDEN},
        {"ATTACH '/tmp/x.db'", "SELECT", STATUS_FORBIDDEN},
        {"COPY spans TO '/tmp/x.csv'", "disabled", STATUS_FORBIDDEN},
        {"SELECT * FROM read_csv('/etc/passwd')", "disabled", STATUS_FORBIDDEN},
        {"SELECT * FROM '/etc/passwd'", "", STATUS_INVALID},
        {"SELECT * FROM read_text('/etc/hostname')", "disabled", STATUS_FORBIDDEN},
        {"SELECT * FROM glob('/*')", "disabled", STATUS_FORBIDDEN},
        {"SELECT [1, 2]", "VARCHAR", STATUS_INVALID},
        {"SELECT CAST('x' AS INTEGER)", "", STATUS_INVALID},
    };
    open_store();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {0};
        enum status status = question(wrong[i].sql, NULL, 0, 0, &error);
        if (status != wrong[i].status || !strstr(error.text, wrong[i].word))
            print_error("%s: %s\n", wrong[i].sql, error.text);
        assert_int_equal(status, wrong[i].status);
        assert_non_null(strstr(error.text, wrong[i].word));
        assert_int_equal(number("SELECT 42"), 42);
    }
    struct error error = {0};
    const struct store_param bad = {.type = STORE_TEXT, .text = STR("\xff")};
    assert_int_equal(question("SELECT ?", &bad, 1, 0, &error), STATUS_INVALID);
    assert_int_equal(access("/tmp/x.csv", F_OK), -1);
}

static const char endless[] = "SELECT count(*) FROM range(1000000000) a, range(1000000) b "
                              "WHERE (a.range * 7 + b.range) % 13 = 5";

static void a_question_ends_when_its_time_is_up(void **unused)
{
    (void)unused;
    open_store();
    struct error error = {0};
    int64_t started = clock_mono_ns();
    assert_int_equal(question(endless, NULL, 0, 100, &error), STATUS_TIMEOUT);
    assert_true(clock_mono_ns() - started < 60 * NS_PER_SEC); /* it would take days */
    assert_int_equal(number("SELECT 42"), 42);
}

struct asker {
    _Atomic bool cancelled;
    atomic_int started;
    enum status status;
};

static void *ask_endlessly(void *argument)
{
    struct asker *asker = argument;
    const struct store_question asked = {
        .sql = endless, .timeout_ms = 60000, .cancelled = &asker->cancelled};
    struct store_rows *rows;
    struct error error;
    asker->started++;
    asker->status = store_select(store, &asked, &rows, &error);
    return NULL;
}

static void a_question_ends_when_its_asker_goes_away(void **unused)
{
    (void)unused;
    open_store();
    /* More askers than connections: the last ones are cancelled while they wait. */
    static struct asker askers[POOL_CONNECTIONS + 2];
    pthread_t threads[POOL_CONNECTIONS + 2];
    memset(askers, 0, sizeof askers);
    for (int i = 0; i < POOL_CONNECTIONS + 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_endlessly, &askers[i]), 0);
    for (int i = 0; i < POOL_CONNECTIONS + 2; i++) {
        while (!askers[i].started)
            sched_yield();
        askers[i].cancelled = true;
    }
    for (int i = 0; i < POOL_CONNECTIONS + 2; i++) {
        pthread_join(threads[i], NULL);
        assert_true(askers[i].status == STATUS_CANCELLED || askers[i].status == STATUS_BUSY);
    }
    assert_int_equal(number("SELECT 42"), 42);
}

static void an_answer_that_is_too_large_is_refused(void **unused)
{
    (void)unused;
    open_store();
    struct error error = {0};
    assert_int_equal(question("SELECT repeat('x', 1000) FROM range(1000000)", NULL, 0, 0, &error),
                     STATUS_TOO_LARGE);
    assert_int_equal(question("SELECT range FROM range(1000000000)", NULL, 0, 0, &error),
                     STATUS_TOO_LARGE);
    assert_int_equal(number("SELECT count(*) FROM range(1000000)"), 1000000);
}

static void every_row_of_a_large_answer_is_read(void **unused)
{
    (void)unused;
    open_store();
    struct store_rows *rows = ask("SELECT range, 'text ' || range FROM range(100000)");
    int64_t count = 0;
    while (store_rows_next(rows)) {
        char text[32];
        snprintf(text, sizeof text, "text %lld", (long long)store_rows_int(rows, 0));
        assert_true(str_equal(store_rows_text(rows, 1), str_from(text)));
        count++;
    }
    assert_int_equal(count, 100000);
    store_rows_free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(rows_show_after_the_commit_and_not_before),
        STORE_TEST(progress_comes_with_the_rows_and_survives_a_restart),
        STORE_TEST(a_span_sent_again_counts_once_also_after_a_restart),
        STORE_TEST(the_same_ids_in_two_projects_are_two_spans),
        STORE_TEST(a_better_version_replaces_and_a_worse_one_does_not),
        STORE_TEST(a_failed_commit_leaves_nothing_and_its_names_work_later),
        STORE_TEST(names_that_do_not_fit_become_other),
        STORE_TEST(labels_that_do_not_fit_become_other_and_errors_stay_right),
        STORE_TEST(text_that_is_not_utf8_or_holds_zeroes_is_kept_readable),
        STORE_TEST(absurd_times_are_kept_and_spoil_no_percentile),
        STORE_TEST(sums_stop_at_the_end_of_their_range),
        STORE_TEST(log_records_are_kept_once),
        STORE_TEST(a_log_without_a_time_has_the_time_of_its_arrival),
        STORE_TEST(datapoints_keep_their_series_and_count_once),
        STORE_TEST(questions_are_bound_and_typed),
        STORE_TEST(wrong_questions_are_answered_in_words),
        STORE_TEST(a_question_ends_when_its_time_is_up),
        STORE_TEST(a_question_ends_when_its_asker_goes_away),
        STORE_TEST(an_answer_that_is_too_large_is_refused),
        STORE_TEST(every_row_of_a_large_answer_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
