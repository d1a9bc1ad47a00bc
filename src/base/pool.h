/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool: a few threads that take jobs from a bounded queue, for work that may take longer than a
 * net thread can wait. pool_submit() from any thread; jobs start in order.
 */
#pragma once

#include "base/status.h"

struct pool;

/* `name` shows in thread lists (at most 15 bytes). */
enum status pool_start(const char *name, size_t threads, size_t queue_max, struct pool **out_pool,
                       struct error *error);
/* STATUS_BUSY when queue_max jobs wait already. */
enum status pool_submit(struct pool *pool, void (*run)(void *context), void *context);
/* Runs what is queued, then ends the threads. NULL is fine. */
void pool_stop(struct pool *pool);
