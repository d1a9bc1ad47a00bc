/* SPDX-License-Identifier: Apache-2.0 */
/* value: small helpers on attribute values. */
#include "model/value.h"

const struct value *attributes_get(const struct attributes *attributes, struct str key)
{
    for (size_t i = attributes->count; i-- > 0;)
        if (str_equal(attributes->items[i].key, key))
            return &attributes->items[i].value;
    return NULL;
}

struct value value_string(struct str text)
{
    return (struct value){.type = VALUE_STRING, .string = text};
}

struct value value_int(int64_t number)
{
    return (struct value){.type = VALUE_INT, .integer = number};
}

struct value value_double(double number)
{
    return (struct value){.type = VALUE_DOUBLE, .number = number};
}

struct value value_bool(bool boolean)
{
    return (struct value){.type = VALUE_BOOL, .boolean = boolean};
}

struct str value_text(const struct value *value, const struct content_source *source,
                      struct arena *arena)
{
    struct str text = STR_NONE;
    if (!value)
        return STR_NONE;
    if (value->type == VALUE_STRING)
        return value->string;
    if (value->type == VALUE_CONTENT && source && source->read &&
        source->read(source->context, value->content, arena, &text, NULL) == STATUS_OK)
        return text;
    return STR_NONE;
}
