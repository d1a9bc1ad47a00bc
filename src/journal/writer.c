/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer: the journal thread. Takes what waits as a group, has it written as one frame, and tells
 * everybody. A batch that arrives alone waits group_wait_us for company; while a sync runs, company
 * gathers by itself.
 */
#define _GNU_SOURCE
#include "journal/journal_private.h"

#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"

COUNTER(refused_full, "vitrine_journal_refused_total", "reason=\"full\"",
        "Batches the journal did not take");
COUNTER(refused_io, "vitrine_journal_refused_total", "reason=\"io\"",
        "Batches the journal did not take");
GAUGE(waiting_gauge, "vitrine_journal_waiting_bytes", "", "Encoded bytes that wait for their sync");

#define TICK_NS      NS_PER_SEC       /* how often the disk is looked at while nothing arrives */
#define TICK_FULL_NS (NS_PER_SEC / 4) /* and while nothing is accepted */
#define DISK_LOOK_NS (50 * NS_PER_MS) /* and at most, while much arrives */

/* Waits for a signal until then; with the lock held. */
static void wait_until(struct journal *journal, int64_t mono_ns)
{
    struct timespec until = {.tv_sec = mono_ns / NS_PER_SEC, .tv_nsec = mono_ns % NS_PER_SEC};
    pthread_cond_timedwait(&journal->queue_filled, &journal->queue_lock, &until);
}

static struct entry *cut_group(struct journal *journal)
{
    struct entry *group = journal->queue_first, *last = group;
    size_t bytes = group->body.len + group->texts.len;
    while (last->next && bytes < GROUP_BYTES) {
        last = last->next;
        bytes += last->body.len + last->texts.len;
    }
    journal->queue_first = last->next;
    if (!last->next)
        journal->queue_last = &journal->queue_first;
    last->next = NULL;
    for (struct entry *entry = group; entry; entry = entry->next)
        journal->queued_bytes -= entry->waiting_bytes;
    return group;
}

/* NULL: nothing came, look at the disk; *out_closing: and nothing will. */
static struct entry *take_group(struct journal *journal, bool *out_closing)
{
    struct entry *group = NULL;
    pthread_mutex_lock(&journal->queue_lock);
    if (!journal->queue_first && !journal->closing)
        wait_until(journal, clock_mono_ns() + (journal->accepting ? TICK_NS : TICK_FULL_NS));
    if (journal->queue_first) {
        int64_t until =
            journal->queue_first->queued_ns + journal->options.group_wait_us * NS_PER_US;
        while (!journal->closing && journal->queued_bytes < GROUP_BYTES && clock_mono_ns() < until)
            wait_until(journal, until);
        group = cut_group(journal);
    }
    *out_closing = journal->closing && !journal->queue_first && !group;
    pthread_mutex_unlock(&journal->queue_lock);
    return group;
}

/* Entries that are done with are kept for the next batches, up to a bound and until nothing comes
 * any more. */
static void spare_entries(struct journal *journal, struct entry *group)
{
    for (struct entry *entry = group, *next; entry; entry = next) {
        next = entry->next;
        if (journal->spare_bytes + entry->waiting_bytes > SPARE_BYTES_MAX) {
            journal__entry_free(entry);
            continue;
        }
        journal__entry_clear(entry);
        entry->next = journal->spare;
        journal->spare = entry;
        journal->spare_bytes += entry->waiting_bytes;
    }
}

void journal__drop_spare(struct journal *journal)
{
    pthread_mutex_lock(&journal->queue_lock);
    struct entry *spare = journal->spare;
    journal->spare = NULL;
    journal->spare_bytes = 0;
    pthread_mutex_unlock(&journal->queue_lock);
    for (struct entry *next; spare; spare = next) {
        next = spare->next;
        journal__entry_free(spare);
    }
}

static void finish_group(struct journal *journal, struct entry *group, enum status status,
                         const struct error *error)
{
    size_t bytes = 0;
    for (struct entry *entry = group; entry; entry = entry->next) {
        bytes += entry->waiting_bytes;
        if (entry->done)
            entry->done(entry->context, status, status == STATUS_OK ? NULL : error);
        if (status != STATUS_OK)
            counter_add(status == STATUS_FULL ? &refused_full : &refused_io, 1);
    }
    pthread_mutex_lock(&journal->queue_lock);
    spare_entries(journal, group);
    journal->waiting_bytes -= bytes;
    counter_set(&waiting_gauge, (int64_t)journal->waiting_bytes);
    pthread_mutex_unlock(&journal->queue_lock);
}

static enum status refuse_if_full(struct journal *journal, struct error *error)
{
    if (clock_mono_ns() - journal->disk_checked_ns > DISK_LOOK_NS)
        journal__disk_check(journal);
    pthread_mutex_lock(&journal->queue_lock);
    enum status status = journal->accepting
                             ? STATUS_OK
                             : fail(error, STATUS_FULL, "the journal is full: %s", journal->reason);
    pthread_mutex_unlock(&journal->queue_lock);
    return status;
}

void *journal__writer_run(void *context)
{
    struct journal *journal = context;
    enum status before = STATUS_OK;
    for (bool closing = false; !closing;) {
        struct entry *group = take_group(journal, &closing);
        if (!group) {
            journal__disk_check(journal);
            journal__drop_spare(journal);
            continue;
        }
        struct error error = {0};
        enum status status = refuse_if_full(journal, &error);
        if (status == STATUS_OK)
            status = journal__write_group(journal, group, &error);
        char quoted[LOG_QUOTE_BYTES];
        if (status != STATUS_OK && status != before)
            log_error("journal", "a group was not written", "error=%s",
                      log_quote(str_from(error.text), quoted));
        before = status;
        finish_group(journal, group, status, &error);
    }
    return NULL;
}
