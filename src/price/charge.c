/* SPDX-License-Identifier: Apache-2.0 */
/*
 * charge: one call's tokens through one entry's rows.
 *
 * The row is chosen per call. First how large the prompt is: the highest threshold passed reprices
 * all tokens. Then, among the rows for that size, the service tier, then the place, then the hour.
 * Each component is tokens × rate, rounded once, half up, to a nano-dollar.
 */
#include "price/price_private.h"

#include <string.h>

#define PER_MILLION 1000000

struct call {
    const struct price_entry *entry;
    const struct price_request *request;
    struct str scope, region; /* lower-case literals of the book or the sender's text */
    bool regional;
    enum price_tier tier;
    int64_t tokens[PRICE_COMPONENT_COUNT];
    int64_t prompt;
};

/* --- the place ------------------------------------------------------------------------------- */

static void set_place(struct call *call, const struct price_match *match)
{
    struct str told = str_trim(call->request->region);
    call->scope = match->scope;
    call->region = match->region.len ? match->region : told;
    if (!call->scope.len && str_equal_nocase(told, STR("global")))
        call->scope = STR("global");
    if (!call->scope.len)
        call->scope = call->entry->home_scope;
    call->regional =
        (call->scope.len || call->region.len) && !str_equal(call->scope, STR("global"));
}

/* 2: the row names this place. 1: it names all that is not global. 0: it names none. -1: not here.
 */
static int scope_rank(const struct call *call, const struct price_row *row)
{
    int rank = row->scope_count ? -1 : 0;
    for (size_t i = 0; i < row->scope_count; i++) {
        struct str scope = row->scopes[i];
        if ((call->scope.len && str_equal_nocase(scope, call->scope)) ||
            (call->region.len && call->regional && str_equal_nocase(scope, call->region)))
            return 2;
        if (call->regional && str_equal(scope, STR("regional")))
            rank = 1;
    }
    return rank;
}

/* --- the time -------------------------------------------------------------------------------- */

static bool in_hours(const struct price_row *row, int64_t time_ns)
{
    if (!row->window_count)
        return true;
    int64_t minute = time_ns / INT64_C(60000000000) - (time_ns % INT64_C(60000000000) < 0);
    int64_t day = minute / 1440 - (minute % 1440 < 0);
    int weekday = (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    if (row->days && !(row->days >> weekday & 1))
        return false;
    int64_t of_day = minute - day * 1440;
    for (size_t i = 0; i < row->window_count; i++)
        if (of_day >= row->windows[i].from_minute && of_day < row->windows[i].until_minute)
            return true;
    return false;
}

/* --- the row --------------------------------------------------------------------------------- */

/* How well the row fits the call, or -1: size first, then tier, then place, then hour. */
static int64_t row_rank(const struct call *call, const struct price_row *row)
{
    int64_t time = call->request->time_ns;
    if (time < row->from_ns || time >= row->until_ns ||
        (row->above_tokens && call->prompt <= row->above_tokens) ||
        (row->tier != TIER_DEFAULT && row->tier != call->tier))
        return -1;
    int place = scope_rank(call, row);
    if (place < 0 || !in_hours(row, time))
        return -1;
    return row->above_tokens * 16 + (row->tier == call->tier) * 8 + place * 2 +
           (row->window_count > 0);
}

static const struct price_row *choose_row(const struct call *call)
{
    const struct price_entry *entry = call->entry;
    const struct price_row *best = NULL;
    int64_t best_rank = -1;
    for (size_t i = 0; i < entry->row_count; i++) {
        int64_t rank = row_rank(call, &entry->rows[i]);
        if (rank > best_rank) {
            best_rank = rank;
            best = &entry->rows[i];
        }
    }
    return best;
}

static bool sells_tier(const struct price_entry *entry, enum price_tier tier)
{
    if (entry->factors[tier])
        return true;
    for (size_t i = 0; i < entry->row_count; i++)
        if (entry->rows[i].tier == tier)
            return true;
    return false;
}

/* --- tokens to components ----------------------------------------------------------------------
 */

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Parts of a total; what is left is the base component. Parts beyond the total are kept, noted. */
static int64_t rest_of(int64_t total, int64_t parts, uint32_t *notes)
{
    if (parts <= total)
        return total - parts;
    *notes |= PRICE_NOTE_CLAMPED;
    return 0;
}

static void split_prompt(struct call *call, int64_t total, uint32_t *notes)
{
    const struct token_usage *usage = call->request->usage;
    int64_t *tokens = call->tokens;
    int64_t written_5m = usage_or_zero(usage->cache_write_5m);
    int64_t written_1h = usage_or_zero(usage->cache_write_1h);
    int64_t written = usage_or_zero(usage->cache_write);
    if (written < written_5m + written_1h)
        written = written_5m + written_1h;
    else if (written > written_5m + written_1h)
        *notes |= PRICE_NOTE_WRITE_LIFETIME;
    tokens[PRICE_CACHE_READ] = usage_or_zero(usage->cache_read);
    tokens[PRICE_CACHE_WRITE] = written - written_1h;
    tokens[PRICE_CACHE_WRITE_1H] = written_1h;
    int64_t cached = tokens[PRICE_CACHE_READ] + written;
    int64_t left = rest_of(total, cached, notes);
    call->prompt = total > cached ? total : cached;
    /* Audio and images may lie in the cached part too, so only what fits is theirs. */
    tokens[PRICE_AUDIO_IN] = least(usage_or_zero(usage->audio_in), left);
    left -= tokens[PRICE_AUDIO_IN];
    tokens[PRICE_IMAGE_IN] = least(usage_or_zero(usage->image_in), left);
    tokens[PRICE_INPUT] = left - tokens[PRICE_IMAGE_IN];
}

static void split_answer(struct call *call, int64_t total, uint32_t *notes)
{
    const struct token_usage *usage = call->request->usage;
    int64_t *tokens = call->tokens;
    tokens[PRICE_REASONING] = usage_or_zero(usage->reasoning);
    int64_t left = rest_of(total, tokens[PRICE_REASONING], notes);
    tokens[PRICE_AUDIO_OUT] = least(usage_or_zero(usage->audio_out), left);
    left -= tokens[PRICE_AUDIO_OUT];
    tokens[PRICE_IMAGE_OUT] = least(usage_or_zero(usage->image_out), left);
    tokens[PRICE_OUTPUT] = left - tokens[PRICE_IMAGE_OUT];
}

static bool is_plausible(const struct token_usage *usage)
{
    const int64_t counts[] = {
        usage->input_total, usage->output_total,   usage->total,          usage->cache_read,
        usage->cache_write, usage->cache_write_5m, usage->cache_write_1h, usage->reasoning,
        usage->audio_in,    usage->audio_out,      usage->image_in,       usage->image_out,
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        if (counts[i] > PRICE_TOKENS_MAX)
            return false;
    return true;
}

/* True when nothing was produced at a price of its own: an embedding, where a total alone is the
 * input. */
static bool input_only(const struct price_entry *entry)
{
    if (entry->one_price)
        return true;
    for (size_t i = 0; i < entry->row_count; i++)
        if (entry->rows[i].rates[PRICE_OUTPUT])
            return false;
    return true;
}

static bool split_tokens(struct call *call, uint32_t *notes)
{
    const struct token_usage *usage = call->request->usage;
    int64_t input = usage->input_total, output = usage->output_total, total = usage->total;
    if (!is_plausible(usage))
        return false;
    if (total > 0 && input < 0 && output < 0) {
        if (!input_only(call->entry))
            return false;
        input = total;
    }
    if (total > 0 && input < 0)
        input = total > output ? total - output : 0;
    if (total > 0 && output < 0)
        output = total > input ? total - input : 0;
    split_prompt(call, usage_or_zero(input), notes);
    split_answer(call, usage_or_zero(output), notes);
    return true;
}

/* --- money ----------------------------------------------------------------------------------- */

static enum price_component base_of(enum price_component component)
{
    switch (component) {
    case PRICE_CACHE_READ:
    case PRICE_CACHE_WRITE:
    case PRICE_AUDIO_IN:
    case PRICE_IMAGE_IN:
        return PRICE_INPUT;
    case PRICE_CACHE_WRITE_1H:
        return PRICE_CACHE_WRITE;
    case PRICE_REASONING:
    case PRICE_AUDIO_OUT:
    case PRICE_IMAGE_OUT:
        return PRICE_OUTPUT;
    default:
        return component;
    }
}

/* (amount * factor) / divisor, half up. False beyond int64. */
static bool scale(int64_t amount, int64_t factor, int64_t divisor, int64_t *out_scaled)
{
    uint64_t narrow;
    if (!__builtin_mul_overflow((uint64_t)amount, (uint64_t)factor, &narrow) &&
        narrow <= INT64_MAX - (uint64_t)divisor) {
        *out_scaled = (int64_t)((narrow + (uint64_t)divisor / 2) / (uint64_t)divisor);
        return true;
    }
    unsigned __int128 product = (unsigned __int128)(uint64_t)amount * (uint64_t)factor;
    product = (product + (uint64_t)divisor / 2) / (uint64_t)divisor;
    if (product > INT64_MAX)
        return false;
    *out_scaled = (int64_t)product;
    return true;
}

/* What the row says, times what the entry says about this tier and place. */
static bool find_rate(const struct call *call, const struct price_row *row,
                      enum price_component component, struct price_line *line)
{
    enum price_component own = component;
    while (!(row->has >> own & 1) && base_of(own) != own)
        own = base_of(own);
    line->component = component;
    line->priced_as = own;
    line->rate = row->rates[own];
    if (row->tier != call->tier && call->entry->factors[call->tier] &&
        !scale(line->rate, call->entry->factors[call->tier], 1000, &line->rate))
        return false;
    return !(call->regional && call->entry->regional && !row->scope_count) ||
           scale(line->rate, call->entry->regional, 1000, &line->rate);
}

static bool charge(struct call *call, const struct price_row *row, struct price_result *result)
{
    call->tokens[PRICE_REQUEST] = row->has >> PRICE_REQUEST & 1;
    for (int i = 0; i < PRICE_COMPONENT_COUNT; i++) {
        struct price_line *line = &result->lines[result->line_count];
        if (!call->tokens[i])
            continue;
        line->tokens = call->tokens[i];
        if (!find_rate(call, row, i, line) ||
            !scale(line->tokens, line->rate, PER_MILLION, &line->cost) ||
            __builtin_add_overflow(result->cost, line->cost, &result->cost))
            return false;
        result->line_count++;
    }
    return true;
}

static void note_choice(struct call *call, const struct price_row *row, struct price_result *result)
{
    if (row->tier != call->tier) {
        bool known = call->entry->factors[call->tier] != 0;
        result->notes |= known ? PRICE_NOTE_TIER_BY_FACTOR : PRICE_NOTE_TIER_UNKNOWN;
        if (!known)
            call->tier = TIER_DEFAULT;
    }
    if (call->regional && call->entry->regional && !row->scope_count)
        result->notes |= PRICE_NOTE_REGIONAL;
    bool lifetimes = row->has >> PRICE_CACHE_WRITE_1H & 1;
    if (!lifetimes || !call->tokens[PRICE_CACHE_WRITE])
        result->notes &= ~(uint32_t)PRICE_NOTE_WRITE_LIFETIME;
    result->tier = call->tier;
    result->place = call->scope.len ? call->scope : call->region;
    result->row = row;
}

static void refuse(struct price_result *result, enum price_reason reason)
{
    result->status = PRICE_UNPRICED;
    result->match.reason = reason;
    result->cost = 0;
    result->line_count = 0;
    result->row = NULL;
}

void price_usage(struct price_book *book, const struct price_request *request,
                 struct price_result *out_result)
{
    struct price_result *result = out_result;
    memset(result, 0, offsetof(struct price_result, lines));
    result->status = PRICE_UNPRICED;
    const struct custom *custom = price__custom_find(book, request);
    result->match =
        custom ? price__custom_match(custom) : price_match(book, request->provider, request->model);
    bool used = usage_any(request->usage);
    if (!used)
        result->status = PRICE_NO_USAGE;
    if (result->match.reason != PRICE_KNOWN)
        return;

    struct call call = {.entry = result->match.entry, .request = request};
    call.tier = custom ? TIER_DEFAULT : price_tier_parse(request->service_tier);
    /* One provider's fast mode is its priority tier under a newer name. */
    if (call.tier == TIER_FAST && !sells_tier(call.entry, TIER_FAST))
        call.tier = TIER_PRIORITY;
    set_place(&call, &result->match);
    if (!split_tokens(&call, &result->notes)) {
        refuse(result, PRICE_BAD_USAGE);
        return;
    }
    result->prompt_tokens = call.prompt;
    const struct price_row *row =
        custom ? price__custom_row(custom, request, call.tokens) : choose_row(&call);
    if (!row) {
        if (used)
            refuse(result, PRICE_NO_ROW);
        return;
    }
    if (!used && !(row->has >> PRICE_REQUEST & 1))
        return;
    note_choice(&call, row, result);
    result->status = PRICE_PRICED;
    if (!charge(&call, row, result))
        refuse(result, PRICE_BAD_USAGE);
}
