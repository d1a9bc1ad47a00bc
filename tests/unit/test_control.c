/* SPDX-License-Identifier: Apache-2.0 */
/* control: projects and keys survive restarts, and only right pairs get in. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#undef fail /* ours (base/status.h) */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/control.h"
#include "control/settings.h"

static char directory[64], path[96];

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/vitrine-control-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/control.db", directory);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    const char *const endings[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", path, endings[i]);
        unlink(name);
    }
    return rmdir(directory);
}

static struct control *open_control(bool expect_first, struct key_pair *out_pair)
{
    struct control *control;
    struct error error = {0};
    bool first;
    enum status status = control_open(path, NULL, NULL, &control, &first, out_pair, &error);
    if (status != STATUS_OK)
        print_error("%s\n", error.text);
    assert_int_equal(status, STATUS_OK);
    assert_int_equal(first, expect_first);
    return control;
}

static enum status check(struct control *control, const char *public_key, const char *secret_key)
{
    uint32_t id = 0;
    return control_key_check(control, str_from(public_key), str_from(secret_key), &id);
}

static void the_first_start_makes_a_project_whose_keys_work_after_a_restart(void **state)
{
    (void)state;
    struct key_pair pair, unused;
    struct control *control = open_control(true, &pair);
    assert_int_equal(check(control, pair.public_key, pair.secret_key), STATUS_OK);
    control_close(control);
    control = open_control(false, &unused);
    uint32_t id = 0;
    assert_int_equal(
        control_key_check(control, str_from(pair.public_key), str_from(pair.secret_key), &id),
        STATUS_OK);
    assert_int_equal(id, 1);
    control_close(control);
}

static void wrong_pairs_are_refused(void **state)
{
    (void)state;
    struct key_pair pair;
    struct control *control = open_control(true, &pair);
    assert_int_equal(check(control, pair.public_key, "sk-wrong"), STATUS_UNAUTHENTICATED);
    assert_int_equal(check(control, "pk-wrong", pair.secret_key), STATUS_UNAUTHENTICATED);
    assert_int_equal(check(control, "", ""), STATUS_UNAUTHENTICATED);
    /* A second project's secret does not open the first. */
    struct key_pair other;
    struct error error;
    uint32_t id;
    assert_int_equal(
        control_project_create(control, STR("other"), STR("Other"), false, &id, &other, &error),
        STATUS_OK);
    assert_int_equal(check(control, pair.public_key, other.secret_key), STATUS_UNAUTHENTICATED);
    assert_int_equal(check(control, other.public_key, other.secret_key), STATUS_OK);
    control_close(control);
}

static void given_keys_become_the_default_projects(void **state)
{
    (void)state;
    struct control *control;
    struct key_pair pair;
    struct error error = {0};
    bool first;
    assert_int_equal(control_open(path, "pk-given", NULL, &control, &first, &pair, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.text, "VITRINE_INIT_SECRET_KEY"));
    assert_int_equal(
        control_open(path, "pk-given", "sk-given-secret", &control, &first, &pair, &error),
        STATUS_OK);
    assert_true(first);
    assert_int_equal(check(control, "pk-given", "sk-given-secret"), STATUS_OK);
    control_close(control);
}

static void names_of_projects_are_checked_and_unique(void **state)
{
    (void)state;
    struct key_pair pair;
    struct error error;
    uint32_t id;
    struct control *control = open_control(true, &pair);
    static const char *const bad[] = {"", "Upper", "with space", "../up", "a/b", "\xC3\xA9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(
            control_project_create(control, str_from(bad[i]), STR("x"), false, &id, &pair, &error),
            STATUS_INVALID);
    char longest[62];
    memset(longest, 'a', 61);
    longest[61] = 0;
    assert_int_equal(
        control_project_create(control, str_from(longest), STR("x"), false, &id, &pair, &error),
        STATUS_INVALID);
    assert_int_equal(
        control_project_create(control, STR("default"), STR("x"), false, &id, &pair, &error),
        STATUS_CONFLICT);
    struct arena arena;
    struct project *projects;
    size_t count;
    arena_init(&arena, 1 << 20);
    assert_int_equal(
        control_project_create(control, STR("demo"), STR("Demo"), true, &id, &pair, &error),
        STATUS_OK);
    assert_int_equal(control_project_list(control, &arena, &projects, &count, &error), STATUS_OK);
    assert_int_equal(count, 2);
    assert_true(projects[1].is_demo);
    assert_true(str_equal(projects[1].name, STR("demo")));
    assert_true(str_equal(projects[1].public_key, str_from(pair.public_key)));
    arena_done(&arena);
    control_close(control);
}

static void the_file_is_for_its_owner_and_holds_no_secret(void **state)
{
    (void)state;
    struct key_pair pair;
    struct stat info;
    control_close(open_control(true, &pair));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 077, 0);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc((size_t)info.st_size);
    assert_int_equal(fread(bytes, 1, (size_t)info.st_size, file), info.st_size);
    fclose(file);
    struct str text = {bytes, (size_t)info.st_size};
    assert_true(str_contains(text, str_from(pair.public_key)));
    assert_false(str_contains(text, str_from(pair.secret_key)));
    free(bytes);
}

static void a_newer_schema_is_refused_in_words(void **state)
{
    (void)state;
    struct key_pair pair;
    struct error error = {0};
    struct control *control;
    bool first;
    sqlite3 *db;
    control_close(open_control(true, &pair));
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(control_open(path, NULL, NULL, &control, &first, &pair, &error),
                     STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.text, "99"));
}

static void settings_are_kept_for_one_project_and_can_be_taken_back(void **state)
{
    (void)state;
    struct key_pair pair;
    struct error error = {0};
    struct arena arena;
    struct settings read;
    uint32_t first, other;
    const struct settings given = {.latency_target_ns = 2000000000,
                                   .monthly_budget = 50000000000,
                                   .success_score = STR("helpful"),
                                   .success_least = 0.6};
    struct control *control = open_control(true, &pair);
    arena_init(&arena, 1 << 16);
    assert_int_equal(control_project_find(control, STR("default"), &first), STATUS_OK);
    assert_int_equal(
        control_project_create(control, STR("other"), STR("Other"), false, &other, &pair, &error),
        STATUS_OK);
    assert_int_equal(control_settings_put(control, first, &given, &error), STATUS_OK);
    control_close(control);
    control = open_control(false, &pair);
    assert_int_equal(control_settings_get(control, first, &arena, &read, &error), STATUS_OK);
    assert_true(read.latency_target_ns == given.latency_target_ns);
    assert_true(read.monthly_budget == given.monthly_budget);
    assert_true(str_equal(read.success_score, STR("helpful")) && read.success_least == 0.6);
    assert_true(read.updated_ns > 0);
    assert_int_equal(control_settings_get(control, other, &arena, &read, &error), STATUS_OK);
    assert_true(read.latency_target_ns == 0 && read.updated_ns == 0 && !read.success_score.len);
    const struct settings none = {0};
    assert_int_equal(control_settings_put(control, first, &none, &error), STATUS_OK);
    assert_int_equal(control_settings_get(control, first, &arena, &read, &error), STATUS_OK);
    assert_true(read.monthly_budget == 0 && !read.success_score.len);
    arena_done(&arena);
    control_close(control);
}

int main(void)
{
#define CONTROL_TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
    const struct CMUnitTest tests[] = {
        CONTROL_TEST(the_first_start_makes_a_project_whose_keys_work_after_a_restart),
        CONTROL_TEST(wrong_pairs_are_refused),
        CONTROL_TEST(given_keys_become_the_default_projects),
        CONTROL_TEST(names_of_projects_are_checked_and_unique),
        CONTROL_TEST(the_file_is_for_its_owner_and_holds_no_secret),
        CONTROL_TEST(a_newer_schema_is_refused_in_words),
        CONTROL_TEST(settings_are_kept_for_one_project_and_can_be_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
