/* SPDX-License-Identifier: Apache-2.0 */
/* evaluation: see evaluation.h. A label beside a number is kept as its text. */
#include "normalise/evaluation.h"

#include <math.h>

bool normalise_is_evaluation(struct str event_name)
{
    return str_equal(event_name, STR("gen_ai.evaluation.result"));
}

static struct str text_of(const struct attributes *attributes, struct str key,
                          const struct content_source *contents, struct arena *arena)
{
    const struct value *value = attributes_get(attributes, key);
    return value ? value_text(value, contents, arena) : STR_NONE;
}

/* A number, said as one or as text; true and false are 1 and 0. */
static bool read_number(const struct value *value, double *out, bool *out_is_bool)
{
    *out_is_bool = false;
    if (!value)
        return false;
    switch (value->type) {
    case VALUE_INT:
        *out = (double)value->integer;
        return true;
    case VALUE_DOUBLE:
        *out = value->number;
        return isfinite(value->number);
    case VALUE_BOOL:
        *out = value->boolean;
        *out_is_bool = true;
        return true;
    case VALUE_STRING:
        return str_to_double(value->string, out) && isfinite(*out);
    default:
        return false;
    }
}

bool normalise_evaluation(const struct attributes *attributes,
                          const struct content_source *contents, struct arena *arena,
                          struct score *out_score)
{
    bool is_bool = false;
    struct score score = {.source = SCORE_EVAL, .number = (double)NAN};
    score.name = text_of(attributes, STR("gen_ai.evaluation.name"), contents, arena);
    score.text = text_of(attributes, STR("gen_ai.evaluation.score.label"), contents, arena);
    bool has_number = read_number(attributes_get(attributes, STR("gen_ai.evaluation.score.value")),
                                  &score.number, &is_bool);
    if (!has_number)
        score.number = (double)NAN;
    if (score.name.len == 0 || (!has_number && score.text.len == 0))
        return false;
    score.type = is_bool ? SCORE_BOOLEAN : has_number ? SCORE_NUMERIC : SCORE_CATEGORICAL;
    struct str why = text_of(attributes, STR("gen_ai.evaluation.explanation"), contents, arena);
    if (why.len)
        score.comment = value_string(why);
    score.author = text_of(attributes, STR("gen_ai.evaluation.evaluator.source"), contents, arena);
    *out_score = score;
    return true;
}
