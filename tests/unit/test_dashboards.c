/* SPDX-License-Identifier: Apache-2.0 */
/* dashboards: what is refused and in which words; every built-in one is fine; the limits of a
 * project hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <stdio.h>
#include <string.h>

#include "base/asset.h"
#include "control/dashboards.h"
#include "serve/dashboard_check.h"

static enum status check(const char *text, struct dashboard_facts *out_facts, struct error *error)
{
    struct arena arena;
    struct json document;
    arena_init(&arena, 1 << 20);
    enum status status = json_parse(str_from(text), &arena, &document, error);
    assert_int_equal(status, STATUS_OK);
    status = dashboard_check(&document, out_facts, error);
    arena_done(&arena);
    return status;
}

#define WIDGET                                                                                     \
    "{\"id\":\"a\",\"view\":\"line\",\"query\":\"stats "                                           \
    "count(*)\",\"x\":0,\"y\":0,\"w\":6,\"h\":4}"

static void refusals_name_the_member_and_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
        enum status status;
    } cases[] = {
        {"[]", "expected a JSON object", STATUS_INVALID},
        {"{}", "version: is missing", STATUS_INVALID},
        {"{\"version\":2,\"title\":\"a\",\"widgets\":[]}",
         "version: expected a whole number from 1", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"\",\"widgets\":[]}", "title: expected 1 to 200 bytes",
         STATUS_INVALID},
        {"{\"version\":1,\"title\":7,\"widgets\":[]}", "title: expected a string", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":{}}", "widgets: expected a list",
         STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":[1]}", "widgets[0]: expected a JSON object",
         STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"colour\":1,\"widgets\":[]}",
         "colour: there is no such member", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":[{\"id\":\"a\",\"view\":\"piechart\"}]}",
         "widgets[0].view: expected one of line, area, bar", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":[{\"id\":\"1\"}]}",
         "widgets[0].id: expected letters", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":[" WIDGET "," WIDGET "]}",
         "widgets[1].id: 'a' is also that of widgets[0]", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":[{\"id\":\"a\",\"view\":\"line\",\"query\":"
         "\"x\",\"x\":8,\"y\":0,\"w\":6,\"h\":4}]}",
         "widgets[0].w: expected x + w to be at most 12", STATUS_INVALID},
        {"{\"version\":1,\"title\":\"a\",\"widgets\":[],\"variables\":[{\"name\":\"m\"}]}",
         "variables[0].field: is missing", STATUS_INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dashboard_facts facts;
        struct error error = {0};
        assert_int_equal(check(cases[i].text, &facts, &error), cases[i].status);
        if (!strstr(error.text, cases[i].words))
            print_error("'%s' is not in '%s'\n", cases[i].words, error.text);
        assert_non_null(strstr(error.text, cases[i].words));
    }
}

static void a_dashboard_may_not_have_too_many_widgets(void **state)
{
    (void)state;
    static char text[32768];
    size_t used =
        (size_t)snprintf(text, sizeof text, "{\"version\":1,\"title\":\"a\",\"widgets\":[");
    for (int i = 0; i <= DASHBOARD_WIDGETS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s{\"id\":\"w%d\",\"view\":\"line\",\"query\":\"x\",\"x\":0,"
                                 "\"y\":0,\"w\":1,\"h\":1}",
                                 i ? "," : "", i);
    snprintf(text + used, sizeof text - used, "]}");
    struct dashboard_facts facts;
    struct error error = {0};
    assert_int_equal(check(text, &facts, &error), STATUS_TOO_LARGE);
    assert_non_null(strstr(error.text, "widgets: expected at most 60, got 61"));
}

static void every_built_in_dashboard_is_fine(void **state)
{
    (void)state;
    const struct asset *asset;
    size_t count = 0;
    for (; (asset = asset_at(STR("dashboards/"), count)); count++) {
        struct dashboard_facts facts;
        struct error error = {0};
        if (check(asset->bytes, &facts, &error) != STATUS_OK)
            print_error("%s: %s\n", asset->name, error.text);
        assert_int_equal(error.status, STATUS_OK);
        assert_true(facts.widgets > 4 && facts.title.len > 3);
    }
    assert_true(count >= 3);
}

static struct control *open_control(void)
{
    struct control *control;
    struct key_pair pair;
    struct error error;
    bool first;
    assert_int_equal(control_open(":memory:", NULL, NULL, &control, &first, &pair, &error),
                     STATUS_OK);
    return control;
}

static void rows_belong_to_one_project_and_keep_their_revision(void **state)
{
    (void)state;
    struct control *control = open_control();
    struct error error;
    struct key_pair pair;
    uint32_t other;
    int64_t id;
    assert_int_equal(
        control_project_create(control, STR("other"), STR("Other"), false, &other, &pair, &error),
        STATUS_OK);
    struct dashboard dashboard = {.title = STR("A"), .document = STR("{}"), .widgets = 2};
    assert_int_equal(control_dashboard_create(control, 1, &dashboard, &id, &error), STATUS_OK);
    struct arena arena;
    struct dashboard read;
    arena_init(&arena, 1 << 20);
    assert_int_equal(control_dashboard_get(control, other, id, &arena, &read, &error),
                     STATUS_NOT_FOUND);
    assert_int_equal(control_dashboard_delete(control, other, id, &error), STATUS_NOT_FOUND);
    dashboard.id = id;
    dashboard.revision = 1;
    dashboard.title = STR("B");
    assert_int_equal(control_dashboard_update(control, other, &dashboard, &error),
                     STATUS_NOT_FOUND);
    assert_int_equal(control_dashboard_update(control, 1, &dashboard, &error), STATUS_OK);
    assert_int_equal(control_dashboard_update(control, 1, &dashboard, &error), STATUS_CONFLICT);
    assert_non_null(strstr(error.text, "revision 2, not 1"));
    assert_int_equal(control_dashboard_get(control, 1, id, &arena, &read, &error), STATUS_OK);
    assert_int_equal(read.revision, 2);
    assert_true(str_equal(read.title, STR("B")));
    arena_done(&arena);
    control_close(control);
}

static void a_project_has_at_most_so_many(void **state)
{
    (void)state;
    struct control *control = open_control();
    struct error error;
    struct dashboard dashboard = {.title = STR("A"), .document = STR("{}")};
    int64_t id;
    for (int i = 0; i < DASHBOARDS_MAX; i++)
        assert_int_equal(control_dashboard_create(control, 1, &dashboard, &id, &error), STATUS_OK);
    assert_int_equal(control_dashboard_create(control, 1, &dashboard, &id, &error),
                     STATUS_TOO_LARGE);
    assert_int_equal(control_dashboard_delete(control, 1, id, &error), STATUS_OK);
    assert_int_equal(control_dashboard_create(control, 1, &dashboard, &id, &error), STATUS_OK);
    control_close(control);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refusals_name_the_member_and_what_was_expected),
        cmocka_unit_test(a_dashboard_may_not_have_too_many_widgets),
        cmocka_unit_test(every_built_in_dashboard_is_fine),
        cmocka_unit_test(rows_belong_to_one_project_and_keep_their_revision),
        cmocka_unit_test(a_project_has_at_most_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
