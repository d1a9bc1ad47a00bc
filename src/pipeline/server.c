/* SPDX-License-Identifier: Apache-2.0 */
/* vitrine server: see server.h. Nothing here knows how a stage does its work. */
#define _GNU_SOURCE
#include "pipeline/server.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "control/lookup_tables.h"
#include "control/score_configs.h"
#include "net/server.h"
#include "pipeline/authorise.h"
#include "pipeline/custom_prices.h"
#include "pipeline/indexer.h"
#include "query/lookup_table.h"
#include "receive/receive.h"
#include "serve/jobs.h"
#include "search/index.h"
#include "serve/serve.h"
#include "serve/tail.h"

enum {
    ROUTES_MAX = 256,
    QUERY_THREADS = 4,
    QUERY_QUEUE = 256,
    ASK_THREADS = 4, /* for questions of seconds: SQL, the query language, jobs */
    ASK_QUEUE = 64,
    STOP_MS = 5000,
    PATH_BYTES = 4000,
    HOSTS_MAX = 32
};

struct vitrine {
    struct vitrine_options options;
    char control_path[PATH_BYTES], journal_path[PATH_BYTES], index_path[PATH_BYTES];
    char answers_path[PATH_BYTES];
    char search_path[PATH_BYTES];
    char media_path[PATH_BYTES];
    struct control *control;
    struct media *media;
    struct journal *journal;
    struct pool *pool, *asks;
    struct jobs *jobs;
    struct tail *tail;
    struct server *server;
    struct score_configs score_configs;
    struct receive_options receive;
    struct serve_options serve;
    struct authorise authorise;
    struct route routes[ROUTES_MAX];
    char url[96], grpc[64];
    char host_list[1024];
    const char *hosts[HOSTS_MAX + 1]; /* NULL-terminated, into host_list */
    bool made_project;
    struct key_pair pair;
    int64_t started_ns, retained_ns, media_retained_ns;

    /* Opened by the opener thread; `query_ready` publishes it. */
    pthread_t opener;
    bool opener_started;
    struct price_book *prices;
    struct store *store;
    struct indexer *indexer;
    struct search_index *search;
    struct query query;
    struct table_source tables;
    atomic_bool query_ready, failed;
    struct error failure;
};

static enum status append_batch(void *context, const struct batch *batch,
                                void (*done)(void *, enum status, const struct error *),
                                void *done_context, struct error *error)
{
    struct vitrine *vitrine = context;
    return journal_append(vitrine->journal, batch, done, done_context, error);
}

static enum status find_score_config(void *context, uint32_t project_id, struct str id,
                                     struct arena *arena, struct score_config *out_config,
                                     struct error *error)
{
    struct vitrine *vitrine = context;
    return control_score_config(vitrine->control, project_id, id, arena, out_config, error);
}

static const struct query *get_query(void *context)
{
    struct vitrine *vitrine = context;
    return vitrine->query_ready ? &vitrine->query : NULL;
}

static void tell_tail(void *context, struct journal_position end)
{
    tail_committed(((struct vitrine *)context)->tail, end);
}

static const char *get_grpc(void *context)
{
    return ((struct vitrine *)context)->grpc;
}

static const char *get_url(void *context)
{
    return ((struct vitrine *)context)->url;
}

static void get_status(void *context, struct serve_status *out_status)
{
    struct vitrine *vitrine = context;
    *out_status = (struct serve_status){.started_ns = vitrine->started_ns};
    journal_get_stats(vitrine->journal, &out_status->journal);
    out_status->accepting = out_status->journal.accepting;
    snprintf(out_status->reason, sizeof out_status->reason, "%s", out_status->journal.reason);
    if (vitrine->failed)
        snprintf(out_status->reason, sizeof out_status->reason, "index: %.150s",
                 vitrine->failure.text);
    if (vitrine->query_ready) {
        struct indexer_stats stats;
        indexer_get_stats(vitrine->indexer, &stats);
        out_status->lag_ns = stats.lag_ns;
        out_status->caught_up = stats.caught_up;
        out_status->indexed_records = stats.indexed_records;
        if (vitrine->search)
            search_index_get_stats(vitrine->search, &out_status->search);
    }
}

static enum status read_table(void *context, uint32_t project_id, struct str name,
                              struct arena *arena, struct str *out_csv, struct error *error)
{
    return control_lookup_table_read(context, project_id, name, arena, out_csv, error);
}

/* Runs beside the first requests, so that a big index does not delay them. */
static void *open_index(void *argument)
{
    struct vitrine *vitrine = argument;
    const struct str override = str_from(vitrine->options.prices);
    const struct price_options prices = {.override_paths = &override,
                                         .override_count = override.len ? 1 : 0};
    const struct store_options store = {.directory = vitrine->index_path,
                                        .memory_bytes =
                                            (size_t)vitrine->options.index_memory_bytes};
    struct error *failure = &vitrine->failure;
    enum status status = price_open(&prices, &vitrine->prices, failure);
    if (status == STATUS_OK)
        status = custom_prices_load(vitrine->control, vitrine->prices, failure);
    if (status == STATUS_OK)
        status = store_open(&store, &vitrine->store, failure);
    if (status == STATUS_OK) {
        const struct indexer_options indexer = {.journal = vitrine->journal,
                                                .store = vitrine->store,
                                                .prices = vitrine->prices,
                                                .media = vitrine->media,
                                                .committed = tell_tail,
                                                .context = vitrine};
        const struct store_progress reached = store_progress(vitrine->store);
        tell_tail(vitrine, (struct journal_position){reached.segment, reached.offset});
        status = indexer_start(&indexer, &vitrine->indexer, failure);
    }
    if (status == STATUS_OK) {
        const struct search_index_options search = {.directory = vitrine->search_path,
                                                    .journal = vitrine->journal};
        status = search_index_open(&search, &vitrine->search, failure);
    }
    if (status != STATUS_OK) {
        log_error("server", "the index cannot be opened", "reason=\"%s\"", failure->text);
        vitrine->failed = true;
        return NULL;
    }
    vitrine->tables = (struct table_source){read_table, vitrine->control};
    vitrine->query = (struct query){vitrine->store, vitrine->journal, vitrine->prices,
                                    vitrine->search, &vitrine->tables};
    vitrine->query_ready = true;
    media_sweep(vitrine->media);
    log_debug("server", "the index is open", "ms=%lld",
              (long long)((clock_now_ns() - vitrine->started_ns) / NS_PER_MS));
    return NULL;
}

static enum status make_directory(const char *path, struct error *error)
{
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return fail(error, STATUS_IO, "%s: %s", path, strerror(errno));
    return STATUS_OK;
}

/* Answers of a server that ended before they were fetched. */
static void empty_directory(const char *path)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(directory), entry->d_name, 0);
    if (directory)
        closedir(directory);
}

static enum status open_data(struct vitrine *vitrine, struct error *error)
{
    const struct vitrine_options *options = &vitrine->options;
    if (strlen(options->data) > PATH_BYTES - 20)
        return fail(error, STATUS_INVALID, "data: the path is too long");
    snprintf(vitrine->control_path, PATH_BYTES, "%s/control.db", options->data);
    snprintf(vitrine->journal_path, PATH_BYTES, "%s/journal", options->data);
    snprintf(vitrine->index_path, PATH_BYTES, "%s/index", options->data);
    snprintf(vitrine->answers_path, PATH_BYTES, "%s/answers", options->data);
    snprintf(vitrine->search_path, PATH_BYTES, "%s/search", options->data);
    snprintf(vitrine->media_path, PATH_BYTES, "%s/media", options->data);
    enum status status = make_directory(options->data, error);
    if (status == STATUS_OK)
        status = make_directory(vitrine->answers_path, error);
    if (status == STATUS_OK)
        empty_directory(vitrine->answers_path);
    const struct journal_options journal = {.directory = vitrine->journal_path,
                                            .disk_low_bytes = options->disk_low_bytes};
    if (status == STATUS_OK)
        status = journal_open(&journal, &vitrine->journal, error);
    if (status == STATUS_OK)
        status = control_open(vitrine->control_path,
                              options->init_public_key[0] ? options->init_public_key : NULL,
                              options->init_secret_key[0] ? options->init_secret_key : NULL,
                              &vitrine->control, &vitrine->made_project, &vitrine->pair, error);
    if (status == STATUS_OK)
        status = media_open(vitrine->media_path, vitrine->control, &vitrine->media, error);
    return status;
}

static enum status listen_on(struct vitrine *vitrine, struct error *error)
{
    char bound[64];
    enum status status =
        server_listen(vitrine->server, str_from(vitrine->options.http), error, bound);
    if (status != STATUS_OK)
        return status;
    snprintf(vitrine->url, sizeof vitrine->url, "http://%s", bound);
    if (strcmp(vitrine->options.grpc, "off") != 0)
        status =
            server_listen(vitrine->server, str_from(vitrine->options.grpc), error, vitrine->grpc);
    return status;
}

/* "a.example,b.example" to a list. */
static enum status read_hosts(struct vitrine *vitrine, struct error *error)
{
    size_t count = 0;
    if (strlen(vitrine->options.hosts) >= sizeof vitrine->host_list)
        return fail(error, STATUS_INVALID, "hosts: at most %zu bytes",
                    sizeof vitrine->host_list - 1);
    snprintf(vitrine->host_list, sizeof vitrine->host_list, "%s", vitrine->options.hosts);
    char *rest = vitrine->host_list, *host;
    while ((host = strsep(&rest, ", ")) != NULL) {
        if (!host[0])
            continue;
        if (count == HOSTS_MAX)
            return fail(error, STATUS_INVALID, "hosts: at most %d names", HOSTS_MAX);
        vitrine->hosts[count++] = host;
    }
    return STATUS_OK;
}

static enum status start_net(struct vitrine *vitrine, struct error *error)
{
    enum status status =
        authorise_init(&vitrine->authorise, vitrine->control, vitrine->options.auth,
                       vitrine->options.http, vitrine->options.grpc, error);
    if (status == STATUS_OK)
        status = read_hosts(vitrine, error);
    if (status != STATUS_OK)
        return status;
    vitrine->score_configs = (struct score_configs){find_score_config, vitrine};
    vitrine->receive = (struct receive_options){
        .append = append_batch, .context = vitrine, .score_configs = &vitrine->score_configs};
    status = pool_start("ask", ASK_THREADS, ASK_QUEUE, &vitrine->asks, error);
    if (status != STATUS_OK)
        return status;
    const struct jobs_options jobs = {
        .directory = vitrine->answers_path, .query = get_query, .context = vitrine};
    status = jobs_open(&jobs, &vitrine->jobs, error);
    if (status != STATUS_OK)
        return status;
    const struct tail_options tail = {.query = get_query, .context = vitrine};
    status = tail_start(&tail, &vitrine->tail, error);
    if (status != STATUS_OK)
        return status;
    vitrine->serve = (struct serve_options){
        .control = vitrine->control,
        .media = vitrine->media,
        .asks = vitrine->asks,
        .answers = vitrine->answers_path,
        .jobs = vitrine->jobs,
        .tail = vitrine->tail,
        .query = get_query,
        .get_status = get_status,
        .context = vitrine,
        .auth_required = vitrine->authorise.required,
        .base_url = get_url,
        .grpc_address = get_grpc,
    };
    size_t count = receive_routes(&vitrine->receive, vitrine->routes, ROUTES_MAX);
    count += serve_routes(&vitrine->serve, vitrine->routes + count, ROUTES_MAX - count);
    status = pool_start("query", QUERY_THREADS, QUERY_QUEUE, &vitrine->pool, error);
    if (status != STATUS_OK)
        return status;
    const struct server_options options = {
        .routes = vitrine->routes,
        .route_count = count,
        .pool = vitrine->pool,
        .body_bytes_max = (size_t)vitrine->options.body_max_bytes,
        .inflated_bytes_max = (size_t)vitrine->options.body_max_bytes,
        .hosts = vitrine->hosts,
        .authorise = authorise_request,
        .authorise_context = &vitrine->authorise,
    };
    status = server_start(&options, &vitrine->server, error);
    return status == STATUS_OK ? listen_on(vitrine, error) : status;
}

enum status vitrine_start(const struct vitrine_options *options, struct vitrine **out_vitrine,
                          struct error *error)
{
    struct vitrine *vitrine = calloc(1, sizeof *vitrine);
    if (!vitrine)
        return fail(error, STATUS_INTERNAL, "no memory");
    vitrine->options = *options;
    vitrine->started_ns = clock_now_ns();
    enum status status = open_data(vitrine, error);
    if (status == STATUS_OK)
        status = start_net(vitrine, error);
    if (status == STATUS_OK && pthread_create(&vitrine->opener, NULL, open_index, vitrine) != 0)
        status = fail(error, STATUS_INTERNAL, "cannot start a thread");
    if (status != STATUS_OK) {
        vitrine_stop(vitrine);
        return status;
    }
    vitrine->opener_started = true;
    *out_vitrine = vitrine;
    return STATUS_OK;
}

const char *vitrine_url(const struct vitrine *vitrine)
{
    return vitrine->url;
}

const char *vitrine_grpc(const struct vitrine *vitrine)
{
    return vitrine->grpc;
}

const char *vitrine_new_public_key(const struct vitrine *vitrine)
{
    return vitrine->made_project ? vitrine->pair.public_key : NULL;
}

const char *vitrine_new_secret_key(const struct vitrine *vitrine)
{
    return vitrine->made_project ? vitrine->pair.secret_key : NULL;
}

enum status vitrine_failed(struct vitrine *vitrine, struct error *error)
{
    if (!vitrine->failed)
        return STATUS_OK;
    *error = vitrine->failure;
    return vitrine->failure.status;
}

/* A file goes when what it was used by has gone. */
static void retain_media(struct vitrine *vitrine)
{
    enum { MEDIA_EVERY_SECONDS = 3600 };
    int64_t now = clock_now_ns(), days = vitrine->options.retention_days;
    struct error error;
    if (now - vitrine->media_retained_ns < MEDIA_EVERY_SECONDS * NS_PER_SEC)
        return;
    vitrine->media_retained_ns = now;
    if (media_retain(vitrine->media, days ? now - days * 86400 * NS_PER_SEC : INT64_MIN, &error) !=
        STATUS_OK)
        log_error("server", "retention of media failed", "reason=\"%s\"", error.text);
}

void vitrine_tick(struct vitrine *vitrine)
{
    enum { RETAIN_EVERY_SECONDS = 60 };
    int64_t now = clock_now_ns(), days = vitrine->options.retention_days;
    jobs_tick(vitrine->jobs);
    control_refresh(vitrine->control);
    retain_media(vitrine);
    if ((days == 0 && vitrine->options.retention_bytes == 0) || !vitrine->query_ready ||
        now - vitrine->retained_ns < RETAIN_EVERY_SECONDS * NS_PER_SEC)
        return;
    vitrine->retained_ns = now;
    int64_t before = days ? now - days * 86400 * NS_PER_SEC : INT64_MIN;
    uint32_t first_kept;
    struct error error;
    if (journal_retain(vitrine->journal, before, (uint64_t)vitrine->options.retention_bytes,
                       &first_kept, &error) == STATUS_OK)
        indexer_forget_before(vitrine->indexer, first_kept);
    else
        log_error("server", "retention failed", "reason=\"%s\"", error.text);
}

void vitrine_stop(struct vitrine *vitrine)
{
    if (!vitrine)
        return;
    /* Requests in flight wait for the journal, so net goes first and the journal after it. */
    server_stop(vitrine->server, STOP_MS);
    pool_stop(vitrine->pool);
    pool_stop(vitrine->asks);
    jobs_close(vitrine->jobs);
    if (vitrine->opener_started)
        pthread_join(vitrine->opener, NULL);
    indexer_stop(vitrine->indexer);
    tail_stop(vitrine->tail);
    search_index_close(vitrine->search);
    store_close(vitrine->store);
    journal_close(vitrine->journal);
    price_close(vitrine->prices);
    media_close(vitrine->media);
    control_close(vitrine->control);
    free(vitrine);
}
