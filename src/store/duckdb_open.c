/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duckdb_open: the engine, its file, the schema, and what is kept in memory of it.
 *
 * The engine is an empty database in memory to which index.duckdb is attached without a write-ahead
 * log: the journal replays what the last checkpoint lacks (docs/decisions/0002-index-engine.md). A
 * file that cannot be read is put aside and a new one made, for the same reason.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/sql_functions.h"

enum { DDL_BYTES = 4096, THREADS_MAX = 4, PATH_BYTES_MAX = 4000 };
#define MEMORY_DEFAULT ((size_t)192 << 20)

/* The control of the engine's own allocator, which a build of the engine may lack. */
__attribute__((weak)) extern int duckdb_je_mallctl(const char *name, void *old_value,
                                                   size_t *old_size, void *new_value,
                                                   size_t new_size);

static enum status configure(struct store *store, duckdb_config config, struct error *error)
{
    char memory[32], threads[16];
    snprintf(memory, sizeof memory, "%zuMiB", store->memory_bytes >> 20);
    snprintf(threads, sizeof threads, "%d", store->threads);
    const char *const settings[][2] = {
        {"memory_limit", memory},
        {"threads", threads},
        {"checkpoint_threshold", "1TB"}, /* ours alone decide when */
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
        {"allow_community_extensions", "false"},
        {"max_temp_directory_size", "4GB"},
        {"allocator_background_threads", "true"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (duckdb_set_config(config, settings[i][0], settings[i][1]) != DuckDBSuccess)
            return fail(error, STATUS_INTERNAL, "index: the engine knows no setting %s",
                        settings[i][0]);
    return STATUS_OK;
}

/* Pages that the engine freed count for no limit of its own: nearly 100 MB behind a load. Its
 * background thread hands them to the kernel after a second, but only lent, still counted as ours,
 * for a second more, which this takes away. */
static void give_freed_pages_back(void)
{
    ssize_t at_once = 0;
    unsigned count = 0;
    size_t size = sizeof count;
    if (!duckdb_je_mallctl || duckdb_je_mallctl("arenas.narenas", &count, &size, NULL, 0) != 0)
        return;
    (void)duckdb_je_mallctl("arenas.muzzy_decay_ms", NULL, NULL, &at_once, sizeof at_once);
    for (unsigned i = 0; i < count; i++) {
        char one[48];
        snprintf(one, sizeof one, "arena.%u.muzzy_decay_ms", i);
        (void)duckdb_je_mallctl(one, NULL, NULL, &at_once, sizeof at_once); /* not made yet: new */
    }
}

static enum status open_engine(struct store *store, struct error *error)
{
    duckdb_config config;
    char *message = NULL;
    if (duckdb_create_config(&config) != DuckDBSuccess)
        return fail(error, STATUS_INTERNAL, "index: no memory for the engine");
    give_freed_pages_back();
    enum status status = configure(store, config, error);
    if (status == STATUS_OK &&
        duckdb_open_ext(NULL, &store->database, config, &message) != DuckDBSuccess)
        status = fail(error, STATUS_INTERNAL, "index: the engine does not start: %.300s",
                      message ? message : "no reason given");
    duckdb_free(message);
    duckdb_destroy_config(&config);
    if (status == STATUS_OK && duckdb_connect(store->database, &store->writer) != DuckDBSuccess)
        status = fail(error, STATUS_INTERNAL, "index: no connection to the engine");
    return status;
}

/* A quote in a path ends the literal unless doubled. */
static void quote(const char *path, char *out, size_t size)
{
    size_t at = 0;
    for (; *path && at + 3 < size; path++) {
        if (*path == '\'')
            out[at++] = '\'';
        out[at++] = *path;
    }
    out[at] = 0;
}

static enum status attach(struct store *store, struct error *error)
{
    char path[2 * PATH_BYTES_MAX], directory[2 * PATH_BYTES_MAX];
    quote(store->path, path, sizeof path);
    quote(store->directory, directory, sizeof directory);
    enum status status = store__run(store, error, "SET temp_directory='%s/tmp'", directory);
    if (status == STATUS_OK)
        status = store__run(store, error,
                            "ATTACH '%s' AS vitrine "
                            "(RECOVERY_MODE no_wal_writes, STORAGE_VERSION 'latest')",
                            path);
    if (status == STATUS_OK)
        status = store__run(store, error, "USE vitrine");
    return status;
}

static enum status create_schema(struct store *store, struct error *error)
{
    char ddl[DDL_BYTES];
    enum status status = store__begin(store, error);
    for (int i = 0; i < TABLE_COUNT && status == STATUS_OK; i++) {
        if (tables[i].temporary)
            continue;
        table_ddl((enum table_id)i, ddl, sizeof ddl);
        status = store__run(store, error, "%s", ddl);
    }
    if (status == STATUS_OK)
        status = store__run(store, error, "CREATE TABLE meta (key VARCHAR, value VARCHAR)");
    if (status == STATUS_OK)
        status =
            store__run(store, error, "INSERT INTO meta VALUES ('schema', '%d')", SCHEMA_VERSION);
    status = store__end(store, status, error);
    /* Before its first checkpoint a file holds no tables at all. */
    return status == STATUS_OK ? store__run(store, error, "CHECKPOINT vitrine") : status;
}

enum { NO_TABLES = -1, NO_VERSION = -2 };

static enum status read_schema_version(struct store *store, int64_t *out_version,
                                       struct error *error)
{
    int64_t count;
    enum status status = store__ask_int(store, 0, &count, error,
                                        "SELECT count(*) FROM duckdb_tables() WHERE "
                                        "database_name = 'vitrine'");
    *out_version = NO_TABLES;
    if (status != STATUS_OK || count == 0)
        return status;
    status = store__ask_int(store, 0, &count, error,
                            "SELECT count(*) FROM duckdb_tables() WHERE database_name = 'vitrine' "
                            "AND table_name = 'meta'");
    *out_version = NO_VERSION;
    if (status != STATUS_OK || count == 0)
        return status;
    return store__ask_int(store, NO_VERSION, out_version, error,
                          "SELECT TRY_CAST(value AS BIGINT) FROM meta WHERE key = 'schema'");
}

static void remove_files(const struct store *store)
{
    char wal[PATH_BYTES_MAX + 16];
    snprintf(wal, sizeof wal, "%s.wal", store->path);
    unlink(store->path);
    unlink(wal);
}

static void put_aside(const struct store *store, const char *reason)
{
    char aside[PATH_BYTES_MAX + 16], wal[PATH_BYTES_MAX + 16];
    snprintf(aside, sizeof aside, "%s.unreadable", store->path);
    snprintf(wal, sizeof wal, "%s.wal", store->path);
    log_error("index", "the file cannot be read: it is put aside and made anew from the journal",
              "file=%s reason=\"%.300s\"", aside, reason);
    rename(store->path, aside);
    unlink(wal);
}

static void close_engine(struct store *store)
{
    store__drop_appenders(store);
    if (store->writer)
        duckdb_disconnect(&store->writer);
    if (store->database)
        duckdb_close(&store->database);
    store->writer = NULL;
    store->database = NULL;
}

static enum status open_file(struct store *store, struct error *error)
{
    int64_t version;
    enum status status = open_engine(store, error);
    if (status == STATUS_OK)
        status = attach(store, error);
    if (status == STATUS_OK)
        status = read_schema_version(store, &version, error);
    if (status != STATUS_OK)
        return status;
    if (version != NO_TABLES && version != SCHEMA_VERSION) {
        log_warn("index", "made by another version: it is dropped and made anew from the journal",
                 "schema=%lld expected=%d", (long long)version, SCHEMA_VERSION);
        close_engine(store);
        remove_files(store);
        status = open_engine(store, error);
        if (status == STATUS_OK)
            status = attach(store, error);
        version = NO_TABLES;
    }
    return status == STATUS_OK && version == NO_TABLES ? create_schema(store, error) : status;
}

/* What cannot be undone by a better file: somebody else has it, no rights, no room. */
static bool is_our_file_at_fault(const char *message)
{
    return !strstr(message, "lock") && !strstr(message, "ermission") &&
           !strstr(message, "No space") && !strstr(message, "Could not create") &&
           !strstr(message, "Cannot open file") && !strstr(message, "ut of Memory");
}

static enum status open_index(struct store *store, struct error *error)
{
    store->broken = false;
    bool existed = access(store->path, F_OK) == 0;
    enum status status = open_file(store, error);
    if (status != STATUS_OK && existed && error && is_our_file_at_fault(error->text)) {
        close_engine(store);
        put_aside(store, error->text);
        store->broken = false;
        status = open_file(store, error);
    }
    if (status == STATUS_OK)
        status = store__define_views(store, error);
    if (status == STATUS_OK)
        status = store__define_functions(store, error);
    if (status == STATUS_OK)
        status = store__define_lookup(store, error);
    /* From here on a question reaches no file. */
    if (status == STATUS_OK)
        status = store__run(store, error, "SET enable_external_access=false");
    if (status != STATUS_OK)
        close_engine(store);
    return status;
}

/* --- what is kept in memory ----------------------------------------------------------------- */

static enum status take_names(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct name_row row;
        table_read(TABLE_NAMES, chunk, 0, i, &row);
        if (row.id <= 0 || !names_restore(&store->names, (uint32_t)row.id, row.text))
            return fail(error, STATUS_CORRUPT, "index: names: id %d is out of order", row.id);
    }
    return STATUS_OK;
}

static enum status take_labels(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        struct label_row row;
        table_read(TABLE_LABELS, chunk, 0, i, &row);
        if (!store__label_restore(&store->labels, &row))
            return fail(error, STATUS_CORRUPT, "index: labels: id %d is out of order", row.id);
    }
    return STATUS_OK;
}

static enum status take_series(struct store *store, duckdb_data_chunk chunk, struct error *error)
{
    const int64_t *hashes = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
    for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++) {
        bool is_new;
        if (!key_map_at(&store->series.known, (uint64_t)hashes[i], 0, &is_new))
            return fail(error, STATUS_INTERNAL, "no memory for metric series");
        store->series.count += is_new;
    }
    return STATUS_OK;
}

static enum status load_progress(struct store *store, struct error *error)
{
    int64_t segment, offset = 0, seq = 0;
    const char *last = "FROM progress ORDER BY seq DESC LIMIT 1";
    enum status status = store__ask_int(store, 0, &segment, error, "SELECT segment %s", last);
    if (status == STATUS_OK)
        status = store__ask_int(store, 0, &offset, error, "SELECT \"offset\" %s", last);
    if (status == STATUS_OK)
        status = store__ask_int(store, 0, &seq, error, "SELECT seq %s", last);
    /* One row is enough; older ones only say how far earlier commits were. */
    if (status == STATUS_OK && seq > 0)
        status = store__run(store, error, "DELETE FROM progress WHERE seq < %lld", (long long)seq);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&store->progress_lock);
    store->progress = (struct store_progress){(uint32_t)segment, (uint64_t)offset};
    pthread_mutex_unlock(&store->progress_lock);
    store->progress_seq = seq;
    return STATUS_OK;
}

static enum status load(struct store *store, struct error *error)
{
    static const struct {
        const char *sql;
        enum status (*take)(struct store *store, duckdb_data_chunk chunk, struct error *error);
    } loads[] = {
        {"SELECT id, text FROM names ORDER BY id", take_names},
        {"SELECT * FROM labels ORDER BY id", take_labels},
        {"SELECT hash FROM series", take_series},
    };
    enum status status = load_progress(store, error);
    for (size_t i = 0; i < sizeof loads / sizeof *loads && status == STATUS_OK; i++) {
        duckdb_result result;
        status = store__ask(store, &result, error, "%s", loads[i].sql);
        if (status == STATUS_OK)
            status = store__each_chunk(store, &result, loads[i].take, error);
    }
    if (status == STATUS_OK)
        status = store__load_deletions(store, error);
    if (status != STATUS_OK)
        return status;
    /* A new index has not written "(other)" yet. */
    int64_t written;
    status = store__ask_int(store, 0, &written, error, "SELECT CAST(max(id) AS BIGINT) FROM names");
    if (status == STATUS_OK)
        names_written(&store->names, (uint32_t)written);
    store->labels.written = store->labels.count;
    return status;
}

static bool init_memory(struct store *store)
{
    store->labels.limit = LABELS_MAX;
    arena_init(&store->batch_texts, ARENA_NO_LIMIT);
    return names_init(&store->names) && scored_traces_init(&store->scored_traces);
}

static void done_memory(struct store *store)
{
    store__clear_batch(store);
    store__free_batch(store);
    store__forget_spans(store);
    seen_done(&store->logs.seen);
    seen_done(&store->points.seen);
    seen_done(&store->scores.seen);
    key_map_done(&store->known_aliases);
    names_done(&store->names);
    scored_traces_done(&store->scored_traces);
    store__labels_done(&store->labels);
    store__series_done(&store->series);
    store__deletions_done(&store->deletions);
}

static void free_store(struct store *store)
{
    for (int i = 0; i < TABLE_COUNT; i++)
        if (store->chunks[i])
            duckdb_destroy_data_chunk(&store->chunks[i]);
    pthread_mutex_destroy(&store->progress_lock);
    pthread_mutex_destroy(&store->scored_lock);
    free(store->directory);
    free(store->path);
    free(store);
}

static struct store *new_store(const struct store_options *options)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store)
        return NULL;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    store->memory_bytes = options->memory_bytes ? options->memory_bytes : MEMORY_DEFAULT;
    /* A second thread spins while it waits for the first: on few cores that costs the writer a
     * third more and makes no question faster. */
    long threads = options->threads ? options->threads : cores / 2;
    store->threads = threads < 1 ? 1 : threads > THREADS_MAX ? THREADS_MAX : (int)threads;
    pthread_mutex_init(&store->progress_lock, NULL);
    pthread_mutex_init(&store->scored_lock, NULL);
    store->directory = strdup(options->directory);
    if (asprintf(&store->path, "%s/index.duckdb", options->directory) < 0)
        store->path = NULL;
    if (!store->directory || !store->path || !init_memory(store)) {
        free_store(store);
        return NULL;
    }
    return store;
}

enum status store_open(const struct store_options *options, struct store **out_store,
                       struct error *error)
{
    must(options->directory != NULL);
    if (strlen(options->directory) >= PATH_BYTES_MAX - 32)
        return fail(error, STATUS_INVALID, "index: the directory's name is too long");
    if (mkdir(options->directory, 0700) != 0 && errno != EEXIST)
        return fail(error, STATUS_IO, "index: %s: %s", options->directory, strerror(errno));
    struct store *store = new_store(options);
    if (!store)
        return fail(error, STATUS_INTERNAL, "index: no memory");
    struct error reason = {0};
    enum status status = open_index(store, &reason);
    if (status == STATUS_OK)
        status = load(store, &reason);
    if (status == STATUS_OK)
        status = store__pool_open(store, &reason);
    if (status != STATUS_OK) {
        store_close(store);
        return fail(error, status, "%s", reason.text);
    }
    *out_store = store;
    return STATUS_OK;
}

enum status store__engine_reopen(struct store *store, struct error *error)
{
    store__pool_pause(store);
    close_engine(store);
    /* Names are numbers that readers hold: they stay where they are. Those that the file lost are
     * written again. */
    store__clear_batch(store);
    store__forget_spans(store);
    seen_done(&store->logs.seen);
    seen_done(&store->points.seen);
    seen_done(&store->scores.seen);
    key_map_clear(&store->known_aliases);
    enum status status = open_index(store, error);
    if (status == STATUS_OK)
        status = load_progress(store, error);
    if (status == STATUS_OK)
        status = store__load_deletions(store, error);
    int64_t names = 0, labels = 0;
    if (status == STATUS_OK)
        status =
            store__ask_int(store, 0, &names, error, "SELECT CAST(max(id) AS BIGINT) FROM names");
    if (status == STATUS_OK)
        status =
            store__ask_int(store, 0, &labels, error, "SELECT CAST(max(id) AS BIGINT) FROM labels");
    if (status == STATUS_OK &&
        ((uint32_t)names > store->names.count || (uint32_t)labels > store->labels.count))
        status = fail(error, STATUS_CORRUPT, "index: the file knows more names than were written");
    if (status == STATUS_OK) {
        store->names.written =
            (uint32_t)names; /* readers may know more: numbers keep their texts */
        store->labels.written = (uint32_t)labels;
        store__series_done(&store->series);
        duckdb_result result;
        status = store__ask(store, &result, error, "SELECT hash FROM series");
        if (status == STATUS_OK)
            status = store__each_chunk(store, &result, take_series, error);
    }
    /* Questions meanwhile fail by themselves. */
    store__pool_resume(store);
    if (status != STATUS_OK)
        store->broken = true;
    else
        log_warn("index", "the engine was opened again", "segment=%u offset=%llu",
                 store->progress.segment, (unsigned long long)store->progress.offset);
    return status;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    store__pool_close(store);
    if (store->writer && !store->broken && store->compaction.rows_since_checkpoint) {
        struct error error = {0};
        if (store__checkpoint(store, &error) != STATUS_OK)
            log_warn("index", "no checkpoint at close: the journal is read again from the last one",
                     "reason=\"%s\"", error.text);
    }
    close_engine(store);
    done_memory(store);
    free_store(store);
}

struct store_progress store_progress(struct store *store)
{
    pthread_mutex_lock(&store->progress_lock);
    struct store_progress progress = store->progress;
    pthread_mutex_unlock(&store->progress_lock);
    return progress;
}
