/* SPDX-License-Identifier: Apache-2.0 */
/* protobuf: what is written reads back, and broken bytes end the reading. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/protobuf.h"

#include <cmocka.h> /* last: it has a macro named fail */

static void every_wire_type_reads_back(void **state)
{
    (void)state;
    struct buf buf = {0};
    protobuf_write_varint(&buf, 1, UINT64_MAX);
    protobuf_write_fixed64(&buf, 16, 0x0123456789ABCDEF);
    protobuf_write_bytes(&buf, 2047, STR("text\0more"));
    protobuf_write_fixed32(&buf, 0x1FFFFFFF, 0xFEDCBA98);
    protobuf_write_double(&buf, 3, -0.1);
    assert_false(buf.failed);

    struct protobuf_reader reader = protobuf_reader(buf_str(&buf));
    struct protobuf_field field;
    assert_true(protobuf_next(&reader, &field));
    assert_int_equal(field.number, 1);
    assert_int_equal(field.wire, PROTOBUF_VARINT);
    assert_true(field.integer == UINT64_MAX);
    assert_true(protobuf_next(&reader, &field));
    assert_int_equal(field.number, 16);
    assert_true(field.integer == 0x0123456789ABCDEF);
    assert_true(protobuf_next(&reader, &field));
    assert_int_equal(field.number, 2047);
    assert_true(str_equal(field.bytes, STR("text\0more")));
    assert_true(protobuf_next(&reader, &field));
    assert_int_equal(field.number, 0x1FFFFFFF);
    assert_int_equal(field.integer, 0xFEDCBA98);
    assert_true(protobuf_next(&reader, &field));
    assert_true(protobuf_double(field.integer) == -0.1);
    assert_false(protobuf_next(&reader, &field));
    assert_false(reader.failed);
    buf_done(&buf);
}

static void varints_of_every_size_read_back(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 64; bits++) {
        uint64_t integer = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
        struct buf buf = {0};
        protobuf_write_varint(&buf, 5, integer);
        struct protobuf_reader reader = protobuf_reader(buf_str(&buf));
        struct protobuf_field field;
        assert_true(protobuf_next(&reader, &field));
        assert_true(field.integer == integer);
        buf_done(&buf);
    }
}

static const struct {
    const char *why;
    struct str bytes;
} broken[] = {
    {"a tag that does not end", STR_INIT("\x80")},
    {"field number 0", STR_INIT("\x02\x00")},
    {"a field number of 30 bits", STR_INIT("\x82\x80\x80\x80\x10\x00")},
    {"a group", STR_INIT("\x0B\x0C")},
    {"the end of a group", STR_INIT("\x0C")},
    {"wire type 6", STR_INIT("\x0E\x00")},
    {"wire type 7", STR_INIT("\x0F\x00")},
    {"no varint", STR_INIT("\x08")},
    {"a varint of 11 bytes", STR_INIT("\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")},
    {"half a fixed64", STR_INIT("\x09\x01\x02\x03\x04")},
    {"half a fixed32", STR_INIT("\x0D\x01\x02")},
    {"no length", STR_INIT("\x0A")},
    {"a length past the end", STR_INIT("\x0A\x05"
                                       "abcd")},
    {"a length of 4 GiB", STR_INIT("\x0A\xFF\xFF\xFF\xFF\x0F"
                                   "abcd")},
    {"a length of 2^64 - 1", STR_INIT("\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
                                      "abcd")},
};

static void broken_bytes_end_the_reading_for_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        /* An exact heap copy lets the sanitiser see a read past the end. */
        char *copy = malloc(broken[i].bytes.len);
        memcpy(copy, broken[i].bytes.ptr, broken[i].bytes.len);
        struct protobuf_reader reader = protobuf_reader((struct str){copy, broken[i].bytes.len});
        struct protobuf_field field;
        if (protobuf_next(&reader, &field) || !reader.failed)
            fail_msg("read %s", broken[i].why);
        assert_false(protobuf_next(&reader, &field));
        free(copy);
    }
}

static void packed_varints_are_read_one_by_one(void **state)
{
    (void)state;
    struct protobuf_reader packed = protobuf_reader(STR("\x01\xAC\x02\x00"));
    uint64_t integer = 0;
    assert_true(protobuf_next_varint(&packed, &integer) && integer == 1);
    assert_true(protobuf_next_varint(&packed, &integer) && integer == 300);
    assert_true(protobuf_next_varint(&packed, &integer) && integer == 0);
    assert_false(protobuf_next_varint(&packed, &integer));
    assert_false(packed.failed);
    packed = protobuf_reader(STR("\xAC"));
    assert_false(protobuf_next_varint(&packed, &integer));
    assert_true(packed.failed);
}

static void zigzag_gives_signed_numbers(void **state)
{
    (void)state;
    assert_true(protobuf_zigzag(0) == 0);
    assert_true(protobuf_zigzag(1) == -1);
    assert_true(protobuf_zigzag(2) == 1);
    assert_true(protobuf_zigzag(UINT64_MAX) == INT64_MIN);
    assert_true(protobuf_zigzag(UINT64_MAX - 1) == INT64_MAX);
}

static void an_empty_message_has_no_fields(void **state)
{
    (void)state;
    struct protobuf_reader reader = protobuf_reader(STR_NONE);
    struct protobuf_field field;
    assert_false(protobuf_next(&reader, &field));
    assert_false(reader.failed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_wire_type_reads_back),
        cmocka_unit_test(varints_of_every_size_read_back),
        cmocka_unit_test(broken_bytes_end_the_reading_for_good),
        cmocka_unit_test(packed_varints_are_read_one_by_one),
        cmocka_unit_test(zigzag_gives_signed_numbers),
        cmocka_unit_test(an_empty_message_has_no_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
