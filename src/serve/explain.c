/* SPDX-License-Identifier: Apache-2.0 */
/* explain: what a change is made of. */
#include <math.h>

#include "base/clock.h"
#include "query/explain.h"
#include "serve/serve_private.h"

enum { LIMIT = 10, LIMIT_MAX = 25 };

/* --- the question -------------------------------------------------------------------------------
 */

static enum status read_time_or(struct call *call, struct str name, int64_t fallback,
                                int64_t *out_ns)
{
    struct str text = request_param(call->request, name);
    *out_ns = fallback;
    if (text.len == 0 || time_parse(text, clock_now_ns(), out_ns))
        return STATUS_OK;
    return fail(&call->error, STATUS_INVALID,
                "%.*s: expected a time (ISO 8601, epoch, -24h or now), got '%.*s'", STR_ARGS(name),
                (int)(text.len > 60 ? 60 : text.len), text.ptr);
}

/* The range of equal length before, a day or a week earlier, or any other. */
static enum status read_baseline(struct call *call, struct time_range now,
                                 struct time_range *out_range)
{
    static const int64_t day_ns = 86400 * NS_PER_SEC;
    struct str name = request_param(call->request, STR("baseline"));
    int64_t back = now.to_ns - now.from_ns;
    if (str_equal(name, STR("day")))
        back = day_ns;
    else if (str_equal(name, STR("week")))
        back = 7 * day_ns;
    else if (name.len && !str_equal(name, STR("previous")))
        return fail(&call->error, STATUS_INVALID,
                    "baseline: expected previous, day or week; or baseline_from and baseline_to");
    enum status status =
        read_time_or(call, STR("baseline_from"), now.from_ns - back, &out_range->from_ns);
    if (status == STATUS_OK)
        status = read_time_or(call, STR("baseline_to"), now.to_ns - back, &out_range->to_ns);
    if (status == STATUS_OK && out_range->to_ns <= out_range->from_ns)
        return fail(&call->error, STATUS_INVALID,
                    "baseline_to: expected a time after baseline_from");
    if (status == STATUS_OK && out_range->from_ns >= now.from_ns && out_range->to_ns <= now.to_ns)
        return fail(&call->error, STATUS_INVALID,
                    "baseline_from: expected a baseline that is more than the range itself");
    return status;
}

static enum status read_explain_question(struct call *call, struct filters *filters,
                                         struct explain_question *question)
{
    int64_t limit = LIMIT;
    struct str measure = request_param(call->request, STR("measure"));
    *question = (struct explain_question){.project_id = call->request->project_id,
                                          .filters = filters,
                                          .cancelled = &call->request->cancelled,
                                          .measure = explain_measure_find(measure)};
    if (!question->measure) {
        struct str names = explain_measure_names(&call->request->arena);
        return fail(&call->error, STATUS_INVALID, "measure: expected %.*s", STR_ARGS(names));
    }
    struct time_range *now = &question->ranges[EXPLAIN_NOW];
    enum status status = param_range(call, now);
    if (status == STATUS_OK)
        status = read_baseline(call, *now, &question->ranges[EXPLAIN_BASELINE]);
    if (status == STATUS_OK)
        status = param_filters(call, filters);
    if (status == STATUS_OK)
        status = param_int(call, STR("limit"), LIMIT, 1, LIMIT_MAX, &limit);
    question->limit = (size_t)limit;
    return status;
}

/* --- the answer
 * ----------------------------------------------------------------------------------- */

static void write_side(struct json_out *out, const char *key, struct time_range range,
                       const struct explanation *all, enum explain_side side, bool has_of)
{
    json_out_object(out, key);
    json_out_int_text(out, "from", range.from_ns);
    json_out_int_text(out, "to", range.to_ns);
    out_number(out, "seconds", all->lengths_ns[side] / (double)NS_PER_SEC);
    out_number(out, "amount", all->amounts[side]);
    out_number(out, "spans", all->spans[side]);
    if (has_of)
        out_number(out, "of", all->of[side]);
    json_out_end_object(out);
}

static void write_example(struct json_out *out, const char *key, struct trace_key trace,
                          int64_t span)
{
    json_out_object(out, key);
    out_trace_id(out, "trace_id", trace);
    out_span_id(out, "span_id", span);
    json_out_end_object(out);
}

/* `field=value`, as a filter is written. */
static struct str filter_text(struct arena *arena, const char *field, struct str value)
{
    char *escaped = arena_alloc(arena, 2 * value.len + 1);
    size_t len = 0;
    for (size_t i = 0; escaped && i < value.len; i++) {
        if (value.ptr[i] == '|' || value.ptr[i] == '\\')
            escaped[len++] = '\\';
        escaped[len++] = value.ptr[i];
    }
    return escaped ? arena_printf(arena, "%s=%.*s", field, (int)len, escaped) : STR_NONE;
}

/* What a list of traces is filtered by to see this value. */
static void write_filters(struct call *call, const struct explain_value *value)
{
    struct arena *arena = &call->request->arena;
    json_out_array(&call->out, "filters");
    json_out_str(&call->out, NULL, filter_text(arena, value->dimension, value->text));
    if (value->second_dimension)
        json_out_str(&call->out, NULL, filter_text(arena, value->second_dimension, value->second));
    json_out_end_array(&call->out);
}

static void write_sides(struct json_out *out, const char *now, const char *before,
                        const double numbers[EXPLAIN_SIDES])
{
    out_number(out, now, numbers[EXPLAIN_NOW]);
    out_number(out, before, numbers[EXPLAIN_BASELINE]);
}

static void write_value(struct call *call, const struct explanation *all,
                        const struct explain_value *value, double scale)
{
    struct json_out *out = &call->out;
    double change = all->amounts[EXPLAIN_NOW] - all->amounts[EXPLAIN_BASELINE] * scale;
    double own = value->amounts[EXPLAIN_NOW] - value->amounts[EXPLAIN_BASELINE] * scale;
    json_out_object(out, NULL);
    json_out_text(out, "dimension", value->dimension);
    out_name(out, "value", value->text);
    if (value->second_dimension) {
        json_out_text(out, "second_dimension", value->second_dimension);
        out_name(out, "second_value", value->second);
    }
    write_filters(call, value);
    write_sides(out, "amount", "baseline_amount", value->amounts);
    write_sides(out, "spans", "baseline_spans", value->spans);
    if (!isnan(value->of[EXPLAIN_NOW]))
        write_sides(out, "of", "baseline_of", value->of);
    const double shares[EXPLAIN_SIDES] = {value->amounts[EXPLAIN_NOW] / all->amounts[EXPLAIN_NOW],
                                          value->amounts[EXPLAIN_BASELINE] /
                                              all->amounts[EXPLAIN_BASELINE]};
    write_sides(out, "share", "baseline_share", shares);
    out_number(out, "change", own);
    out_number(out, "change_share", change != 0 ? own / change : NAN);
    out_number(out, "strength", value->strength);
    out_number(out, "chance", value->chance);
    json_out_int_text(out, "first", value->first_ns);
    write_example(out, "first_example", value->first, value->first_span);
    write_example(out, "biggest_example", value->biggest, value->biggest_span);
    out_known(out, "same_as", value->same);
    json_out_end_object(out);
}

static void write_explanation(struct call *call, const struct explain_question *question,
                              const struct explanation *all)
{
    static const char *const units[] = {[EXPLAIN_COUNT] = "count",
                                        [EXPLAIN_MONEY] = "usd",
                                        [EXPLAIN_TOKENS] = "tokens",
                                        [EXPLAIN_TAIL] = "slow"};
    struct json_out *out = &call->out;
    bool has_of = question->measure->of[0] != 0;
    double scale = all->lengths_ns[EXPLAIN_NOW] / all->lengths_ns[EXPLAIN_BASELINE];
    json_out_object(out, NULL);
    json_out_text(out, "measure", question->measure->name);
    json_out_text(out, "unit", units[question->measure->unit]);
    write_side(out, "now", question->ranges[EXPLAIN_NOW], all, EXPLAIN_NOW, has_of);
    write_side(out, "baseline", question->ranges[EXPLAIN_BASELINE], all, EXPLAIN_BASELINE, has_of);
    out_number(out, "scale", scale);
    out_number(out, "change", all->amounts[EXPLAIN_NOW] - all->amounts[EXPLAIN_BASELINE] * scale);
    json_out_bool(out, "falls", all->falls);
    out_number(out, "threshold", all->threshold_ns);
    out_number(out, "sample", all->sample);
    json_out_int(out, "compared", (int64_t)all->compared);
    json_out_array(out, "values");
    for (size_t i = 0; i < all->count; i++)
        write_value(call, all, &all->values[i], scale);
    json_out_end_array(out);
    json_out_end_object(out);
}

void serve__explain(struct request *request, void *context)
{
    struct call call;
    struct filters filters;
    struct explain_question question;
    struct explanation explanation;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_explain_question(&call, &filters, &question);
    if (status == STATUS_OK)
        status = query_explain(call.query, &question, &request->arena, &explanation, &call.error);
    if (status == STATUS_OK)
        write_explanation(&call, &question, &explanation);
    call_end(&call, status);
}
