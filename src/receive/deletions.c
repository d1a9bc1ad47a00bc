/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deletions: traces taken away, one by its path or many by a list, in our own API and in
 * Langfuse's.
 *
 * Each becomes a part that says so (model/part.h): as durable as what it takes away, and in order
 * with it, so an index made anew forgets the same. Ids of any form (model/foreign_id.h); one that
 * names no trace deletes nothing, and is no error, for a request may come twice.
 */
#include "model/foreign_id.h"
#include "model/part.h"
#include "receive/receive.h"
#include "wire/json.h"

enum { TRACES_MAX = 1000 };

static bool is_langfuse(const struct request *request)
{
    return str_starts(request->path, STR("/api/public/"));
}

static enum status add_deletion(struct batch *batch, struct str id, const char *where,
                                struct error *error)
{
    if (id.len == 0 || id.len > FOREIGN_ID_BYTES_MAX)
        return fail(error, STATUS_INVALID, "%s: expected texts of 1 to %d bytes", where,
                    FOREIGN_ID_BYTES_MAX);
    struct span *part = batch_add_span(batch);
    if (!part)
        return fail(error, STATUS_TOO_LARGE, "the request takes too much memory");
    part->name = PART_DELETES_TRACE;
    part->start_ns = part->end_ns = (uint64_t)batch->arrival_ns;
    (void)foreign_trace_id(id, part->trace_id);
    foreign_root_id(part->trace_id, part->span_id);
    return STATUS_OK;
}

static enum status add_list(const struct request *request, struct batch *batch, struct error *error)
{
    const char *name = is_langfuse(request) ? "traceIds" : "trace_ids";
    struct json body;
    enum status status = json_parse(request->body, &batch->arena, &body, error);
    if (status != STATUS_OK)
        return status;
    const struct json *list = body.type == JSON_OBJECT ? json_get(&body, str_from(name)) : NULL;
    if (!list || list->type != JSON_ARRAY || list->count == 0 || list->count > TRACES_MAX)
        return fail(error, STATUS_INVALID, "%s: expected a list of 1 to %d ids", name, TRACES_MAX);
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++)
        status = add_deletion(batch, json_string(&list->items[i]), name, error);
    return status;
}

static enum status decode(struct request *request, struct batch *batch, struct error *error)
{
    struct str id = request_path_part(request, is_langfuse(request) ? STR("id") : STR("trace_id"));
    if (!batch_add_resource(batch) || !batch_add_scope(batch))
        return fail(error, STATUS_TOO_LARGE, "the request takes too much memory");
    batch->is_partial = true;
    return id.ptr ? add_deletion(batch, id, "trace_id", error) : add_list(request, batch, error);
}

static void reply(struct request *request, const struct batch *batch, enum status status,
                  const struct error *error, struct response *out_response)
{
    (void)error;
    if (status != STATUS_OK)
        return;
    struct json_out out = json_out(&out_response->body);
    json_out_object(&out, NULL);
    if (is_langfuse(request))
        json_out_text(&out, "message", "deleted");
    else
        json_out_int(&out, "deleted", (int64_t)batch->span_count);
    json_out_end_object(&out);
}

static const char *const patterns[] = {"DELETE /api/v1/traces/{trace_id}", "DELETE /api/v1/traces",
                                       "DELETE /api/public/traces/{id}",
                                       "DELETE /api/public/traces", NULL};

const struct receiver receiver_deletions = {
    .name = "deletions",
    .summary = "Traces taken away",
    .patterns = patterns,
    .decode = decode,
    .reply = reply,
};
