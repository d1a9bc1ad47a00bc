/* SPDX-License-Identifier: Apache-2.0 */
/* Torn tails, flipped bytes, full and failing disks: nothing acknowledged is lost, nothing refused
 * is read. */
#include "unit/journal_testing.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/log.h"
#include "journal/journal_private.h"

static struct str numbered_text(struct arena *arena, unsigned number)
{
    return arena_printf(
        arena,
        "[{\"role\": \"user\", \"content\": \"the same long beginning of everything, again and "
        "again "
        "and again and again and again\"}, {\"role\": \"assistant\", \"content\": \"number %u\"}]",
        number);
}

static void append_numbered(struct journal *journal, unsigned number)
{
    struct arena arena;
    arena_init(&arena, ARENA_NO_LIMIT);
    struct batch *batch = text_batch(numbered_text(&arena, number));
    append(journal, batch);
    batch_free(batch);
    arena_done(&arena);
}

/* How many frames can be read from the beginning; each must hold its own number. Gives what ended
 * it. */
static unsigned count_good(struct journal *journal, enum status *out_end)
{
    struct arena arena;
    struct journal_position at = {0};
    struct journal_frame frame;
    unsigned count = 0;
    while ((*out_end = journal_read(journal, at, 0, &frame, NULL)) == STATUS_OK) {
        arena_init(&arena, ARENA_NO_LIMIT);
        struct value expected = value_string(numbered_text(&arena, count));
        same_value(journal, &expected, &frame.batches[0]->spans[0].attributes.items[0].value);
        arena_done(&arena);
        at = frame.next;
        journal_frame_done(&frame);
        count++;
    }
    return count;
}

enum { FRAMES = 5 };

static char *make_segment(size_t *out_size, uint64_t ends[FRAMES + 1])
{
    char *path = test_directory(), file[128];
    struct journal *journal = open_journal(path);
    ends[0] = SEGMENT_HEADER_BYTES;
    for (unsigned i = 0; i < FRAMES; i++) {
        append_numbered(journal, i);
        ends[i + 1] = journal_end(journal).offset;
    }
    journal_close(journal);
    segment_path(path, 1, file);
    char *bytes = read_file(file, out_size);
    assert_int_equal(*out_size, ends[FRAMES]);
    remove_directory(path);
    return bytes;
}

/* Cut at every byte: all whole frames are there, the rest is gone, and writing goes on. */
static void a_torn_tail_is_cut_at_every_byte(void **state)
{
    (void)state;
    size_t size;
    uint64_t ends[FRAMES + 1];
    char *bytes = make_segment(&size, ends), file[128];
    for (size_t cut = 0; cut <= size; cut++) {
        char *path = test_directory();
        segment_path(path, 1, file);
        write_file(file, bytes, cut);
        unsigned whole = 0;
        while (whole < FRAMES && ends[whole + 1] <= cut)
            whole++;
        struct journal_check check;
        assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
        assert_int_equal(check.corrupt_frames, 0);
        assert_int_equal(check.torn_bytes, cut < SEGMENT_HEADER_BYTES ? cut : cut - ends[whole]);
        struct journal *journal = open_journal(path);
        enum status end;
        assert_int_equal(count_good(journal, &end), whole);
        assert_int_equal(end, STATUS_TIMEOUT);
        append_numbered(journal, whole);
        assert_int_equal(count_good(journal, &end), whole + 1);
        journal_close(journal);
        assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
        assert_int_equal(check.corrupt_frames + check.torn_bytes, 0);
        remove_directory(path);
    }
    free(bytes);
}

/* A byte changed anywhere: never a wrong text, and fsck sees it unless it is in the tail that is
 * cut. */
static void a_flipped_byte_is_noticed(void **state)
{
    (void)state;
    size_t size;
    uint64_t ends[FRAMES + 1];
    char *bytes = make_segment(&size, ends), file[128];
    for (size_t at = 0; at < size; at += at < 200 ? 1 : 7) {
        char *path = test_directory();
        segment_path(path, 1, file);
        bytes[at] ^= 0x20;
        write_file(file, bytes, size);
        bytes[at] ^= 0x20;
        struct journal_check check;
        assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
        assert_true(check.corrupt_frames + check.torn_bytes > 0);
        struct journal *journal = open_journal(path);
        enum status end;
        unsigned good = count_good(journal, &end), before = 0;
        while (before < FRAMES && ends[before + 1] <= at)
            before++;
        if (at < SEGMENT_HEADER_BYTES)
            before = 0;
        assert_int_equal(good, before);
        /* Damage before the last frame is told; a bad last frame is a torn tail. */
        if (at >= SEGMENT_HEADER_BYTES && before + 1 < FRAMES)
            assert_int_equal(end, STATUS_CORRUPT);
        /* Behind the damage a new chunk begins, whole again. */
        append_numbered(journal, 99);
        struct journal_frame frame;
        struct journal_position from = {0}, end_at = journal_end(journal);
        enum status last = STATUS_CORRUPT;
        for (int i = 0; i < 2 * FRAMES && journal_position_compare(from, end_at) < 0; i++) {
            last = journal_read(journal, from, 0, &frame, NULL);
            from = frame.next;
            journal_frame_done(&frame);
        }
        assert_int_equal(last, STATUS_OK);
        journal_close(journal);
        remove_directory(path);
    }
    free(bytes);
}

/* --- disks that fail, by number of call */

static _Atomic int writes_until_failure, syncs_until_failure, failure_errno, truncates_fail;

static ssize_t failing_write(int fd, const void *bytes, size_t size, off_t offset)
{
    if (--writes_until_failure == 0) {
        /* Half of it gets there, as on a disk that fills up. */
        ssize_t half = pwrite(fd, bytes, size / 2, offset);
        (void)half;
        errno = failure_errno;
        return -1;
    }
    return pwrite(fd, bytes, size, offset);
}

static int failing_sync(int fd)
{
    if (--syncs_until_failure == 0) {
        errno = failure_errno;
        return -1;
    }
    return fdatasync(fd);
}

static int failing_truncate(int fd, off_t size)
{
    if (truncates_fail) {
        errno = EIO;
        return -1;
    }
    return ftruncate(fd, size);
}

static struct journal *open_failing(const char *path)
{
    struct journal *journal = open_journal(path);
    writes_until_failure = syncs_until_failure = 0;
    truncates_fail = 0;
    journal->files = (struct journal_files){failing_write, failing_sync, failing_truncate,
                                            journal__disk_free_bytes};
    return journal;
}

static enum status try_numbered(struct journal *journal, unsigned number, struct error *error)
{
    struct arena arena;
    arena_init(&arena, ARENA_NO_LIMIT);
    struct batch *batch = text_batch(numbered_text(&arena, number));
    enum status status = append_and_wait(journal, batch, error);
    batch_free(batch);
    arena_done(&arena);
    return status;
}

/* The group is refused, its contents are forgotten again, and the next group is whole. */
static void a_failed_write_leaves_nothing(void **state)
{
    (void)state;
    static const struct {
        int writes, syncs, error, truncate;
        enum status expected;
    } cases[] = {
        {1, 0, ENOSPC, 0, STATUS_FULL}, {1, 0, EIO, 0, STATUS_IO},      {0, 1, EIO, 0, STATUS_IO},
        {0, 1, ENOSPC, 0, STATUS_FULL}, {1, 0, ENOSPC, 1, STATUS_FULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (unsigned before = 0; before < 3; before++) {
            char *path = test_directory();
            struct error error = {0};
            enum status end;
            struct journal *journal = open_failing(path);
            for (unsigned number = 0; number < before; number++)
                append_numbered(journal, number);
            if (before == 0 && cases[i].truncate)
                append_numbered(journal, before++); /* there must be a file that cannot be cut */
            failure_errno = cases[i].error;
            truncates_fail = cases[i].truncate;
            writes_until_failure = cases[i].writes;
            syncs_until_failure = cases[i].syncs;
            assert_int_equal(try_numbered(journal, before, &error), cases[i].expected);
            assert_true(strlen(error.text) > 10);
            assert_int_equal(count_good(journal, &end), before);
            truncates_fail = 0;
            append_numbered(journal, before);
            append_numbered(journal, before + 1);
            assert_int_equal(count_good(journal, &end), before + 2);
            journal_close(journal);
            journal = open_journal(path);
            assert_int_equal(count_good(journal, &end), before + 2);
            assert_int_equal(end, STATUS_TIMEOUT);
            journal_close(journal);
            struct journal_check check;
            assert_int_equal(journal_check(path, NULL, NULL, &check, NULL), STATUS_OK);
            assert_int_equal(check.corrupt_frames, 0);
            remove_directory(path);
        }
}

/* The kernel's own limit on the size of a file, in the middle of a frame. */
static void a_limit_on_files_is_a_full_disk(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal = open_journal(path);
    struct rlimit before, low;
    enum status end;
    append_numbered(journal, 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    low = before;
    low.rlim_cur = journal_end(journal).offset + 50;
    setrlimit(RLIMIT_FSIZE, &low);
    assert_int_equal(try_numbered(journal, 1, NULL), STATUS_FULL);
    setrlimit(RLIMIT_FSIZE, &before);
    append_numbered(journal, 1);
    assert_int_equal(count_good(journal, &end), 2);
    journal_close(journal);
    remove_directory(path);
}

static _Atomic int64_t claimed_free_bytes;
static atomic_int looks;

static int64_t claim_free_bytes(int directory)
{
    (void)directory;
    looks++;
    return claimed_free_bytes;
}

enum { PATIENCE_SECONDS = 60 };

static bool wait_until_accepting(struct journal *journal, bool accepting)
{
    struct journal_stats stats;
    int64_t until = clock_mono_ns() + PATIENCE_SECONDS * NS_PER_SEC;
    do {
        journal_get_stats(journal, &stats);
        if (stats.accepting == accepting)
            return true;
        usleep(5000);
    } while (clock_mono_ns() < until);
    return false;
}

static void wait_for_looks(int more)
{
    int64_t until = clock_mono_ns() + PATIENCE_SECONDS * NS_PER_SEC;
    for (int enough = looks + more; looks < enough; usleep(5000))
        assert_true(clock_mono_ns() < until);
}

/* Between the marks nothing changes; below the low one appends are refused, above the high one it
 * goes on. */
static void a_low_disk_refuses_and_resumes(void **state)
{
    (void)state;
    char *path = test_directory();
    struct journal *journal;
    struct error error = {0};
    struct journal_options options = {.directory = path,
                                      .disk_low_bytes = 1 << 20,
                                      .disk_resume_bytes = 2 << 20,
                                      .group_wait_us = 1};
    assert_int_equal(journal_open(&options, &journal, &error), STATUS_OK);
    claimed_free_bytes = 3 << 19;
    pthread_mutex_lock(&journal->queue_lock);
    journal->files.free_bytes = claim_free_bytes;
    pthread_mutex_unlock(&journal->queue_lock);
    append_numbered(journal, 0);
    claimed_free_bytes = 1 << 19;
    assert_true(wait_until_accepting(journal, false));
    assert_int_equal(try_numbered(journal, 1, &error), STATUS_FULL);
    assert_non_null(strstr(error.text, "MiB free"));
    struct journal_stats stats;
    journal_get_stats(journal, &stats);
    assert_true(strlen(stats.reason) > 0);
    assert_int_equal(stats.disk_free_bytes, 1 << 19);
    claimed_free_bytes = 3 << 19;
    wait_for_looks(2); /* which must not change its mind */
    assert_int_equal(try_numbered(journal, 1, &error), STATUS_FULL);
    claimed_free_bytes = 3 << 20;
    assert_true(wait_until_accepting(journal, true));
    enum status end;
    append_numbered(journal, 1);
    assert_int_equal(count_good(journal, &end), 2);
    journal_close(journal);
    remove_directory(path);
}

int main(void)
{
    log_set_level(LOG_OFF); /* each of these is an event worth a line */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_torn_tail_is_cut_at_every_byte),
        cmocka_unit_test(a_flipped_byte_is_noticed),
        cmocka_unit_test(a_failed_write_leaves_nothing),
        cmocka_unit_test(a_limit_on_files_is_a_full_disk),
        cmocka_unit_test(a_low_disk_refuses_and_resumes),
    };
    return cmocka_run_group_tests_name("journal: faults", tests, NULL, NULL);
}
