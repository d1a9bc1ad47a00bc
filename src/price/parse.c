/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse: one price file into the book. Values are checked here, and each complaint names file,
 * line, entry and field. Entries become searchable only after they are whole (book.c).
 */
#include "price/raw.h"

#include "base/clock.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct parse {
    struct price_book *book;
    struct str name, text;
    const struct raw_file *raw;
    bool is_override;
    struct error *error;
    /* Where we are, for complaints. */
    struct price_step path[6];
    size_t depth;
};

__attribute__((format(printf, 2, 3))) static enum status complain(struct parse *parse,
                                                                  const char *format, ...)
{
    char what[300], where[150];
    size_t at = 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    where[0] = 0;
    for (size_t i = 0; i < parse->depth && at < sizeof where; i++) {
        const struct price_step *step = &parse->path[i];
        at += (size_t)(step->key ? snprintf(where + at, sizeof where - at, "%s%s", at ? "." : "",
                                            step->key)
                                 : snprintf(where + at, sizeof where - at, "[%zu]", step->index));
    }
    return fail(parse->error, STATUS_INVALID, "%.*s:%zu: %s: %s", STR_ARGS(parse->name),
                price__locate(parse->text, parse->path, parse->depth), where, what);
}

static void enter_key(struct parse *parse, const char *key)
{
    parse->path[parse->depth++] = (struct price_step){.key = key};
}

static void enter_item(struct parse *parse, const char *key, size_t index)
{
    enter_key(parse, key);
    parse->path[parse->depth++] = (struct price_step){.index = index};
}

static struct str copy_lower(struct parse *parse, const char *text)
{
    struct str copy = arena_copy(&parse->book->arena, str_trim(str_from(text)));
    for (size_t i = 0; i < copy.len; i++)
        ((char *)copy.ptr)[i] = (char)tolower((unsigned char)copy.ptr[i]);
    return copy;
}

static enum status copy_list(struct parse *parse, char **texts, unsigned count,
                             struct str **out_list, size_t *out_count)
{
    struct str *list = count ? arena_array(&parse->book->arena, struct str, count) : NULL;
    if (count && !list)
        return complain(parse, "the price book is too large");
    for (unsigned i = 0; i < count; i++) {
        list[i] = copy_lower(parse, texts[i]);
        if (list[i].len == 0)
            return complain(parse, "item %u is empty", i);
    }
    *out_list = list;
    *out_count = count;
    return STATUS_OK;
}

/* --- rows ---------------------------------------------------------------------------------- */

static enum status read_time(struct parse *parse, const char *key, const char *text,
                             int64_t *out_ns)
{
    enter_key(parse, key);
    struct str value = str_from(text);
    if (value.len < 10 || value.ptr[4] != '-' || !clock_parse(value, out_ns))
        return complain(parse, "'%s' is not a date like 2026-09-01 or 2026-09-01T16:00:00Z", text);
    parse->depth--;
    return STATUS_OK;
}

static bool take_clock(struct str *rest, int *out_minute)
{
    int64_t hour, minute;
    if (rest->len < 5 || rest->ptr[2] != ':' || !str_to_i64(str_sub(*rest, 0, 2), &hour) ||
        !str_to_i64(str_sub(*rest, 3, 2), &minute) || hour < 0 || hour > 24 || minute < 0 ||
        minute > 59 || hour * 60 + minute > 24 * 60)
        return false;
    *out_minute = (int)(hour * 60 + minute);
    *rest = str_sub(*rest, 5, rest->len);
    return true;
}

/* "mon-fri 01:00-04:00 06:00-10:00", UTC; the days are optional. */
static bool read_hours(struct str text, struct price_row *row)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    struct str word;
    while (str_take(&text, ' ', &word)) {
        int from = 7, until = 7, from_minute, until_minute;
        for (int i = 0; i < 7 && word.len == 7 && word.ptr[3] == '-'; i++) {
            from = str_equal(str_sub(word, 0, 3), str_from(days[i])) ? i : from;
            until = str_equal(str_sub(word, 4, 3), str_from(days[i])) ? i : until;
        }
        if (from < 7 && until < 7 && from <= until && !row->days && !row->window_count) {
            for (int i = from; i <= until; i++)
                row->days |= (uint8_t)(1 << i);
            continue;
        }
        if (!take_clock(&word, &from_minute) || word.len == 0 || word.ptr[0] != '-')
            return false;
        word = str_sub(word, 1, word.len);
        if (!take_clock(&word, &until_minute) || word.len || until_minute <= from_minute ||
            row->window_count == PRICE_WINDOWS_MAX)
            return false;
        row->windows[row->window_count].from_minute = (uint16_t)from_minute;
        row->windows[row->window_count++].until_minute = (uint16_t)until_minute;
    }
    return row->window_count > 0;
}

static enum status read_conditions(struct parse *parse, const struct raw_row *raw,
                                   struct price_row *row)
{
    *row = (struct price_row){.from_ns = PRICE_ALWAYS_FROM, .until_ns = PRICE_ALWAYS_UNTIL};
    if (raw->from && read_time(parse, "from", raw->from, &row->from_ns) != STATUS_OK)
        return STATUS_INVALID;
    if (raw->until && read_time(parse, "until", raw->until, &row->until_ns) != STATUS_OK)
        return STATUS_INVALID;
    if (row->until_ns <= row->from_ns)
        return complain(parse, "until must be later than from");
    if (raw->above) {
        enter_key(parse, "above");
        if (!str_to_i64(str_from(raw->above), &row->above_tokens) || row->above_tokens <= 0 ||
            row->above_tokens > PRICE_TOKENS_MAX)
            return complain(parse, "'%s' is not a number of tokens above 0", raw->above);
        parse->depth--;
    }
    if (raw->tier) {
        enter_key(parse, "tier");
        row->tier = price_tier_parse(str_from(raw->tier));
        if (!str_equal(str_from(price_tier_name(row->tier)), str_from(raw->tier)))
            return complain(parse, "'%s' is not default, flex, priority, batch or fast", raw->tier);
        parse->depth--;
    }
    if (raw->hours) {
        enter_key(parse, "hours");
        if (!read_hours(str_from(raw->hours), row))
            return complain(parse, "'%s' is not like 'mon-fri 01:00-04:00 06:00-10:00'",
                            raw->hours);
        parse->depth--;
    }
    enter_key(parse, "scope");
    if (copy_list(parse, raw->scope, raw->scope_count, &row->scopes, &row->scope_count) !=
        STATUS_OK)
        return STATUS_INVALID;
    parse->depth--;
    return STATUS_OK;
}

static enum status read_row(struct parse *parse, const struct raw_row *raw, struct price_row *row)
{
    if (read_conditions(parse, raw, row) != STATUS_OK)
        return STATUS_INVALID;
    for (int i = 0; i < PRICE_COMPONENT_COUNT; i++) {
        if (!raw->rates[i])
            continue;
        /* Per call, not per million: the one rate people write for a single unit. */
        int64_t scale = i == PRICE_REQUEST ? 1000000 : 1;
        enter_key(parse, price_component_name(i));
        if (!price_parse_dollars(str_from(raw->rates[i]), &row->rates[i]) ||
            __builtin_mul_overflow(row->rates[i], scale, &row->rates[i]))
            return complain(parse, "'%s' is not a price in dollars like 1.25, up to 9 decimals",
                            raw->rates[i]);
        parse->depth--;
        row->has |= UINT32_C(1) << i;
    }
    return STATUS_OK;
}

static bool share_scope(const struct price_row *a, const struct price_row *b)
{
    if (!a->scope_count || !b->scope_count)
        return !a->scope_count && !b->scope_count;
    for (size_t i = 0; i < a->scope_count; i++)
        for (size_t k = 0; k < b->scope_count; k++)
            if (str_equal(a->scopes[i], b->scopes[k]))
                return true;
    return false;
}

/* Both would fit the same call equally well. */
static bool rows_clash(const struct price_row *a, const struct price_row *b)
{
    return a->tier == b->tier && a->above_tokens == b->above_tokens && a->from_ns < b->until_ns &&
           b->from_ns < a->until_ns && share_scope(a, b) && a->days == b->days &&
           a->window_count == b->window_count &&
           memcmp(a->windows, b->windows, sizeof a->windows) == 0;
}

static enum status read_rows(struct parse *parse, const struct raw_entry *raw,
                             struct price_entry *entry)
{
    entry->rows = arena_array(&parse->book->arena, struct price_row, raw->prices_count);
    if (!entry->rows)
        return complain(parse, "the price book is too large");
    entry->row_count = raw->prices_count;
    for (unsigned i = 0; i < raw->prices_count; i++) {
        enter_item(parse, "prices", i);
        if (read_row(parse, &raw->prices[i], &entry->rows[i]) != STATUS_OK)
            return STATUS_INVALID;
        for (unsigned k = 0; k < i; k++)
            if (rows_clash(&entry->rows[k], &entry->rows[i]))
                return complain(parse, "holds at the same time as prices[%u]", k);
        parse->depth -= 2;
    }
    return STATUS_OK;
}

/* --- factors --------------------------------------------------------------------------------- */

static enum status read_factor(struct parse *parse, const char *key, const char *text,
                               int32_t *factor)
{
    int64_t nano;
    if (!text)
        return STATUS_OK;
    enter_key(parse, key);
    if (!price_parse_dollars(str_from(text), &nano) || nano % 1000000 || nano == 0 ||
        nano > INT64_C(100000000000))
        return complain(parse, "'%s' is not a factor above 0 like 0.5, up to 3 decimals", text);
    *factor = (int32_t)(nano / 1000000);
    parse->depth--;
    return STATUS_OK;
}

static enum status read_factors(struct parse *parse, const struct raw_factors *raw,
                                struct price_entry *entry)
{
    if (!raw)
        return STATUS_OK;
    enter_key(parse, "factors");
    for (int i = TIER_FLEX; i < TIER_COUNT; i++)
        if (read_factor(parse, price_tier_name(i), raw->tiers[i], &entry->factors[i]) != STATUS_OK)
            return STATUS_INVALID;
    if (read_factor(parse, "regional", raw->regional, &entry->regional) != STATUS_OK)
        return STATUS_INVALID;
    parse->depth--;
    return STATUS_OK;
}

/* --- groups of providers --------------------------------------------------------------------- */

static enum status join_group(struct parse *parse, struct str provider, uint32_t group)
{
    struct price_book *book = parse->book;
    uint64_t index;
    if (!map_get(&book->providers, provider, &index)) {
        index = book->provider_count;
        if (!arena_grow(&book->arena, &book->provider_groups, book->provider_count,
                        &book->provider_capacity) ||
            !map_put(&book->providers, provider, index))
            return complain(parse, "the price book is too large");
        book->provider_groups[book->provider_count++] = (struct provider_groups){0};
    }
    struct provider_groups *groups = &book->provider_groups[index];
    if (groups->count == PRICE_PROVIDER_GROUPS)
        return complain(parse, "'%.*s' stands in more than %d files or entries", STR_ARGS(provider),
                        PRICE_PROVIDER_GROUPS);
    groups->groups[groups->count++] = group;
    return STATUS_OK;
}

static enum status read_turn(struct parse *parse, enum price_turn *out_turn)
{
    static const char *const turns[] = {
        [TURN_FIRST] = "first", [TURN_LAST] = "last", [TURN_NEVER] = "never"};
    const char *text = parse->raw->without_provider;
    for (int i = 0; i < 3; i++)
        if (!text || strcmp(text, turns[i]) == 0) {
            *out_turn = i;
            return STATUS_OK;
        }
    parse->depth = 0;
    enter_key(parse, "without_provider");
    return complain(parse, "'%s' is not first, last or never", text);
}

static enum status add_group(struct parse *parse, char **providers, unsigned count,
                             uint32_t *out_group)
{
    struct price_book *book = parse->book;
    struct price_group group = {
        .shared_api = parse->raw->shared_api && *parse->raw->shared_api,
    };
    if (read_turn(parse, &group.turn) != STATUS_OK)
        return STATUS_INVALID;
    enter_key(parse, "providers");
    if (copy_list(parse, providers, count, &group.providers, &group.provider_count) != STATUS_OK)
        return STATUS_INVALID;
    parse->path[parse->depth - 1].key = "vendors";
    if (copy_list(parse, parse->raw->vendors, parse->raw->vendors_count, &group.vendors,
                  &group.vendor_count) != STATUS_OK)
        return STATUS_INVALID;
    parse->path[parse->depth - 1].key = "providers";
    if (book->group_count == PRICE_GROUPS_MAX ||
        !arena_grow(&book->arena, &book->groups, book->group_count, &book->group_capacity))
        return complain(parse, "more than %d sets of providers", PRICE_GROUPS_MAX);
    *out_group = (uint32_t)book->group_count;
    book->groups[book->group_count++] = group;
    for (size_t i = 0; i < group.provider_count; i++)
        if (join_group(parse, group.providers[i], *out_group) != STATUS_OK)
            return STATUS_INVALID;
    parse->depth--;
    return STATUS_OK;
}

/* --- entries and aliases -----------------------------------------------------------------------
 */

static enum status remember_id(struct parse *parse, struct str id)
{
    char key[PRICE_ID_MAX + 8];
    uint64_t other;
    int len = snprintf(key, sizeof key, "%s|%.*s", parse->is_override ? "o" : "b", STR_ARGS(id));
    struct str text = {key, (size_t)len};
    /* A later override file replaces an earlier one's entry; within the book it is a slip. */
    if (!parse->is_override && map_get(&parse->book->ids, text, &other))
        return complain(parse, "stands already in %.*s",
                        STR_ARGS(parse->book->entries[other].file));
    if (!map_put(&parse->book->ids, text, parse->book->entry_count))
        return complain(parse, "the price book is too large");
    return STATUS_OK;
}

static enum status read_entry(struct parse *parse, const struct raw_entry *raw, uint32_t group)
{
    struct price_book *book = parse->book;
    struct price_entry entry = {
        .id = arena_copy(&book->arena, str_from(raw->id)),
        .file = parse->name,
        .from_override = parse->is_override,
        .home_scope = parse->raw->home_scope ? copy_lower(parse, parse->raw->home_scope) : STR_NONE,
    };
    enter_key(parse, "id");
    if (remember_id(parse, entry.id) != STATUS_OK)
        return STATUS_INVALID;
    parse->path[parse->depth - 1].key = "match";
    if (copy_list(parse, raw->match, raw->match_count, &entry.patterns, &entry.pattern_count) !=
        STATUS_OK)
        return STATUS_INVALID;
    parse->depth--;
    if (raw->providers_count && add_group(parse, raw->providers, raw->providers_count, &group))
        return STATUS_INVALID;
    if (group == UINT32_MAX)
        return complain(parse, "has no providers, and neither has the file");
    size_t depth = parse->depth;
    parse->depth = 0;
    if (read_factors(parse, parse->raw->factors, &entry) != STATUS_OK)
        return STATUS_INVALID;
    parse->depth = depth;
    if (read_factors(parse, raw->factors, &entry) != STATUS_OK ||
        read_rows(parse, raw, &entry) != STATUS_OK)
        return STATUS_INVALID;
    if (!arena_grow(&book->arena, &book->entries, book->entry_count, &book->entry_capacity))
        return complain(parse, "the price book is too large");
    book->entries[book->entry_count++] = entry;

    struct error clash;
    if (price__index_entry(book, (uint32_t)book->entry_count - 1, group, &clash) != STATUS_OK) {
        enter_key(parse, "match");
        return complain(parse, "%s", clash.text);
    }
    return STATUS_OK;
}

static enum status read_alias(struct parse *parse, const struct raw_alias *raw)
{
    struct price_book *book = parse->book;
    struct price_alias alias = {
        .provider = raw->provider ? copy_lower(parse, raw->provider) : STR_NONE,
        .from = copy_lower(parse, raw->from),
        .to = copy_lower(parse, raw->to),
        .to_provider = raw->to_provider ? copy_lower(parse, raw->to_provider) : STR_NONE,
    };
    if (alias.from.len == 0 || alias.to.len == 0)
        return complain(parse, "from and to must name a model");
    if (!arena_grow(&book->arena, &book->aliases, book->alias_count, &book->alias_capacity))
        return complain(parse, "the price book is too large");
    book->aliases[book->alias_count++] = alias;
    return STATUS_OK;
}

static enum status read_file(struct parse *parse)
{
    const struct raw_file *raw = parse->raw;
    struct price_book *book = parse->book;
    uint32_t group = UINT32_MAX;

    if (raw->providers_count &&
        add_group(parse, raw->providers, raw->providers_count, &group) != STATUS_OK)
        return STATUS_INVALID;
    for (unsigned i = 0; i < raw->gateways_count; i++) {
        if (!arena_grow(&book->arena, &book->gateways, book->gateway_count,
                        &book->gateway_capacity))
            return complain(parse, "the price book is too large");
        book->gateways[book->gateway_count++] = copy_lower(parse, raw->gateways[i]);
    }
    for (unsigned i = 0; i < raw->entries_count; i++) {
        enter_item(parse, "entries", i);
        if (read_entry(parse, &raw->entries[i], group) != STATUS_OK)
            return STATUS_INVALID;
        parse->depth -= 2;
    }
    for (unsigned i = 0; i < raw->aliases_count; i++) {
        enter_item(parse, "aliases", i);
        if (read_alias(parse, &raw->aliases[i]) != STATUS_OK)
            return STATUS_INVALID;
        parse->depth -= 2;
    }
    return STATUS_OK;
}

enum status price__parse(struct price_book *book, struct str file, struct str text,
                         bool is_override, struct error *error)
{
    struct raw_file *raw = NULL;
    enum status status = raw_load(file, text, &raw, error);
    if (status != STATUS_OK || !raw)
        return status;
    struct parse parse = {
        .book = book,
        .name = arena_copy(&book->arena, file),
        .text = text,
        .raw = raw,
        .is_override = is_override,
        .error = error,
    };
    status = read_file(&parse);
    raw_free(raw);
    return status;
}
