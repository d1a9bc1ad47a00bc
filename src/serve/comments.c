/* SPDX-License-Identifier: Apache-2.0 */
/* comments: what people wrote beside a trace and everything in it, a session or a prompt. */
#include "control/comments.h"
#include "serve/subjects.h"

enum { COMMENTS_A_PAGE = 500 };

static void write_comment(struct json_out *out, const struct comment *comment)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", comment->id);
    out_subject(out, &comment->subject);
    json_out_str(out, "content", comment->content);
    json_out_str(out, "author", comment->author);
    out_time(out, "created", comment->created_ns);
    json_out_end_object(out);
}

/* Of a trace without a span: on the trace and on its spans. */
static enum status read_question(struct call *call, struct comment_question *question)
{
    struct request *request = call->request;
    const struct subject_words words = {.trace = request_param(request, STR("trace_id")),
                                        .span = request_param(request, STR("span_id")),
                                        .session = request_param(request, STR("session")),
                                        .prompt = request_param(request, STR("prompt_id"))};
    struct subject subject;
    enum status status = subject_from_words(call, &words, &subject);
    if (status == STATUS_OK)
        status =
            param_int(call, STR("limit"), COMMENTS_A_PAGE, 1, COMMENTS_A_PAGE, &question->limit);
    if (status == STATUS_OK)
        status = param_int(call, STR("skip"), 0, 0, INT32_MAX, &question->skip);
    if (status != STATUS_OK)
        return status;
    bool whole_trace = subject.kind == SUBJECT_TRACE;
    question->project_id = request->project_id;
    question->kind = whole_trace ? -1 : (int)subject.kind;
    question->key = whole_trace ? STR("") : subject.key;
    question->trace = subject.trace;
    return STATUS_OK;
}

void serve__comments(struct request *request, void *context)
{
    struct call call;
    struct comment_question question = {0};
    struct comment *comments;
    size_t count = 0;
    int64_t total = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_question(&call, &question);
    if (status == STATUS_OK)
        status = control_comments(call.options->control, &question, &request->arena, &comments,
                                  &count, &total, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_int(&call.out, "total", total);
        json_out_array(&call.out, "comments");
        for (size_t i = 0; i < count; i++)
            write_comment(&call.out, &comments[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__comment_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct comment comment = {0};
    if (!call_begin(&call, request, context))
        return;
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = subject_read_member(&call, &body, &comment.subject);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "content", true, &comment.content);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "author", false, &comment.author);
    if (status == STATUS_OK)
        status = subject_find(&call, &comment.subject);
    if (status == STATUS_OK)
        status = control_comment_create(call.options->control, request->project_id, &comment,
                                        &request->arena, &call.error);
    if (status == STATUS_OK) {
        write_comment(&call.out, &comment);
        call.response.http_status = 201;
    }
    call_end(&call, status);
}

void serve__comment_delete(struct request *request, void *context)
{
    struct call call;
    call_begin_plain(&call, request, context);
    enum status status = control_comment_delete(call.options->control, request->project_id,
                                                request_path_part(request, STR("id")), &call.error);
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
