/* SPDX-License-Identifier: Apache-2.0 */
/* job_routes: /api/v1/query/jobs. A job is made by ?async=1 on a question (query.c). */
#include <unistd.h>

#include "base/clock.h"
#include "serve/jobs.h"

static void write_job(struct json_out *out, const struct job_view *job)
{
    static const char *const states[] = {[JOB_WAITING] = "waiting",
                                         [JOB_RUNNING] = "running",
                                         [JOB_DONE] = "done",
                                         [JOB_FAILED] = "failed"};
    int64_t until_ns = job->ended_ns ? job->ended_ns : clock_now_ns();
    json_out_object(out, NULL);
    json_out_text(out, "job", job->id);
    json_out_text(out, "state", states[job->state]);
    json_out_text(out, "language", job->kind == QUESTION_SQL ? "sql" : "query");
    json_out_text(out, "format", job->format->name);
    out_time(out, "created", job->created_ns);
    out_time(out, "started", job->started_ns);
    out_time(out, "ended", job->ended_ns);
    out_time(out, "expires", job->expires_ns);
    json_out_object(out, "progress");
    json_out_int(out, "rows", job->rows);
    json_out_double(out, "elapsed_ms",
                    job->started_ns ? (double)(until_ns - job->started_ns) / NS_PER_MS : 0);
    json_out_end_object(out);
    if (job->state == JOB_DONE) {
        answer_statistics(out, "statistics", &job->reply);
        json_out_bool(out, "truncated", job->reply.truncated);
        json_out_int(out, "bytes", job->bytes);
    }
    if (job->state == JOB_FAILED)
        answer_write_error(out, "error", job->error.status, &job->error, &job->reply);
    json_out_end_object(out);
}

void serve__jobs(struct request *request, void *context)
{
    struct call call;
    struct job_view *views;
    size_t count;
    call_begin_plain(&call, request, context);
    enum status status = job_list(call.options->jobs, request->project_id, &request->arena, &views,
                                  &count, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "jobs");
        for (size_t i = 0; i < count; i++)
            write_job(&call.out, &views[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__job(struct request *request, void *context)
{
    struct call call;
    struct job_view view;
    call_begin_plain(&call, request, context);
    enum status status =
        job_get(call.options->jobs, request->project_id, request_path_part(request, STR("id")),
                &request->arena, &view, &call.error);
    if (status == STATUS_OK)
        write_job(&call.out, &view);
    call_end(&call, status);
}

void serve__job_result(struct request *request, void *context)
{
    struct call call;
    struct job_view view = {0};
    int file = -1;
    struct str id = request_path_part(request, STR("id"));
    call_begin_plain(&call, request, context);
    enum status status =
        job_get(call.options->jobs, request->project_id, id, &request->arena, &view, &call.error);
    if (status == STATUS_OK)
        status = job_open_answer(call.options->jobs, request->project_id, id, &file, &call.error);
    if (status == STATUS_OK) {
        call.response.content_type = view.format->content_type;
        call.response.file = file;
        call.response.file_bytes = view.bytes;
        response_header(&call.response, STR("x-vitrine-rows"),
                        arena_printf(&request->arena, "%lld", (long long)view.reply.rows));
        response_header(&call.response, STR("x-vitrine-truncated"),
                        view.reply.truncated ? STR("true") : STR("false"));
        if (view.bytes == 0) /* no rows in a format without a head */
            close(file);
    }
    if (status == STATUS_OK || view.state != JOB_FAILED)
        call_end(&call, status);
    else
        answer_error(&call, status, &view.reply);
}

void serve__job_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = job_delete(call.options->jobs, request->project_id,
                                    request_path_part(request, STR("id")), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
