/* SPDX-License-Identifier: Apache-2.0 */
/* prompts: versions, labels that move, what refers to what, and composition without circles. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <stdio.h>
#include <string.h>

#include "control/prompts.h"

struct fixture {
    struct control *control;
    struct arena arena;
    struct error error;
};

static int open_control(void **state)
{
    static struct fixture fixture;
    struct key_pair pair;
    bool first;
    arena_init(&fixture.arena, 64 << 20);
    *state = &fixture;
    return control_open(":memory:", NULL, NULL, &fixture.control, &first, &pair, &fixture.error);
}

static int close_control(void **state)
{
    struct fixture *fixture = *state;
    control_close(fixture->control);
    arena_done(&fixture->arena);
    return 0;
}

enum { PROJECT = 1 };

/* `content` is the JSON; labels are parted by spaces. */
static enum status create(struct fixture *fixture, const char *name, const char *content,
                          const char *labels, int64_t *out_version)
{
    struct str list[8], rest = str_from(labels);
    int64_t version = 0;
    struct prompt_draft draft = {
        .name = str_from(name),
        .is_chat = content[0] == '[',
        .content = str_from(content),
        .config = STR("{}"),
        .created_by = STR("test"),
        .labels = list,
    };
    while (rest.len && draft.label_count < 8 && str_take(&rest, ' ', &list[draft.label_count]))
        draft.label_count++;
    enum status status =
        control_prompt_create(fixture->control, PROJECT, &draft, &version, &fixture->error);
    if (out_version)
        *out_version = version;
    return status;
}

static void must_create(struct fixture *fixture, const char *name, const char *content,
                        const char *labels)
{
    enum status status = create(fixture, name, content, labels, NULL);
    if (status != STATUS_OK)
        print_error("%s\n", fixture->error.text);
    assert_int_equal(status, STATUS_OK);
}

static enum status get(struct fixture *fixture, const char *name, int64_t version,
                       const char *label, struct prompt *out)
{
    const struct prompt_choice choice = {str_from(name), version, str_from(label)};
    return control_prompt_get(fixture->control, PROJECT, &choice, &fixture->arena, out,
                              &fixture->error);
}

#define assert_str(text, expected)                                                                 \
    do {                                                                                           \
        struct str text_ = (text);                                                                 \
        char copy_[4096];                                                                          \
        snprintf(copy_, sizeof copy_, "%.*s", STR_ARGS(text_));                                    \
        assert_string_equal(copy_, expected);                                                      \
    } while (0)

static void check_labels(struct fixture *fixture, int64_t version, const char *expected)
{
    struct prompt prompt;
    assert_int_equal(get(fixture, "p", version, "", &prompt), STATUS_OK);
    assert_str(prompt.labels, expected);
}

static void a_label_is_on_one_version_and_latest_on_the_newest(void **state)
{
    struct fixture *fixture = *state;
    struct prompt prompt;
    must_create(fixture, "p", "\"one\"", "production");
    must_create(fixture, "p", "\"two\"", "");
    assert_int_equal(get(fixture, "p", 0, "production", &prompt), STATUS_OK);
    assert_int_equal(prompt.version, 1);
    assert_str(prompt.content, "\"one\"");
    check_labels(fixture, 1, "[\"production\"]");
    check_labels(fixture, 2, "[\"latest\"]");
    const struct str labels[] = {STR("production"), STR("eu.west-1_b")};
    assert_int_equal(
        control_prompt_label(fixture->control, PROJECT, STR("p"), 2, labels, 2, &fixture->error),
        STATUS_OK);
    check_labels(fixture, 1, "[]");
    check_labels(fixture, 2, "[\"eu.west-1_b\",\"latest\",\"production\"]");
    assert_int_equal(control_prompt_unlabel(fixture->control, PROJECT, STR("p"), STR("production"),
                                            &fixture->error),
                     STATUS_OK);
    check_labels(fixture, 2, "[\"eu.west-1_b\",\"latest\"]");
    assert_int_equal(get(fixture, "p", 0, "production", &prompt), STATUS_NOT_FOUND);
    assert_string_equal(fixture->error.text, "Prompt not found: 'p' with label 'production'");
    assert_int_equal(get(fixture, "p", 3, "", &prompt), STATUS_NOT_FOUND);
    assert_string_equal(fixture->error.text, "Prompt not found: 'p' with version 3");
}

static void latest_is_nobodys_to_move_and_a_version_must_be_there(void **state)
{
    struct fixture *fixture = *state;
    const struct str latest = STR("latest"), fine = STR("fine"), bad = STR("Not Fine");
    must_create(fixture, "p", "\"one\"", "");
    assert_int_equal(
        control_prompt_label(fixture->control, PROJECT, STR("p"), 1, &latest, 1, &fixture->error),
        STATUS_INVALID);
    assert_int_equal(
        control_prompt_label(fixture->control, PROJECT, STR("p"), 1, &bad, 1, &fixture->error),
        STATUS_INVALID);
    assert_int_equal(
        control_prompt_label(fixture->control, PROJECT, STR("p"), 2, &fine, 1, &fixture->error),
        STATUS_NOT_FOUND);
    assert_int_equal(
        control_prompt_unlabel(fixture->control, PROJECT, STR("p"), latest, &fixture->error),
        STATUS_INVALID);
    assert_int_equal(
        control_prompt_unlabel(fixture->control, PROJECT, STR("p"), fine, &fixture->error),
        STATUS_NOT_FOUND);
    check_labels(fixture, 1, "[\"latest\"]");
}

static void names_and_types_are_checked(void **state)
{
    struct fixture *fixture = *state;
    static const char *const bad[] = {"",   "a|b", "new",  "metrics", "prompt-detail",
                                      "/a", "a/",  "a//b", "a\nb",    "a@@@b"};
    char longest[257];
    memset(longest, 'x', 256);
    longest[256] = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(create(fixture, bad[i], "\"x\"", "", NULL), STATUS_INVALID);
    assert_int_equal(create(fixture, longest, "\"x\"", "", NULL), STATUS_INVALID);
    longest[255] = 0;
    must_create(fixture, longest, "\"x\"", "");
    must_create(fixture, "folder/new \xC3\xA9\xF0\x9F\x98\x80", "\"x\"", "");
    must_create(fixture, "p", "\"x\"", "");
    assert_int_equal(create(fixture, "p", "[]", "", NULL), STATUS_INVALID);
    assert_non_null(strstr(fixture->error.text, "different prompt type"));
    assert_int_equal(create(fixture, "p", "\"x\"", "UPPER", NULL), STATUS_INVALID);
}

static void tags_belong_to_all_versions(void **state)
{
    struct fixture *fixture = *state;
    const struct str first[] = {STR("b"), STR("a"), STR("b")}, second[] = {STR("c")};
    struct prompt_draft draft = {.name = STR("p"),
                                 .content = STR("\"x\""),
                                 .config = STR("{}"),
                                 .created_by = STR("test"),
                                 .tags = first,
                                 .tag_count = 3,
                                 .has_tags = true};
    struct prompt prompt;
    int64_t version;
    control_prompt_create(fixture->control, PROJECT, &draft, &version, &fixture->error);
    must_create(fixture, "p", "\"y\"", "");
    assert_int_equal(get(fixture, "p", 2, "", &prompt), STATUS_OK);
    assert_str(prompt.tags, "[\"a\",\"b\"]");
    draft.tags = second;
    draft.tag_count = 1;
    control_prompt_create(fixture->control, PROJECT, &draft, &version, &fixture->error);
    assert_int_equal(get(fixture, "p", 1, "", &prompt), STATUS_OK);
    assert_str(prompt.tags, "[\"c\"]");
}

static void lists_tell_of_the_versions_that_match(void **state)
{
    struct fixture *fixture = *state;
    struct prompt_entry *entries;
    size_t count;
    int64_t total;
    must_create(fixture, "b", "[]", "production");
    must_create(fixture, "a", "\"1\"", "production");
    must_create(fixture, "a", "\"2\"", "staging");
    struct prompt_question question = {.to_ns = INT64_MAX, .limit = 1};
    assert_int_equal(control_prompt_list(fixture->control, PROJECT, &question, &fixture->arena,
                                         &entries, &count, &total, &fixture->error),
                     STATUS_OK);
    assert_int_equal(total, 2);
    assert_int_equal(count, 1);
    assert_str(entries[0].name, "a");
    assert_str(entries[0].versions, "[1,2]");
    assert_str(entries[0].labels, "[\"latest\",\"production\",\"staging\"]");
    assert_str(entries[0].label_versions, "{\"latest\":2,\"production\":1,\"staging\":2}");
    question =
        (struct prompt_question){.to_ns = INT64_MAX, .limit = 10, .label = STR("production")};
    control_prompt_list(fixture->control, PROJECT, &question, &fixture->arena, &entries, &count,
                        &total, &fixture->error);
    assert_int_equal(count, 2);
    assert_str(entries[0].versions, "[1]");
    assert_str(entries[0].labels, "[\"production\"]");
    assert_true(entries[1].is_chat);
    question.skip = 5;
    control_prompt_list(fixture->control, PROJECT, &question, &fixture->arena, &entries, &count,
                        &total, &fixture->error);
    assert_int_equal(count, 0);
    assert_int_equal(total, 2);
    control_prompt_list(fixture->control, 2, &question, &fixture->arena, &entries, &count, &total,
                        &fixture->error);
    assert_int_equal(total, 0);
}

#define REF(name, how) "@@@langfusePrompt:name=" name "|" how "@@@"

static enum status resolve(struct fixture *fixture, const char *name, struct prompt_resolved *out)
{
    struct prompt prompt;
    assert_int_equal(get(fixture, name, 0, "latest", &prompt), STATUS_OK);
    return control_prompt_resolve(fixture->control, PROJECT, &prompt, &fixture->arena, out,
                                  &fixture->error);
}

static void references_are_put_in_wherever_they_stand(void **state)
{
    struct fixture *fixture = *state;
    struct prompt_resolved resolved;
    must_create(fixture, "voice/warm", "\"be \\\"kind\\\"\\n\"", "production");
    must_create(fixture, "odd \"name\" \\ \xC3\xA9", "\"odd\"", "");
    must_create(
        fixture, "p",
        "[{\"role\":\"system\",\"content\":\"a " REF("voice/warm", "label=production") " b " REF(
            "voice/warm",
            "version=1") "\"},{\"role\":\"user\",\"content\":\"" REF("odd \\\"name\\\" \\\\ "
                                                                     "\xC3\xA9",
                                                                     "label=latest") "\"}]",
        "");
    assert_int_equal(resolve(fixture, "p", &resolved), STATUS_OK);
    assert_str(resolved.content,
               "[{\"role\":\"system\",\"content\":\"a be \\\"kind\\\"\\n b be \\\"kind\\\"\\n\"},"
               "{\"role\":\"user\",\"content\":\"odd\"}]");
    assert_int_equal(resolved.edge_count, 2);
    assert_str(resolved.edges[0].child_name, "voice/warm");
}

static void what_does_not_read_as_a_reference_stays(void **state)
{
    struct fixture *fixture = *state;
    struct prompt_resolved resolved;
    static const char *const plain[] = {
        "\"@@@langfusePrompt:\"",
        "\"@@@langfusePrompt:@@@\"",
        "\"@@@langfusePrompt:name=a@@@\"",
        "\"@@@langfusePrompt:name=a|version=x@@@\"",
        "\"@@@langfusePrompt:name=a|version=0@@@\"",
        "\"@@@langfusePrompt:label=x|name=a@@@\"",
        "\"@@@langfusePrompt:name=a|label=x|version=1@@@\"",
        "\"@@@langfusePrompt:name=|label=x@@@\"",
        "\"@@@langfusePrompt:name=a|label=@@@\"",
        "\"@@@langfusePrompt:name=\\u0041|label=x@@@\"",
        "[\"@@@langfusePrompt:name=a|label=\",\"@@@\"]",
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%zu", i);
        must_create(fixture, name, plain[i], "");
        assert_int_equal(resolve(fixture, name, &resolved), STATUS_OK);
        assert_str(resolved.content, plain[i]);
        assert_int_equal(resolved.edge_count, 0);
    }
}

static void references_must_lead_to_a_text(void **state)
{
    struct fixture *fixture = *state;
    must_create(fixture, "chat", "[]", "");
    assert_int_equal(create(fixture, "p", "\"" REF("gone", "version=1") "\"", "", NULL),
                     STATUS_INVALID);
    assert_string_equal(fixture->error.text, "Prompt dependency not found: gone - version 1");
    assert_int_equal(create(fixture, "p", "\"" REF("chat", "label=latest") "\"", "", NULL),
                     STATUS_INVALID);
    assert_string_equal(fixture->error.text,
                        "Prompt dependency is not a text prompt: chat - label latest");
    struct prompt prompt;
    assert_int_equal(get(fixture, "p", 1, "", &prompt), STATUS_NOT_FOUND);
}

static void circles_are_refused_when_made_and_when_labels_close_them(void **state)
{
    struct fixture *fixture = *state;
    struct prompt_resolved resolved;
    const struct str live = STR("live");
    must_create(fixture, "a", "\"a\"", "live");
    assert_int_equal(create(fixture, "a", "\"" REF("a", "version=1") "\"", "", NULL),
                     STATUS_INVALID);
    assert_non_null(strstr(fixture->error.text, "Circular"));
    must_create(fixture, "b", "\"" REF("a", "label=live") "\"", "");
    must_create(fixture, "c", "\"c\"", "live");
    must_create(fixture, "a", "\"" REF("c", "label=live") "\"", "");
    must_create(fixture, "c", "\"" REF("b", "version=1") "\"", "");
    assert_int_equal(resolve(fixture, "b", &resolved), STATUS_OK);
    assert_str(resolved.content, "\"a\"");
    /* Now a leads to c, c to b, and b back to a. */
    assert_int_equal(
        control_prompt_label(fixture->control, PROJECT, STR("a"), 2, &live, 1, &fixture->error),
        STATUS_OK);
    assert_int_equal(
        control_prompt_label(fixture->control, PROJECT, STR("c"), 2, &live, 1, &fixture->error),
        STATUS_OK);
    assert_int_equal(resolve(fixture, "b", &resolved), STATUS_INVALID);
    assert_string_equal(fixture->error.text,
                        "Circular dependency detected involving prompt 'b' version 1");
}

static void depth_and_number_are_bounded(void **state)
{
    struct fixture *fixture = *state;
    struct prompt_resolved resolved;
    char name[16], content[4096];
    must_create(fixture, "n1", "\"x\"", "");
    for (int i = 2; i <= PROMPT_DEPTH_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        snprintf(content, sizeof content, "\"" REF("n%d", "version=1") "\"", i - 1);
        must_create(fixture, name, content, "");
    }
    assert_int_equal(resolve(fixture, name, &resolved), STATUS_OK);
    assert_str(resolved.content, "\"x\"");
    snprintf(content, sizeof content, "\"" REF("n%d", "version=1") "\"", PROMPT_DEPTH_MAX);
    assert_int_equal(create(fixture, "deep", content, "", NULL), STATUS_INVALID);
    assert_non_null(strstr(fixture->error.text, "depth"));
    /* Thirty references to a text of thirty references. */
    struct str many = STR_NONE;
    for (int level = 1; level <= 2; level++) {
        many = STR("\"");
        for (int i = 0; i < 30; i++)
            many = arena_printf(&fixture->arena, "%.*s" REF("m%d", "version=1"), STR_ARGS(many),
                                level - 1);
        many = arena_printf(&fixture->arena, "%.*s\"", STR_ARGS(many));
        if (level == 1)
            must_create(fixture, "m0", "\"y\"", "");
        snprintf(name, sizeof name, "m%d", level);
        enum status status = create(fixture, name, many.ptr, "", NULL);
        assert_int_equal(status, level == 1 ? STATUS_OK : STATUS_INVALID);
    }
    assert_non_null(strstr(fixture->error.text, "more than"));
}

static void what_others_refer_to_stays(void **state)
{
    struct fixture *fixture = *state;
    struct prompt_use *uses;
    size_t count;
    const struct prompt_choice all = {.name = STR("base")},
                               first = {.name = STR("base"), .version = 1},
                               second = {.name = STR("base"), .version = 2},
                               live = {.name = STR("base"), .label = STR("live")},
                               user = {.name = STR("user")};
    must_create(fixture, "base", "\"1\"", "");
    must_create(fixture, "base", "\"2\"", "live");
    must_create(fixture, "base", "\"3\"", "");
    must_create(fixture, "user", "\"" REF("base", "label=live") REF("base", "label=latest") "\"",
                "");
    assert_int_equal(control_prompt_uses(fixture->control, PROJECT, STR("base"), &fixture->arena,
                                         &uses, &count, &fixture->error),
                     STATUS_OK);
    assert_int_equal(count, 2);
    struct control *control = fixture->control;
    struct error *error = &fixture->error;
    assert_int_equal(control_prompt_delete(control, PROJECT, &all, error), STATUS_INVALID);
    assert_int_equal(control_prompt_delete(control, PROJECT, &second, error), STATUS_INVALID);
    assert_non_null(strstr(error->text, "user v1 refers to its label live"));
    assert_int_equal(control_prompt_delete(control, PROJECT, &live, error), STATUS_INVALID);
    assert_int_equal(control_prompt_unlabel(control, PROJECT, STR("base"), STR("live"), error),
                     STATUS_INVALID);
    assert_int_equal(control_prompt_delete(control, PROJECT, &first, error), STATUS_OK);
    /* latest moves on by itself, so version 3 may go. */
    const struct prompt_choice third = {.name = STR("base"), .version = 3};
    assert_int_equal(control_prompt_delete(control, PROJECT, &third, error), STATUS_OK);
    struct prompt prompt;
    assert_int_equal(get(fixture, "base", 0, "latest", &prompt), STATUS_OK);
    assert_int_equal(prompt.version, 2);
    assert_int_equal(control_prompt_delete(control, PROJECT, &user, error), STATUS_OK);
    assert_int_equal(control_prompt_delete(control, PROJECT, &all, error), STATUS_OK);
    assert_int_equal(control_prompt_delete(control, PROJECT, &all, error), STATUS_NOT_FOUND);
}

static void versions_come_newest_first(void **state)
{
    struct fixture *fixture = *state;
    struct prompt *prompts;
    size_t count;
    for (int i = 0; i < 3; i++)
        must_create(fixture, "p", "\"x\"", "");
    assert_int_equal(control_prompt_versions(fixture->control, PROJECT, STR("p"), 0, 2,
                                             &fixture->arena, &prompts, &count, &fixture->error),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(prompts[0].version, 3);
    assert_int_equal(control_prompt_versions(fixture->control, PROJECT, STR("p"), 2, 2,
                                             &fixture->arena, &prompts, &count, &fixture->error),
                     STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(prompts[0].version, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_control, close_control)
    const struct CMUnitTest tests[] = {
        CASE(a_label_is_on_one_version_and_latest_on_the_newest),
        CASE(latest_is_nobodys_to_move_and_a_version_must_be_there),
        CASE(names_and_types_are_checked),
        CASE(tags_belong_to_all_versions),
        CASE(lists_tell_of_the_versions_that_match),
        CASE(references_are_put_in_wherever_they_stand),
        CASE(what_does_not_read_as_a_reference_stays),
        CASE(references_must_lead_to_a_text),
        CASE(circles_are_refused_when_made_and_when_labels_close_them),
        CASE(depth_and_number_are_bounded),
        CASE(what_others_refer_to_stays),
        CASE(versions_come_newest_first),
    };
    return cmocka_run_group_tests_name("prompts", tests, NULL, NULL);
}
