/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words: the tables of commands, functions, operators and units, and which of them somebody meant.
 * Words of other languages that people bring along are told their name here.
 */
#include "language/language_private.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

const struct command_word command_words[COMMAND_END] = {
#define COMMAND(id, name, other_names, syntax, description)                                        \
    [COMMAND_##id] = {name, other_names, syntax, description},
#include "language/commands.def"
#undef COMMAND
};

const struct function_word function_words[FUNCTION_END] = {
#define FUNCTION(id, name, other_names, min, max, kinds, result, aggregate, signature, text)       \
    [FUNCTION_##                                                                                   \
        id] = {name, other_names, min, max, kinds, RESULT_##result, aggregate, signature, text},
#include "language/functions.def"
#undef FUNCTION
};

const char *operator_text(enum operator_id operator_id)
{
    static const char *const texts[OPERATOR_END] = {
        "or",       "and", "not",    "=", "!=", "<", "<=", ">", ">=", "like",
        "not like", "in",  "not in", "+", "-",  "*", "/",  "%", "^",  "-",
    };
    return texts[operator_id];
}

static const struct {
    const char *names; /* the first is the one to print; those of more letters also with an s */
    int64_t ns;
} units[] = {
    [UNIT_NANOSECOND] = {"ns nanosecond", 1},
    [UNIT_MICROSECOND] = {"us \xC2\xB5s \xCE\xBCs microsecond", 1000},
    [UNIT_MILLISECOND] = {"ms msec millisecond", 1000000},
    [UNIT_SECOND] = {"s sec second", 1000000000},
    [UNIT_MINUTE] = {"m min minute", 60 * INT64_C(1000000000)},
    [UNIT_HOUR] = {"h hr hour", 3600 * INT64_C(1000000000)},
    [UNIT_DAY] = {"d day", 86400 * INT64_C(1000000000)},
    [UNIT_WEEK] = {"w week", 7 * 86400 * INT64_C(1000000000)},
    [UNIT_MONTH] = {"mo mon month", 30 * 86400 * INT64_C(1000000000)},
    [UNIT_QUARTER] = {"q qtr quarter", 91 * 86400 * INT64_C(1000000000)},
    [UNIT_YEAR] = {"y yr year", 365 * 86400 * INT64_C(1000000000)},
};

const char *period_unit_text(enum period_unit unit)
{
    static const char *const texts[] = {"ns", "us", "ms", "s", "m", "h", "d", "w", "mo", "q", "y"};
    return texts[unit];
}

int64_t period_unit_ns(enum period_unit unit)
{
    return units[unit].ns;
}

bool words__find_unit(struct str word, enum period_unit *out_unit)
{
    struct str single = word.len > 2 && (word.ptr[word.len - 1] | 0x20) == 's'
                            ? str_sub(word, 0, word.len - 1)
                            : STR_NONE;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct str rest = str_from(units[i].names), name;
        while (str_take(&rest, ' ', &name)) {
            if (!str_equal_nocase(name, word) && !str_equal_nocase(name, single))
                continue;
            *out_unit = (enum period_unit)i;
            return true;
        }
    }
    return false;
}

/* --- finding --------------------------------------------------------------------------------- */

/* Letter case and underscores do not matter. */
static bool same_word(struct str a, struct str b)
{
    size_t i = 0, k = 0;
    for (;; i++, k++) {
        while (i < a.len && a.ptr[i] == '_')
            i++;
        while (k < b.len && b.ptr[k] == '_')
            k++;
        if (i == a.len || k == b.len)
            return i == a.len && k == b.len;
        if (tolower((unsigned char)a.ptr[i]) != tolower((unsigned char)b.ptr[k]))
            return false;
    }
}

static bool is_one_of(struct str word, const char *name, const char *other_names)
{
    struct str rest = str_from(other_names), other;
    if (same_word(word, str_from(name)))
        return true;
    while (str_take(&rest, ' ', &other))
        if (other.len && same_word(word, other))
            return true;
    return false;
}

bool language_find_command(struct str word, enum command_id *out_id)
{
    for (int i = 0; i < COMMAND_END; i++) {
        if (!is_one_of(word, command_words[i].name, command_words[i].other_names))
            continue;
        *out_id = (enum command_id)i;
        return true;
    }
    return false;
}

bool language_find_function(struct str word, enum function_id *out_id)
{
    for (int i = 0; i < FUNCTION_END; i++) {
        if (!is_one_of(word, function_words[i].name, function_words[i].other_names))
            continue;
        *out_id = (enum function_id)i;
        return true;
    }
    return false;
}

static const char *const source_names[] = {"", "spans", "traces", "logs", "metrics", "scores"};

const char *source_name(enum source_id source)
{
    return source < SOURCE_GROUPS ? source_names[source] : "log groups";
}

bool source_find(struct str name, enum source_id *out_source)
{
    for (int i = SOURCE_SPANS; i < SOURCE_GROUPS; i++) {
        if (!str_equal_nocase(name, str_from(source_names[i])))
            continue;
        *out_source = (enum source_id)i;
        return true;
    }
    return false;
}

/* --- near ------------------------------------------------------------------------------------ */

enum { NEAR_BYTES = 40 };

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Changed, missing, added and swapped letters, in halves: the wrong case costs one. */
static unsigned distance(struct str a, struct str b)
{
    unsigned rows[3][NEAR_BYTES + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t k = 0; k <= b.len; k++)
        last[k] = 2 * (unsigned)k;
    for (size_t i = 1; i <= a.len; i++) {
        row[0] = 2 * (unsigned)i;
        for (size_t k = 1; k <= b.len; k++) {
            char x = a.ptr[i - 1], y = b.ptr[k - 1];
            unsigned differ = x == y                                                   ? 0
                              : tolower((unsigned char)x) == tolower((unsigned char)y) ? 1
                                                                                       : 2;
            row[k] = least(least(last[k] + 2, row[k - 1] + 2), last[k - 1] + differ);
            if (i > 1 && k > 1 && x == b.ptr[k - 2] && y == a.ptr[i - 2])
                row[k] = least(row[k], before[k - 2] + 2);
        }
        unsigned *oldest = before;
        before = last, last = row, row = oldest;
    }
    return last[b.len];
}

const char *language_nearest(struct str word, const char *const *names, size_t count)
{
    const char *best = NULL;
    unsigned best_distance = word.len < 3 ? 2 : word.len < 5 ? 3 : word.len < 8 ? 5 : 7;
    if (!word.len || word.len > NEAR_BYTES)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        struct str name = str_from(names[i]);
        unsigned far = name.len && name.len <= NEAR_BYTES ? distance(word, name) : UINT32_MAX;
        /* Half of the letters wrong is another word. */
        if (far >= best_distance || far > word.len)
            continue;
        best = names[i];
        best_distance = far;
    }
    return best;
}

struct elsewhere {
    const char *word, *here;
};

static const char *from_elsewhere(struct str word, const struct elsewhere *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (same_word(word, str_from(list[i].word)))
            return list[i].here;
    return NULL;
}

static const char *suggest(const char *name, char *out)
{
    if (!name)
        return NULL;
    snprintf(out, 100, "did you mean `%s`?", name);
    return out;
}

const char *words__suggest_command(struct str word, char *out)
{
    static const struct elsewhere list[] = {
        {"select", "fields"},  {"project", "display"}, {"table", "display"},
        {"eval", "fields"},    {"extend", "fields"},   {"search", "filter"},
        {"group", "stats"},    {"summarize", "stats"}, {"order", "sort"},
        {"orderby", "sort"},   {"top", "limit"},       {"take", "limit"},
        {"distinct", "dedup"}, {"rex", "parse"},       {"extract", "parse"},
        {"from", "SOURCE"},    {"timechart", "stats"},
    };
    const char *names[COMMAND_END];
    for (int i = 0; i < COMMAND_END; i++)
        names[i] = command_words[i].name;
    const char *name = from_elsewhere(word, list, sizeof list / sizeof *list);
    return suggest(name ? name : language_nearest(word, names, COMMAND_END), out);
}

const char *words__suggest_function(struct str word, char *out)
{
    static const struct elsewhere list[] = {
        {"average", "avg"},
        {"mean", "avg"},
        {"length", "strlen"},
        {"len", "strlen"},
        {"upper", "toupper"},
        {"lower", "tolower"},
        {"contains", "strcontains"},
        {"dc", "count_distinct"},
        {"uniq", "count_distinct"},
        {"countd", "count_distinct"},
        {"exists", "ispresent"},
        {"isnotnull", "ispresent"},
        {"isnull", "not ispresent"},
        {"ifnull", "coalesce"},
        {"nvl", "coalesce"},
        {"date_trunc", "datefloor"},
        {"p50", "pct(field, 50)"},
        {"p90", "pct(field, 90)"},
        {"p95", "pct(field, 95)"},
        {"p99", "pct(field, 99)"},
        {"std", "stddev"},
        {"group_concat", "values"},
        {"first", "earliest"},
        {"last", "latest"},
        {"pow", "^"},
        {"mod", "%"},
        {"iif", "if"},
        {"ceiling", "ceil"},
        {"json_extract", "jsonParse"},
        {"tostring", "concat"},
        {"indexof", "strcontains"},
        {"match", "like"},
        {"regexp_replace", "regexReplace"},
    };
    const char *names[FUNCTION_END];
    for (int i = 0; i < FUNCTION_END; i++)
        names[i] = function_words[i].name;
    const char *name = from_elsewhere(word, list, sizeof list / sizeof *list);
    return suggest(name ? name : language_nearest(word, names, FUNCTION_END), out);
}
