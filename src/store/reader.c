/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader: the pool of connections and its watchdog, a thread that interrupts questions which took
 * too long, took too much memory, or whose asker went away. It sleeps while no question runs.
 *
 * The engine's limit of memory is for all questions together. What can be put on disk (hash tables,
 * sorts) it puts there before the limit; what cannot, the states of aggregates like lists, is
 * looked at here: when it is more than half of the limit, the question that has run longest is
 * ended, which is the one that took it unless several are as greedy. So no question takes more than
 * that half.
 */
#define _GNU_SOURCE
#include "store/reader.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/sandbox.h"

enum { TIMEOUT_MS = 30000, WATCH_MS = 20, RESERVED_MS = 5000, RELIEF_MS = 2000, GAUGE_MS = 60 };

COUNTER(questions_interrupted, "vitrine_index_questions_interrupted_total", "",
        "Questions to the index that were cancelled or took too long");

COUNTER(questions_relieved, "vitrine_index_memory_reserved_total", "",
        "Times a commit found no memory left and the questions that ran were ended");

static void wait_until(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t mono_ns)
{
    struct timespec until = {mono_ns / NS_PER_SEC, mono_ns % NS_PER_SEC};
    pthread_cond_timedwait(condition, lock, &until);
}

/* --- connections -------------------------------------------------------------------------- */

static void close_reader(struct reader *reader)
{
    if (reader->open)
        duckdb_disconnect(&reader->connection);
    reader->open = false;
}

static enum status open_reader(struct store *store, struct reader *reader, struct error *error)
{
    duckdb_result result;
    if (reader->open)
        return STATUS_OK;
    if (duckdb_connect(store->database, &reader->connection) != DuckDBSuccess)
        return fail(error, STATUS_IO, "index: no connection to the engine");
    reader->open = true;
    enum status status = STATUS_OK;
    if (duckdb_query(reader->connection, "SET search_path = 'vitrine.main,memory.main'", &result) !=
        DuckDBSuccess)
        status = store__engine_failed(store, "connection", duckdb_result_error(&result), error);
    duckdb_destroy_result(&result);
    if (status != STATUS_OK)
        close_reader(reader);
    return status;
}

/* One that is open is better than one that must be opened. */
static struct reader *find_free(struct pool_of_readers *pool)
{
    struct reader *best = NULL;
    if (pool->paused || clock_mono_ns() < pool->reserved_until_ns)
        return NULL;
    for (int i = 0; i < POOL_CONNECTIONS; i++) {
        struct reader *reader = &pool->readers[i];
        if (!reader->busy && (!best || (reader->open && !best->open)))
            best = reader;
    }
    return best;
}

enum status store__reader_take(struct store *store, const struct store_question *question,
                               struct reader **out_reader, struct error *error)
{
    struct pool_of_readers *pool = &store->pool;
    int64_t timeout_ms = question->timeout_ms ? question->timeout_ms : TIMEOUT_MS;
    int64_t deadline_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    struct reader *reader;
    pthread_mutex_lock(&pool->lock);
    while (!(reader = find_free(pool)) && clock_mono_ns() < deadline_ns &&
           !(question->cancelled && *question->cancelled))
        wait_until(&pool->freed, &pool->lock, clock_mono_ns() + WATCH_MS * NS_PER_MS);
    if (reader) {
        reader->busy = true;
        reader->interrupted = reader->relieved = reader->greedy = false;
        reader->began_ns = clock_mono_ns();
        reader->deadline_ns = deadline_ns;
        reader->cancelled = question->cancelled;
    }
    pthread_mutex_unlock(&pool->lock);
    if (!reader)
        return fail(error, STATUS_BUSY, "the index answers too many questions already");
    enum status status = open_reader(store, reader, error);
    pthread_mutex_lock(&pool->lock);
    if (status == STATUS_OK) {
        reader->running = true;
        if (pool->running++ == 0)
            pthread_cond_signal(&pool->wake);
    } else {
        reader->busy = false;
        pthread_cond_broadcast(&pool->freed);
    }
    pthread_mutex_unlock(&pool->lock);
    if (status == STATUS_OK)
        *out_reader = reader;
    return status;
}

void store__reader_give_back(struct store *store, struct reader *reader)
{
    struct pool_of_readers *pool = &store->pool;
    pthread_mutex_lock(&pool->lock);
    reader->running = reader->busy = false;
    reader->cancelled = NULL;
    pool->running--;
    pthread_cond_broadcast(&pool->freed);
    pthread_mutex_unlock(&pool->lock);
}

bool store__reader_interrupted(struct store *store, struct reader *reader)
{
    pthread_mutex_lock(&store->pool.lock);
    bool interrupted = reader->interrupted;
    pthread_mutex_unlock(&store->pool.lock);
    return interrupted;
}

bool store__reader_join(struct store *store, struct reader *reader, duckdb_connection connection)
{
    pthread_mutex_lock(&store->pool.lock);
    bool fits = reader->helper_count < READER_HELPERS_MAX;
    if (fits)
        reader->helpers[reader->helper_count++] = connection;
    pthread_mutex_unlock(&store->pool.lock);
    return fits;
}

void store__reader_leave(struct store *store, struct reader *reader, duckdb_connection connection)
{
    pthread_mutex_lock(&store->pool.lock);
    for (int i = 0; i < reader->helper_count; i++)
        if (reader->helpers[i] == connection)
            reader->helpers[i--] = reader->helpers[--reader->helper_count];
    pthread_mutex_unlock(&store->pool.lock);
}

enum status store__sandbox_enter(struct store *store, int timeout_ms, const _Atomic bool *cancelled,
                                 struct error *error)
{
    struct pool_of_readers *pool = &store->pool;
    int64_t deadline_ns = clock_mono_ns() + timeout_ms * NS_PER_MS;
    pthread_mutex_lock(&pool->lock);
    while (pool->sandboxes >= SANDBOX_MAX && clock_mono_ns() < deadline_ns &&
           !(cancelled && *cancelled) && !pool->paused)
        wait_until(&pool->freed, &pool->lock, clock_mono_ns() + WATCH_MS * NS_PER_MS);
    bool fits = pool->sandboxes < SANDBOX_MAX;
    if (fits)
        pool->sandboxes++;
    pthread_mutex_unlock(&pool->lock);
    return fits ? STATUS_OK
                : fail(error, STATUS_BUSY, "too many statements are being answered already");
}

void store__sandbox_leave(struct store *store)
{
    pthread_mutex_lock(&store->pool.lock);
    store->pool.sandboxes--;
    pthread_cond_broadcast(&store->pool.freed);
    pthread_mutex_unlock(&store->pool.lock);
}

/* --- statements --------------------------------------------------------------------------- */

static bool run(struct reader *reader, const char *sql)
{
    duckdb_result result;
    bool done = duckdb_query(reader->connection, sql, &result) == DuckDBSuccess;
    duckdb_destroy_result(&result);
    return done;
}

/*
 * A plan rests on the minima and maxima that columns had when it was made (a join by number becomes
 * a look-up in an array of that range): run again after a commit it leaves rows out. So plans are
 * not kept, and a question is prepared and run in one transaction, in which nothing newer shows.
 */
enum status store__reader_prepare(struct store *store, struct reader *reader, const char *sql,
                                  duckdb_prepared_statement *out_statement, struct error *error)
{
    duckdb_extracted_statements all = NULL;
    *out_statement = NULL;
    /* The watchdog may have interrupted the end of this connection's last transaction as well. */
    if (!run(reader, "BEGIN TRANSACTION READ ONLY") &&
        (run(reader, "ROLLBACK"), !run(reader, "BEGIN TRANSACTION READ ONLY")))
        return fail(error, STATUS_IO, "index: no transaction for a question");
    enum status status = STATUS_OK;
    idx_t count = duckdb_extract_statements(reader->connection, sql, &all);
    const char *wrong = count ? NULL : duckdb_extract_statements_error(all);
    if (count == 0)
        status = fail(error, STATUS_INVALID, "%.450s", wrong ? wrong : "there is no statement");
    else if (count > 1)
        status = fail(error, STATUS_INVALID, "one statement at a time, this has %llu",
                      (unsigned long long)count);
    else if (duckdb_prepare_extracted_statement(reader->connection, all, 0, out_statement) !=
             DuckDBSuccess)
        status = store__reader_failed(store, reader, DUCKDB_ERROR_INVALID,
                                      duckdb_prepare_error(*out_statement), error);
    else if (duckdb_prepared_statement_type(*out_statement) != DUCKDB_STATEMENT_TYPE_SELECT)
        status = fail(error, STATUS_FORBIDDEN, "only SELECT is answered here");
    duckdb_destroy_extracted(&all);
    return status;
}

void store__reader_finish(struct reader *reader, duckdb_prepared_statement *statement)
{
    duckdb_destroy_prepare(statement);
    run(reader, "ROLLBACK");
}

enum status store__reader_failed(struct store *store, struct reader *reader, duckdb_error_type type,
                                 const char *message, struct error *error)
{
    pthread_mutex_lock(&store->pool.lock);
    bool interrupted = reader->interrupted;
    bool cancelled = reader->cancelled && *reader->cancelled;
    bool relieved = reader->relieved, greedy = reader->greedy;
    pthread_mutex_unlock(&store->pool.lock);
    if (interrupted && relieved && !cancelled)
        return fail(error, STATUS_TOO_LARGE,
                    "the question took memory that the index needs for what arrives: narrow it");
    if (interrupted && greedy && !cancelled)
        return fail(error, STATUS_TOO_LARGE,
                    "the question needs more than the %zu MB of memory that one may take: narrow "
                    "it, or collect fewer values",
                    store->memory_bytes >> 21);
    if (interrupted)
        return cancelled
                   ? fail(error, STATUS_CANCELLED, "the question was cancelled")
                   : fail(error, STATUS_TIMEOUT, "the question took longer than it was given");
    if (!message)
        message = "no reason given";
    if (type == DUCKDB_ERROR_PERMISSION || strncmp(message, "Permission Error", 16) == 0)
        return fail(error, STATUS_FORBIDDEN, "%.480s", message);
    if (type == DUCKDB_ERROR_OUT_OF_MEMORY || strstr(message, "Out of Memory"))
        return fail(error, STATUS_TOO_LARGE,
                    "the question needs more memory than the index has: narrow it");
    if (type == DUCKDB_ERROR_FATAL || type == DUCKDB_ERROR_INTERNAL || type == DUCKDB_ERROR_IO ||
        strstr(message, "invalidated"))
        return store__engine_failed(store, "question", message, error);
    return fail(error, STATUS_INVALID, "%.480s", message);
}

/* --- watchdog ----------------------------------------------------------------------------- */

static void interrupt(struct reader *reader)
{
    duckdb_interrupt(reader->connection);
    for (int i = 0; i < reader->helper_count; i++)
        duckdb_interrupt(reader->helpers[i]);
}

static void interrupt_late(struct pool_of_readers *pool)
{
    int64_t now = clock_mono_ns();
    for (int i = 0; i < POOL_CONNECTIONS; i++) {
        struct reader *reader = &pool->readers[i];
        if (!reader->running)
            continue;
        if (now < reader->deadline_ns && !(reader->cancelled && *reader->cancelled))
            continue;
        if (!reader->interrupted)
            counter_add(&questions_interrupted, 1);
        /* Again each time: the first may have come before the engine began. */
        reader->interrupted = true;
        interrupt(reader);
    }
}

static bool open_gauge(struct store *store)
{
    struct pool_of_readers *pool = &store->pool;
    if (!pool->gauge_open)
        pool->gauge_open = duckdb_connect(store->database, &pool->gauge) == DuckDBSuccess;
    return pool->gauge_open;
}

static void close_gauge(struct pool_of_readers *pool)
{
    if (pool->gauge_open)
        duckdb_disconnect(&pool->gauge);
    pool->gauge_open = false;
}

/* Bytes of states that the engine cannot put on disk. */
static int64_t gauge_bytes(struct store *store)
{
    duckdb_result result;
    int64_t bytes = 0;
    if (!open_gauge(store))
        return 0;
    if (duckdb_query(store->pool.gauge,
                     "SELECT CAST(coalesce(sum(memory_usage_bytes), 0) AS BIGINT)"
                     " FROM duckdb_memory() WHERE tag = 'ALLOCATOR'",
                     &result) == DuckDBSuccess)
        bytes = duckdb_value_int64(&result, 0, 0);
    duckdb_destroy_result(&result);
    return bytes;
}

/* With the lock held. The gauge costs as much as a small question, and nobody can begin or end one
 * meanwhile, so it is read only for those that run long enough to be greedy. */
static void end_greedy(struct store *store)
{
    struct reader *oldest = NULL;
    for (int i = 0; i < POOL_CONNECTIONS; i++) {
        struct reader *reader = &store->pool.readers[i];
        if (reader->running && !reader->helper_count &&
            (!oldest || reader->began_ns < oldest->began_ns))
            oldest = reader;
    }
    if (!oldest || oldest->interrupted ||
        clock_mono_ns() < oldest->began_ns + GAUGE_MS * NS_PER_MS ||
        gauge_bytes(store) <= (int64_t)(store->memory_bytes / 2))
        return;
    oldest->greedy = true;
    oldest->deadline_ns = 0;
}

/* With the lock held. Questions that begin meanwhile are no reason to look earlier. */
static void wait_for_tick(struct pool_of_readers *pool)
{
    int64_t until_ns = clock_mono_ns() + WATCH_MS * NS_PER_MS;
    while (!pool->stopping && clock_mono_ns() < until_ns)
        wait_until(&pool->wake, &pool->lock, until_ns);
}

static void *watch(void *argument)
{
    struct store *store = argument;
    struct pool_of_readers *pool = &store->pool;
    int64_t gauged_ns = 0;
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping) {
        if (pool->running == 0) {
            pthread_cond_wait(&pool->wake, &pool->lock);
            continue;
        }
        wait_for_tick(pool);
        if (!pool->paused && clock_mono_ns() >= gauged_ns + GAUGE_MS * NS_PER_MS) {
            gauged_ns = clock_mono_ns();
            end_greedy(store);
        }
        interrupt_late(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* --- pool --------------------------------------------------------------------------------- */

enum status store__pool_open(struct store *store, struct error *error)
{
    struct pool_of_readers *pool = &store->pool;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->freed, &monotonic);
    pthread_cond_init(&pool->wake, &monotonic);
    for (int i = 0; i < POOL_CONNECTIONS; i++)
        pthread_mutex_init(&pool->readers[i].lookup_lock, NULL);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&pool->watchdog, NULL, watch, store) != 0)
        return fail(error, STATUS_INTERNAL, "index: cannot start the watchdog thread");
    pthread_setname_np(pool->watchdog, "index-watch");
    pool->started = true;
    return STATUS_OK;
}

void store__pool_pause(struct store *store)
{
    struct pool_of_readers *pool = &store->pool;
    pthread_mutex_lock(&pool->lock);
    pool->paused = true;
    for (bool busy = true; busy;) {
        busy = false;
        for (int i = 0; i < POOL_CONNECTIONS; i++) {
            struct reader *reader = &pool->readers[i];
            busy |= reader->busy;
            if (reader->running)
                interrupt(reader);
        }
        if (busy)
            wait_until(&pool->freed, &pool->lock, clock_mono_ns() + WATCH_MS * NS_PER_MS);
    }
    for (int i = 0; i < POOL_CONNECTIONS; i++)
        close_reader(&pool->readers[i]);
    close_gauge(pool);
    pthread_mutex_unlock(&pool->lock);
}

bool store__pool_pause_idle(struct store *store)
{
    struct pool_of_readers *pool = &store->pool;
    bool idle = true;
    pthread_mutex_lock(&pool->lock);
    for (int i = 0; i < POOL_CONNECTIONS; i++)
        idle = idle && !pool->readers[i].busy;
    pool->paused = pool->paused || idle;
    pthread_mutex_unlock(&pool->lock);
    return idle;
}

void store__pool_resume(struct store *store)
{
    pthread_mutex_lock(&store->pool.lock);
    store->pool.paused = false;
    pthread_cond_broadcast(&store->pool.freed);
    pthread_mutex_unlock(&store->pool.lock);
}

static bool is_out_of_memory(const char *message)
{
    return strstr(message, "Out of Memory") || strstr(message, "failed to pin block") ||
           strstr(message, "could not allocate block");
}

/* Until the memory is really free; with the lock held. */
static void wait_for_relieved(struct pool_of_readers *pool)
{
    int64_t until_ns = clock_mono_ns() + RELIEF_MS * NS_PER_MS;
    for (bool busy = true; busy && clock_mono_ns() < until_ns;) {
        busy = false;
        for (int i = 0; i < POOL_CONNECTIONS; i++)
            busy |= pool->readers[i].busy && pool->readers[i].relieved;
        if (busy)
            wait_until(&pool->freed, &pool->lock, clock_mono_ns() + WATCH_MS * NS_PER_MS);
    }
}

void store__pool_after_commit(struct store *store, enum status status, const struct error *error)
{
    struct pool_of_readers *pool = &store->pool;
    bool starved = status != STATUS_OK && error && is_out_of_memory(error->text);
    pthread_mutex_lock(&pool->lock);
    bool had_it_alone = pool->reserved_until_ns != 0;
    /* Twice in a row it was not the questions. */
    bool reserve = starved && !had_it_alone;
    pool->reserved_until_ns = reserve ? clock_mono_ns() + RESERVED_MS * NS_PER_MS : 0;
    for (int i = 0; i < POOL_CONNECTIONS && reserve; i++) {
        struct reader *reader = &pool->readers[i];
        if (!reader->running || reader->helper_count) /* a sandbox has memory of its own */
            continue;
        reader->relieved = true;
        reader->deadline_ns = 0; /* the watchdog ends it, again and again if need be */
    }
    if (reserve) {
        counter_add(&questions_relieved, 1);
        wait_for_relieved(pool);
    } else if (had_it_alone) {
        pthread_cond_broadcast(&pool->freed);
    }
    pthread_mutex_unlock(&pool->lock);
}

void store__pool_close(struct store *store)
{
    struct pool_of_readers *pool = &store->pool;
    if (!pool->started)
        return;
    store__pool_pause(store);
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    pthread_join(pool->watchdog, NULL);
    pthread_cond_destroy(&pool->freed);
    pthread_cond_destroy(&pool->wake);
    for (int i = 0; i < POOL_CONNECTIONS; i++)
        pthread_mutex_destroy(&pool->readers[i].lookup_lock);
    pthread_mutex_destroy(&pool->lock);
    pool->started = false;
}
