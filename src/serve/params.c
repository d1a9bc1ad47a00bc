/* SPDX-License-Identifier: Apache-2.0 */
/* params: query parameters to checked values. */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "serve/serve_private.h"

static bool parse_relative(struct str text, int64_t now_ns, int64_t *out_ns)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t number;
    if (str_equal(text, STR("now"))) {
        *out_ns = now_ns;
        return true;
    }
    if (text.len < 3 || text.ptr[0] != '-')
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (text.ptr[text.len - 1] == units[i].unit &&
            str_to_i64(str_sub(text, 1, text.len - 2), &number) && number >= 0 &&
            number <= 36500 * INT64_C(86400) / units[i].seconds) {
            *out_ns = now_ns - number * units[i].seconds * NS_PER_SEC;
            return true;
        }
    return false;
}

bool time_parse(struct str text, int64_t now_ns, int64_t *out_ns)
{
    return parse_relative(text, now_ns, out_ns) || clock_parse(text, out_ns);
}

static enum status read_time(struct call *call, struct str name, int64_t now_ns, int64_t fallback,
                             int64_t *out_ns)
{
    struct str text = request_param(call->request, name);
    *out_ns = fallback;
    if (text.len == 0 || time_parse(text, now_ns, out_ns))
        return STATUS_OK;
    return fail(&call->error, STATUS_INVALID,
                "%.*s: expected a time (ISO 8601, epoch, -24h or now), got '%.*s'", STR_ARGS(name),
                (int)(text.len > 60 ? 60 : text.len), text.ptr);
}

enum status param_range(struct call *call, struct time_range *out_range)
{
    int64_t now = clock_now_ns();
    enum status status =
        read_time(call, STR("from"), now, now - 86400 * NS_PER_SEC, &out_range->from_ns);
    /* "Now" includes the span that ends this very moment on a clock slightly ahead. */
    if (status == STATUS_OK)
        status = read_time(call, STR("to"), now, now + 60 * NS_PER_SEC, &out_range->to_ns);
    if (status == STATUS_OK && out_range->to_ns <= out_range->from_ns)
        status = fail(&call->error, STATUS_INVALID, "to: expected a time after from");
    return status;
}

enum status param_filters(struct call *call, struct filters *out_filters)
{
    out_filters->count = 0;
    for (size_t n = 0;; n++) {
        struct str text = request_param_at(call->request, STR("f"), n);
        if (!text.ptr)
            return STATUS_OK;
        enum status status = filter_parse(out_filters, text, &call->request->arena, &call->error);
        if (status != STATUS_OK)
            return status;
    }
}

enum status param_int(struct call *call, struct str name, int64_t fallback, int64_t least,
                      int64_t most, int64_t *out_number)
{
    struct str text = request_param(call->request, name);
    int64_t number = fallback;
    if (text.len && (!str_to_i64(text, &number) || number < least || number > most))
        return fail(&call->error, STATUS_INVALID,
                    "%.*s: expected a whole number from %lld to %lld, got '%.*s'", STR_ARGS(name),
                    (long long)least, (long long)most, (int)(text.len > 40 ? 40 : text.len),
                    text.ptr);
    *out_number = number;
    return STATUS_OK;
}

static struct str names_of(struct arena *arena, const struct sort_key *keys, int count)
{
    struct str names = str_from(keys[0].name);
    for (int i = 1; i < count; i++)
        names = arena_printf(arena, "%.*s%s%s", STR_ARGS(names), i == count - 1 ? " or " : ", ",
                             keys[i].name);
    return names;
}

enum status sort_find(struct call *call, struct str text, const struct sort_key *keys, int count,
                      int *out_sort)
{
    if (text.len == 0)
        return STATUS_OK;
    for (int i = 0; i < count; i++) {
        if (str_equal(text, str_from(keys[i].name))) {
            *out_sort = i;
            return STATUS_OK;
        }
    }
    struct str names = names_of(&call->request->arena, keys, count);
    return fail(&call->error, STATUS_INVALID, "sort: expected %.*s", STR_ARGS(names));
}

enum status param_sort(struct call *call, const struct sort_key *keys, int count, int *out_sort,
                       bool *out_ascending)
{
    struct str order = request_param(call->request, STR("order"));
    bool ascending = str_equal(order, STR("asc"));
    if (order.len && !ascending && !str_equal(order, STR("desc")))
        return fail(&call->error, STATUS_INVALID, "order: expected asc or desc");
    enum status status =
        sort_find(call, request_param(call->request, STR("sort")), keys, count, out_sort);
    if (status == STATUS_OK)
        *out_ascending = ascending;
    return status;
}

enum status param_cursor_refused(struct call *call)
{
    return fail(&call->error, STATUS_INVALID, "cursor: expected the `next` of a reply");
}

enum status param_cursor(struct call *call, bool *out_has, int64_t *out_number,
                         struct str *out_rest)
{
    struct str text = request_param(call->request, STR("cursor"));
    size_t dot = str_find_byte(text, '.');
    *out_has = text.len > 0;
    if (!*out_has)
        return STATUS_OK;
    if (dot == text.len || !str_to_i64(str_sub(text, 0, dot), out_number))
        return param_cursor_refused(call);
    *out_rest = str_sub(text, dot + 1, text.len);
    return STATUS_OK;
}

enum status param_number(struct call *call, const char *name, bool *out_has, double *out_number)
{
    struct str text = request_param(call->request, str_from(name));
    *out_has = text.len > 0;
    if (text.len && (!str_to_double(text, out_number) || !isfinite(*out_number)))
        return fail(&call->error, STATUS_INVALID, "%s: expected a number", name);
    return STATUS_OK;
}

enum status param_trace_id(struct call *call, struct trace_key *out_key)
{
    uint8_t id[TRACE_ID_BYTES];
    struct str text = request_path_part(call->request, STR("trace_id"));
    if (!str_hex_decode(text, id, sizeof id))
        return fail(&call->error, STATUS_INVALID, "trace_id: expected 32 hex digits");
    *out_key = trace_key(id);
    return STATUS_OK;
}

enum status param_span_id(struct call *call, int64_t *out_span)
{
    uint8_t id[SPAN_ID_BYTES];
    struct str text = request_path_part(call->request, STR("span_id"));
    if (!str_hex_decode(text, id, sizeof id))
        return fail(&call->error, STATUS_INVALID, "span_id: expected 16 hex digits");
    *out_span = id_half(id);
    return STATUS_OK;
}
