/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: token counts with one meaning. Rows pick each count from one convention; here the totals
 * are made to include their parts: cached tokens in the input (or not, as the producer has it) and
 * reasoning in the output (where the sender's total proves that it stood outside).
 */
#include <string.h>

#include "normalise/normalise_private.h"

static bool provider_in(const struct reading *reading, const char *const *names)
{
    for (; *names; names++)
        if (str_equal(reading->out->provider, str_from(*names)))
            return true;
    return false;
}

static bool is_claude(const struct reading *reading)
{
    return str_contains_nocase(reading->out->model, STR("claude")) ||
           str_equal(reading->out->provider, STR("anthropic"));
}

/* What is known of a producer; NONE where it must be guessed. */
static enum usage_basis basis_of_producer(const struct reading *reading)
{
    static const char *const bedrock[] = {"aws.bedrock", NULL};
    static const char *const bedrock_anthropic[] = {"aws.bedrock", "anthropic", NULL};
    static const char *const openai_family[] = {
        "openai",     "azure.ai.openai", "x_ai",        "deepseek",    "groq",
        "perplexity", "ollama",          "moonshot_ai", "together_ai", "fireworks",
        "openrouter", "cerebras",        "vllm",        NULL};
    bool converse =
        provider_in(reading, bedrock) && str_contains_nocase(reading->span->name, STR("converse"));
    switch (reading->vocabulary_number) {
    case VOCABULARY_claude_code:
    case VOCABULARY_botocore:
        return USAGE_EXCLUSIVE;
    case VOCABULARY_strands:
        if (provider_in(reading, bedrock_anthropic))
            return USAGE_EXCLUSIVE;
        break;
    case VOCABULARY_vercel_ai:
        if (reading->hints & HINT_INPUT_DETAILS)
            return USAGE_INCLUSIVE;
        if (is_claude(reading))
            return USAGE_EXCLUSIVE;
        break;
    case VOCABULARY_openinference:
    case VOCABULARY_openllmetry:
    case VOCABULARY_openllmetry_legacy:
        if (converse)
            return USAGE_EXCLUSIVE;
        if (is_claude(reading) || (reading->vocabulary_number == VOCABULARY_openinference &&
                                   provider_in(reading, bedrock)))
            return USAGE_INCLUSIVE;
        break;
    case VOCABULARY_vercel_otel:
    case VOCABULARY_pydantic_ai:
    case VOCABULARY_codex:
    case VOCABULARY_otel_genai:
        return USAGE_INCLUSIVE;
    default:
        break;
    }
    return provider_in(reading, openai_family) ? USAGE_INCLUSIVE : USAGE_BASIS_NONE;
}

static enum usage_basis basis_guess(const struct token_usage *usage, int64_t cached)
{
    if (cached > usage->input_total)
        return USAGE_GUESSED_EXCLUSIVE;
    if (cached > 0 && usage->total >= 0 && usage->output_total >= 0 &&
        usage->total == usage->input_total + usage->output_total + cached)
        return USAGE_GUESSED_EXCLUSIVE;
    return USAGE_GUESSED_INCLUSIVE;
}

/* Counts beyond this are not counts; the sums below cannot overflow. */
#define TOKENS_MAX INT64_C(1000000000000000)

static void drop_absurd(struct token_usage *usage)
{
    int64_t *const counts[] = {&usage->input_total,    &usage->output_total, &usage->total,
                               &usage->cache_read,     &usage->cache_write,  &usage->cache_write_5m,
                               &usage->cache_write_1h, &usage->reasoning,    &usage->audio_in,
                               &usage->audio_out,      &usage->image_in,     &usage->image_out};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (*counts[i] > TOKENS_MAX)
            *counts[i] = USAGE_ABSENT;
}

static void include_cached(struct reading *reading, struct token_usage *usage)
{
    int64_t split = usage_or_zero(usage->cache_write_5m) + usage_or_zero(usage->cache_write_1h);
    if (split > usage_or_zero(usage->cache_write))
        usage->cache_write = split;
    if (reading->usage_basis) { /* the reader made totals already */
        usage->basis = reading->usage_basis;
        return;
    }
    if (usage->input_total < 0) {
        usage->basis = USAGE_GUESSED_INCLUSIVE;
        return;
    }
    int64_t cached = usage_or_zero(usage->cache_read) + usage_or_zero(usage->cache_write);
    usage->basis = basis_of_producer(reading);
    /* More cached than sent: whatever the producer is said to do, it did not include them. */
    if (usage->basis == USAGE_BASIS_NONE ||
        (usage->basis == USAGE_INCLUSIVE && cached > usage->input_total))
        usage->basis = basis_guess(usage, cached);
    if (usage->basis == USAGE_EXCLUSIVE || usage->basis == USAGE_GUESSED_EXCLUSIVE)
        usage->input_total += cached;
}

/* Gemini and some xAI replies count reasoning beside the answer; the total proves which. */
static void include_reasoning(struct token_usage *usage)
{
    if (usage->reasoning <= 0 || usage->output_total < 0)
        return;
    bool beside = usage->reasoning > usage->output_total ||
                  (usage->total >= 0 && usage->input_total >= 0 &&
                   usage->total == usage->input_total + usage->output_total + usage->reasoning);
    if (beside)
        usage->output_total += usage->reasoning;
}

void usage_decide(struct reading *reading)
{
    struct token_usage *usage = &reading->out->usage;
    drop_absurd(usage);
    if (usage->input_total < 0 && usage->output_total < 0 && usage->total < 0)
        return;
    if (usage->input_total < 0 && usage->output_total < 0 && reading->out->kind == KIND_EMBEDDING)
        usage->input_total = usage->total;
    include_cached(reading, usage);
    include_reasoning(usage);
    int64_t sum = usage_or_zero(usage->input_total) + usage_or_zero(usage->output_total);
    if (usage->total < sum)
        usage->total = sum;
    struct provenance *provenance = reading->out->provenance;
    if (provenance)
        provenance[FIELD_usage].rule =
            arena_printf(reading->arena, "%.*s; %s", STR_ARGS(provenance[FIELD_usage].rule),
                         usage_basis_name(usage->basis));
}

/* --- Langfuse's open map of counts ----------------------------------------------------------- */

enum detail_class { DETAIL_OTHER, DETAIL_INPUT, DETAIL_OUTPUT };

static enum detail_class detail_class(struct str key)
{
    if (str_starts(key, STR("input")) || str_contains(key, STR("input")) ||
        str_starts(key, STR("prompt")))
        return DETAIL_INPUT;
    if (str_starts(key, STR("output")) || str_contains(key, STR("output")) ||
        str_starts(key, STR("completion")))
        return DETAIL_OUTPUT;
    return DETAIL_OTHER;
}

struct details {
    int64_t base[3];  /* "input", "output" without qualification, by class */
    int64_t extra[3]; /* the sum of the qualified ones */
    int64_t total;
    int64_t parts[SLOT_image_out + 1 - SLOT_input_total];
    bool nested; /* OpenAI's own shape, whose totals include their parts */
};

static int64_t *detail_part(struct details *details, enum slot slot)
{
    return &details->parts[slot - SLOT_input_total];
}

static void detail_add(int64_t *to, int64_t count)
{
    *to = (*to < 0 ? 0 : *to) + count;
}

/* Which part a key speaks of: told by the words in it. */
static void detail_classify(struct details *details, struct str key, enum detail_class class,
                            int64_t count)
{
    bool cached = str_contains(key, STR("cache"));
    bool written =
        cached && (str_contains(key, STR("creation")) || str_contains(key, STR("write")));
    if (written) {
        detail_add(detail_part(details, SLOT_cache_write), count);
        if (str_contains(key, STR("5m")))
            detail_add(detail_part(details, SLOT_cache_write_5m), count);
        if (str_contains(key, STR("1h")))
            detail_add(detail_part(details, SLOT_cache_write_1h), count);
    } else if (cached)
        detail_add(detail_part(details, SLOT_cache_read), count);
    else if (str_contains(key, STR("reasoning")) || str_contains(key, STR("thoughts")))
        detail_add(detail_part(details, SLOT_reasoning), count);
    else if (str_contains(key, STR("audio")))
        detail_add(detail_part(details, class == DETAIL_OUTPUT ? SLOT_audio_out : SLOT_audio_in),
                   count);
    else if (str_contains(key, STR("image")))
        detail_add(detail_part(details, class == DETAIL_OUTPUT ? SLOT_image_out : SLOT_image_in),
                   count);
}

static bool is_base(struct str key)
{
    static const char *const names[] = {"input",
                                        "output",
                                        "prompt",
                                        "completion",
                                        "input_tokens",
                                        "output_tokens",
                                        "prompt_tokens",
                                        "completion_tokens",
                                        NULL};
    for (const char *const *name = names; *name; name++)
        if (str_equal(key, str_from(*name)))
            return true;
    return false;
}

static void detail_read(struct details *details, struct str key, struct str raw,
                        enum detail_class outer)
{
    int64_t count;
    if (raw.len && raw.ptr[0] == '{') {
        if (outer != DETAIL_OTHER)
            return;
        details->nested = true;
        struct peek peek = peek_into(raw);
        struct str name, inner;
        enum detail_class class = detail_class(key);
        while (peek_pair(&peek, &name, &inner))
            detail_read(details, name, inner, class == DETAIL_OTHER ? DETAIL_INPUT : class);
        return;
    }
    if (!coerce_count_text(raw, &count) || count > TOKENS_MAX)
        return;
    enum detail_class class = outer != DETAIL_OTHER ? outer : detail_class(key);
    if (outer == DETAIL_OTHER && str_starts(key, STR("total")))
        details->total = count;
    else if (outer == DETAIL_OTHER && is_base(key))
        details->base[class] = count;
    else {
        if (class != DETAIL_OTHER)
            detail_add(&details->extra[class], count);
        detail_classify(details, key, class, count);
    }
}

static void details_store(struct reading *reading, const struct row *row, unsigned rank,
                          const struct details *details)
{
    /* Buckets exclude one another unless the total proves that the base already holds the rest. */
    bool has_base = details->base[DETAIL_INPUT] >= 0 && details->base[DETAIL_OUTPUT] >= 0;
    bool proven = has_base && details->extra[DETAIL_INPUT] + details->extra[DETAIL_OUTPUT] > 0 &&
                  details->total == details->base[DETAIL_INPUT] + details->base[DETAIL_OUTPUT];
    bool inclusive = details->nested || proven;
    for (int class = DETAIL_INPUT; class <= DETAIL_OUTPUT; class ++) {
        int64_t count = details->base[class];
        if (details->extra[class] > 0 && !(inclusive && count >= 0))
            count = (count < 0 ? 0 : count) + details->extra[class];
        unsigned slot = class == DETAIL_INPUT ? SLOT_input_total : SLOT_output_total;
        if (count >= 0 && reading_open(reading, slot, rank))
            reading_set_number(reading, slot, rank, row, count);
    }
    if (details->total >= 0 && reading_open(reading, SLOT_total, rank))
        reading_set_number(reading, SLOT_total, rank, row, details->total);
    for (unsigned slot = SLOT_cache_read; slot <= SLOT_image_out; slot++) {
        int64_t count = details->parts[slot - SLOT_input_total];
        if (count >= 0 && reading_open(reading, slot, rank))
            reading_set_number(reading, slot, rank, row, count);
    }
    reading->usage_basis = inclusive ? USAGE_INCLUSIVE : USAGE_EXCLUSIVE;
}

void usage_details_read(struct reading *reading, const struct row *row, const struct value *value,
                        unsigned rank)
{
    struct str text = value->type == VALUE_MAP ? value_as_json(reading, value)
                                               : coerce_content(reading, value, 1 << 16);
    text = str_trim(text);
    if (text.len && text.ptr[0] == '"')
        text = peek_text(text, 1 << 16, reading->arena);
    struct details details;
    memset(&details, 0xFF, sizeof details);
    details.extra[DETAIL_INPUT] = details.extra[DETAIL_OUTPUT] = 0;
    details.nested = false;
    struct peek peek = peek_into(text);
    struct str key, raw;
    while (peek_pair(&peek, &key, &raw))
        detail_read(&details, key, raw, DETAIL_OTHER);
    bool any = details.base[DETAIL_INPUT] >= 0 || details.base[DETAIL_OUTPUT] >= 0 ||
               details.total >= 0 || details.extra[DETAIL_INPUT] > 0 ||
               details.extra[DETAIL_OUTPUT] > 0;
    if (any)
        details_store(reading, row, rank, &details);
}
