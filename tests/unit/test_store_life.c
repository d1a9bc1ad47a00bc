/* SPDX-License-Identifier: Apache-2.0 */
/* store: crashes, full disks, broken files, retention, background work, readers beside the writer.
 */
#define _GNU_SOURCE
#include "store_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define BASE INT64_C(1790000000000000000)

static struct sent plain(uint64_t trace, uint64_t span)
{
    return (struct sent){.trace = trace,
                         .span = span,
                         .start_ns = BASE + (int64_t)span * 1000,
                         .end_ns = BASE + (int64_t)span * 1000 + 5000000,
                         .kind = KIND_LLM,
                         .flags = OBSERVATION_BILLED,
                         .model = "gpt-5",
                         .input_tokens = 100};
}

static void path_of(const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", directory, name);
}

/* --- crashes ------------------------------------------------------------------------------ */

/* Each commit brings `step` spans and a progress that says how many there are. */
static _Noreturn void write_until_killed(int pipe_end)
{
    open_store();
    uint64_t done = store_progress(store).offset;
    for (;;) {
        struct error error;
        uint64_t step = 1 + done % 700;
        for (uint64_t i = 0; i < step; i++) {
            struct sent span = plain(1 + (done + i) / 7, done + i + 1);
            if (try_span(&span, &error) != STATUS_OK)
                _exit(1);
        }
        done += step;
        if (store_commit(store, (struct store_progress){1, done}, &error) != STATUS_OK)
            _exit(2);
        if (done % 3 == 0 && store__checkpoint(store, &error) != STATUS_OK)
            _exit(3);
        if (write(pipe_end, "x", 1) != 1)
            _exit(4);
    }
}

static void a_killed_writer_leaves_rows_and_progress_that_agree(void **unused)
{
    (void)unused;
    uint64_t last = 0;
    for (int round = 0; round < 6; round++) {
        int ends[2], status;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nobody behind */
            write_until_killed(ends[1]);
        }
        close(ends[1]);
        /* Killed after a number of commits, at whatever it is doing then. */
        char byte;
        for (int i = 0; i < 3 + round * 2; i++)
            assert_int_equal(read(ends[0], &byte, 1), 1);
        usleep((useconds_t)round * 1700);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        close(ends[0]);
        assert_true(WIFSIGNALED(status));
        open_store();
        uint64_t offset = store_progress(store).offset;
        assert_true(offset >= last);
        last = offset;
        assert_int_equal(number("SELECT count(*) FROM spans"), (int64_t)offset);
        if (offset > 0) {
            assert_int_equal(number("SELECT sum(spans) FROM trace_parts"), (int64_t)offset);
            assert_int_equal(number("SELECT sum(spans) FROM rollups WHERE resolution = 60"),
                             (int64_t)offset);
            assert_int_equal(number("SELECT count(*) FROM v_spans WHERE model IS NULL"), 0);
        }
        store_close(store);
        store = NULL;
    }
    assert_true(last > 0);
}

/* Adds and commits `count` spans from `first` on; false when the index said no. */
static bool fill(uint64_t first, uint64_t count, struct error *error)
{
    for (uint64_t i = first; i < first + count; i++) {
        struct sent span = plain(1 + i, i);
        if (try_span(&span, error) != STATUS_OK)
            return false;
    }
    return store_commit(store, (struct store_progress){1, first + count}, error) == STATUS_OK;
}

static void a_full_disk_is_told_and_survived(void **unused)
{
    (void)unused;
    struct rlimit before, small;
    struct error error = {0};
    open_store();
    assert_true(fill(1, 2000, &error));
    assert_ok(store__checkpoint(store, &error));
    getrlimit(RLIMIT_FSIZE, &before);
    small = before;
    small.rlim_cur = 2 << 20;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool refused = false;
    uint64_t at = store_progress(store).offset;
    for (int i = 0; i < 30 && !refused; i++) {
        refused = !fill(at, 10000, &error);
        if (!refused)
            at += 10000;
        if (!refused)
            refused = store__checkpoint(store, &error) != STATUS_OK;
    }
    assert_true(refused);
    assert_true(error.text[0] != 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    /* With room again it goes on from its own progress, as the indexer does. */
    for (int i = 0; i < 20; i++) {
        at = store_progress(store).offset;
        if (fill(at, 1000, &error) && store__checkpoint(store, &error) == STATUS_OK)
            break;
    }
    at = store_progress(store).offset;
    assert_int_equal(number("SELECT count(*) FROM spans"), (int64_t)at - 1);
    assert_int_equal(number("SELECT sum(spans) FROM rollups WHERE resolution = 60"),
                     (int64_t)at - 1);
    assert_int_equal(number("SELECT count(*) FROM v_spans WHERE model = 'gpt-5'"), (int64_t)at - 1);
    reopen_store();
    assert_int_equal(number("SELECT count(*) FROM spans"), (int64_t)at - 1);
}

static void an_engine_that_gave_up_is_opened_again(void **unused)
{
    (void)unused;
    struct error error = {0};
    open_store();
    assert_true(fill(1, 100, &error));
    assert_ok(store__checkpoint(store, &error));
    assert_true(fill(101, 100, &error)); /* lost with the engine: no checkpoint */
    struct sent other = plain(9999, 9999);
    other.model = "lost-model";
    add(other);
    assert_ok(store_commit(store, (struct store_progress){1, 500}, &error));
    int32_t id = store_name_id(store, STR("lost-model"));
    assert_ok(store__run(store, &error, "PRAGMA disable_checkpoint_on_shutdown"));
    store->broken = true;
    struct sent span = plain(1000, 1000);
    assert_int_equal(try_span(&span, &error), STATUS_IO);
    assert_false(store->broken);
    assert_int_equal(store_progress(store).offset, 101);
    assert_int_equal(number("SELECT count(*) FROM spans"), 100);
    /* A name that readers hold stays what it was, and is written with the next commit. */
    assert_true(str_equal(store_name(store, id), STR("lost-model")));
    assert_true(fill(101, 100, &error));
    add(other);
    commit();
    reopen_store();
    assert_int_equal(number("SELECT count(*) FROM v_spans WHERE model = 'lost-model'"), 1);
    assert_int_equal(number("SELECT count(*) FROM spans"), 201);
}

/* --- files -------------------------------------------------------------------------------- */

static void a_file_that_is_no_database_is_put_aside(void **unused)
{
    (void)unused;
    char path[128], aside[128];
    path_of("index.duckdb", path);
    path_of("index.duckdb.unreadable", aside);
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(file, "this is not a database, but it is long enough", 45), 45);
    close(file);
    open_store();
    assert_int_equal(store_progress(store).offset, 0);
    assert_int_equal(access(aside, F_OK), 0);
    add(plain(1, 1));
    commit();
    reopen_store();
    assert_int_equal(number("SELECT count(*) FROM spans"), 1);
}

static void another_schema_is_dropped_and_progress_starts_over(void **unused)
{
    (void)unused;
    open_store();
    add(plain(1, 1));
    commit();
    assert_ok(store__run(store, &error, "UPDATE meta SET value = '0' WHERE key = 'schema'"));
    assert_ok(store__checkpoint(store, &error));
    reopen_store();
    assert_int_equal(store_progress(store).offset, 0);
    assert_int_equal(number("SELECT count(*) FROM spans"), 0);
}

/* What this program does when it is started with a directory: 0 when it was told so. */
static int be_second(const char *path)
{
    struct store *second;
    struct error error = {0};
    const struct store_options options = {.directory = path};
    enum status got = store_open(&options, &second, &error);
    return got != STATUS_OK && strstr(error.text, "lock") ? 0 : 1;
}

static void a_second_process_is_told_that_the_index_is_taken(void **unused)
{
    (void)unused;
    int status;
    open_store();
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test_store_life", directory, (char *)NULL);
        _exit(1);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    add(plain(1, 1));
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 1);
}

/* --- retention ---------------------------------------------------------------------------- */

static void dropped_segments_take_their_rows_and_traces_are_made_anew(void **unused)
{
    (void)unused;
    open_store();
    for (uint64_t trace = 1; trace <= 3; trace++)
        for (uint64_t span = 1; span <= 4; span++) {
            struct sent sent = plain(trace, trace * 10 + span);
            /* Trace 1 in segment 1, trace 2 in both, trace 3 in segment 2. */
            sent.segment = trace == 1 || (trace == 2 && span <= 2) ? 1 : 2;
            sent.flags |= span == 1 ? OBSERVATION_ROOT : 0;
            sent.input = span == 1 ? "the question" : NULL;
            add(sent);
        }
    struct store_log log = {.log = &(struct log_record){.time_ns = 5}, .hash = 4};
    log.place = (struct store_place){.project_id = 1, .segment = 1};
    assert_ok(store_add_log(store, &log, &error));
    commit();
    assert_ok(store_drop_segments(store, 1, &error));
    assert_int_equal(number("SELECT count(*) FROM spans"), 12);
    assert_ok(store_drop_segments(store, 2, &error));
    assert_int_equal(number("SELECT count(*) FROM spans"), 6);
    assert_int_equal(number("SELECT count(*) FROM logs"), 0);
    assert_int_equal(number("SELECT count(*) FROM v_traces"), 2);
    assert_int_equal(number("SELECT sum(spans) FROM v_traces"), 6);
    assert_int_equal(number("SELECT count(*) FROM v_traces WHERE spans = 2 AND input_tokens = 200 "
                            "AND root_span IS NULL AND input = 'the question'"),
                     1);
    /* What happened stays counted. */
    assert_int_equal(number("SELECT sum(spans) FROM rollups WHERE resolution = 86400"), 12);
    /* A record of the dropped segment that comes again is new. */
    struct sent again = plain(1, 11);
    again.segment = 3;
    add(again);
    assert_ok(store_add_log(store, &log, &error));
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 7);
    assert_int_equal(number("SELECT count(*) FROM logs"), 1);
    assert_ok(store_drop_segments(store, 2, &error));
    assert_ok(store_drop_segments(store, UINT32_MAX, &error));
    assert_int_equal(number("SELECT count(*) FROM spans"), 0);
    assert_int_equal(number("SELECT count(*) FROM trace_parts"), 0);
}

static void old_minutes_are_dropped_and_days_stay(void **unused)
{
    (void)unused;
    open_store();
    struct sent old = plain(1, 1), fresh = plain(2, 2);
    fresh.start_ns = clock_now_ns() - NS_PER_SEC;
    fresh.end_ns = fresh.start_ns + 5;
    old.start_ns = clock_now_ns() - 30 * 86400 * NS_PER_SEC;
    old.end_ns = old.start_ns + 5;
    add(old);
    add(fresh);
    commit();
    assert_int_equal(number("SELECT count(*) FROM rollups"), 6);
    assert_ok(store_compact(store, true, &error));
    assert_int_equal(number("SELECT count(*) FROM rollups WHERE resolution = 60"), 1);
    assert_int_equal(number("SELECT count(*) FROM histograms WHERE resolution = 60"), 1);
    assert_int_equal(number("SELECT count(*) FROM rollups WHERE resolution = 3600"), 2);
    assert_int_equal(number("SELECT count(*) FROM rollups WHERE resolution = 86400"), 2);
}

/* --- readers beside the writer -------------------------------------------------------------- */

struct beside {
    atomic_bool over;
    atomic_int questions, wrong;
};

static void *compare_all_the_time(void *argument)
{
    struct beside *beside = argument;
    static const char sql[] =
        "SELECT (SELECT max(\"offset\") FROM progress), (SELECT count(*) FROM spans), "
        "(SELECT sum(spans) FROM trace_parts), "
        "(SELECT sum(r.spans) FROM rollups r JOIN labels l ON l.id = r.label "
        "WHERE r.resolution = 60), (SELECT sum(count) FROM histograms WHERE resolution = 3600)";
    const struct store_question asked = {.sql = sql};
    while (!beside->over) {
        struct store_rows *rows;
        struct error error = {0};
        if (store_select(store, &asked, &rows, &error) != STATUS_OK) {
            print_error("%s\n", error.text);
            beside->wrong++;
            continue;
        }
        beside->wrong += !store_rows_next(rows);
        for (size_t i = 1; i < 5; i++)
            beside->wrong += store_rows_int(rows, i) != store_rows_int(rows, 0);
        store_rows_free(rows);
        beside->questions++;
    }
    return NULL;
}

static void readers_see_whole_commits_only(void **unused)
{
    (void)unused;
    open_store();
    struct beside beside = {0};
    pthread_t readers[3];
    uint64_t done = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, compare_all_the_time, &beside), 0);
    for (int round = 0; round < 20 || beside.questions < 20; round++) {
        for (uint64_t i = 0; i < 200; i++) {
            char model[16];
            struct sent span = plain(1 + (done + i) / 5, done + i + 1);
            snprintf(model, sizeof model, "m%d", round % 40);
            span.model = model;
            span.arrival_ns = BASE + (int64_t)(done + i) * 100000000;
            add(span);
        }
        /* Some are replaced, some come again. */
        for (uint64_t i = 0; i < 20 && done; i++) {
            struct sent span = plain(1 + i / 5, i + 1);
            span.end_ns += round * (int64_t)(i % 2);
            add(span);
        }
        done += 200;
        assert_ok(store_commit(store, (struct store_progress){1, done}, &error));
        if (round % 5 == 0) {
            bool worked;
            for (size_t i = 0; i < store->compaction.period_count; i++)
                store->compaction.periods[i].fresh += 100000;
            assert_ok(store__merge_rollups(store, true, &worked, &error));
            assert_ok(store__merge_parts(store, &worked, &error));
            struct error ignored; /* may wait for a reader's snapshot */
            (void)store__checkpoint(store, &ignored);
        }
    }
    beside.over = true;
    for (int i = 0; i < 3; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(beside.wrong, 0);
    assert_false(store->broken);
}

/* --- memory --------------------------------------------------------------------------------- */

/* The thread sanitiser is there for races: so slow that a retry's time alone with the memory ends
 * before it, it gets enough of it. */
#ifdef __SANITIZE_THREAD__
enum { TIGHT_BYTES = 512 << 20 };
#else
enum { TIGHT_BYTES = 64 << 20 };
#endif
enum { BATCHES = 30, BATCH_SPANS = 2000, PATIENCE_SECONDS = 120 };
static atomic_bool asking;
static atomic_int answered, ended_for_us;

/* Groups by what no two spans share, and sorts all of it. */
static void *ask_greedily(void *unused)
{
    (void)unused;
    const struct store_question question = {
        .sql =
            "SELECT list(a), max(n) FROM (SELECT span_id, max(start_ns) || repeat('x', 300) AS a, "
            "count(*) AS n FROM spans GROUP BY span_id ORDER BY a)"};
    while (asking) {
        struct store_rows *rows = NULL;
        struct error error = {0};
        if (store_select(store, &question, &rows, &error) == STATUS_OK)
            store_rows_free(rows);
        ended_for_us += strstr(error.text, "needs for what arrives") != NULL;
        answered++;
    }
    return NULL;
}

static void a_transaction_that_no_rollback_ended_is_ended_by_the_next(void **unused)
{
    (void)unused;
    struct error error = {0};
    open_store();
    assert_ok(store__run(store, &error, "BEGIN"));
    assert_int_not_equal(store__run(store, &error, "SELECT error('as without memory')"), STATUS_OK);
    add(plain(1, 1));
    commit();
    assert_int_equal(number("SELECT count(*) FROM spans"), 1);
}

static void what_arrives_has_the_memory_before_questions(void **unused)
{
    (void)unused;
    const struct store_options options = {.directory = directory, .memory_bytes = TIGHT_BYTES};
    pthread_t askers[3];
    uint64_t span = 0;
    int failures = 0, batch = 0;
    assert_ok(store_open(&options, &store, &error));
    int64_t deadline_ns = clock_mono_ns() + PATIENCE_SECONDS * NS_PER_SEC;
    while (batch < BATCHES && clock_mono_ns() < deadline_ns) {
        for (uint64_t i = 0; i < BATCH_SPANS; i++)
            add(plain(1 + (span + i) / 7, span + i + 1));
        if (batch == 10 && !asking) {
            asking = true;
            for (int i = 0; i < 3; i++)
                assert_int_equal(pthread_create(&askers[i], NULL, ask_greedily, NULL), 0);
        }
        struct error error = {0};
        struct store_progress progress = {1, span + BATCH_SPANS};
        if (store_commit(store, progress, &error) == STATUS_OK) {
            span += BATCH_SPANS;
            batch++;
        } else { /* as the indexer does: the same again, alone with the memory */
            failures++;
            print_message("%s\n", error.text);
        }
    }
    bool asked = asking;
    asking = false;
    for (int i = 0; i < 3 && asked; i++)
        pthread_join(askers[i], NULL);
    assert_int_equal(batch, BATCHES);
    print_message("%d commits found no memory, %d of %d questions were ended for that\n", failures,
                  ended_for_us, answered);
    assert_true(answered > 0);
    assert_int_equal(number("SELECT count(*) FROM spans"), BATCHES * BATCH_SPANS);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return be_second(argv[1]);
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_killed_writer_leaves_rows_and_progress_that_agree),
        STORE_TEST(a_full_disk_is_told_and_survived),
        STORE_TEST(an_engine_that_gave_up_is_opened_again),
        STORE_TEST(a_file_that_is_no_database_is_put_aside),
        STORE_TEST(another_schema_is_dropped_and_progress_starts_over),
        STORE_TEST(a_second_process_is_told_that_the_index_is_taken),
        STORE_TEST(dropped_segments_take_their_rows_and_traces_are_made_anew),
        STORE_TEST(old_minutes_are_dropped_and_days_stay),
        STORE_TEST(readers_see_whole_commits_only),
        STORE_TEST(a_transaction_that_no_rollback_ended_is_ended_by_the_next),
        STORE_TEST(what_arrives_has_the_memory_before_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
