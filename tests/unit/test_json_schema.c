/* SPDX-License-Identifier: Apache-2.0 */
/* json_schema: what each keyword lets through, what is no schema, and that hostile ones end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <string.h>

#include "serve/json_schema.h"

static struct json parsed(struct arena *arena, const char *text)
{
    struct json json;
    struct error error;
    assert_int_equal(json_parse(str_from(text), arena, &json, &error), STATUS_OK);
    return json;
}

static enum status judge(const char *schema, const char *value, struct error *error)
{
    struct arena arena;
    arena_init(&arena, 16 << 20);
    struct json rules = parsed(&arena, schema), json = parsed(&arena, value);
    enum status status = json_schema_check("schema", &rules, error);
    assert_int_equal(status, STATUS_OK);
    status = json_schema_validate("input", &rules, &json, error);
    arena_done(&arena);
    return status;
}

static void each_keyword_lets_through_what_fits(void **state)
{
    static const struct {
        const char *schema, *fits, *other;
    } rows[] = {
        {"{\"type\":\"integer\"}", "2.0", "2.5"},
        {"{\"type\":[\"null\",\"string\"]}", "null", "1"},
        {"{\"enum\":[1,{\"a\":[2]}]}", "{\"a\":[2.0]}", "{\"a\":[3]}"},
        {"{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2,\"a\":1}", "{\"a\":1}"},
        {"{\"multipleOf\":0.01}", "4.02", "4.025"},
        {"{\"maximum\":3}", "3", "3.1"},
        {"{\"exclusiveMaximum\":3}", "2.9", "3"},
        {"{\"minimum\":18446744073709551615}", "18446744073709551615", "9223372036854775807"},
        {"{\"exclusiveMinimum\":1}", "1.5", "1"},
        {"{\"maxLength\":2}", "\"\\ud83d\\ude00\\ud83d\\ude00\"", "\"abc\""},
        {"{\"minLength\":2}", "\"ab\"", "\"\\u00e9\""},
        {"{\"pattern\":\"^a+$\"}", "\"aaa\"", "\"AAA\""},
        {"{\"items\":{\"type\":\"string\"}}", "[\"a\"]", "[\"a\",1]"},
        {"{\"items\":[{\"type\":\"string\"}],\"additionalItems\":false}", "[\"a\"]", "[\"a\",1]"},
        {"{\"maxItems\":1}", "[1]", "[1,2]"},
        {"{\"minItems\":1}", "[1]", "[]"},
        {"{\"uniqueItems\":true}", "[1,true]", "[1,1.0]"},
        {"{\"contains\":{\"const\":1}}", "[2,1]", "[2]"},
        {"{\"maxProperties\":1}", "{\"a\":1}", "{\"a\":1,\"b\":2}"},
        {"{\"minProperties\":1}", "{\"a\":1}", "{}"},
        {"{\"required\":[\"a\"]}", "{\"a\":null}", "{\"b\":1}"},
        {"{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":\"x\",\"b\":1}", "{\"a\":1}"},
        {"{\"patternProperties\":{\"^n_\":{\"type\":\"number\"}}}", "{\"n_1\":1,\"x\":\"\"}",
         "{\"n_1\":\"\"}"},
        {"{\"properties\":{\"a\":{}},\"patternProperties\":{\"^b\":{}},"
         "\"additionalProperties\":false}",
         "{\"a\":1,\"bb\":2}", "{\"c\":1}"},
        {"{\"dependencies\":{\"a\":[\"b\"],\"c\":{\"required\":[\"d\"]}}}", "{\"a\":1,\"b\":1}",
         "{\"c\":1}"},
        {"{\"propertyNames\":{\"maxLength\":1}}", "{\"a\":1}", "{\"ab\":1}"},
        {"{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":2},\"else\":{\"minimum\":2}}", "2",
         "\"a\""},
        {"{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2", "3"},
        {"{\"anyOf\":[{\"minimum\":5},{\"type\":\"string\"}]}", "\"\"", "4"},
        {"{\"oneOf\":[{\"minimum\":1},{\"minimum\":2}]}", "1", "2"},
        {"{\"not\":{\"type\":\"string\"}}", "1", "\"\""},
        {"{\"$ref\":\"#/$defs/a~1b\",\"$defs\":{\"a/b\":{\"type\":\"string\"}}}", "\"x\"", "1"},
        {"{\"properties\":{\"next\":{\"$ref\":\"#\"}},\"additionalProperties\":false}",
         "{\"next\":{\"next\":{}}}", "{\"next\":{\"nxt\":{}}}"},
        {"{\"format\":\"date\",\"title\":\"t\",\"description\":\"d\",\"default\":1}", "\"no date\"",
         NULL},
        {"true", "1", NULL},
    };
    struct error error;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].schema); /* the last one told is the one that failed */
        assert_int_equal(judge(rows[i].schema, rows[i].fits, &error), STATUS_OK);
        if (rows[i].other)
            assert_int_equal(judge(rows[i].schema, rows[i].other, &error), STATUS_INVALID);
    }
}

static void what_does_not_fit_is_said_with_its_place(void **state)
{
    struct error error;
    (void)state;
    judge("{\"properties\":{\"list\":{\"items\":{\"properties\":{\"n\":{\"minimum\":3}}}}}}",
          "{\"list\":[{\"n\":4},{\"n\":2}]}", &error);
    assert_string_equal(error.text, "input/list/1/n: expected at least 3 (JSON schema)");
}

static void what_is_no_schema_is_refused(void **state)
{
    static const struct {
        const char *schema, *words;
    } rows[] = {
        {"[]", "expected a JSON schema"},
        {"{\"tpye\":\"string\"}", "'tpye' is no keyword"},
        {"{\"properties\":{\"a\":{\"nullable\":true}}}", "'nullable' is no keyword"},
        {"{\"type\":\"text\"}", "type: expected null, boolean"},
        {"{\"minLength\":-1}", "minLength: expected a whole number"},
        {"{\"multipleOf\":0}", "multipleOf: expected a number above 0"},
        {"{\"required\":\"a\"}", "required: expected a list of texts"},
        {"{\"allOf\":[]}", "allOf: expected a list of schemas"},
        {"{\"pattern\":\"(\"}", "pattern: "},
        {"{\"pattern\":\"(?=look)\"}", "pattern: "},
        {"{\"$ref\":\"http://elsewhere/schema\"}", "$ref: 'http://elsewhere/schema' is no place"},
        {"{\"$ref\":\"#/definitions/none\"}", "is no place"},
        {"{\"items\":{\"$id\":\"other\"}}", "$id is understood at the root only"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena;
        struct error error;
        arena_init(&arena, 1 << 20);
        struct json schema = parsed(&arena, rows[i].schema);
        assert_int_equal(json_schema_check("s", &schema, &error), STATUS_INVALID);
        print_message("%s\n", error.text);
        assert_non_null(strstr(error.text, rows[i].words));
        arena_done(&arena);
    }
}

/* In a circle, and twice as much with each of forty levels: both end, and say so. */
static void a_hostile_schema_ends(void **state)
{
    struct buf text = {0};
    struct error error;
    (void)state;
    assert_int_equal(judge("{\"$ref\":\"#\"}", "1", &error), STATUS_TOO_LARGE);
    buf_add_str(&text, STR("{\"$ref\":\"#/$defs/0\",\"$defs\":{"));
    for (int i = 0; i < 40; i++)
        buf_printf(&text,
                   "\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},{\"$ref\":\"#/$defs/%d\"}]},", i,
                   i + 1, i + 1);
    buf_add(&text, "\"40\":{}}}", 10);
    assert_int_equal(judge(text.ptr, "1", &error), STATUS_TOO_LARGE);
    assert_non_null(strstr(error.text, "too much work"));
    buf_done(&text);
}

/* What a reference leads to need not be a schema at all. */
static void a_reference_into_data_does_no_harm(void **state)
{
    struct error error;
    (void)state;
    assert_int_equal(
        judge("{\"$ref\":\"#/default\",\"default\":{\"properties\":3,\"items\":\"x\",\"not\":[]}}",
              "{\"a\":[1]}", &error),
        STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keyword_lets_through_what_fits),
        cmocka_unit_test(what_does_not_fit_is_said_with_its_place),
        cmocka_unit_test(what_is_no_schema_is_refused),
        cmocka_unit_test(a_hostile_schema_ends),
        cmocka_unit_test(a_reference_into_data_does_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
