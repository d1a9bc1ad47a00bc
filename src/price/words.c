/* SPDX-License-Identifier: Apache-2.0 */
/* words: names of components, tiers and outcomes, and why a price was chosen, for people. */
#include "price/price.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>

const char *price_component_name(enum price_component component)
{
    static const char *const names[PRICE_COMPONENT_COUNT] = {
        [PRICE_INPUT] = "input",
        [PRICE_CACHE_READ] = "cache_read",
        [PRICE_CACHE_WRITE] = "cache_write",
        [PRICE_CACHE_WRITE_1H] = "cache_write_1h",
        [PRICE_AUDIO_IN] = "audio_in",
        [PRICE_IMAGE_IN] = "image_in",
        [PRICE_OUTPUT] = "output",
        [PRICE_REASONING] = "reasoning",
        [PRICE_AUDIO_OUT] = "audio_out",
        [PRICE_IMAGE_OUT] = "image_out",
        [PRICE_REQUEST] = "request",
    };
    return names[component];
}

static const char *const tier_names[TIER_COUNT] = {
    [TIER_DEFAULT] = "default", [TIER_FLEX] = "flex", [TIER_PRIORITY] = "priority",
    [TIER_BATCH] = "batch",     [TIER_FAST] = "fast",
};

const char *price_tier_name(enum price_tier tier)
{
    return tier_names[tier];
}

enum price_tier price_tier_parse(struct str text)
{
    static const struct {
        struct str name;
        enum price_tier tier;
    } others[] = {
        {STR_INIT("on_demand_flex"), TIER_FLEX},
        {STR_INIT("on_demand_priority"), TIER_PRIORITY},
        {STR_INIT("batches"), TIER_BATCH},
        {STR_INIT("batch_api"), TIER_BATCH},
    };
    if (!text.len)
        return TIER_DEFAULT;
    for (int i = 0; i < TIER_COUNT; i++)
        if (str_equal_nocase(text, str_from(tier_names[i])))
            return i;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_equal_nocase(text, others[i].name))
            return others[i].tier;
    return TIER_DEFAULT;
}

const char *price_status_name(enum price_status status)
{
    static const char *const names[] = {
        [PRICE_PRICED] = "priced",
        [PRICE_UNPRICED] = "unpriced",
        [PRICE_NO_USAGE] = "no_usage",
    };
    return names[status];
}

static const char *reason_text(enum price_reason reason)
{
    static const char *const texts[] = {
        [PRICE_KNOWN] = "known",
        [PRICE_NO_MODEL] = "the span names no model",
        [PRICE_UNKNOWN_MODEL] =
            "no entry of the price book matches; a deployment name needs an alias",
        [PRICE_AMBIGUOUS] = "the name fits several entries and the provider is not known",
        [PRICE_NEEDS_ALIAS] = "the id hides its model; an alias can name it",
        [PRICE_NO_ROW] = "the entry has no price for that day, place or hour",
        [PRICE_BAD_USAGE] =
            "the token counts cannot be priced: a total alone, or beyond anything real",
    };
    return texts[reason];
}

struct text {
    char *at;
    size_t left;
};

__attribute__((format(printf, 2, 3))) static void say(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text->at, text->left, format, arguments);
    va_end(arguments);
    size_t step = len < 0 ? 0 : (size_t)len < text->left ? (size_t)len : text->left - 1;
    text->at += step;
    text->left -= step;
}

static void say_dates(struct text *text, const struct price_row *row)
{
    char day[CLOCK_TEXT_BYTES];
    if (row->from_ns != PRICE_ALWAYS_FROM) {
        clock_format(row->from_ns, day);
        say(text, ", from %.10s", day);
    }
    if (row->until_ns != PRICE_ALWAYS_UNTIL) {
        clock_format(row->until_ns, day);
        say(text, ", until %.10s", day);
    }
    if (row->window_count)
        say(text, ", hourly price");
}

static void say_tier(struct text *text, const struct price_result *result)
{
    int32_t factor = result->match.entry->factors[result->tier];
    if (result->notes & PRICE_NOTE_TIER_UNKNOWN)
        say(text, "; the service tier has no known price, charged as default");
    else if (result->notes & PRICE_NOTE_TIER_BY_FACTOR)
        say(text, "; tier %s: %d.%03d times default", price_tier_name(result->tier), factor / 1000,
            factor % 1000);
    else if (result->tier != TIER_DEFAULT)
        say(text, "; tier %s", price_tier_name(result->tier));
}

void price_explain(const struct price_result *result, char *out, size_t size)
{
    struct text text = {out, size};
    if (size == 0)
        return;
    out[0] = 0;
    if (!result->row) {
        say(&text, "%s",
            result->status == PRICE_NO_USAGE ? "the span carries no token counts"
                                             : reason_text(result->match.reason));
        return;
    }
    const struct price_match *match = &result->match;
    say(&text, "%.*s in %.*s, by %s '%.*s'", STR_ARGS(match->entry->id),
        STR_ARGS(match->entry->file), match->by_alias ? "alias and" : "pattern",
        STR_ARGS(match->pattern));
    say_dates(&text, result->row);
    if (result->row->above_tokens)
        say(&text, "; prompt of %lld tokens is above %lld: all tokens take the higher price",
            (long long)result->prompt_tokens, (long long)result->row->above_tokens);
    say_tier(&text, result);
    if (result->notes & PRICE_NOTE_REGIONAL)
        say(&text, "; not global (%.*s): %d.%03d times", STR_ARGS(result->place),
            match->entry->regional / 1000, match->entry->regional % 1000);
    if (match->other_provider)
        say(&text, "; sold by another provider than the span names");
    if (result->notes & PRICE_NOTE_WRITE_LIFETIME)
        say(&text, "; cache writes of unknown lifetime, as 5 minutes");
    if (result->notes & PRICE_NOTE_CLAMPED)
        say(&text, "; parts exceed their total");
}
