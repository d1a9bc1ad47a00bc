/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk: stops accepting before the disk is full, and begins again by itself. Two marks keep it from
 * flapping.
 */
#include "journal/journal_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/counter.h"
#include "base/log.h"

enum { LOW_BYTES_MOST = 256 << 20, LOW_PART = 20 /* 5 % */ };

GAUGE(disk_free, "vitrine_journal_disk_free_bytes", "", "Free bytes where the journal is");
GAUGE(accepting_gauge, "vitrine_journal_accepting", "",
      "1 while the disk has room, 0 while writes are refused");

void journal__disk_defaults(struct journal *journal)
{
    struct journal_options *options = &journal->options;
    struct statvfs fs;
    if (options->disk_low_bytes == 0) {
        options->disk_low_bytes = LOW_BYTES_MOST;
        if (fstatvfs(journal->directory, &fs) == 0) {
            uint64_t part = (uint64_t)fs.f_blocks * fs.f_frsize / LOW_PART;
            if (part < LOW_BYTES_MOST)
                options->disk_low_bytes = (int64_t)part;
        }
    }
    if (options->disk_low_bytes > 0 && options->disk_resume_bytes <= options->disk_low_bytes)
        options->disk_resume_bytes = options->disk_low_bytes + options->disk_low_bytes / 4;
}

static void set_accepting(struct journal *journal, bool accepting, int64_t free_bytes)
{
    pthread_mutex_lock(&journal->queue_lock);
    bool changed = journal->accepting != accepting;
    journal->disk_free_bytes = free_bytes;
    journal->accepting = accepting;
    if (accepting)
        journal->reason[0] = 0;
    else
        snprintf(journal->reason, sizeof journal->reason,
                 "the disk has %" PRId64 " MiB free, writing resumes above %" PRId64 " MiB",
                 free_bytes >> 20, journal->options.disk_resume_bytes >> 20);
    pthread_mutex_unlock(&journal->queue_lock);
    counter_set(&disk_free, free_bytes);
    counter_set(&accepting_gauge, accepting);
    if (changed && accepting)
        log_info("journal", "disk has room again", "free_bytes=%" PRId64, free_bytes);
    else if (changed)
        log_error("journal", "disk nearly full, refusing writes",
                  "free_bytes=%" PRId64 " low_bytes=%" PRId64, free_bytes,
                  journal->options.disk_low_bytes);
}

int64_t journal__disk_free_bytes(int directory)
{
    struct statvfs fs;
    return fstatvfs(directory, &fs) == 0 ? (int64_t)((uint64_t)fs.f_bavail * fs.f_frsize) : -1;
}

void journal__disk_check(struct journal *journal)
{
    int64_t free_bytes = journal->files.free_bytes(journal->directory);
    journal->disk_checked_ns = clock_mono_ns();
    if (free_bytes < 0)
        return;
    const struct journal_options *options = &journal->options;
    bool accepting = true;
    if (options->disk_low_bytes > 0)
        accepting = journal->accepting ? free_bytes >= options->disk_low_bytes
                                       : free_bytes > options->disk_resume_bytes;
    set_accepting(journal, accepting, free_bytes);
}
