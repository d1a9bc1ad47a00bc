/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reindex: throws the index of a stopped server away and builds it anew from the journal, with
 * today's vocabularies and prices. The new one is made beside the old, and takes its place when it
 * is complete.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "cli/cli.h"
#include "cli/config.h"
#include "cli/progress.h"
#include "pipeline/custom_prices.h"
#include "pipeline/indexer.h"

enum { PATH_BYTES = 4096 };

struct watch {
    struct progress progress;
    struct journal_stats stats;
    struct journal_position end;
};

/* Segments are about equally large, so the position tells how far it is. */
static void show(void *context, struct journal_position at)
{
    struct watch *watch = context;
    uint32_t segments = watch->stats.last_segment - watch->stats.first_segment + 1;
    uint64_t each = watch->stats.file_bytes / segments;
    uint32_t behind =
        at.segment < watch->stats.first_segment ? 0 : at.segment - watch->stats.first_segment;
    progress_show(&watch->progress, behind * each + (at.offset < each ? at.offset : each),
                  watch->stats.file_bytes);
}

static int remove_one(const char *path, const struct stat *unused, int kind, struct FTW *walk)
{
    (void)unused;
    (void)kind;
    (void)walk;
    return remove(path);
}

static enum status remove_tree(const char *path, struct error *error)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
    return STATUS_OK;
}

/* What projects themselves say their models cost; a directory without a control database has none.
 */
static enum status load_custom_prices(const struct config *config, struct price_book *book,
                                      struct error *error)
{
    char path[PATH_BYTES];
    bool first;
    struct key_pair pair;
    struct control *control;
    snprintf(path, sizeof path, "%s/control.db", config->data);
    if (access(path, F_OK) != 0)
        return STATUS_OK;
    enum status status = control_open(path, NULL, NULL, &control, &first, &pair, error);
    if (status != STATUS_OK)
        return status;
    status = custom_prices_load(control, book, error);
    control_close(control);
    return status;
}

static enum status build(const struct config *config, struct journal *journal, const char *fresh,
                         uint64_t *out_records, struct error *error)
{
    const struct str override = str_from(config->prices);
    const struct price_options prices = {.override_paths = &override,
                                         .override_count = override.len ? 1 : 0};
    const struct store_options options = {.directory = fresh};
    struct indexer_options indexer = {.journal = journal};
    struct watch watch = {.progress = progress_start("reindexing"), .end = journal_end(journal)};
    journal_get_stats(journal, &watch.stats);
    enum status status = price_open(&prices, &indexer.prices, error);
    if (status == STATUS_OK)
        status = load_custom_prices(config, indexer.prices, error);
    if (status == STATUS_OK)
        status = store_open(&options, &indexer.store, error);
    if (status == STATUS_OK)
        status = indexer_run_once(&indexer, show, &watch, out_records, error);
    must(status != STATUS_OK || store_pending(indexer.store) == 0);
    if (status == STATUS_OK)
        status = store_compact(indexer.store, true, error);
    progress_end(&watch.progress);
    store_close(indexer.store);
    price_close(indexer.prices);
    return status;
}

/* The old index goes only after the new one is whole. */
static enum status replace(const char *index, const char *fresh, struct error *error)
{
    char old[PATH_BYTES + 16];
    snprintf(old, sizeof old, "%s.old", index);
    enum status status = remove_tree(old, error);
    if (status != STATUS_OK)
        return status;
    if (rename(index, old) != 0 && errno != ENOENT)
        return fail(error, STATUS_IO, "%s: %s", index, strerror(errno));
    if (rename(fresh, index) != 0)
        return fail(error, STATUS_IO, "%s: %s", fresh, strerror(errno));
    return remove_tree(old, error);
}

static enum status reindex(const struct config *config, uint64_t *out_records, struct error *error)
{
    char journal_path[PATH_BYTES], index[PATH_BYTES], fresh[PATH_BYTES + 16];
    snprintf(journal_path, sizeof journal_path, "%s/journal", config->data);
    snprintf(index, sizeof index, "%s/index", config->data);
    snprintf(fresh, sizeof fresh, "%s.new", index);
    if (access(journal_path, F_OK) != 0)
        return fail(error, STATUS_NOT_FOUND, "%s: there is no journal here", journal_path);
    /* Opening the journal takes its lock: a running server is told apart with a clear error. */
    const struct journal_options options = {.directory = journal_path, .disk_low_bytes = -1};
    struct journal *journal;
    enum status status = journal_open(&options, &journal, error);
    if (status != STATUS_OK)
        return status;
    status = remove_tree(fresh, error);
    if (status == STATUS_OK)
        status = build(config, journal, fresh, out_records, error);
    if (status == STATUS_OK)
        status = replace(index, fresh, error);
    journal_close(journal);
    return status;
}

int cli_reindex(int argc, char **argv)
{
    struct config config;
    struct error error = {0};
    if (config_load(argc, argv, &config, &error) != STATUS_OK)
        return cli_usage_error("reindex", "%s", error.text);
    if (config.help) {
        printf(
            "usage: vitrine reindex [--data DIR] [--prices FILE]\n\n"
            "Rebuilds the index of a stopped server from its journal, with the vocabularies and\n"
            "prices of this version. The old index stays until the new one is complete.\n");
        config_done(&config);
        return 0;
    }
    log_set_level(LOG_WARN);
    uint64_t records = 0;
    int64_t started = clock_mono_ns();
    enum status status = reindex(&config, &records, &error);
    config_done(&config);
    if (status != STATUS_OK)
        return cli_failure("reindex", &error);
    printf("%llu records in %.1f s\n", (unsigned long long)records,
           (double)(clock_mono_ns() - started) / 1e9);
    return 0;
}
