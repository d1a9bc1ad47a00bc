/* SPDX-License-Identifier: Apache-2.0 */
/* custom: whose prices count, from when to when, which tier, and what is refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <stdio.h>
#include <string.h>

#include "price/custom.h"

#define FLAT                                                                                       \
    "{\"name\":\"Standard\",\"isDefault\":true,\"priority\":0,\"conditions\":[],\"prices\":"
#define ONE(prices) STR("[" FLAT prices "}]")

static struct price_book *book;

static int open_book(void **state)
{
    struct error error;
    (void)state;
    return price_open(NULL, &book, &error) == STATUS_OK ? 0 : -1;
}

static int close_book(void **state)
{
    (void)state;
    price_close(book);
    return 0;
}

static struct custom_price of(const char *id, const char *pattern, struct str tiers)
{
    return (struct custom_price){.project_id = 7,
                                 .id = str_from(id),
                                 .model_name = str_from(id),
                                 .match_pattern = str_from(pattern),
                                 .tiers = tiers,
                                 .start_ns = CUSTOM_PRICE_NO_START,
                                 .created_ns = 1000};
}

static void add(const struct custom_price *price)
{
    struct error error = {0};
    enum status status = price_custom_add(book, price, &error);
    assert_string_equal(error.text, "");
    assert_int_equal(status, STATUS_OK);
}

/* What 1000 tokens in, 400 of them cached, and 100 out cost. */
static struct price_result cost_of(uint32_t project, const char *model, int64_t arrival_ns)
{
    struct token_usage usage;
    struct price_result result;
    usage_clear(&usage);
    usage.input_total = 1000;
    usage.cache_read = 400;
    usage.output_total = 100;
    usage.total = 1100;
    const struct price_request request = {.provider = STR("openai"),
                                          .model = str_from(model),
                                          .time_ns = 5000,
                                          .usage = &usage,
                                          .project_id = project,
                                          .arrival_ns = arrival_ns};
    price_usage(book, &request, &result);
    return result;
}

static void a_price_is_the_projects_own_and_dollars_a_unit(void **state)
{
    const struct custom_price price =
        of("own", "(?i)^our-model(-v\\d+)?$",
           ONE("{\"input\":0.000002,\"input_cached_tokens\":0.0000005,\"output\":0.00001}"));
    (void)state;
    add(&price);
    struct price_result result = cost_of(7, "Our-Model-v2", 2000);
    assert_int_equal(result.status, PRICE_PRICED);
    /* 600 * 2000 + 400 * 500 + 100 * 10000 nano-dollars */
    assert_int_equal(result.cost, 2400000);
    assert_true(str_equal(result.match.entry->custom_id, STR("own")));
    assert_int_equal(cost_of(8, "our-model", 2000).status, PRICE_UNPRICED);
    assert_int_equal(cost_of(0, "our-model", 2000).status, PRICE_UNPRICED);
    assert_int_equal(cost_of(7, "our-model-x", 2000).status, PRICE_UNPRICED);
}

static void tokens_without_a_price_of_their_own_take_that_of_their_kind(void **state)
{
    const struct custom_price price = of("flat", "^flat$", ONE("{\"input\":1e-6,\"output\":2e-6}"));
    (void)state;
    add(&price);
    assert_int_equal(cost_of(7, "flat", 2000).cost, 1000 * 1000 + 100 * 2000);
}

static void it_holds_for_what_arrives_between_its_making_and_its_end(void **state)
{
    struct custom_price price = of("short", "^short$", ONE("{\"input\":1e-6}"));
    (void)state;
    add(&price);
    assert_int_equal(cost_of(7, "short", 999).status, PRICE_UNPRICED);
    assert_int_equal(cost_of(7, "short", 1000).status, PRICE_PRICED);
    price_custom_delete(book, 8, STR("short"), 1500);
    assert_int_equal(cost_of(7, "short", 1500).status, PRICE_PRICED);
    price_custom_delete(book, 7, STR("short"), 1500);
    assert_int_equal(cost_of(7, "short", 1499).status, PRICE_PRICED);
    assert_int_equal(cost_of(7, "short", 1500).status, PRICE_UNPRICED);
}

static void a_start_looks_at_the_call_and_the_latest_that_has_begun_counts(void **state)
{
    struct custom_price price = of("dated", "^dated$", ONE("{\"input\":1e-6}"));
    (void)state;
    add(&price);
    price.id = STR("begun");
    price.start_ns = 4000;
    price.created_ns = 9000;
    price.tiers = ONE("{\"input\":2e-6}");
    add(&price);
    price.id = STR("to come");
    price.start_ns = 6000;
    price.tiers = ONE("{\"input\":3e-6}");
    add(&price);
    /* The call began at 5000; when it arrived does not matter to a start. */
    assert_true(str_equal(cost_of(7, "dated", 1).match.entry->custom_id, STR("begun")));
    assert_int_equal(cost_of(7, "dated", 2000).cost, 1000 * 2000);
}

static void it_stands_before_the_book_and_the_newest_before_older_ones(void **state)
{
    struct custom_price price = of("first", "gpt-4o", ONE("{\"total\":1e-6}"));
    (void)state;
    assert_null(cost_of(7, "gpt-4o", 2000).match.entry->custom_id.ptr);
    add(&price);
    assert_int_equal(cost_of(7, "gpt-4o-mini", 2000).cost, 1100 * 1000);
    price.id = STR("second");
    price.created_ns = 1001;
    add(&price);
    assert_true(str_equal(cost_of(7, "gpt-4o", 2000).match.entry->custom_id, STR("second")));
    assert_true(str_equal(cost_of(7, "gpt-4o", 1000).match.entry->custom_id, STR("first")));
    assert_null(cost_of(8, "gpt-4o", 2000).match.entry->custom_id.ptr);
}

static void a_total_without_a_split_is_enough_for_a_price_of_the_total(void **state)
{
    const struct custom_price price = of("sum", "^sum$", ONE("{\"total\":1e-6}"));
    struct token_usage usage;
    struct price_result result;
    (void)state;
    add(&price);
    usage_clear(&usage);
    usage.total = 50;
    const struct price_request request = {
        .model = STR("sum"), .usage = &usage, .project_id = 7, .arrival_ns = 2000};
    price_usage(book, &request, &result);
    assert_int_equal(result.cost, 50 * 1000);
}

static void tiers_are_asked_in_the_order_of_their_priority(void **state)
{
    const struct custom_price price =
        of("tiers", "^tiers$",
           STR("[" FLAT "{\"input\":1e-6}},"
               "{\"name\":\"c\",\"isDefault\":false,\"priority\":2,\"conditions\":[{"
               "\"usageDetailPattern\":\"^input\",\"operator\":\"gte\",\"value\":1000}],"
               "\"prices\":{\"input\":3e-6}},"
               "{\"name\":\"b\",\"isDefault\":false,\"priority\":1,\"conditions\":[{"
               "\"usageDetailPattern\":\"CACHED\",\"operator\":\"gt\",\"value\":400}],"
               "\"prices\":{\"input\":2e-6}}]"));
    (void)state;
    add(&price);
    /* 400 cached is not above 400; 600 and 400 of input make 1000. */
    assert_int_equal(cost_of(7, "tiers", 2000).cost, 1000 * 3000);
}

static bool says_flex(const void *call, enum call_attribute kind, struct str key,
                      const struct str *texts, size_t count)
{
    (void)call;
    return kind == CALL_PARAMETER && str_equal(key, STR("service_tier")) && count == 2 &&
           str_equal(texts[1], STR("flex"));
}

static void a_tier_can_depend_on_what_the_call_was_asked_with(void **state)
{
    const struct custom_price price =
        of("asked", "^asked$",
           STR("[" FLAT "{\"input\":1e-6}},"
               "{\"name\":\"b\",\"priority\":1,\"conditions\":[{\"source\":\"metadata\",\"key\":"
               "\"service_tier\",\"operator\":\"in\",\"values\":[\"x\",\"flex\"]}],"
               "\"prices\":{\"input\":3e-6}},"
               "{\"name\":\"c\",\"priority\":2,\"conditions\":[{\"source\":\"model_parameters\","
               "\"key\":\"service_tier\",\"operator\":\"in\",\"values\":[\"x\",\"flex\"]},{"
               "\"usageDetailPattern\":\"^input\",\"operator\":\"gt\",\"value\":10}],"
               "\"prices\":{\"input\":2e-6}}]"));
    struct token_usage usage;
    struct price_result result;
    const struct call_attributes attributes = {says_flex, NULL};
    struct price_request request = {
        .model = STR("asked"), .usage = &usage, .project_id = 7, .arrival_ns = 2000};
    (void)state;
    add(&price);
    usage_clear(&usage);
    usage.input_total = 100;
    price_usage(book, &request, &result);
    assert_int_equal(result.cost, 100 * 1000);
    request.attributes = &attributes;
    price_usage(book, &request, &result);
    assert_int_equal(result.cost, 100 * 2000);
}

static void what_cannot_be_is_refused_by_name(void **state)
{
    const char *const tier = "{\"name\":\"x\",\"isDefault\":false,\"priority\":1,\"prices\":{"
                             "\"input\":1},\"conditions\":";
    char text[800];
    const struct {
        const char *pattern, *tiers, *says;
    } cases[] = {
        {"(", "[" FLAT "{\"input\":1}}]", "matchPattern: "},
        {"(?=x)", "[" FLAT "{\"input\":1}}]", "matchPattern: "},
        {"a", "[]", "pricingTiers: "},
        {"a", "nothing", "pricingTiers: "},
        {"a", "[" FLAT "{}}]", "pricingTiers[0].prices: "},
        {"a", "[" FLAT "{\"input\":-1}}]", "pricingTiers[0].prices.input: "},
        {"a", "[" FLAT "{\"input\":\"1\"}}]", "pricingTiers[0].prices.input: "},
        {"a", "[" FLAT "{\"input\":1}}," FLAT "{\"input\":1}}]", "pricingTiers[1]: "},
        {"a", "[{\"name\":\"x\"}]", "pricingTiers[0].priority: "},
        {"a", "[{\"name\":\"x\",\"isDefault\":7}]", "pricingTiers[0].isDefault: "},
        {"a",
         "[%s[{\"source\":\"weather\",\"key\":\"a\",\"operator\":\"in\",\"values\":[\"x\"]}]}]",
         "pricingTiers[0].conditions: "},
        {"a", "[%s[{\"source\":\"metadata\",\"key\":\"a\",\"operator\":\"in\",\"values\":[7]}]}]",
         "pricingTiers[0].conditions: "},
        {"a", "[{\"isDefault\":true}]", "pricingTiers[0].name: "},
        {"a", "[%s[{\"usageDetailPattern\":\"x\",\"operator\":\"gt\",\"value\":1}]}]",
         "pricingTiers: expected exactly one"},
        {"a", "[%s[]}]", "pricingTiers[0].conditions: "},
        {"a", "[%s[{\"usageDetailPattern\":\"x\",\"operator\":\"over\",\"value\":1}]}]",
         "pricingTiers[0].conditions: "},
        {"a", "[%s[{\"usageDetailPattern\":\"(\",\"operator\":\"gt\",\"value\":1}]}]",
         "pricingTiers[0].conditions: usageDetailPattern: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error = {0};
        const char *hole = strstr(cases[i].tiers, "%s");
        size_t before = hole ? (size_t)(hole - cases[i].tiers) : strlen(cases[i].tiers);
        snprintf(text, sizeof text, "%.*s%s%s", (int)before, cases[i].tiers, hole ? tier : "",
                 hole ? hole + 2 : "");
        const struct custom_price price = of("wrong", cases[i].pattern, str_from(text));
        assert_int_equal(price_custom_check(&price, &error), STATUS_INVALID);
        error.text[strlen(cases[i].says)] = 0;
        assert_string_equal(error.text, cases[i].says);
    }
}

static void many_models_and_many_prices_stay_right(void **state)
{
    char name[32];
    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "many-%d", i);
        char pattern[64];
        snprintf(pattern, sizeof pattern, "^%s$", name);
        struct custom_price price = of(name, pattern, ONE("{\"input\":1e-6}"));
        add(&price);
    }
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "many-%d", i);
        assert_int_equal(cost_of(7, name, 2000).status, i < 200 ? PRICE_PRICED : PRICE_UNPRICED);
    }
    assert_int_equal(cost_of(7, "many-3", 2000).cost, 1000 * 1000);
}

int main(void)
{
#define BOOK_TEST(name) cmocka_unit_test_setup_teardown(name, open_book, close_book)
    const struct CMUnitTest tests[] = {
        BOOK_TEST(a_price_is_the_projects_own_and_dollars_a_unit),
        BOOK_TEST(tokens_without_a_price_of_their_own_take_that_of_their_kind),
        BOOK_TEST(it_holds_for_what_arrives_between_its_making_and_its_end),
        BOOK_TEST(a_start_looks_at_the_call_and_the_latest_that_has_begun_counts),
        BOOK_TEST(it_stands_before_the_book_and_the_newest_before_older_ones),
        BOOK_TEST(a_total_without_a_split_is_enough_for_a_price_of_the_total),
        BOOK_TEST(tiers_are_asked_in_the_order_of_their_priority),
        BOOK_TEST(a_tier_can_depend_on_what_the_call_was_asked_with),
        BOOK_TEST(what_cannot_be_is_refused_by_name),
        BOOK_TEST(many_models_and_many_prices_stay_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
