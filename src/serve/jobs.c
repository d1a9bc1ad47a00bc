/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs: see jobs.h. A job belongs to the table until it is removed, and to the worker while it
 * waits or runs: the last of them frees it. Everything in a job is under the table's lock, except
 * what the worker alone uses until it has ended.
 */
#define _GNU_SOURCE
#include "serve/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

struct job {
    struct jobs *jobs;
    char id[33];
    struct question question; /* texts in `arena` */
    struct arena arena;
    bool removed, with_worker;
    enum job_state state;
    int64_t created_ns, started_ns, ended_ns;
    atomic_bool cancelled;
    atomic_llong rows;
    int file; /* -1: none */
    int64_t bytes;
    struct ask_reply reply; /* texts in `arena` */
    struct error error;
};

struct jobs {
    struct jobs_options options;
    struct pool *pool;
    pthread_mutex_t lock;
    struct job *items[JOBS_MAX]; /* oldest first */
    size_t count;
};

/* --- the table; the lock is held ------------------------------------------------------------- */

static void free_job(struct job *job)
{
    if (job->file >= 0)
        close(job->file);
    arena_done(&job->arena);
    free(job);
}

/* Takes it off the table; the worker, if it has it, frees it later. */
static void take_off(struct jobs *jobs, size_t index)
{
    struct job *job = jobs->items[index];
    memmove(&jobs->items[index], &jobs->items[index + 1],
            (jobs->count - index - 1) * sizeof *jobs->items);
    jobs->count--;
    job->removed = true;
    atomic_store(&job->cancelled, true);
    if (!job->with_worker)
        free_job(job);
}

static bool has_ended(const struct job *job)
{
    return job->state == JOB_DONE || job->state == JOB_FAILED;
}

static void forget_old(struct jobs *jobs)
{
    int64_t now = clock_now_ns(), bytes = 0;
    for (size_t i = jobs->count; i-- > 0;) {
        struct job *job = jobs->items[i];
        bytes += job->bytes;
        if (has_ended(job) &&
            (bytes > JOBS_BYTES_MAX || now - job->ended_ns > JOB_KEPT_SECONDS * NS_PER_SEC))
            take_off(jobs, i);
    }
}

static struct job *find(struct jobs *jobs, uint32_t project_id, struct str id, size_t *out_index)
{
    forget_old(jobs);
    for (size_t i = 0; i < jobs->count; i++)
        if (jobs->items[i]->question.project_id == project_id &&
            str_equal(id, str_from(jobs->items[i]->id))) {
            *out_index = i;
            return jobs->items[i];
        }
    return NULL;
}

static enum status not_there(struct str id, struct error *error)
{
    return fail(error, STATUS_NOT_FOUND,
                "job: there is no job '%.*s' (any more); answers are kept for an hour",
                (int)(id.len > 40 ? 40 : id.len), id.ptr ? id.ptr : "");
}

/* --- the worker ----------------------------------------------------------------------------- */

/* Rows on their way to the answer are counted, for those who ask how it goes. */
struct counting {
    struct job *job;
    struct ask_sink sink;
};

static enum status count_head(void *context, const struct ask_head *head, struct error *error)
{
    struct counting *counting = context;
    return counting->sink.head(counting->sink.context, head, error);
}

static enum status count_row(void *context, const struct ask_cell *cells,
                             const struct ask_pointer *pointer, struct error *error)
{
    struct counting *counting = context;
    atomic_fetch_add(&counting->job->rows, 1);
    return counting->sink.row(counting->sink.context, cells, pointer, error);
}

static enum status answer_job(struct job *job, struct arena *arena, struct ask_reply *reply,
                              int *out_file, int64_t *out_bytes, struct error *error)
{
    struct jobs *jobs = job->jobs;
    const struct query *query = jobs->options.query(jobs->options.context);
    struct answer answer;
    if (!query)
        return fail(error, STATUS_BUSY, "the index is still opening, try again");
    answer_begin(&answer, &job->question.choice, arena, jobs->options.directory);
    struct counting counting = {job, answer_sink(&answer)};
    const struct ask_sink sink = {count_head, count_row, &counting};
    enum status status =
        question_run(&job->question, query, &job->cancelled, arena, &sink, reply, error);
    if (status == STATUS_OK)
        status = answer_end(&answer, reply, error);
    if (status == STATUS_OK)
        status = spool_take_file(&answer.spool, out_file, out_bytes, error);
    answer_done(&answer);
    return status;
}

/* Texts move to the job's own arena. */
static void keep_reply(struct job *job, const struct ask_reply *reply)
{
    job->reply = *reply;
    job->reply.expected = arena_copy(&job->arena, reply->expected);
    job->reply.suggestion = arena_copy(&job->arena, reply->suggestion);
    for (size_t i = 0; i < reply->warning_count; i++)
        job->reply.warnings[i] = arena_copy(&job->arena, reply->warnings[i]);
}

static void run_job(void *context)
{
    struct job *job = context;
    struct jobs *jobs = job->jobs;
    struct arena arena;
    struct ask_reply reply = {0};
    struct error error = {0};
    int file = -1;
    int64_t bytes = 0;
    pthread_mutex_lock(&jobs->lock);
    bool wanted = !job->removed;
    job->state = JOB_RUNNING;
    job->started_ns = clock_now_ns();
    pthread_mutex_unlock(&jobs->lock);
    arena_init(&arena, (size_t)256 << 20);
    enum status status =
        wanted ? answer_job(job, &arena, &reply, &file, &bytes, &error) : STATUS_CANCELLED;
    pthread_mutex_lock(&jobs->lock);
    keep_reply(job, &reply);
    job->state = status == STATUS_OK ? JOB_DONE : JOB_FAILED;
    job->error = error;
    job->error.status = status;
    job->ended_ns = clock_now_ns();
    job->file = file;
    job->bytes = bytes;
    job->with_worker = false;
    if (job->removed)
        free_job(job);
    pthread_mutex_unlock(&jobs->lock);
    arena_done(&arena);
}

/* --- the door ------------------------------------------------------------------------------- */

enum status jobs_open(const struct jobs_options *options, struct jobs **out_jobs,
                      struct error *error)
{
    struct jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs)
        return fail(error, STATUS_INTERNAL, "no memory for jobs");
    jobs->options = *options;
    pthread_mutex_init(&jobs->lock, NULL);
    enum status status = pool_start("job", 1, JOBS_MAX, &jobs->pool, error);
    if (status == STATUS_OK)
        *out_jobs = jobs;
    else
        jobs_close(jobs);
    return status;
}

void jobs_close(struct jobs *jobs)
{
    if (!jobs)
        return;
    pthread_mutex_lock(&jobs->lock);
    while (jobs->count)
        take_off(jobs, jobs->count - 1);
    pthread_mutex_unlock(&jobs->lock);
    pool_stop(jobs->pool);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

void jobs_tick(struct jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    forget_old(jobs);
    pthread_mutex_unlock(&jobs->lock);
}

static bool copy_question(struct job *job, const struct question *question)
{
    job->question = *question;
    job->question.text = arena_copy(&job->arena, question->text);
    job->question.source = arena_copy(&job->arena, question->source);
    if (job->question.timeout_ms == 0)
        job->question.timeout_ms = JOB_TIMEOUT_MS;
    return job->question.text.ptr && job->question.source.ptr;
}

static struct job *new_job(struct jobs *jobs, const struct question *question)
{
    uint8_t random[16];
    struct job *job = calloc(1, sizeof *job);
    if (!job)
        return NULL;
    arena_init(&job->arena, (size_t)1 << 20);
    job->jobs = jobs;
    job->file = -1;
    job->created_ns = clock_now_ns();
    job->with_worker = true;
    if (!copy_question(job, question) || getrandom(random, sizeof random, 0) != sizeof random) {
        free_job(job);
        return NULL;
    }
    str_hex_encode(random, sizeof random, job->id);
    return job;
}

/* Room for one more, at the cost of the oldest answers; with the lock held. */
static enum status make_room(struct jobs *jobs, uint32_t project_id, struct error *error)
{
    size_t unfinished = 0;
    forget_old(jobs);
    for (size_t i = 0; i < jobs->count; i++)
        unfinished +=
            jobs->items[i]->question.project_id == project_id && !has_ended(jobs->items[i]);
    if (unfinished >= JOBS_WAITING_MAX)
        return fail(error, STATUS_BUSY, "jobs: %d of this project wait or run already",
                    JOBS_WAITING_MAX);
    for (size_t i = 0; i < jobs->count && jobs->count == JOBS_MAX; i++)
        if (has_ended(jobs->items[i]))
            take_off(jobs, i--);
    return jobs->count < JOBS_MAX ? STATUS_OK
                                  : fail(error, STATUS_BUSY, "jobs: too many wait already");
}

enum status job_create(struct jobs *jobs, const struct question *question, char out_id[33],
                       struct error *error)
{
    struct job *job = new_job(jobs, question);
    if (!job)
        return fail(error, STATUS_INTERNAL, "no memory for a job");
    pthread_mutex_lock(&jobs->lock);
    enum status status = make_room(jobs, question->project_id, error);
    /* It cannot start before it is on the table: run_job() takes the lock first. */
    if (status == STATUS_OK && pool_submit(jobs->pool, run_job, job) != STATUS_OK)
        status = fail(error, STATUS_BUSY, "jobs: too many wait already");
    if (status == STATUS_OK) {
        jobs->items[jobs->count++] = job;
        memcpy(out_id, job->id, sizeof job->id);
    } else {
        free_job(job);
    }
    pthread_mutex_unlock(&jobs->lock);
    return status;
}

static void view_job(const struct job *job, struct arena *arena, struct job_view *out)
{
    *out = (struct job_view){
        .state = job->state,
        .kind = job->question.kind,
        .format = job->question.choice.format,
        .created_ns = job->created_ns,
        .started_ns = job->started_ns,
        .ended_ns = job->ended_ns,
        .expires_ns = job->ended_ns ? job->ended_ns + JOB_KEPT_SECONDS * NS_PER_SEC : 0,
        .rows = atomic_load(&job->rows),
        .bytes = job->bytes,
        .reply = job->reply,
        .error = job->error,
    };
    memcpy(out->id, job->id, sizeof out->id);
    out->reply.expected = arena_copy(arena, job->reply.expected);
    out->reply.suggestion = arena_copy(arena, job->reply.suggestion);
    for (size_t i = 0; i < job->reply.warning_count; i++)
        out->reply.warnings[i] = arena_copy(arena, job->reply.warnings[i]);
}

enum status job_get(struct jobs *jobs, uint32_t project_id, struct str id, struct arena *arena,
                    struct job_view *out_view, struct error *error)
{
    size_t index;
    pthread_mutex_lock(&jobs->lock);
    const struct job *job = find(jobs, project_id, id, &index);
    if (job)
        view_job(job, arena, out_view);
    pthread_mutex_unlock(&jobs->lock);
    return job ? STATUS_OK : not_there(id, error);
}

enum status job_open_answer(struct jobs *jobs, uint32_t project_id, struct str id, int *out_file,
                            struct error *error)
{
    size_t index;
    enum status status = STATUS_OK;
    pthread_mutex_lock(&jobs->lock);
    const struct job *job = find(jobs, project_id, id, &index);
    if (!job)
        status = not_there(id, error);
    else if (job->state == JOB_FAILED)
        status = fail(error, job->error.status, "%s", job->error.text);
    else if (job->state != JOB_DONE)
        status = fail(error, STATUS_CONFLICT, "job: it is not done yet");
    else if ((*out_file = fcntl(job->file, F_DUPFD_CLOEXEC, 3)) < 0)
        status = fail(error, STATUS_IO, "job: its answer cannot be opened: %s", strerror(errno));
    pthread_mutex_unlock(&jobs->lock);
    return status;
}

enum status job_delete(struct jobs *jobs, uint32_t project_id, struct str id, struct error *error)
{
    size_t index;
    pthread_mutex_lock(&jobs->lock);
    const struct job *job = find(jobs, project_id, id, &index);
    if (job)
        take_off(jobs, index);
    pthread_mutex_unlock(&jobs->lock);
    return job ? STATUS_OK : not_there(id, error);
}

enum status job_list(struct jobs *jobs, uint32_t project_id, struct arena *arena,
                     struct job_view **out_views, size_t *out_count, struct error *error)
{
    *out_count = 0;
    *out_views = arena_array(arena, struct job_view, JOBS_MAX);
    if (!*out_views)
        return fail(error, STATUS_TOO_LARGE, "jobs: no memory for the list");
    pthread_mutex_lock(&jobs->lock);
    forget_old(jobs);
    for (size_t i = jobs->count; i-- > 0;)
        if (jobs->items[i]->question.project_id == project_id)
            view_job(jobs->items[i], arena, &(*out_views)[(*out_count)++]);
    pthread_mutex_unlock(&jobs->lock);
    return STATUS_OK;
}
