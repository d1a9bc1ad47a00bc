/* SPDX-License-Identifier: Apache-2.0 */
/*
 * custom: see custom.h. Each becomes an entry of the book's own kind, a row a tier, so that one
 * function charges both. Which ones match a model name is remembered: a pattern is tried once a
 * name.
 */
#include "price/custom.h"

#include <stdlib.h>
#include <string.h>

#include "price/custom_tiers.h"
#include "price/price_private.h"
#include "wire/regex.h"

enum { ANSWERS_MAX = 8192, MATCHES_MAX = 65536 };

struct custom {
    uint32_t project_id;
    int64_t start_ns, created_ns, deleted_ns;
    struct regex *regex;
    struct price_entry entry;
    struct str pattern;
    struct custom_tier *tiers; /* [i] belongs to entry.rows[i]; by priority, the default one last */
};

/* Guarded by the book's lock. */
struct customs {
    struct custom **items;
    size_t count, capacity;
    struct map answers; /* project and model -> its matches: where in `matches`, and how many */
    uint32_t *matches;  /* indices of items, the one to prefer first */
    size_t match_count, match_capacity;
};

static void custom_free(struct custom *custom)
{
    for (size_t i = 0; custom && i < custom->entry.row_count; i++)
        custom_tier_done(&custom->tiers[i]);
    if (custom)
        regex_free(custom->regex);
    free(custom);
}

void price__customs_free(struct customs *customs)
{
    if (!customs)
        return;
    for (size_t i = 0; i < customs->count; i++)
        custom_free(customs->items[i]);
    map_done(&customs->answers);
    free(customs->matches);
    free(customs->items);
    free(customs);
}

/* --- adding ------------------------------------------------------------------------------------
 */

static enum status check_texts(const struct custom_price *price, struct error *error)
{
    const struct {
        const char *name;
        struct str text;
        size_t least, most;
    } texts[] = {
        {"id", price->id, 0, CUSTOM_NAME_MAX},
        {"modelName", price->model_name, 1, CUSTOM_NAME_MAX},
        {"matchPattern", price->match_pattern, 1, REGEX_PATTERN_BYTES_MAX},
        {"tokenizerId", price->tokenizer_id, 0, CUSTOM_NAME_MAX},
        {"tokenizerConfig", price->tokenizer_config, 0, CUSTOM_CONFIG_MAX},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.len < texts[i].least || texts[i].text.len > texts[i].most)
            return fail(error, STATUS_INVALID, "%s: expected %zu to %zu bytes", texts[i].name,
                        texts[i].least, texts[i].most);
    return STATUS_OK;
}

/* What a result points at lives in `arena`. */
static enum status make_entry(const struct custom_price *price, struct arena *arena,
                              struct custom *custom, struct error *error)
{
    struct price_entry *entry = &custom->entry;
    enum status status = custom_tiers_read(price->tiers, arena, &custom->tiers, &entry->rows,
                                           &entry->row_count, &entry->one_price, error);
    if (status != STATUS_OK)
        return status;
    entry->id = arena_printf(arena, "custom/%.*s", STR_ARGS(price->model_name));
    entry->file = STR("the project's own prices");
    entry->custom_id = arena_copy(arena, price->id);
    entry->from_override = true;
    custom->pattern = arena_copy(arena, price->match_pattern);
    return entry->id.ptr && custom->pattern.ptr
               ? STATUS_OK
               : fail(error, STATUS_TOO_LARGE, "the price book is too large");
}

static enum status make(const struct custom_price *price, struct arena *arena,
                        struct custom **out_custom, struct error *error)
{
    struct error why;
    enum status status = check_texts(price, error);
    struct custom *custom = calloc(1, sizeof *custom);
    if (!custom)
        return fail(error, STATUS_BUSY, "no memory for a price");
    *custom = (struct custom){.project_id = price->project_id,
                              .start_ns = price->start_ns,
                              .created_ns = price->created_ns,
                              .deleted_ns = price->deleted_ns};
    if (status == STATUS_OK &&
        (status = regex_new(price->match_pattern, false, &custom->regex, &why)) != STATUS_OK)
        status = fail(error, status, "matchPattern: %s", why.text);
    if (status == STATUS_OK)
        status = make_entry(price, arena, custom, error);
    if (status != STATUS_OK) {
        custom_free(custom);
        return status;
    }
    *out_custom = custom;
    return STATUS_OK;
}

enum status price_custom_check(const struct custom_price *price, struct error *error)
{
    struct custom *custom;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    enum status status = make(price, &arena, &custom, error);
    if (status == STATUS_OK)
        custom_free(custom);
    arena_done(&arena);
    return status;
}

enum status price_custom_default(const struct custom_price *price, struct arena *arena,
                                 struct price_row *out_row, size_t *out_tiers, struct error *error)
{
    struct custom_tier *tiers;
    struct price_row *rows;
    bool one_price;
    enum status status =
        custom_tiers_read(price->tiers, arena, &tiers, &rows, out_tiers, &one_price, error);
    if (status != STATUS_OK)
        return status;
    *out_row = rows[*out_tiers - 1];
    for (size_t i = 0; i < *out_tiers; i++)
        custom_tier_done(&tiers[i]);
    return STATUS_OK;
}

static void forget_answers(struct customs *customs)
{
    map_done(&customs->answers);
    map_init(&customs->answers);
    customs->match_count = 0;
}

static bool keep(struct price_book *book, struct custom *custom)
{
    struct customs *customs = book->customs;
    if (!customs) {
        if (!(customs = calloc(1, sizeof *customs)))
            return false;
        map_init(&customs->answers);
        book->customs = customs;
    }
    if (customs->count == customs->capacity) {
        size_t capacity = customs->capacity ? customs->capacity * 2 : 16;
        void *items = realloc(customs->items, capacity * sizeof *customs->items);
        if (!items)
            return false;
        customs->items = items;
        customs->capacity = capacity;
    }
    customs->items[customs->count++] = custom;
    forget_answers(customs);
    return true;
}

enum status price_custom_add(struct price_book *book, const struct custom_price *price,
                             struct error *error)
{
    struct custom *custom;
    pthread_mutex_lock(&book->lock);
    enum status status = make(price, &book->arena, &custom, error);
    if (status == STATUS_OK && !keep(book, custom)) {
        custom_free(custom);
        status = fail(error, STATUS_BUSY, "no memory for a price");
    }
    pthread_mutex_unlock(&book->lock);
    return status;
}

void price_custom_delete(struct price_book *book, uint32_t project_id, struct str id,
                         int64_t deleted_ns)
{
    pthread_mutex_lock(&book->lock);
    for (size_t i = 0; book->customs && i < book->customs->count; i++) {
        struct custom *custom = book->customs->items[i];
        if (custom->project_id == project_id && !custom->deleted_ns &&
            str_equal(custom->entry.custom_id, id))
            custom->deleted_ns = deleted_ns;
    }
    pthread_mutex_unlock(&book->lock);
}

/* --- finding -----------------------------------------------------------------------------------
 */

static bool is_preferred(const struct custom *a, const struct custom *b)
{
    return a->start_ns != b->start_ns ? a->start_ns > b->start_ns : a->created_ns > b->created_ns;
}

/* Whichever match, whether they hold now or not. False: no memory. */
static bool find_matches(struct customs *customs, uint32_t project_id, struct str model)
{
    size_t first = customs->match_count;
    for (size_t i = 0; i < customs->count; i++) {
        const struct custom *custom = customs->items[i];
        if (custom->project_id != project_id || !regex_finds(custom->regex, model))
            continue;
        if (customs->match_count == customs->match_capacity) {
            size_t capacity = customs->match_capacity ? customs->match_capacity * 2 : 64;
            void *matches = realloc(customs->matches, capacity * sizeof *customs->matches);
            if (!matches)
                return false;
            customs->matches = matches;
            customs->match_capacity = capacity;
        }
        size_t at = customs->match_count++;
        for (; at > first && is_preferred(custom, customs->items[customs->matches[at - 1]]); at--)
            customs->matches[at] = customs->matches[at - 1];
        customs->matches[at] = (uint32_t)i;
    }
    return true;
}

/* Where in `matches` the model's are, and how many in the upper half. */
static bool matches_of(struct customs *customs, uint32_t project_id, struct str model,
                       uint64_t *out_answer)
{
    char key[sizeof project_id + PRICE_ID_MAX];
    if (model.len == 0 || model.len > PRICE_ID_MAX)
        return false;
    memcpy(key, &project_id, sizeof project_id);
    memcpy(key + sizeof project_id, model.ptr, model.len);
    struct str name = {key, sizeof project_id + model.len};
    if (map_get(&customs->answers, name, out_answer))
        return true;
    if (customs->answers.count >= ANSWERS_MAX || customs->match_count >= MATCHES_MAX)
        forget_answers(customs);
    size_t first = customs->match_count;
    if (!find_matches(customs, project_id, model))
        return false;
    *out_answer = first | (uint64_t)(customs->match_count - first) << 32;
    (void)map_put(&customs->answers, name, *out_answer); /* else it is found again next time */
    return true;
}

static bool holds(const struct custom *custom, const struct price_request *request)
{
    bool begun = custom->start_ns == CUSTOM_PRICE_NO_START
                     ? request->arrival_ns >= custom->created_ns
                     : request->time_ns >= custom->start_ns;
    return begun && (!custom->deleted_ns || request->arrival_ns < custom->deleted_ns);
}

const struct custom *price__custom_find(struct price_book *book,
                                        const struct price_request *request)
{
    const struct custom *found = NULL;
    uint64_t answer;
    pthread_mutex_lock(&book->lock);
    struct customs *customs = book->customs;
    if (customs && request->project_id &&
        matches_of(customs, request->project_id, request->model, &answer)) {
        const uint32_t *matches = customs->matches + (uint32_t)answer;
        for (size_t i = 0; i < answer >> 32 && !found; i++)
            if (holds(customs->items[matches[i]], request))
                found = customs->items[matches[i]];
    }
    pthread_mutex_unlock(&book->lock);
    return found;
}

struct price_match price__custom_match(const struct custom *custom)
{
    return (struct price_match){
        .reason = PRICE_KNOWN, .entry = &custom->entry, .pattern = custom->pattern};
}

const struct price_row *price__custom_row(const struct custom *custom,
                                          const struct price_request *request,
                                          const int64_t tokens[PRICE_COMPONENT_COUNT])
{
    size_t at = 0;
    while (at + 1 < custom->entry.row_count &&
           !custom_tier_fits(&custom->tiers[at], request, tokens))
        at++;
    return &custom->entry.rows[at];
}
