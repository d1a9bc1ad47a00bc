/* SPDX-License-Identifier: Apache-2.0 */
/* record: the texts that stand in a record itself: short strings, numbers, and what contains them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "normalise/value_json.h"
#include "search/part.h"

/* Arrays and maps that become more than about so much JSON are not told whole. */
enum { WHOLE_BYTES_MAX = 64 << 10 };

struct teller {
    void (*text)(void *context, struct str text, bool stays);
    void *context;
    unsigned also; /* enum record_also */
    struct arena scratch;
};

static void tell(struct teller *teller, struct str text)
{
    if (text.len)
        teller->text(teller->context, text, true);
}

static void tell_number(struct teller *teller, struct str text)
{
    teller->text(teller->context, text, false);
}

static void tell_integer(struct teller *teller, int64_t number)
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
static void tell_value(struct teller *teller, const struct value *value, int depth)
{
    char text[64];
    if (depth > VALUE_DEPTH_MAX)
        return;
    switch (value->type) {
    case VALUE_STRING:
        tell(teller, value->string);
        break;
    case VALUE_INT:
        if (teller->also & RECORD_NUMBERS)
            tell_integer(teller, value->integer);
        break;
    case VALUE_DOUBLE:
        for (int digits = 15; digits <= 17 && (teller->also & RECORD_NUMBERS); digits++) {
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

/* --- arrays and maps as a whole */

static bool is_container(const struct value *value)
{
    return value->type == VALUE_ARRAY || value->type == VALUE_MAP;
}

/* About how long it is as JSON; WHOLE_BYTES_MAX: longer, or not all of it stands in the record. */
static size_t whole_length(const struct value *value, int depth)
{
    size_t length = 32, count = 0;
    if (value->type == VALUE_CONTENT || depth > VALUE_DEPTH_MAX)
        return WHOLE_BYTES_MAX;
    if (value->type == VALUE_STRING || value->type == VALUE_BYTES)
        length += 2 * value->string.len;
    else if (is_container(value))
        count = value->type == VALUE_ARRAY ? value->array.count : value->map.count;
    for (size_t i = 0; i < count && length < WHOLE_BYTES_MAX; i++) {
        const struct attribute *member = value->type == VALUE_MAP ? &value->map.items[i] : NULL;
        length += member ? 2 * member->key.len + whole_length(&member->value, depth + 1)
                         : whole_length(&value->array.items[i], depth + 1);
    }
    return length < WHOLE_BYTES_MAX ? length : WHOLE_BYTES_MAX;
}

static bool is_apart(const struct value *value)
{
    return is_container(value) && whole_length(value, 0) == WHOLE_BYTES_MAX;
}

static void tell_whole(struct teller *teller, const struct value *value)
{
    if (!(teller->also & RECORD_WHOLES) || !is_container(value) || is_apart(value))
        return;
    struct str text = value_json(value, NULL, &teller->scratch);
    if (text.len)
        teller->text(teller->context, text, false);
}

static void tell_attribute(struct teller *teller, const struct value *value)
{
    tell_value(teller, value, 0);
    tell_whole(teller, value);
}

static void tell_attributes(struct teller *teller, const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++)
        tell_attribute(teller, &attributes->items[i].value);
}

static bool any_apart(const struct attributes *attributes)
{
    for (size_t i = 0; i < attributes->count; i++)
        if (is_apart(&attributes->items[i].value))
            return true;
    return false;
}

bool search_record_is_apart(const struct batch *batch, enum signal signal, size_t index)
{
    if (signal == SIGNAL_LOGS) {
        const struct log_record *log = &batch->logs[index];
        return is_apart(&log->body) || any_apart(&log->attributes);
    }
    const struct span *span = &batch->spans[index];
    bool apart = any_apart(&span->attributes);
    for (size_t i = 0; i < span->event_count && !apart; i++)
        apart = any_apart(&span->events[i].attributes);
    return apart;
}

static void tell_span(struct teller *teller, const struct span *span)
{
    tell(teller, span->name);
    tell(teller, span->status_message);
    tell_attributes(teller, &span->attributes);
    for (size_t i = 0; i < span->event_count; i++) {
        tell(teller, span->events[i].name);
        tell_attributes(teller, &span->events[i].attributes);
    }
}

void search_record_texts(const struct batch *batch, enum signal signal, size_t index, unsigned also,
                         void (*text)(void *context, struct str text, bool stays), void *context)
{
    struct teller teller = {.text = text, .context = context, .also = also};
    arena_init(&teller.scratch, ARENA_NO_LIMIT);
    if (signal == SIGNAL_LOGS) {
        const struct log_record *log = &batch->logs[index];
        tell_attribute(&teller, &log->body);
        tell(&teller, log->event_name);
        tell_attributes(&teller, &log->attributes);
    } else if (signal == SIGNAL_SPANS) {
        tell_span(&teller, &batch->spans[index]);
    }
    arena_done(&teller.scratch);
}
