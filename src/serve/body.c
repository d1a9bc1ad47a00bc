/* SPDX-License-Identifier: Apache-2.0 */
/* body: members of a JSON request body to checked values; the counterpart of params.c. */
#include "base/clock.h"
#include "serve/serve_private.h"

enum status body_read(struct call *call, struct json *out_body)
{
    struct request *request = call->request;
    /* A page of another site can send a form, but not this type without asking first. */
    if (!str_starts_nocase(request_header(request, STR("content-type")), STR("application/json")))
        return fail(&call->error, STATUS_UNSUPPORTED, "content-type: expected application/json");
    enum status status = json_parse(request->body, &request->arena, out_body, &call->error);
    if (status == STATUS_OK && out_body->type != JSON_OBJECT)
        status = fail(&call->error, STATUS_INVALID, "expected a JSON object");
    return status;
}

enum status body_text(struct call *call, const struct json *body, const char *name, bool required,
                      struct str *out_text)
{
    const struct json *member = json_get(body, str_from(name));
    *out_text = STR("");
    if ((!member || member->type == JSON_NULL) && !required)
        return STATUS_OK;
    if (!member || member->type != JSON_STRING)
        return fail(&call->error, STATUS_INVALID, "%s: expected a text", name);
    *out_text = member->string;
    return STATUS_OK;
}

enum status body_int(struct call *call, const struct json *body, const char *name, int64_t fallback,
                     int64_t least, int64_t most, int64_t *out_number)
{
    const struct json *member = json_get(body, str_from(name));
    *out_number = fallback;
    if (!member || member->type == JSON_NULL)
        return STATUS_OK;
    if (!json_int(member, out_number) || *out_number < least || *out_number > most)
        return fail(&call->error, STATUS_INVALID, "%s: expected a whole number from %lld to %lld",
                    name, (long long)least, (long long)most);
    return STATUS_OK;
}

static enum status read_time(struct call *call, const struct json *body, const char *name,
                             int64_t now_ns, int64_t fallback, int64_t *out_ns)
{
    const struct json *member = json_get(body, str_from(name));
    int64_t number;
    struct str text = STR_NONE;
    *out_ns = fallback;
    if (!member || member->type == JSON_NULL)
        return STATUS_OK;
    if (member->type == JSON_STRING)
        text = member->string;
    else if (member->type == JSON_INT && json_int(member, &number))
        text = arena_printf(&call->request->arena, "%lld", (long long)number);
    if (text.len && time_parse(text, now_ns, out_ns))
        return STATUS_OK;
    return fail(&call->error, STATUS_INVALID,
                "%s: expected a time (ISO 8601, epoch, -24h or now), got '%.*s'", name,
                (int)(text.len > 60 ? 60 : text.len), text.ptr ? text.ptr : "");
}

enum status body_range(struct call *call, const struct json *body, struct time_range fallback,
                       struct time_range *out_range)
{
    int64_t now = clock_now_ns();
    enum status status = read_time(call, body, "from", now, fallback.from_ns, &out_range->from_ns);
    if (status == STATUS_OK)
        status = read_time(call, body, "to", now, fallback.to_ns, &out_range->to_ns);
    if (status == STATUS_OK && out_range->to_ns <= out_range->from_ns)
        status = fail(&call->error, STATUS_INVALID, "to: expected a time after from");
    return status;
}
