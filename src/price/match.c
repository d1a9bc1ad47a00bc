/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: from (provider, model id) to one entry of the book.
 *
 * Order: aliases, the operator's files, the book. Within a layer an exact id beats a pattern with
 * stars, and a longer form of the id beats a shorter one. Only then other providers are asked:
 * those the id names ("anthropic/…"), and all of them when the provider is unknown, a gateway, or
 * one whose API others speak. A name that fits two of those is refused, not guessed.
 */
#include "price/price_private.h"

#include <ctype.h>
#include <string.h>

bool price_pattern_fits(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* Who is asked: some groups by number, or all whose turn it is. */
struct asked {
    uint32_t groups[2 * PRICE_PROVIDER_GROUPS];
    size_t count;
    bool all;
    enum price_turn turn;
};

static bool asks(const struct price_book *book, const struct asked *asked, uint32_t group)
{
    if (asked->all)
        return book->groups[group].turn == asked->turn;
    for (size_t i = 0; i < asked->count; i++)
        if (asked->groups[i] == group)
            return true;
    return false;
}

static void found(const struct price_book *book, struct price_match *match, uint32_t entry,
                  struct str pattern)
{
    /* The same id in two layers is the same model; two ids are two prices. */
    if (match->entry && !str_equal(match->entry->id, book->entries[entry].id)) {
        match->reason = PRICE_AMBIGUOUS;
        return;
    }
    match->reason = PRICE_KNOWN;
    match->entry = &book->entries[entry];
    match->pattern = pattern;
}

/* True when the form is somebody's exact id; *match says whose. */
static bool try_exact(const struct price_book *book, const struct asked *asked, bool layer,
                      struct str form, struct price_match *match)
{
    uint64_t newest;
    if (!map_get(&book->exact[layer], form, &newest))
        return false;
    for (uint32_t i = (uint32_t)newest + 1; i; i = book->names[i - 1].next) {
        const struct price_pattern *name = &book->names[i - 1];
        if (!asks(book, asked, name->group))
            continue;
        found(book, match, name->entry, name->text);
        if (!asked->all)
            return true;
    }
    return match->reason != PRICE_UNKNOWN_MODEL;
}

static bool try_globs(const struct price_book *book, const struct asked *asked, bool layer,
                      const struct price_name *name, struct price_match *match)
{
    for (size_t i = 0; i < book->glob_count; i++) {
        const struct price_pattern *glob = &book->globs[i];
        if (glob->from_override != layer || !asks(book, asked, glob->group))
            continue;
        for (size_t k = 0; k < name->form_count; k++) {
            if (!price_pattern_fits(glob->text, name->forms[k]))
                continue;
            found(book, match, glob->entry, glob->text);
            return true;
        }
    }
    return false;
}

static bool search(const struct price_book *book, const struct asked *asked,
                   const struct price_name *name, struct price_match *match)
{
    if (!asked->all && asked->count == 0)
        return false;
    for (int layer = 1; layer >= 0; layer--) {
        for (size_t k = 0; k < name->form_count; k++)
            if (try_exact(book, asked, layer, name->forms[k], match))
                return true;
        if (try_globs(book, asked, layer, name, match))
            return true;
    }
    return false;
}

static void ask_provider(const struct price_book *book, struct str provider, struct asked *asked)
{
    uint64_t index;
    if (!map_get(&book->providers, provider, &index))
        return;
    const struct provider_groups *groups = &book->provider_groups[index];
    for (size_t i = 0; i < groups->count && asked->count < 2 * PRICE_PROVIDER_GROUPS; i++)
        asked->groups[asked->count++] = groups->groups[i];
}

static void ask_vendor(const struct price_book *book, struct str vendor, struct asked *asked)
{
    for (size_t g = 0; g < book->group_count; g++)
        for (size_t i = 0; i < book->groups[g].vendor_count; i++)
            if (str_equal(book->groups[g].vendors[i], vendor) &&
                asked->count < 2 * PRICE_PROVIDER_GROUPS)
                asked->groups[asked->count++] = (uint32_t)g;
}

/* Lower case, and "openai.chat" becomes "openai" unless the book knows the longer name. */
static struct str clean_provider(const struct price_book *book, struct str provider, char *space,
                                 size_t size)
{
    provider = str_trim(provider);
    if (provider.len > size)
        return STR_NONE;
    for (size_t i = 0; i < provider.len; i++)
        space[i] = (char)tolower((unsigned char)provider.ptr[i]);
    struct str clean = {space, provider.len};
    uint64_t index;
    for (size_t dot; !map_get(&book->providers, clean, &index);) {
        dot = str_rfind_byte(clean, '.');
        if (dot == clean.len)
            return (struct str){space, provider.len};
        clean = str_sub(clean, 0, dot);
    }
    return clean;
}

static bool is_gateway(const struct price_book *book, struct str provider)
{
    for (size_t i = 0; i < book->gateway_count; i++)
        if (str_equal(book->gateways[i], provider))
            return true;
    return provider.len == 0;
}

static bool shares_api(const struct price_book *book, const struct asked *asked)
{
    for (size_t i = 0; i < asked->count; i++)
        if (book->groups[asked->groups[i]].shared_api)
            return true;
    return false;
}

static void resolve(const struct price_book *book, struct str provider,
                    const struct price_name *name, struct price_match *match)
{
    struct asked own = {0}, vendor = {0};
    struct asked makers = {.all = true, .turn = TURN_FIRST};
    struct asked resellers = {.all = true, .turn = TURN_LAST};
    ask_provider(book, provider, &own);
    bool open = is_gateway(book, provider) || shares_api(book, &own);
    ask_provider(book, STR("*"), &own);
    if (search(book, &own, name, match))
        return;
    match->other_provider = !is_gateway(book, provider);
    if (name->vendor.len)
        ask_vendor(book, name->vendor, &vendor);
    if (search(book, &vendor, name, match))
        return;
    /* A vendor the book does not list sells elsewhere at prices of its own. */
    if (open && !name->vendor.len &&
        (search(book, &makers, name, match) || search(book, &resellers, name, match)))
        return;
    match->other_provider = false;
    if (name->needs_alias)
        match->reason = PRICE_NEEDS_ALIAS;
}

/* The last alias that fits; later files and lines win. */
static const struct price_alias *find_alias(const struct price_book *book, struct str provider,
                                            const struct price_name *name)
{
    for (size_t i = book->alias_count; i-- > 0;) {
        const struct price_alias *alias = &book->aliases[i];
        if (alias->provider.len && !str_equal(alias->provider, provider))
            continue;
        for (size_t k = 0; k < name->form_count; k++)
            if (price_pattern_fits(alias->from, name->forms[k]))
                return alias;
    }
    return NULL;
}

static struct price_match resolve_model(const struct price_book *book, struct str provider,
                                        struct str model)
{
    struct price_match match = {.reason = PRICE_UNKNOWN_MODEL};
    struct price_name name, aimed;
    char space[PRICE_ID_MAX];

    if (!price__name_parse(model, &name)) {
        if (str_trim(model).len == 0)
            match.reason = PRICE_NO_MODEL;
        return match;
    }
    provider = clean_provider(book, provider, space, sizeof space);
    const struct price_alias *alias = find_alias(book, provider, &name);
    /* One step only, so aliases cannot chase each other. */
    if (alias && price__name_parse(alias->to, &aimed)) {
        match.by_alias = true;
        match.scope = aimed.scope;
        resolve(book, alias->to_provider.len ? alias->to_provider : provider, &aimed, &match);
    } else {
        resolve(book, provider, &name, &match);
    }
    if (match.reason != PRICE_KNOWN)
        match.entry = NULL;
    if (!match.scope.len)
        match.scope = name.scope;
    match.region = name.region;
    return match;
}

/* Scopes are literals of name.c; the region lies in the parser's copy and must move to `model`. */
static struct price_match remember(struct price_book *book, struct str key, struct str model,
                                   struct price_match match)
{
    size_t at = match.region.len ? str_find(model, match.region) : model.len;
    if (at == model.len)
        match.region = STR_NONE;
    else
        match.region = str_sub(model, at, match.region.len);

    pthread_mutex_lock(&book->lock);
    if (key.len && book->answer_count < PRICE_CACHE_MAX &&
        map_put(&book->cache, key, book->answer_count)) {
        struct price_answer *answer = &book->answers[book->answer_count++];
        *answer = (struct price_answer){match, (uint32_t)at, (uint32_t)match.region.len};
        answer->match.region = STR_NONE;
    }
    pthread_mutex_unlock(&book->lock);
    return match;
}

struct price_match price_match(struct price_book *book, struct str provider, struct str model)
{
    char key[2 * PRICE_ID_MAX];
    size_t len = provider.len + 1 + model.len;
    uint64_t index;

    if (len > sizeof key)
        return remember(book, STR_NONE, model, resolve_model(book, provider, model));
    if (provider.len)
        memcpy(key, provider.ptr, provider.len);
    key[provider.len] = '\n';
    if (model.len)
        memcpy(key + provider.len + 1, model.ptr, model.len);

    pthread_mutex_lock(&book->lock);
    bool known = map_get(&book->cache, (struct str){key, len}, &index);
    struct price_answer answer = known ? book->answers[index] : (struct price_answer){0};
    pthread_mutex_unlock(&book->lock);
    if (!known)
        return remember(book, (struct str){key, len}, model, resolve_model(book, provider, model));
    answer.match.region =
        answer.region_len ? str_sub(model, answer.region_offset, answer.region_len) : STR_NONE;
    return answer.match;
}
