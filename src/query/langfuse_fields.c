/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_fields: see langfuse_fields.h. */
#include "query/langfuse_fields.h"

#include <ctype.h>

#define G   LANGFUSE_GROUPS
#define M   LANGFUSE_MEASURES
#define F   LANGFUSE_FILTERS
#define GF  (G | F)
#define MF  (M | F)
#define GMF (G | M | F)
#define GFE (G | F | LANGFUSE_EXPLODES)
#define SCORED(view, numbers, categories, booleans, of)                                            \
    FIELD(view, numbers, SCORE_NUMBER, F, 0, of)                                                   \
    FIELD(view, categories, SCORE_TEXT, F, 0, of)                                                  \
    FIELD(view, booleans, SCORE_BOOLEAN, F, 0, of)

static const struct langfuse_field fields[] = {
#define FIELD(view, name, type, uses, needs, sql)                                                  \
    {LANGFUSE_##view, name, LANGFUSE_##type, uses, needs, sql, LANGFUSE_INDEXED},
#define VALUE(view, name, type, uses, value)                                                       \
    {LANGFUSE_##view, name, LANGFUSE_##type, uses, 0, "", LANGFUSE_##value},
#include "query/langfuse_fields.def"
#undef FIELD
#undef VALUE
};
enum { FIELDS = sizeof fields / sizeof *fields };

/* "Latency (s)" is "Latency". */
static struct str without_unit(struct str name)
{
    size_t open = str_rfind_byte(name, '(');
    return open && open < name.len && str_ends(name, STR(")")) ? str_trim(str_sub(name, 0, open))
                                                               : name;
}

static bool same_name(const char *ours, struct str theirs)
{
    for (size_t i = 0; i < theirs.len; i++) {
        if (theirs.ptr[i] == ' ' || (theirs.ptr[i] == '_' && *ours != '_'))
            continue;
        if (*ours == '_' && theirs.ptr[i] != '_')
            ours++;
        if (tolower((unsigned char)theirs.ptr[i]) != tolower((unsigned char)*ours))
            return false;
        ours++;
    }
    return *ours == 0;
}

const struct langfuse_field *langfuse_field_find(enum langfuse_view view, enum langfuse_use use,
                                                 struct str name)
{
    name = without_unit(name);
    for (size_t i = 0; i < FIELDS; i++)
        if (fields[i].view == view && fields[i].uses & use && same_name(fields[i].name, name))
            return &fields[i];
    return NULL;
}

const struct langfuse_field *langfuse_field_filtered(enum langfuse_view view, struct str name,
                                                     unsigned types, bool *out_known)
{
    name = without_unit(name);
    *out_known = false;
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].view != view || !(fields[i].uses & LANGFUSE_FILTERS) ||
            !same_name(fields[i].name, name))
            continue;
        *out_known = true;
        if (types >> fields[i].type & 1)
            return &fields[i];
    }
    return NULL;
}

const struct langfuse_field *langfuse_field_partner(const struct langfuse_field *field)
{
    static const enum langfuse_value partners[][2] = {
        {LANGFUSE_USAGE_TYPES, LANGFUSE_USAGE_AMOUNTS},
        {LANGFUSE_COST_TYPES, LANGFUSE_COST_AMOUNTS},
    };
    for (size_t i = 0; i < sizeof partners / sizeof *partners; i++)
        for (size_t side = 0; side < 2; side++)
            for (size_t f = 0; f < FIELDS && field->value == partners[i][side]; f++)
                if (fields[f].value == partners[i][!side])
                    return &fields[f];
    return NULL;
}

const struct langfuse_field *langfuse_field_at(enum langfuse_view view, enum langfuse_use use,
                                               size_t n)
{
    for (size_t i = 0; i < FIELDS; i++)
        if (fields[i].view == view && fields[i].uses & use && n-- == 0)
            return &fields[i];
    return NULL;
}
