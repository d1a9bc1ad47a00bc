/* SPDX-License-Identifier: Apache-2.0 */
/* pool: a ring of jobs under one lock. */
#define _GNU_SOURCE
#include "base/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/must.h"

struct job {
    void (*run)(void *context);
    void *context;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job *jobs; /* ring of queue_max */
    size_t queue_max, first, waiting;
    bool stopping;
    size_t thread_count;
    pthread_t threads[];
};

static void *work(void *argument)
{
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->waiting == 0 && !pool->stopping)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->waiting == 0)
            break;
        struct job job = pool->jobs[pool->first];
        pool->first = (pool->first + 1) % pool->queue_max;
        pool->waiting--;
        pthread_mutex_unlock(&pool->lock);
        job.run(job.context);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

enum status pool_start(const char *name, size_t threads, size_t queue_max, struct pool **out_pool,
                       struct error *error)
{
    must(threads > 0 && queue_max > 0);
    struct pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->threads[0]);
    struct job *jobs = calloc(queue_max, sizeof *jobs);
    if (!pool || !jobs) {
        free(pool);
        free(jobs);
        return fail(error, STATUS_INTERNAL, "no memory for the %s threads", name);
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->jobs = jobs;
    pool->queue_max = queue_max;
    for (size_t i = 0; i < threads; i++) {
        if (pthread_create(&pool->threads[i], NULL, work, pool) != 0) {
            pool_stop(pool);
            return fail(error, STATUS_INTERNAL, "cannot start the %s threads", name);
        }
        pthread_setname_np(pool->threads[i], name);
        pool->thread_count++;
    }
    *out_pool = pool;
    return STATUS_OK;
}

enum status pool_submit(struct pool *pool, void (*run)(void *context), void *context)
{
    pthread_mutex_lock(&pool->lock);
    bool room = pool->waiting < pool->queue_max && !pool->stopping;
    if (room) {
        pool->jobs[(pool->first + pool->waiting) % pool->queue_max] = (struct job){run, context};
        pool->waiting++;
        pthread_cond_signal(&pool->wake);
    }
    pthread_mutex_unlock(&pool->lock);
    return room ? STATUS_OK : STATUS_BUSY;
}

void pool_stop(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->jobs);
    free(pool);
}
