/* SPDX-License-Identifier: Apache-2.0 */
/* prices: a project's own prices, in dollars a million tokens as in price files. */
#include "serve/prices.h"

#include <ctype.h>
#include <math.h>

#include "base/clock.h"
#include "control/custom_prices.h"
#include "price/custom.h"

#define PER_MILLION 1e6

/* --- shared with Langfuse's API ----------------------------------------------------------------
 */

enum status prices_create(struct call *call, struct custom_price *price)
{
    struct request *request = call->request;
    price->project_id = request->project_id;
    enum status status = price_custom_check(price, &call->error);
    if (status == STATUS_OK)
        status =
            control_custom_price_add(call->options->control, price, &request->arena, &call->error);
    if (status == STATUS_OK) /* the one in whose place it is */
        price_custom_delete(call->query->prices, price->project_id, price->id, price->created_ns);
    if (status == STATUS_OK)
        status = price_custom_add(call->query->prices, price, &call->error);
    return status;
}

enum status prices_delete(struct call *call, struct str id)
{
    int64_t deleted_ns;
    uint32_t project = call->request->project_id;
    enum status status =
        control_custom_price_delete(call->options->control, project, id, &deleted_ns, &call->error);
    if (status == STATUS_OK)
        price_custom_delete(call->query->prices, project, id, deleted_ns);
    return status;
}

enum status prices_read_start(struct call *call, const struct json *body, const char *name,
                              int64_t *out_start_ns)
{
    const struct json *start = json_get(body, str_from(name));
    *out_start_ns = CUSTOM_PRICE_NO_START;
    if (!start || start->type == JSON_NULL)
        return STATUS_OK;
    if (start->type != JSON_STRING || !clock_parse(start->string, out_start_ns))
        return fail(&call->error, STATUS_INVALID, "%s: expected a time like 2026-11-01T00:00:00Z",
                    name);
    return STATUS_OK;
}

/* --- our own -----------------------------------------------------------------------------------
 */

static void write_price(struct call *call, const struct custom_price *price)
{
    struct json_out *out = &call->out;
    struct price_row row = {0};
    struct error ignored;
    size_t tiers = 0;
    /* What was kept could be read, then. */
    price_custom_default(price, &call->request->arena, &row, &tiers, &ignored);
    json_out_object(out, NULL);
    json_out_str(out, "id", price->id);
    json_out_str(out, "model", price->model_name);
    json_out_str(out, "match", price->match_pattern);
    out_time(out, "start", price->start_ns == CUSTOM_PRICE_NO_START ? 0 : price->start_ns);
    out_time(out, "created", price->created_ns);
    json_out_int(out, "tiers", (int64_t)tiers);
    json_out_object(out, "prices");
    for (int i = 0; i < PRICE_COMPONENT_COUNT; i++)
        if (row.has >> i & 1)
            out_number(out, price_component_name((enum price_component)i),
                       (double)row.rates[i] / (i == PRICE_REQUEST ? 1e15 : 1e9));
    json_out_end_object(out);
    json_out_end_object(out);
}

/* The model's name and nothing else, in any case. */
static struct str exactly(struct arena *arena, struct str model)
{
    struct buf pattern = {0};
    buf_add_str(&pattern, STR("(?i)^"));
    for (size_t i = 0; i < model.len; i++) {
        unsigned char byte = (unsigned char)model.ptr[i];
        if (byte < 0x80 && !isalnum(byte))
            buf_add_byte(&pattern, '\\');
        buf_add_byte(&pattern, (char)byte);
    }
    buf_add_byte(&pattern, '$');
    struct str kept = arena_copy(arena, buf_str(&pattern));
    buf_done(&pattern);
    return kept;
}

/* One tier, in dollars a unit, as Langfuse's API has it. */
static enum status make_tiers(struct call *call, const struct json *prices, struct str *out_tiers)
{
    struct buf text = {0};
    struct json_out out = json_out(&text);
    enum status status = STATUS_OK;
    double dollars;
    if (!prices || prices->type != JSON_OBJECT || prices->count == 0)
        return fail(&call->error, STATUS_INVALID, "prices: expected {\"input\": 2.5, …}");
    json_out_array(&out, NULL);
    json_out_object(&out, NULL);
    json_out_text(&out, "name", "Standard");
    json_out_bool(&out, "isDefault", true);
    json_out_int(&out, "priority", 0);
    json_out_array(&out, "conditions");
    json_out_end_array(&out);
    json_out_object(&out, "prices");
    for (uint32_t i = 0; i < prices->count && status == STATUS_OK; i++) {
        const struct json_member *member = &prices->members[i];
        int at = 0;
        while (at < PRICE_COMPONENT_COUNT &&
               !str_equal(member->key, str_from(price_component_name((enum price_component)at))))
            at++;
        if (at == PRICE_COMPONENT_COUNT || member->value.type == JSON_STRING ||
            !json_number(&member->value, &dollars) || !(dollars >= 0) || dollars > 1e9)
            status = fail(&call->error, STATUS_INVALID,
                          "prices.%.*s: expected input, output, cache_read … with dollars a "
                          "million, 0 or more",
                          STR_ARGS(str_sub(member->key, 0, 60)));
        else
            json_out_double(&out, price_usage_type((enum price_component)at),
                            at == PRICE_REQUEST ? dollars : dollars / PER_MILLION);
    }
    json_out_end_object(&out);
    json_out_end_object(&out);
    json_out_end_array(&out);
    *out_tiers = arena_copy(&call->request->arena, buf_str(&text));
    buf_done(&text);
    return status;
}

static enum status read_price(struct call *call, struct custom_price *price)
{
    struct json body;
    *price = (struct custom_price){.unit = STR("TOKENS")};
    enum status status = body_read(call, &body);
    if (status == STATUS_OK)
        status = body_text(call, &body, "model", true, &price->model_name);
    if (status == STATUS_OK)
        status = body_text(call, &body, "match", false, &price->match_pattern);
    if (status == STATUS_OK)
        status = prices_read_start(call, &body, "start", &price->start_ns);
    if (status == STATUS_OK)
        status = make_tiers(call, json_get(&body, STR("prices")), &price->tiers);
    if (status == STATUS_OK && !price->match_pattern.len)
        price->match_pattern = exactly(&call->request->arena, price->model_name);
    return status;
}

void serve__prices(struct request *request, void *context)
{
    struct call call;
    struct custom_price *prices;
    size_t count;
    int64_t total;
    call_begin_plain(&call, request, context);
    enum status status =
        control_custom_prices(call.options->control, request->project_id, 0, CUSTOM_PRICES_MAX,
                              &request->arena, &prices, &count, &total, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "prices");
        for (size_t i = 0; i < count; i++)
            write_price(&call, &prices[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}

void serve__price_create(struct request *request, void *context)
{
    struct call call;
    struct custom_price price;
    if (!call_begin(&call, request, context))
        return;
    enum status status = read_price(&call, &price);
    if (status == STATUS_OK)
        status = prices_create(&call, &price);
    if (status == STATUS_OK) {
        call.response.http_status = 201;
        write_price(&call, &price);
    }
    call_end(&call, status);
}

void serve__price_delete(struct request *request, void *context)
{
    struct call call;
    if (!call_begin(&call, request, context))
        return;
    enum status status = prices_delete(&call, request_path_part(request, STR("id")));
    if (status == STATUS_OK)
        call.response.http_status = 204;
    call_end(&call, status);
}
