/* SPDX-License-Identifier: Apache-2.0 */
/* record: the texts that stand in a record itself: short strings, numbers, and what contains them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "search/part.h"

struct teller {
    void (*text)(void *context, struct str text, bool stays);
    void *context;
    bool numbers;
};

static void tell(const struct teller *teller, struct str text)
{
    if (text.len)
        teller->text(teller->context, text, true);
}

static void tell_number(const struct teller *teller, struct str text)
{
    teller->text(teller->context, text, false);
}

static void tell_integer(const struct teller *teller, int64_t number)
{
    char text[20], *at = text + sizeof text;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (number < 0)
        *--at = '-';
    tell_number(teller, (struct str){at, (size_t)(text + sizeof text - at)});
}

/* Numbers as JSON may write them. */
static void tell_value(const struct teller *teller, const struct value *value, int depth)
{
    char text[64];
    if (depth > VALUE_DEPTH_MAX)
        return;
    switch (value->type) {
    case VALUE_STRING:
        tell(teller, value->string);
        break;
    case VALUE_INT:
        if (teller->numbers)
            tell_integer(teller, value->integer);
        break;
    case VALUE_DOUBLE:
        for (int digits = 15; digits <= 17 && teller->numbers; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, value->number);
            tell_number(teller, str_from(text));
            if (strtod(text, NULL) == value->number)
                break;
        }
        break;
    case VALUE_BOOL:
        tell(teller, value->boolean ? STR("true") : STR("false"));
        break;
    case VALUE_ARRAY:
        for (size_t i = 0; i < value->array.count; i++)
            tell_value(teller, &value->array.items[i], depth + 1);
        break;
    case VALUE_MAP:
        for (size_t i = 0; i < value->map.count; i++) {
            tell(teller, value->map.items[i].key);
            tell_value(teller, &value->map.items[i].value, depth + 1);
        }
        break;
    default:
        break;
    }
}

static void tell_attributes(const struct teller *teller, const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++)
        tell_value(teller, &attributes->items[i].value, 0);
}

static bool any_container(const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (attributes->items[i].value.type == VALUE_ARRAY ||
            attributes->items[i].value.type == VALUE_MAP)
            return true;
    return false;
}

bool search_record_nests(const struct batch *batch, enum signal signal, size_t index)
{
    if (signal == SIGNAL_LOGS) {
        const struct log_record *log = &batch->logs[index];
        return log->body.type == VALUE_ARRAY || log->body.type == VALUE_MAP ||
               any_container(&log->attributes);
    }
    const struct span *span = &batch->spans[index];
    bool nests = any_container(&span->attributes);
    for (size_t i = 0; i < span->event_count; i++)
        nests |= any_container(&span->events[i].attributes);
    return nests;
}

void search_record_texts(const struct batch *batch, enum signal signal, size_t index, bool numbers,
                         void (*text)(void *context, struct str text, bool stays), void *context)
{
    const struct teller teller = {text, context, numbers};
    if (signal == SIGNAL_LOGS) {
        const struct log_record *log = &batch->logs[index];
        tell_value(&teller, &log->body, 0);
        tell(&teller, log->event_name);
        tell_attributes(&teller, &log->attributes);
    }
    if (signal != SIGNAL_SPANS)
        return;
    const struct span *span = &batch->spans[index];
    tell(&teller, span->name);
    tell(&teller, span->status_message);
    tell_attributes(&teller, &span->attributes);
    for (size_t i = 0; i < span->event_count; i++) {
        tell(&teller, span->events[i].name);
        tell_attributes(&teller, &span->events[i].attributes);
    }
}
