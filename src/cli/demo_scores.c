/* SPDX-License-Identifier: Apache-2.0 */
/*
 * demo_scores: what judges and people said about a trace. A score's id is its trace's and its name,
 * so a day sent again is judged once.
 */
#include "cli/demo.h"
#include "wire/json.h"

static void begin(struct demo_trace *trace, struct json_out *out, const char *name,
                  const char *source)
{
    char hex[33];
    str_hex_encode(trace->id, sizeof trace->id, hex);
    if (trace->scores.len)
        buf_add_byte(&trace->scores, ',');
    *out = json_out(&trace->scores);
    json_out_object(out, NULL);
    json_out_text(out, "id", demo_text(trace, "demo-%s-%s", hex, name));
    json_out_text(out, "name", name);
    json_out_text(out, "source", source);
    json_out_text(out, "trace_id", hex);
    json_out_text(out, "environment", trace->environment);
    json_out_int_text(out, "time", trace->end_ns);
}

static void end(struct demo_trace *trace, struct json_out *out, const char *comment)
{
    if (comment)
        json_out_text(out, "comment", comment);
    json_out_end_object(out);
    trace->score_count++;
}

void demo_judge(struct demo_trace *trace, const char *name, double mean, double spread,
                const char *comment)
{
    struct json_out out;
    double value = mean + spread * (demo_unit(&trace->random) + demo_unit(&trace->random) - 1);
    begin(trace, &out, name, "eval");
    json_out_double(&out, "value", value < 0 ? 0 : value > 1 ? 1 : value);
    end(trace, &out, comment);
}

void demo_thumb(struct demo_trace *trace, double likes)
{
    struct json_out out;
    bool up = demo_chance(&trace->random, likes);
    begin(trace, &out, "thumb", "feedback");
    json_out_bool(&out, "value", up);
    end(trace, &out, up ? NULL : "not what I asked for");
}
