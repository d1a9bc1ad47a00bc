/* SPDX-License-Identifier: Apache-2.0 */
/* score: words for its types and sources. */
#include "model/score.h"

static const char *const type_names[SCORE_TYPE_COUNT] = {
    [SCORE_NUMERIC] = "numeric", [SCORE_CATEGORICAL] = "categorical", [SCORE_BOOLEAN] = "boolean",
    [SCORE_TEXT] = "text",       [SCORE_CORRECTION] = "correction",
};

static const char *const source_names[SCORE_SOURCE_COUNT] = {
    [SCORE_API] = "api",
    [SCORE_EVAL] = "eval",
    [SCORE_ANNOTATION] = "annotation",
    [SCORE_FEEDBACK] = "feedback",
};

/* The place of a word in a list, or -1. */
static int find_word(struct str word, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (str_equal_nocase(word, str_from(words[i])))
            return i;
    return -1;
}

const char *score_type_name(enum score_type type)
{
    return (unsigned)type < SCORE_TYPE_COUNT ? type_names[type] : "numeric";
}

const char *score_source_name(enum score_source source)
{
    return (unsigned)source < SCORE_SOURCE_COUNT ? source_names[source] : "api";
}

bool score_type_parse(struct str name, enum score_type *out_type)
{
    int at = find_word(name, type_names, SCORE_TYPE_COUNT);
    if (at >= 0)
        *out_type = (enum score_type)at;
    return at >= 0;
}

bool score_source_parse(struct str name, enum score_source *out_source)
{
    int at = find_word(name, source_names, SCORE_SOURCE_COUNT);
    if (at >= 0)
        *out_source = (enum score_source)at;
    return at >= 0;
}
