/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jobs: questions that may take minutes. One is taken, answered when its turn comes, and its answer
 * kept in a file without a name for an hour.
 *
 *     waiting -> running -> done | failed
 *
 * Removing a job ends it at any of these. Jobs are not kept over a restart, and nobody is told they
 * were: their ids are unknown then.
 *
 * Threads  any; one thread of its own answers them, in order.
 * Limits   JOBS_WAITING_MAX unfinished a project, JOBS_MAX altogether, JOBS_BYTES_MAX of answers
 * (the oldest go first), JOB_TIMEOUT_MS each.
 */
#pragma once

#include "base/pool.h"
#include "serve/question.h"

enum {
    JOBS_MAX = 256,
    JOBS_WAITING_MAX = 8,
    JOB_TIMEOUT_MS = 600000,
    JOB_KEPT_SECONDS = 3600,
};
#define JOBS_BYTES_MAX (INT64_C(4) << 30)

struct jobs;
struct jobs_options {
    const char *directory;
    const struct query *(*query)(void *context);
    void *context;
};
enum status jobs_open(const struct jobs_options *options, struct jobs **out_jobs,
                      struct error *error);
void jobs_close(struct jobs *jobs); /* ends what runs; NULL is fine */
void jobs_tick(struct jobs *jobs);  /* now and then: forgets old answers */

enum job_state { JOB_WAITING, JOB_RUNNING, JOB_DONE, JOB_FAILED };

/* How a job stands; texts live in the arena given. */
struct job_view {
    char id[33];
    enum job_state state;
    enum question_kind kind;
    const struct answer_format *format;
    int64_t created_ns, started_ns, ended_ns, expires_ns; /* 0: not yet */
    int64_t rows;                                         /* so far */
    int64_t bytes;
    struct ask_reply reply; /* of an ended one */
    struct error error;     /* of a failed one */
};

/* Copies the question. */
enum status job_create(struct jobs *jobs, const struct question *question, char out_id[33],
                       struct error *error);
/* STATUS_NOT_FOUND: the project has no such job (any more). */
enum status job_get(struct jobs *jobs, uint32_t project_id, struct str id, struct arena *arena,
                    struct job_view *out_view, struct error *error);
/* A done job's answer; *out_file is the caller's to close. */
enum status job_open_answer(struct jobs *jobs, uint32_t project_id, struct str id, int *out_file,
                            struct error *error);
enum status job_delete(struct jobs *jobs, uint32_t project_id, struct str id, struct error *error);
/* The project's, newest first; at most JOBS_MAX. */
enum status job_list(struct jobs *jobs, uint32_t project_id, struct arena *arena,
                     struct job_view **out_views, size_t *out_count, struct error *error);
