/* SPDX-License-Identifier: Apache-2.0 */
/*
 * langfuse_models: models and their prices as Langfuse's clients define and read them: a project's
 * own, then the price book's as the ones that are "managed".
 */
#include <ctype.h>
#include <math.h>

#include "base/clock.h"
#include "control/custom_prices.h"
#include "price/custom.h"
#include "serve/langfuse_private.h"
#include "serve/prices.h"

static const char *const units[] = {"CHARACTERS", "TOKENS", "MILLISECONDS",
                                    "SECONDS",    "IMAGES", "REQUESTS"};

/* --- a project's own ---------------------------------------------------------------------------
 */

static void write_optional(struct json_out *out, const char *key, struct str text)
{
    if (text.ptr)
        json_out_str(out, key, text);
    else
        json_out_null(out, key);
}

static const struct json *default_prices(const struct json *tiers)
{
    for (uint32_t i = 0; tiers->type == JSON_ARRAY && i < tiers->count; i++) {
        const struct json *is_default = json_get(&tiers->items[i], STR("isDefault"));
        if (is_default && is_default->type == JSON_BOOL && is_default->boolean)
            return json_get(&tiers->items[i], STR("prices"));
    }
    return NULL;
}

static const char *key_of(struct call *call, const struct json_member *member)
{
    return arena_copy(&call->request->arena, member->key).ptr; /* with a zero byte behind it */
}

/* The flat members that older clients read. */
static void write_flat(struct call *call, const struct json *prices)
{
    struct json_out *out = &call->out;
    static const char *const members[][2] = {
        {"inputPrice", "input"}, {"outputPrice", "output"}, {"totalPrice", "total"}};
    double dollars;
    for (size_t i = 0; i < 3; i++) {
        const struct json *price = json_get(prices, str_from(members[i][1]));
        json_out_double(out, members[i][0], price && json_number(price, &dollars) ? dollars : NAN);
    }
    json_out_object(out, "prices");
    for (uint32_t i = 0; prices && i < prices->count; i++) {
        if (!json_number(&prices->members[i].value, &dollars))
            continue;
        json_out_object(out, key_of(call, &prices->members[i]));
        json_out_double(out, "price", dollars);
        json_out_end_object(out);
    }
    json_out_end_object(out);
}

static void write_custom(struct call *call, const struct custom_price *price)
{
    struct json_out *out = &call->out;
    struct json tiers = {0};
    struct error ignored;
    json_parse(price->tiers, &call->request->arena, &tiers, &ignored);
    json_out_object(out, NULL);
    json_out_str(out, "id", price->id);
    json_out_str(out, "modelName", price->model_name);
    json_out_str(out, "matchPattern", price->match_pattern);
    langfuse__time(out, "startDate",
                   price->start_ns == CUSTOM_PRICE_NO_START ? 0 : price->start_ns);
    write_optional(out, "unit", price->unit);
    write_flat(call, default_prices(&tiers));
    write_optional(out, "tokenizerId", price->tokenizer_id);
    json_out_raw(out, "tokenizerConfig",
                 price->tokenizer_config.ptr ? price->tokenizer_config : STR("null"));
    json_out_bool(out, "isLangfuseManaged", false);
    langfuse__time(out, "createdAt", price->created_ns);
    json_out_raw(out, "pricingTiers", price->tiers);
    json_out_end_object(out);
}

/* --- the book's --------------------------------------------------------------------------------
 */

static bool holds_now(const struct price_row *row, int64_t now_ns)
{
    return row->tier == TIER_DEFAULT && row->from_ns <= now_ns && now_ns < row->until_ns;
}

/* What most calls pay: no condition, else the fewest. */
static const struct price_row *row_now(const struct price_entry *entry, int64_t now_ns)
{
    const struct price_row *best = NULL;
    for (size_t i = 0; i < entry->row_count; i++) {
        const struct price_row *row = &entry->rows[i];
        bool plain = !row->scope_count && !row->window_count;
        if (holds_now(row, now_ns) && !row->above_tokens && (!best || plain))
            best = row;
    }
    return best;
}

static void write_rates(struct json_out *out, const struct price_row *row, bool wrapped)
{
    json_out_object(out, "prices");
    for (int i = 0; i < PRICE_COMPONENT_COUNT; i++) {
        enum price_component component = (enum price_component)i;
        if (!(row->has >> i & 1))
            continue;
        if (wrapped) {
            json_out_object(out, price_usage_type(component));
            json_out_double(out, "price", price_rate_dollars(row->rates[i]));
            json_out_end_object(out);
        } else {
            json_out_double(out, price_usage_type(component), price_rate_dollars(row->rates[i]));
        }
    }
    json_out_end_object(out);
}

static void write_tier(struct call *call, const struct price_entry *entry,
                       const struct price_row *row, int64_t priority)
{
    struct json_out *out = &call->out;
    struct langfuse_tier tier = langfuse__tier(call, entry, row, TIER_DEFAULT);
    json_out_object(out, NULL);
    json_out_str(out, "id", tier.id);
    json_out_str(out, "name", tier.name);
    json_out_bool(out, "isDefault", priority == 0);
    json_out_int(out, "priority", priority);
    json_out_array(out, "conditions");
    if (priority) {
        json_out_object(out, NULL);
        json_out_text(out, "usageDetailPattern", "^input");
        json_out_text(out, "operator", "gt");
        json_out_int(out, "value", row->above_tokens);
        json_out_bool(out, "caseSensitive", false);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    write_rates(out, row, false);
    json_out_end_object(out);
}

/* The highest threshold is asked first. */
static void write_tiers(struct call *call, const struct price_entry *entry,
                        const struct price_row *standard, int64_t now_ns)
{
    int64_t above = INT64_MAX, priority = 1;
    json_out_array(&call->out, "pricingTiers");
    write_tier(call, entry, standard, 0);
    for (;;) {
        const struct price_row *next = NULL;
        for (size_t i = 0; i < entry->row_count; i++) {
            const struct price_row *row = &entry->rows[i];
            if (holds_now(row, now_ns) && row->above_tokens && row->above_tokens < above &&
                (!next || row->above_tokens > next->above_tokens))
                next = row;
        }
        if (!next)
            break;
        above = next->above_tokens;
        write_tier(call, entry, next, priority++);
    }
    json_out_end_array(&call->out);
}

/* The entry's patterns as one regular expression. */
static struct str expression_of(const struct price_entry *entry, struct arena *arena)
{
    struct buf text = {0};
    buf_add_str(&text, STR("(?i)^("));
    for (size_t i = 0; i < entry->pattern_count; i++) {
        if (i)
            buf_add_byte(&text, '|');
        for (size_t at = 0; at < entry->patterns[i].len; at++) {
            unsigned char byte = (unsigned char)entry->patterns[i].ptr[at];
            if (byte == '*')
                buf_add_byte(&text, '.');
            else if (byte < 0x80 && !isalnum(byte))
                buf_add_byte(&text, '\\');
            buf_add_byte(&text, (char)byte);
        }
    }
    buf_add_str(&text, STR(")$"));
    struct str kept = arena_copy(arena, buf_str(&text));
    buf_done(&text);
    return kept;
}

static void write_managed(struct call *call, const struct price_entry *entry)
{
    static const struct price_row none;
    struct json_out *out = &call->out;
    int64_t now = clock_now_ns();
    const struct price_row *row = row_now(entry, now);
    row = row ? row : &none;
    size_t slash = str_find_byte(entry->id, '/');
    bool input = row->has >> PRICE_INPUT & 1, output = row->has >> PRICE_OUTPUT & 1;
    json_out_object(out, NULL);
    json_out_str(out, "id", entry->id);
    json_out_str(out, "modelName",
                 slash < entry->id.len ? str_sub(entry->id, slash + 1, entry->id.len) : entry->id);
    json_out_str(out, "matchPattern", expression_of(entry, &call->request->arena));
    json_out_null(out, "startDate");
    json_out_text(out, "unit", "TOKENS");
    json_out_double(out, "inputPrice", input ? price_rate_dollars(row->rates[PRICE_INPUT]) : NAN);
    json_out_double(out, "outputPrice",
                    output ? price_rate_dollars(row->rates[PRICE_OUTPUT]) : NAN);
    json_out_null(out, "totalPrice");
    write_rates(out, row, true);
    json_out_null(out, "tokenizerId");
    json_out_null(out, "tokenizerConfig");
    json_out_bool(out, "isLangfuseManaged", true);
    langfuse__time(out, "createdAt", row->from_ns > 0 ? row->from_ns : 1);
    write_tiers(call, entry, row, now);
    json_out_end_object(out);
}

static const struct price_entry *find_managed(struct call *call, struct str id)
{
    const struct price_book *book = call->query->prices;
    for (size_t i = 0; i < price_entry_count(book); i++)
        if (str_equal(price_entry_at(book, i)->id, id))
            return price_entry_at(book, i);
    return NULL;
}

static enum status refuse_managed(struct call *call, struct str id)
{
    return find_managed(call, id)
               ? fail(&call->error, STATUS_INVALID,
                      "id: the price book's own models stay; make one of that name instead")
               : STATUS_OK;
}

/* --- what is sent ------------------------------------------------------------------------------
 */

static void write_flat_tier(struct json_out *out, const struct json *body)
{
    static const char *const members[][2] = {
        {"inputPrice", "input"}, {"outputPrice", "output"}, {"totalPrice", "total"}};
    json_out_object(out, NULL);
    json_out_text(out, "name", "Standard");
    json_out_bool(out, "isDefault", true);
    json_out_int(out, "priority", 0);
    json_out_array(out, "conditions");
    json_out_end_array(out);
    json_out_object(out, "prices");
    for (size_t i = 0; i < 3; i++) {
        const struct json *price = json_get(body, str_from(members[i][0]));
        if (price && price->type != JSON_NULL)
            json_out_value(out, members[i][1], price);
    }
    json_out_end_object(out);
}

/* A tier as sent, with an id; what is wrong in it is said when it is read. */
static void write_sent_tier(struct call *call, struct json_out *out, const struct json *tier)
{
    for (uint32_t i = 0; i < tier->count; i++) {
        const struct json_member *member = &tier->members[i];
        if (!str_equal(member->key, STR("id")))
            json_out_value(out, key_of(call, member), &member->value);
    }
    if (!json_get(tier, STR("conditions"))) {
        json_out_array(out, "conditions");
        json_out_end_array(out);
    }
}

static bool has_price(const struct json *body, const char *name)
{
    const struct json *price = json_get(body, str_from(name));
    return price && price->type != JSON_NULL;
}

static enum status check_flat(struct call *call, const struct json *body)
{
    static const char *const names[] = {"inputPrice", "outputPrice", "totalPrice"};
    double dollars;
    bool any = false;
    for (size_t i = 0; i < 3; i++) {
        const struct json *price = json_get(body, str_from(names[i]));
        if (!has_price(body, names[i]))
            continue;
        any = true;
        if (price->type == JSON_STRING || !json_number(price, &dollars) || !(dollars >= 0))
            return fail(&call->error, STATUS_INVALID, "%s: expected dollars a unit, 0 or more",
                        names[i]);
    }
    if (!any)
        return fail(&call->error, STATUS_INVALID,
                    "pricingTiers: expected them, or inputPrice, outputPrice or totalPrice");
    if (has_price(body, "totalPrice") &&
        (has_price(body, "inputPrice") || has_price(body, "outputPrice")))
        return fail(&call->error, STATUS_INVALID,
                    "totalPrice: expected none beside inputPrice or outputPrice");
    return STATUS_OK;
}

static enum status read_tiers(struct call *call, const struct json *body, struct str *out_tiers)
{
    const struct json *tiers = json_get(body, STR("pricingTiers"));
    bool tiered = tiers && tiers->type != JSON_NULL;
    bool flat = has_price(body, "inputPrice") || has_price(body, "outputPrice") ||
                has_price(body, "totalPrice");
    if (tiered && (flat || tiers->type != JSON_ARRAY || tiers->count > CUSTOM_TIERS_MAX))
        return fail(&call->error, STATUS_INVALID,
                    "pricingTiers: expected a list of at most %d, and no flat prices beside it",
                    CUSTOM_TIERS_MAX);
    enum status status = tiered ? STATUS_OK : check_flat(call, body);
    if (status != STATUS_OK)
        return status;
    struct buf text = {0};
    struct json_out out = json_out(&text);
    json_out_array(&out, NULL);
    for (uint32_t i = 0; i < (tiered ? tiers->count : 1); i++) {
        if (tiered) {
            json_out_object(&out, NULL);
            if (tiers->items[i].type == JSON_OBJECT)
                write_sent_tier(call, &out, &tiers->items[i]);
        } else {
            write_flat_tier(&out, body);
        }
        json_out_str(&out, "id", arena_printf(&call->request->arena, "tier-%u", i));
        json_out_end_object(&out);
    }
    json_out_end_array(&out);
    *out_tiers = arena_copy(&call->request->arena, buf_str(&text));
    buf_done(&text);
    return STATUS_OK;
}

static enum status read_unit(struct call *call, const struct json *body, struct str *out_unit)
{
    struct str unit;
    enum status status = body_text(call, body, "unit", false, &unit);
    *out_unit = unit.len ? unit : STR("TOKENS");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_equal(*out_unit, str_from(units[i])))
            return status;
    return fail(&call->error, STATUS_INVALID,
                "unit: expected CHARACTERS, TOKENS, MILLISECONDS, SECONDS, IMAGES or REQUESTS");
}

static enum status read_model(struct call *call, const struct json *body,
                              struct custom_price *price)
{
    struct str tokenizer;
    *price = (struct custom_price){0};
    enum status status = body_text(call, body, "modelName", true, &price->model_name);
    if (status == STATUS_OK)
        status = body_text(call, body, "matchPattern", true, &price->match_pattern);
    if (status == STATUS_OK)
        status = prices_read_start(call, body, "startDate", &price->start_ns);
    if (status == STATUS_OK)
        status = read_unit(call, body, &price->unit);
    if (status == STATUS_OK)
        status = body_text(call, body, "tokenizerId", false, &tokenizer);
    if (status == STATUS_OK)
        status = read_tiers(call, body, &price->tiers);
    if (status != STATUS_OK)
        return status;
    price->tokenizer_id = tokenizer.len ? tokenizer : STR_NONE;
    const struct json *config = json_get(body, STR("tokenizerConfig"));
    if (config && config->type == JSON_OBJECT)
        price->tokenizer_config = config->raw;
    else if (config && config->type != JSON_NULL)
        return fail(&call->error, STATUS_INVALID, "tokenizerConfig: expected an object");
    return STATUS_OK;
}

/* --- handlers ----------------------------------------------------------------------------------
 */

void serve__langfuse_models(struct request *request, void *context)
{
    struct call call;
    struct langfuse_page page;
    struct custom_price *prices;
    size_t count = 0;
    if (!call_begin(&call, request, context))
        return;
    enum status status = langfuse__page(&call, &page);
    int64_t skip = status == STATUS_OK ? langfuse__skip(&page) : 0;
    if (status == STATUS_OK)
        status = control_custom_prices(call.options->control, request->project_id, skip, page.limit,
                                       &request->arena, &prices, &count, &page.total, &call.error);
    if (status == STATUS_OK) {
        const struct price_book *book = call.query->prices;
        size_t entries = price_entry_count(book);
        size_t at = skip > page.total ? (size_t)(skip - page.total) : 0;
        langfuse__open_page(&call);
        for (size_t i = 0; i < count; i++)
            write_custom(&call, &prices[i]);
        for (size_t told = count; told < (size_t)page.limit && at < entries; told++)
            write_managed(&call, price_entry_at(book, at++));
        page.total += (int64_t)entries;
        langfuse__close_page(&call, &page);
    }
    call_end(&call, status);
}

/* What is sent, as the model of this id, or of a new one. */
static void write_model(struct request *request, void *context, struct str id)
{
    struct call call;
    struct json body;
    struct custom_price price;
    if (!call_begin(&call, request, context))
        return;
    enum status status = refuse_managed(&call, id);
    if (status == STATUS_OK)
        status = body_read(&call, &body);
    if (status == STATUS_OK)
        status = read_model(&call, &body, &price);
    if (status == STATUS_OK) {
        price.id = id;
        status = prices_create(&call, &price);
    }
    if (status == STATUS_OK)
        write_custom(&call, &price);
    call_end(&call, status);
}

void serve__langfuse_model_create(struct request *request, void *context)
{
    write_model(request, context, STR_NONE);
}

void serve__langfuse_model_put(struct request *request, void *context)
{
    write_model(request, context, request_path_part(request, STR("id")));
}

void serve__langfuse_model(struct request *request, void *context)
{
    struct call call;
    struct custom_price price;
    if (!call_begin(&call, request, context))
        return;
    struct str id = request_path_part(request, STR("id"));
    const struct price_entry *managed = find_managed(&call, id);
    enum status status = STATUS_OK;
    if (!managed)
        status = control_custom_price(call.options->control, request->project_id, id,
                                      &request->arena, &price, &call.error);
    if (status == STATUS_OK && managed)
        write_managed(&call, managed);
    else if (status == STATUS_OK)
        write_custom(&call, &price);
    call_end(&call, status);
}

void serve__langfuse_model_delete(struct request *request, void *context)
{
    struct call call;
    if (!call_begin(&call, request, context))
        return;
    struct str id = request_path_part(request, STR("id"));
    enum status status = refuse_managed(&call, id);
    if (status == STATUS_OK)
        status = prices_delete(&call, id);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_text(&call.out, "message", "the model is deleted");
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
