/* SPDX-License-Identifier: Apache-2.0 */
/* The nouns: under which name calls of one model are counted together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include "model/model_label.h"

#include <cmocka.h> /* last: it has a macro named fail */

static void expect_of(const char *asked, const char *model, const char *label)
{
    struct str got = model_label(str_from(asked), str_from(model));
    if (!str_equal(got, str_from(label)))
        fail_msg("%s: expected %s, got %.*s", model, label, STR_ARGS(got));
}

static void expect(const char *model, const char *label)
{
    expect_of("", model, label);
}

static void the_date_goes(void **state)
{
    (void)state;
    expect("gpt-4o-mini-2024-07-18", "gpt-4o-mini");
    expect("claude-sonnet-4-5-20250929", "claude-sonnet-4-5");
    expect("claude-sonnet-4@20250514", "claude-sonnet-4");
    expect("claude-3-5-sonnet-latest", "claude-3-5-sonnet");
    expect("us.anthropic.claude-3-5-sonnet-20240620-v1:0", "us.anthropic.claude-3-5-sonnet");
    expect("gemini-2.5-pro-preview-05-06", "gemini-2.5-pro-preview");
    expect("gpt-4o-realtime-preview-2024-12-17", "gpt-4o-realtime-preview");
}

static void what_is_no_date_stays(void **state)
{
    (void)state;
    const char *const whole[] = {"gpt-4o",
                                 "gpt-4-0613",
                                 "mistral-large-2411",
                                 "amazon.nova-pro-v1:0",
                                 "text-embedding-3-small",
                                 "llama-3-70b",
                                 "o3",
                                 "-2024-08-06",
                                 "-latest",
                                 "model-12-34",
                                 "qwen2.5:7b",
                                 ""};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        expect(whole[i], whole[i]);
}

static void an_answer_that_only_says_more_is_the_model_asked_for(void **state)
{
    (void)state;
    expect_of("house-7b", "house-7b-r12", "house-7b");
    expect_of("gpt-4", "gpt-4-0613", "gpt-4");
    expect_of("gpt-4-0613", "gpt-4-0613", "gpt-4-0613");
    expect_of("gpt-4o-2024-08-06", "gpt-4o-2024-08-06", "gpt-4o");
    expect_of("llama3", "llama3:latest", "llama3");
    expect_of("gpt-4", "gpt-4o", "gpt-4o"); /* another model */
    expect_of("auto", "gpt-4o-2024-08-06", "gpt-4o");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_date_goes),
        cmocka_unit_test(what_is_no_date_stays),
        cmocka_unit_test(an_answer_that_only_says_more_is_the_model_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
