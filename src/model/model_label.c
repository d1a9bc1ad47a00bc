/* SPDX-License-Identifier: Apache-2.0 */
/* model_label: cuts dates off the end of a model's name. */
#include "model/model_label.h"

#include <ctype.h>
#include <string.h>

/* `d` stands for a digit. */
static bool ends_in(struct str text, const char *shape, size_t *out_cut)
{
    size_t len = strlen(shape);
    if (text.len <= len)
        return false;
    const char *tail = text.ptr + text.len - len;
    for (size_t i = 0; i < len; i++)
        if (shape[i] == 'd' ? !isdigit((unsigned char)tail[i]) : shape[i] != tail[i])
            return false;
    *out_cut = text.len - len;
    return true;
}

/* A month and a day or year alone may be part of a name, unless a preview of that day. */
static bool preview_date(struct str text, size_t *out_cut)
{
    size_t cut;
    if (!ends_in(text, "-dd-dd", &cut) && !ends_in(text, "-dd-dddd", &cut))
        return false;
    *out_cut = cut;
    return str_ends(str_sub(text, 0, cut), STR("-preview"));
}

static bool full_date(struct str text, size_t *out_cut)
{
    return ends_in(text, "-dddd-dd-dd", out_cut) || ends_in(text, "-20dddddd", out_cut) ||
           ends_in(text, "@20dddddd", out_cut);
}

static struct str without_latest(struct str text)
{
    size_t latest = sizeof "-latest" - 1;
    if (text.len > latest && str_ends(text, STR("-latest")))
        return str_sub(text, 0, text.len - latest);
    return text;
}

struct str model_label(struct str asked, struct str answered)
{
    size_t cut;
    struct str text = answered;
    /* A tail that only adds a tag, not "gpt-4" to "gpt-4o". */
    if (asked.len && text.len > asked.len && str_starts(text, asked) &&
        strchr("-@:", text.ptr[asked.len]))
        text = asked;
    if (text.len == 0 || !isdigit((unsigned char)text.ptr[text.len - 1]))
        return without_latest(text);
    /* "…-20240620-v1:0": the build goes with the date it belongs to. */
    if (ends_in(text, ":d", &cut) || ends_in(text, "-vd", &cut)) {
        struct str before = str_sub(text, 0, cut);
        size_t build;
        if (ends_in(before, "-vd", &build))
            before = str_sub(before, 0, build);
        if (full_date(before, &cut))
            return str_sub(before, 0, cut);
    }
    if (full_date(text, &cut) || preview_date(text, &cut))
        return str_sub(text, 0, cut);
    return text;
}
