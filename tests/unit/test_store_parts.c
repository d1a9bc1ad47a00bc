/* SPDX-License-Identifier: Apache-2.0 */
/* store's building blocks: buckets, key maps, fingerprint sets, names. */
#define _GNU_SOURCE
#include "store_fixture.h"

#include <math.h>

#include "store/bucket.h"

static uint64_t scramble(uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    number = (number ^ number >> 27) * 0x94d049bb133111ebu;
    return number ^ number >> 31;
}

static void a_bucket_is_at_most_one_percent_off(void **unused)
{
    (void)unused;
    int32_t last = -1;
    for (uint64_t i = 0; i < 200000; i++) {
        int64_t value = i < 70000 ? (int64_t)i : (int64_t)(scramble(i) >> (1 + i % 63));
        int32_t bucket = bucket_of(value);
        assert_in_range(bucket, 0, BUCKET_COUNT - 1);
        double middle = (double)bucket_value(bucket);
        assert_true(fabs(middle - (double)value) <= 0.01 * (double)value);
        assert_int_equal(bucket_of(bucket_value(bucket)), bucket);
        if (i < 70000) {
            assert_true(bucket >= last && bucket <= last + 1);
            last = bucket;
        }
    }
    assert_int_equal(bucket_of(INT64_MAX), BUCKET_COUNT - 1);
    assert_int_equal(bucket_of(-1), 0);
    assert_int_equal(bucket_of(INT64_MIN), 0);
}

static void every_bucket_lies_above_the_one_before(void **unused)
{
    (void)unused;
    for (int32_t i = 1; i < BUCKET_COUNT; i++)
        assert_true(bucket_value(i) > bucket_value(i - 1));
}

static void a_key_map_keeps_every_key_until_it_is_cleared(void **unused)
{
    (void)unused;
    struct key_map map = {0};
    for (int round = 0; round < 2; round++) {
        uint32_t number;
        bool is_new;
        for (uint32_t i = 0; i < 60000; i++) {
            uint64_t key = i % 2 ? scramble(i) : i;
            assert_non_null(key_map_at(&map, key, i, &is_new));
            assert_true(is_new);
        }
        for (uint32_t i = 0; i < 60000; i++) {
            uint64_t key = i % 2 ? scramble(i) : i;
            assert_true(key_map_get(&map, key, &number));
            assert_int_equal(number, i);
            assert_int_equal(*key_map_at(&map, key, 0, &is_new), i);
            assert_false(is_new);
        }
        assert_false(key_map_get(&map, UINT64_MAX, &number));
        key_map_clear(&map);
        assert_false(key_map_get(&map, 2, &number));
    }
    key_map_done(&map);
}

static void a_seen_set_never_forgets_and_is_seldom_wrong(void **unused)
{
    (void)unused;
    enum { KEYS = 300000 };
    struct seen seen = {0};
    int wrong = 0;
    for (uint64_t i = 0; i < KEYS; i++)
        assert_true(seen_add(&seen, scramble(i)));
    for (uint64_t i = 0; i < KEYS; i++)
        assert_true(seen_maybe(&seen, scramble(i)));
    for (uint64_t i = KEYS; i < 2 * KEYS; i++)
        wrong += seen_maybe(&seen, scramble(i));
    /* About one in 100,000 with this many levels. */
    assert_true(wrong < 30);
    assert_true(seen_bytes(&seen) < KEYS * 9);
    seen_done(&seen);
    assert_true(seen_reserve(&seen, KEYS));
    for (uint64_t i = 0; i < KEYS; i++)
        assert_true(seen_add(&seen, scramble(i)));
    assert_int_equal(seen.level_count, 1);
    seen_done(&seen);
}

struct naming {
    struct names names;
    atomic_bool over;
};

static void *read_names(void *argument)
{
    struct naming *naming = argument;
    uint32_t found = 0;
    while (!naming->over) {
        uint32_t visible = naming->names.visible;
        for (uint32_t id = visible > 100 ? visible - 100 : 1; id <= visible; id++) {
            struct str text = names_visible_text(&naming->names, (int32_t)id);
            assert_non_null(text.ptr);
            assert_int_equal(names_find(&naming->names, text), id);
            found++;
        }
    }
    return (void *)(uintptr_t)found;
}

static void names_are_read_beside_their_writer(void **unused)
{
    (void)unused;
    static struct naming naming;
    pthread_t reader;
    void *found;
    assert_true(names_init(&naming.names));
    assert_int_equal(names_find(&naming.names, STR("(other)")), -1);
    assert_int_equal(pthread_create(&reader, NULL, read_names, &naming), 0);
    for (int i = 0; i < 30000; i++) {
        char text[32];
        int size = snprintf(text, sizeof text, "a name %d", i);
        int32_t id = names_id(&naming.names, (struct str){text, (size_t)size});
        assert_int_equal(id, i + 2);
        assert_int_equal(names_id(&naming.names, (struct str){text, (size_t)size}), id);
        if (i % 100 == 0)
            names_written(&naming.names, naming.names.count);
    }
    naming.over = true;
    pthread_join(reader, &found);
    assert_int_equal(names_find(&naming.names, STR("a name 29999")), -1);
    names_done(&naming.names);
}

static void long_names_are_cut_between_characters(void **unused)
{
    (void)unused;
    static struct names names;
    static char text[NAME_BYTES_MAX + 10];
    assert_true(names_init(&names));
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    memmove(text + 1, text, sizeof text - 1);
    text[0] = 'x';
    int32_t id = names_id(&names, (struct str){text, sizeof text});
    struct str kept = names_text(&names, (uint32_t)id);
    assert_int_equal(kept.len, NAME_BYTES_MAX - 1);
    assert_int_equal(names_id(&names, (struct str){text, sizeof text}), id);
    assert_int_equal(names_id(&names, STR_NONE), 0);
    names_done(&names);
}

static void the_dictionary_ends_at_its_bytes(void **unused)
{
    (void)unused;
    static struct names names;
    static char text[NAME_BYTES_MAX];
    assert_true(names_init(&names));
    memset(text, 'n', sizeof text);
    int32_t id = 2;
    for (int i = 0; i < NAMES_BYTES_MAX / NAME_BYTES_MAX + 10 && id != NAME_OTHER; i++) {
        memcpy(text, &i, sizeof i);
        memset(text, 'a' + i % 7, 1);
        snprintf(text, 16, "%d", i);
        id = names_id(&names, (struct str){text, sizeof text});
    }
    assert_int_equal(id, NAME_OTHER);
    assert_true(names.count > 60000);
    names_done(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_is_at_most_one_percent_off),
        cmocka_unit_test(every_bucket_lies_above_the_one_before),
        cmocka_unit_test(a_key_map_keeps_every_key_until_it_is_cleared),
        cmocka_unit_test(a_seen_set_never_forgets_and_is_seldom_wrong),
        cmocka_unit_test(names_are_read_beside_their_writer),
        cmocka_unit_test(long_names_are_cut_between_characters),
        cmocka_unit_test(the_dictionary_ends_at_its_bytes),
    };
    (void)make_directory;
    (void)remove_directory;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
