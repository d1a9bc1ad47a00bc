/* SPDX-License-Identifier: Apache-2.0 */
/* fsck: reads the whole journal of a stopped server and says whether every byte checks out. */
#define _GNU_SOURCE
#include <stdio.h>

#include "cli/cli.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "journal/journal.h"

static void show(void *context, uint64_t done_bytes, uint64_t all_bytes)
{
    progress_show(context, done_bytes, all_bytes);
}

static void print_result(const struct journal_check *check)
{
    printf("segments  %llu\nframes    %llu\nbatches   %llu\nrecords   %llu\ncontents  %llu\n"
           "bytes     %llu\n",
           (unsigned long long)check->segments, (unsigned long long)check->frames,
           (unsigned long long)check->batches, (unsigned long long)check->records,
           (unsigned long long)check->contents, (unsigned long long)check->bytes);
    if (check->torn_bytes)
        printf("torn tail %llu bytes that were never acknowledged; the next start cuts them off\n",
               (unsigned long long)check->torn_bytes);
    if (check->corrupt_frames)
        printf("CORRUPT   %llu frames; the first: %s\n", (unsigned long long)check->corrupt_frames,
               check->first_problem.text);
    else
        printf("clean\n");
}

int cli_fsck(int argc, char **argv)
{
    struct config config;
    struct error error = {0};
    if (config_load(argc, argv, &config, &error) != STATUS_OK)
        return cli_usage_error("fsck", "%s", error.text);
    if (config.help) {
        printf("usage: vitrine fsck [--data DIR]\n\n"
               "Checks every checksum, decompresses and decodes every record and follows every\n"
               "reference in the journal of a stopped server. Changes nothing.\n"
               "Exit code 0: clean. 1: something does not check out.\n");
        config_done(&config);
        return 0;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/journal", config.data);
    struct journal_check check = {0};
    struct progress progress = progress_start("checking");
    enum status status = journal_check(path, show, &progress, &check, &error);
    progress_end(&progress);
    config_done(&config);
    if (status != STATUS_OK)
        return cli_failure("fsck", &error);
    print_result(&check);
    return check.corrupt_frames ? 1 : 0;
}
