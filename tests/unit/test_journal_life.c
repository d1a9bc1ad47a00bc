/* SPDX-License-Identifier: Apache-2.0 */
/* Restarts, segments that follow each other, retention, the lock, waiting readers and many writers
 * at once. */
#include "unit/journal_testing.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "journal/journal_private.h"

static struct journal *open_small(const char *path, size_t segment_bytes)
{
    struct journal *journal = NULL;
    struct error error = {0};
    struct journal_options options = {.directory = path,
                                      .disk_low_bytes = -1,
                                      .group_wait_us = 1,
                                      .segment_bytes = segment_bytes};
    if (journal_open(&options, &journal, &error) != STATUS_OK)
        STOP("journal_open: %s", error.text);
    return journal;
}

static struct batch *numbered_batch(uint64_t number, int64_t arrival_ns)
{
    char text[300];
    /* Long, so that it is content, and hard to compress, so that segments fill up. */
    int len = snprintf(text, sizeof text, "%" PRIu64 " ", number);
    for (uint64_t random = number + 1; len < 280;
         random = random * 6364136223846793005u + 1442695040888963407u)
        len += snprintf(text + len, sizeof text - (size_t)len, "%x", (unsigned)(random >> 40));
    struct batch *batch = text_batch((struct str){text, strlen(text)});
    memcpy(batch->spans[0].span_id, &number, sizeof number);
    batch->arrival_ns = arrival_ns;
    return batch;
}

static void append_batch(struct journal *journal, uint64_t number, int64_t arrival_ns)
{
    struct batch *batch = numbered_batch(number, arrival_ns);
    append(journal, batch);
    batch_free(batch);
}

static uint64_t number_of(const struct span *span)
{
    uint64_t number;
    memcpy(&number, span->span_id, sizeof number);
    return number;
}

/* Reads to the end; the numbers must follow each other from `first`, texts and all. */
static uint64_t read_numbers(struct journal *journal, uint64_t first)
{
    struct journal_position at = {0};
    struct journal_frame frame;
    enum status status;
    while ((status = journal_read(journal, at, 0, &frame, NULL)) == STATUS_OK) {
        for (size_t i = 0; i < frame.batch_count; i++) {
            struct batch *expected = numbered_batch(first, frame.batches[i]->arrival_ns);
            assert_int_equal(number_of(&frame.batches[i]->spans[0]), first);
            same_batch(journal, expected, frame.batches[i]);
            batch_free(expected);
            first++;
        }
        at = frame.next;
        journal_frame_done(&frame);
    }
    assert_int_equal(status, STATUS_TIMEOUT);
    if (at.segment) /* else there is no frame */
        assert_int_equal(journal_position_compare(at, journal_end(journal)), 0);
    return first;
}

static void restarts_keep_everything_and_few_segments(void **state)
{
    (void)state;
    char *path = test_directory();
    uint64_t next = 0;
    for (int round = 0; round < 20; round++) {
        struct journal *journal = open_journal(path);
        assert_int_equal(read_numbers(journal, 0), next);
        for (int i = 0; i < 5; i++)
            append_batch(journal, next++, 1000);
        assert_int_equal(read_numbers(journal, 0), next);
        struct journal_stats stats;
        journal_get_stats(journal, &stats);
        assert_int_equal(stats.last_segment, 1);
        journal_close(journal);
    }
    struct journal_check check;
    assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
    assert_int_equal(check.records, 100);
    assert_int_equal(check.corrupt_frames, 0);
    remove_directory(path);
}

static void full_segments_are_sealed_and_read(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    char *path = test_directory();
    struct journal *journal = open_small(path, 2000);
    struct journal_stats stats;
    for (uint64_t i = 0; i < COUNT; i++)
        append_batch(journal, i, 1000 + (int64_t)i);
    journal_get_stats(journal, &stats);
    assert_true(stats.last_segment > 2 * TABLES_LOADED_MAX);
    assert_int_equal(read_numbers(journal, 0), COUNT);
    journal_close(journal);
    journal = open_small(path, 2000);
    assert_int_equal(read_numbers(journal, 0), COUNT);
    for (size_t i = 0; i + 1 < journal->segment_count; i++)
        assert_true(journal->segments[i]->sealed);
    journal_close(journal);
    struct journal_check check;
    assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
    assert_string_equal(check.first_problem.text, "");
    assert_int_equal(check.records, COUNT);
    remove_directory(path);
}

/* A crash between the creation of a segment and the seal of the one before: the seal is made up
 * for. */
static void a_missing_seal_is_made_up_for(void **state)
{
    (void)state;
    char *path = test_directory(), file[128];
    struct journal *journal = open_small(path, 4000);
    for (uint64_t i = 0; i < 60; i++)
        append_batch(journal, i, 1000);
    uint64_t end = journal->segments[1]->end;
    journal_close(journal);
    segment_path(path, 2, file);
    assert_int_equal(truncate(file, (off_t)end + 7), 0); /* half a footer */
    journal = open_small(path, 4000);
    assert_true(journal->segments[1]->sealed);
    assert_int_equal(read_numbers(journal, 0), 60);
    journal_close(journal);
    struct journal_check check;
    assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
    assert_int_equal(check.corrupt_frames + check.torn_bytes, 0);
    remove_directory(path);
}

/* Makes the first segment one that an older vitrine wrote. */
static void make_older(const char *path)
{
    char file[128];
    size_t size;
    segment_path(path, 1, file);
    char *bytes = read_file(file, &size);
    store_u32((uint8_t *)bytes + 8, 1);
    store_u64((uint8_t *)bytes + 24, journal__checksum(0, bytes, 24));
    write_file(file, bytes, size);
    free(bytes);
}

static void an_older_segment_is_read_and_left_as_it_is(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    for (uint64_t i = 0; i < 5; i++)
        append_batch(journal, i, (int64_t)i);
    journal_close(journal);
    make_older(path);
    journal = open_journal(path);
    for (uint64_t i = 5; i < 8; i++)
        append_batch(journal, i, (int64_t)i);
    struct journal_position end = journal_end(journal);
    assert_int_equal(end.segment, 2);
    assert_int_equal(read_numbers(journal, 0), 8);
    journal_close(journal);
    struct journal_check check;
    assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
    assert_int_equal(check.batches, 8);
    assert_int_equal(check.corrupt_frames + check.torn_bytes, 0);
    remove_directory(path);
}

static void retention_drops_whole_old_segments(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_small(path, 4000);
    for (uint64_t i = 0; i < 100; i++)
        append_batch(journal, i, (int64_t)i);
    struct journal_frame first;
    assert_int_equal(journal_read(journal, (struct journal_position){0}, 0, &first, NULL),
                     STATUS_OK);
    struct journal_location old = {.frame = first.position, .signal = SIGNAL_SPANS};
    uint32_t kept;
    /* Nothing is older than the oldest. */
    assert_int_equal(journal_retain(journal, 0, 0, &kept, NULL), STATUS_OK);
    assert_int_equal(kept, 1);
    assert_int_equal(journal_retain(journal, 50, 0, &kept, NULL), STATUS_OK);
    assert_true(kept > 1);
    /* What a reader holds stays good; what it asks for now is gone. */
    assert_int_equal(number_of(&first.batches[0]->spans[0]), 0);
    struct batch *record;
    assert_int_equal(journal_read_record(journal, old, &record, NULL), STATUS_NOT_FOUND);
    journal_frame_done(&first);
    /* A reader that was behind goes on with what there is, none newer is lost. */
    assert_int_equal(journal_read(journal, old.frame, 0, &first, NULL), STATUS_OK);
    assert_int_equal(first.position.segment, kept);
    uint64_t number = number_of(&first.batches[0]->spans[0]);
    assert_true(number > 0 && number <= 50);
    journal_frame_done(&first);
    assert_int_equal(read_numbers(journal, number), 100);
    /* By size: never the last. */
    assert_int_equal(journal_retain(journal, 0, 1, &kept, NULL), STATUS_OK);
    assert_int_equal(kept, journal->segments[journal->segment_count - 1]->id);
    journal_close(journal);
    journal = open_small(path, 4000);
    assert_int_equal(journal->segments[0]->id, kept);
    journal_close(journal);
    remove_directory(path);
}

static void a_journal_has_one_owner(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path), *second;
    struct error error = {0};
    struct journal_options options = {.directory = path, .disk_low_bytes = -1};
    struct journal_check check;
    assert_int_equal(journal_open(&options, &second, &error), STATUS_CONFLICT);
    char owner[32];
    snprintf(owner, sizeof owner, "process %d", (int)getpid());
    assert_non_null(strstr(error.text, owner));
    assert_int_equal(journal_check(path, NULL, NULL, &check, &error), STATUS_CONFLICT);
    journal_close(journal);
    assert_int_equal(journal_open(&options, &second, &error), STATUS_OK);
    journal_close(second);
    remove_directory(path);
}

/* --- several threads */

static atomic_bool is_awake;

/* Again and again: who is not yet waiting is not woken. */
static void *wake_up(void *context)
{
    while (!is_awake) {
        journal_wake(context);
        usleep(1000);
    }
    return NULL;
}

static void readers_wait_and_can_be_woken(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct journal_frame frame;
    pthread_t thread;
    int64_t start = clock_mono_ns();
    assert_int_equal(journal_read(journal, journal_end(journal), 30, &frame, NULL), STATUS_TIMEOUT);
    assert_true(clock_mono_ns() - start >= 29 * NS_PER_MS);
    assert_int_equal(pthread_create(&thread, NULL, wake_up, journal), 0);
    enum status status = journal_read(journal, journal_end(journal), 60000, &frame, NULL);
    is_awake = true;
    pthread_join(thread, NULL);
    assert_int_equal(status, STATUS_CANCELLED);
    append_batch(journal, 5, 1000);
    assert_int_equal(journal_read(journal, (struct journal_position){0}, 60000, &frame, NULL),
                     STATUS_OK);
    journal_frame_done(&frame);
    journal_close(journal);
    remove_directory(path);
}

enum { WRITERS = 4, EACH = 250 };
struct writer {
    struct journal *journal;
    unsigned number;
};

/* Retries while the queue is full, as a receiver's client would. */
static void *write_many(void *context)
{
    struct writer *writer = context;
    for (unsigned i = 0; i < EACH; i++) {
        struct batch *batch = numbered_batch(writer->number * EACH + i, 1000);
        struct error error;
        while (append_and_wait(writer->journal, batch, &error) != STATUS_OK)
            assert_int_equal(error.status, STATUS_BUSY);
        batch_free(batch);
    }
    return NULL;
}

static void *follow(void *context)
{
    struct journal *journal = context;
    static bool seen[WRITERS * EACH];
    struct journal_position at = {0};
    size_t count = 0;
    while (count < WRITERS * EACH) {
        struct journal_frame frame;
        struct error error = {0};
        if (journal_read(journal, at, 60000, &frame, &error) != STATUS_OK)
            STOP("follow: %s", error.text);
        for (size_t i = 0; i < frame.batch_count; i++) {
            uint64_t number = number_of(&frame.batches[i]->spans[0]);
            struct batch *expected = numbered_batch(number, 1000);
            assert_true(number < WRITERS * EACH && !seen[number]);
            seen[number] = true;
            same_batch(journal, expected, frame.batches[i]);
            batch_free(expected);
            struct journal_location where = {.frame = frame.position,
                                             .record = frame.first_record[i][SIGNAL_SPANS]};
            struct batch *one;
            assert_int_equal(journal_read_record(journal, where, &one, NULL), STATUS_OK);
            assert_int_equal(number_of(one->spans), number);
            batch_free(one);
            count++;
        }
        at = frame.next;
        journal_frame_done(&frame);
    }
    return NULL;
}

static void many_write_while_one_follows(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_small(path, 40000);
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS], follower;
    pthread_create(&follower, NULL, follow, journal);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){journal, i};
        pthread_create(&threads[i], NULL, write_many, &writers[i]);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    pthread_join(follower, NULL);
    journal_close(journal);
    struct journal_check check;
    assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
    assert_int_equal(check.records, WRITERS * EACH);
    assert_int_equal(check.corrupt_frames, 0);
    remove_directory(path);
}

/* Batches that come while the first waits for company share its frame and its sync. */
static void batches_share_a_frame(void **state)
{
    (void)state;
    enum { TOGETHER = 50 };
    char *path = test_directory();
    struct journal *journal;
    struct journal_options options = {
        .directory = path, .disk_low_bytes = -1, .group_wait_us = 300000};
    assert_int_equal(journal_open(&options, &journal, NULL), STATUS_OK);
    static struct waiter waiters[TOGETHER];
    for (unsigned i = 0; i < TOGETHER; i++) {
        struct batch *batch = numbered_batch(i, 1000);
        sem_init(&waiters[i].done, 0, 0);
        assert_int_equal(journal_append(journal, batch, on_done, &waiters[i], NULL), STATUS_OK);
        batch_free(batch); /* the caller's again at once */
    }
    for (unsigned i = 0; i < TOGETHER; i++) {
        sem_wait(&waiters[i].done);
        assert_int_equal(waiters[i].status, STATUS_OK);
        sem_destroy(&waiters[i].done);
    }
    assert_int_equal(read_numbers(journal, 0), TOGETHER);
    assert_true(journal->segments[0]->frame_count < 5);
    journal_close(journal);
    remove_directory(path);
}

static void closing_writes_what_waits(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal;
    struct journal_options options = {
        .directory = path, .disk_low_bytes = -1, .group_wait_us = 60000000};
    assert_int_equal(journal_open(&options, &journal, NULL), STATUS_OK);
    struct waiter waiter = {0};
    sem_init(&waiter.done, 0, 0);
    struct batch *batch = numbered_batch(0, 1000);
    assert_int_equal(journal_append(journal, batch, on_done, &waiter, NULL), STATUS_OK);
    batch_free(batch);
    journal_close(journal);
    assert_int_equal(sem_trywait(&waiter.done), 0);
    assert_int_equal(waiter.status, STATUS_OK);
    journal = open_journal(path);
    assert_int_equal(read_numbers(journal, 0), 1);
    journal_close(journal);
    remove_directory(path);
}

static void a_full_queue_refuses(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal;
    struct journal_options options = {
        .directory = path, .disk_low_bytes = -1, .group_wait_us = 60000000, .queue_bytes = 200000};
    assert_int_equal(journal_open(&options, &journal, NULL), STATUS_OK);
    enum status status = STATUS_OK;
    struct error error = {0};
    int taken = 0;
    for (; status == STATUS_OK && taken < 1000; taken++) {
        struct batch *batch = numbered_batch((uint64_t)taken, 1000);
        status = journal_append(journal, batch, NULL, NULL, &error);
        batch_free(batch);
    }
    assert_int_equal(status, STATUS_BUSY);
    assert_non_null(strstr(error.text, "queue is full"));
    journal_close(journal);
    journal = open_journal(path);
    assert_int_equal(read_numbers(journal, 0), (uint64_t)taken - 1);
    journal_close(journal);
    remove_directory(path);
}

int main(void)
{
    log_set_level(LOG_OFF);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_keep_everything_and_few_segments),
        cmocka_unit_test(full_segments_are_sealed_and_read),
        cmocka_unit_test(a_missing_seal_is_made_up_for),
        cmocka_unit_test(an_older_segment_is_read_and_left_as_it_is),
        cmocka_unit_test(retention_drops_whole_old_segments),
        cmocka_unit_test(a_journal_has_one_owner),
        cmocka_unit_test(readers_wait_and_can_be_woken),
        cmocka_unit_test(many_write_while_one_follows),
        cmocka_unit_test(batches_share_a_frame),
        cmocka_unit_test(closing_writes_what_waits),
        cmocka_unit_test(a_full_queue_refuses),
    };
    return cmocka_run_group_tests_name("journal: life", tests, NULL, NULL);
}
