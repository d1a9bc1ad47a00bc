/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_comments: comments as Langfuse's SDKs write and read them. There are no users here, so
 * an author is whoever the request says. */
#include "control/comments.h"
#include "serve/langfuse_private.h"
#include "serve/subjects.h"

static void write_comment(struct call *call, const struct comment *comment)
{
    struct json_out *out = &call->out;
    json_out_object(out, NULL);
    json_out_str(out, "id", comment->id);
    json_out_str(out, "projectId", langfuse__project(call));
    langfuse__time(out, "createdAt", comment->created_ns);
    langfuse__time(out, "updatedAt", comment->updated_ns);
    json_out_text(out, "objectType", subject_object_type(comment->subject.kind));
    json_out_str(out, "objectId", comment->subject.id);
    json_out_str(out, "content", comment->content);
    json_out_str(out, "authorUserId", comment->author);
    json_out_end_object(out);
}

void serve__langfuse_comment_create(struct request *request, void *context)
{
    struct call call;
    struct json body;
    struct comment comment = {0};
    if (!call_begin(&call, request, context))
        return;
    enum status status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = subject_read_object(&call, &body, &comment.subject);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "content", true, &comment.content);
    if (status == STATUS_OK)
        status = body_text(&call, &body, "authorUserId", false, &comment.author);
    if (status == STATUS_OK)
        status = body_own_id(&call, &body, "id", &comment.id);
    if (status == STATUS_OK)
        status = body_moment(&call, &body, "createdAt", &comment.created_ns);
    if (status == STATUS_OK && comment.author.len > COMMENT_AUTHOR_BYTES_MAX)
        status = fail(&call.error, STATUS_INVALID, "authorUserId: expected at most %d bytes",
                      COMMENT_AUTHOR_BYTES_MAX);
    if (status == STATUS_OK)
        status = subject_find(&call, &comment.subject);
    if (status == STATUS_OK)
        status = control_comment_create(call.options->control, request->project_id, &comment,
                                        &request->arena, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_str(&call.out, "id", comment.id);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

static enum status read_question(struct call *call, struct comment_question *question)
{
    struct request *request = call->request;
    struct str type = request_param(request, STR("objectType"));
    struct str id = request_param(request, STR("objectId"));
    enum subject_kind kind = SUBJECT_TRACE;
    struct subject subject = {0};
    if (id.len && !type.len)
        return fail(&call->error, STATUS_INVALID, "objectType: expected it beside objectId");
    if (type.len && subject_object_kind(call, type, &kind) != STATUS_OK)
        return STATUS_INVALID;
    if (id.len && !subject_make(kind, id, &request->arena, &subject))
        return fail(&call->error, STATUS_TOO_LARGE, "objectId: no memory for it");
    *question = (struct comment_question){
        .project_id = request->project_id,
        .kind = type.len ? (int)kind : -1,
        .key = subject.key,
        .author = request_param(request, STR("authorUserId")),
    };
    return STATUS_OK;
}

void serve__langfuse_comments(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct comment_question question;
    struct comment *comments;
    size_t count = 0;
    call_begin_plain(&call, request, context);
    enum status status = langfuse__page(&call, &page);
    if (status == STATUS_OK)
        status = read_question(&call, &question);
    if (status == STATUS_OK) {
        question.limit = page.limit;
        question.skip = langfuse__skip(&page);
        status = control_comments(call.options->control, &question, &request->arena, &comments,
                                  &count, &page.total, &call.error);
    }
    if (status == STATUS_OK) {
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_comment(&call, &comments[i]);
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

void serve__langfuse_comment(struct request *request, void *context)
{
    struct call call;
    struct comment comment;
    call_begin_plain(&call, request, context);
    enum status status = control_comment(call.options->control, request->project_id,
                                         request_path_part(request, STR("id")), &request->arena,
                                         &comment, &call.error);
    if (status == STATUS_OK)
        write_comment(&call, &comment);
    call_end(&call, status);
}
