/* SPDX-License-Identifier: Apache-2.0 */
/* body: members of a JSON request body to checked values; the counterpart of params.c. */
#include "base/clock.h"
#include "serve/serve_private.h"

enum { OWN_ID_BYTES_MAX = 255 };

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

enum status body_moment(struct call *call, const struct json *body, const char *name,
                        int64_t *inout_ns)
{
    struct str text;
    enum status status = body_text(call, body, name, false, &text);
    if (status == STATUS_OK && text.len && !clock_parse(text, inout_ns))
        status =
            fail(&call->error, STATUS_INVALID, "%s: expected a date and time in ISO 8601", name);
    return status;
}

enum status body_own_id(struct call *call, const struct json *body, const char *name,
                        struct str *out_id)
{
    enum status status = body_text(call, body, name, false, out_id);
    bool fine = out_id->len <= OWN_ID_BYTES_MAX;
    for (size_t i = 0; fine && i < out_id->len; i++)
        fine = out_id->ptr[i] > ' ' && out_id->ptr[i] < 127;
    if (status == STATUS_OK && !fine)
        status =
            fail(&call->error, STATUS_INVALID,
                 "%s: expected 1 to %d printable bytes without spaces", name, OWN_ID_BYTES_MAX);
    return status;
}
