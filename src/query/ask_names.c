/* SPDX-License-Identifier: Apache-2.0 */
/* ask_names: what replies call the types, shapes and sources of answers. */
#include "query/ask.h"

const char *ask_type_name(enum ask_type type)
{
    static const char *const names[] = {
        [ASK_ANY] = "any",   [ASK_INTEGER] = "integer", [ASK_NUMBER] = "number",
        [ASK_TEXT] = "text", [ASK_TIME] = "time",       [ASK_BOOLEAN] = "boolean",
    };
    return names[type];
}

const char *ask_shape_name(enum ask_shape shape)
{
    static const char *const names[] = {
        [ASK_TABLE] = "table", [ASK_SERIES] = "series", [ASK_PATTERN] = "pattern"};
    return names[shape];
}

const char *ask_used_name(enum ask_used used)
{
    static const char *const names[] = {
        [ASK_USED_ROLLUPS] = "rollups", [ASK_USED_INDEX] = "index", [ASK_USED_JOURNAL] = "journal"};
    return names[used];
}
