/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of compression and of gRPC's texts and frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

#include "base/clock.h"
#include "wire/compress.h"
#include "wire/grpc.h"

#include <cmocka.h> /* last: it has a macro named fail */

static const struct str text = STR_INIT("spans and spans and spans and spans, spans and spans");

static struct buf packed_by_zlib(int window, struct str input)
{
    struct buf out = {0};
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)input.ptr, .avail_in = (uInt)input.len};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&stream, input.len);
    assert_true(buf_reserve(&out, room));
    stream.next_out = (Bytef *)out.ptr;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.len = room - stream.avail_out;
    deflateEnd(&stream);
    return out;
}

static struct buf packed_by_zstd(struct str input, bool with_size)
{
    struct buf out = {0};
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, with_size);
    size_t room = ZSTD_compressBound(input.len);
    assert_true(buf_reserve(&out, room));
    out.len = ZSTD_compress2(context, out.ptr, room, input.ptr, input.len);
    assert_false(ZSTD_isError(out.len));
    ZSTD_freeCCtx(context);
    return out;
}

static void expect(enum encoding encoding, struct str packed, size_t limit, enum status status,
                   struct str wanted)
{
    struct buf out = {0};
    struct error error = {0};
    enum status got = decompress(encoding, packed, limit, &out, &error);
    assert_int_equal(got, status);
    if (status == STATUS_OK) {
        assert_int_equal(out.len, wanted.len);
        assert_memory_equal(out.ptr, wanted.ptr, wanted.len);
    } else {
        assert_int_equal(error.status, status);
        assert_true(error.text[0] != 0);
    }
    buf_done(&out);
}

static void every_encoding_gives_back_what_went_in(void **state)
{
    (void)state;
    struct buf gzip = packed_by_zlib(31, text), zlib = packed_by_zlib(15, text),
               raw = packed_by_zlib(-15, text), sized = packed_by_zstd(text, true),
               streamed = packed_by_zstd(text, false);
    expect(ENCODING_GZIP, buf_str(&gzip), 1000, STATUS_OK, text);
    expect(ENCODING_DEFLATE, buf_str(&zlib), 1000, STATUS_OK, text);
    expect(ENCODING_DEFLATE, buf_str(&raw), 1000, STATUS_OK, text);
    expect(ENCODING_ZSTD, buf_str(&sized), 1000, STATUS_OK, text);
    expect(ENCODING_ZSTD, buf_str(&streamed), 1000, STATUS_OK, text);
    expect(ENCODING_IDENTITY, text, 1000, STATUS_OK, text);
    /* The limit is exact. */
    struct str all[] = {buf_str(&gzip), buf_str(&zlib), buf_str(&sized), buf_str(&streamed)};
    enum encoding encodings[] = {ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_ZSTD, ENCODING_ZSTD};
    for (int i = 0; i < 4; i++) {
        expect(encodings[i], all[i], text.len, STATUS_OK, text);
        expect(encodings[i], all[i], text.len - 1, STATUS_TOO_LARGE, STR_NONE);
    }
    expect(ENCODING_IDENTITY, text, text.len - 1, STATUS_TOO_LARGE, STR_NONE);
    buf_done(&gzip);
    buf_done(&zlib);
    buf_done(&raw);
    buf_done(&sized);
    buf_done(&streamed);
}

static void members_in_a_row_are_joined(void **state)
{
    struct buf twice = {0}, wanted = {0};
    (void)state;
    buf_add_str(&wanted, text);
    buf_add_str(&wanted, text);
    struct buf gzip = packed_by_zlib(31, text), sized = packed_by_zstd(text, true),
               streamed = packed_by_zstd(text, false);
    buf_add_str(&twice, buf_str(&gzip));
    buf_add_str(&twice, buf_str(&gzip));
    expect(ENCODING_GZIP, buf_str(&twice), 1000, STATUS_OK, buf_str(&wanted));
    expect(ENCODING_GZIP, buf_str(&twice), text.len + 5, STATUS_TOO_LARGE, STR_NONE);
    buf_clear(&twice);
    buf_add_str(&twice, buf_str(&sized));
    buf_add_str(&twice, buf_str(&streamed));
    expect(ENCODING_ZSTD, buf_str(&twice), 1000, STATUS_OK, buf_str(&wanted));
    expect(ENCODING_ZSTD, buf_str(&twice), text.len + 5, STATUS_TOO_LARGE, STR_NONE);
    buf_done(&twice);
    buf_done(&wanted);
    buf_done(&gzip);
    buf_done(&sized);
    buf_done(&streamed);
}

static void every_truncation_and_every_flipped_byte_is_survived(void **state)
{
    struct buf all[] = {packed_by_zlib(31, text), packed_by_zlib(15, text),
                        packed_by_zlib(-15, text), packed_by_zstd(text, true),
                        packed_by_zstd(text, false)};
    enum encoding encodings[] = {ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_DEFLATE, ENCODING_ZSTD,
                                 ENCODING_ZSTD};
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct str whole = buf_str(&all[i]);
        for (size_t len = 0; len < whole.len; len++)
            expect(encodings[i], str_sub(whole, 0, len), 1000, STATUS_INVALID, STR_NONE);
        for (size_t at = 0; at < whole.len; at++) {
            struct buf out = {0};
            all[i].ptr[at] ^= 0x55;
            decompress(encodings[i], whole, 1000, &out, NULL);
            assert_true(out.len <= 1001);
            all[i].ptr[at] ^= 0x55;
            buf_done(&out);
        }
        buf_done(&all[i]);
    }
}

static void bytes_behind_the_end_are_refused(void **state)
{
    struct buf gzip = packed_by_zlib(31, text), zlib = packed_by_zlib(15, text);
    (void)state;
    buf_add_str(&gzip, STR("junk"));
    buf_add_str(&zlib, STR("junk"));
    expect(ENCODING_GZIP, buf_str(&gzip), 1000, STATUS_INVALID, STR_NONE);
    expect(ENCODING_DEFLATE, buf_str(&zlib), 1000, STATUS_INVALID, STR_NONE);
    buf_done(&gzip);
    buf_done(&zlib);
}

static void a_bomb_costs_no_more_than_the_limit(void **state)
{
    enum { SIZE = 64 << 20, LIMIT = 1 << 20 };
    struct str zeros = {calloc(1, SIZE), SIZE};
    (void)state;
    struct buf all[] = {packed_by_zlib(31, zeros), packed_by_zlib(15, zeros),
                        packed_by_zstd(zeros, true), packed_by_zstd(zeros, false)};
    enum encoding encodings[] = {ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_ZSTD, ENCODING_ZSTD};
    for (int i = 0; i < 4; i++) {
        struct buf out = {0};
        assert_int_equal(decompress(encodings[i], buf_str(&all[i]), LIMIT, &out, NULL),
                         STATUS_TOO_LARGE);
        assert_true(out.capacity <= 2 * LIMIT + 65536);
        buf_done(&out);
        buf_done(&all[i]);
    }
    free((void *)(uintptr_t)zeros.ptr);
}

static void a_size_that_is_only_claimed_costs_nothing(void **state)
{
    struct buf gzip = packed_by_zlib(31, text), out = {0};
    (void)state;
    memset(gzip.ptr + gzip.len - 4, 0x03, 4); /* 50 MB, it says */
    assert_int_equal(decompress(ENCODING_GZIP, buf_str(&gzip), 64 << 20, &out, NULL),
                     STATUS_INVALID);
    assert_true(out.capacity <= 128 * 1024);
    buf_done(&out);
    buf_done(&gzip);
}

static void names_of_encodings(void **state)
{
    enum encoding encoding;
    struct error error;
    (void)state;
    assert_int_equal(encoding_parse(STR("GZip"), &encoding, NULL), STATUS_OK);
    assert_int_equal(encoding, ENCODING_GZIP);
    assert_int_equal(encoding_parse(STR_NONE, &encoding, NULL), STATUS_OK);
    assert_int_equal(encoding, ENCODING_IDENTITY);
    assert_int_equal(encoding_parse(STR("br"), &encoding, &error), STATUS_UNSUPPORTED);
    assert_non_null(strstr(error.text, "zstd"));
}

static void replies_are_compressed_and_read_back(void **state)
{
    struct buf packed = {0};
    (void)state;
    assert_int_equal(compress_gzip(text, &packed, NULL), STATUS_OK);
    expect(ENCODING_GZIP, buf_str(&packed), 1000, STATUS_OK, text);
    buf_done(&packed);
}

/* --- gRPC -------------------------------------------------------------------------------- */

static void a_frame_head_is_read_and_written(void **state)
{
    struct grpc_frame frame;
    struct buf buf = {0};
    (void)state;
    assert_true(grpc_frame_parse((const uint8_t *)"\1\xFF\xFF\xFF\xFE", &frame));
    assert_true(frame.compressed);
    assert_int_equal(frame.length, 0xFFFFFFFE);
    assert_false(grpc_frame_parse((const uint8_t *)"\2\0\0\0\0", &frame));
    grpc_frame_write(&buf, text);
    assert_true(grpc_frame_parse((const uint8_t *)buf.ptr, &frame));
    assert_false(frame.compressed);
    assert_int_equal(frame.length, text.len);
    assert_int_equal(buf.len, text.len + 5);
    buf_done(&buf);
}

static void timeouts_have_eight_digits_and_a_unit(void **state)
{
    int64_t ns = -1;
    (void)state;
    assert_true(grpc_timeout_parse(STR("10S"), &ns));
    assert_int_equal(ns, 10 * NS_PER_SEC);
    assert_true(grpc_timeout_parse(STR("250m"), &ns));
    assert_int_equal(ns, 250 * NS_PER_MS);
    assert_true(grpc_timeout_parse(STR("99999999H"), &ns));
    assert_true(ns == INT64_MAX);
    static const char *const wrong[] = {"",    "S",   "10",   "10s", "123456789S",
                                        "-1S", "+1S", "1.5S", " 1S"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(grpc_timeout_parse(str_from(wrong[i]), &ns));
}

static void equals(struct buf *buf, struct str wanted)
{
    assert_int_equal(buf->len, wanted.len);
    assert_memory_equal(buf->ptr, wanted.ptr, wanted.len);
    buf_done(buf);
}

static void messages_are_percent_encoded_and_details_base64(void **state)
{
    struct buf buf = {0};
    (void)state;
    grpc_message_write(&buf, STR("100% \xC3\xBC\n~"));
    equals(&buf, STR("100%25 %C3%BC%0A~"));
    grpc_base64_write(&buf, STR("\xFB\xFF\xFE"));
    equals(&buf, STR("+//+"));
    grpc_base64_write(&buf, STR("ab"));
    equals(&buf, STR("YWI"));
    grpc_base64_write(&buf, STR("a"));
    equals(&buf, STR("YQ"));
}

static void a_status_carries_retry_info(void **state)
{
    struct buf buf = {0};
    (void)state;
    grpc_status_write(&buf, 3, STR("no"), -1);
    equals(&buf, STR("\x08\x03\x12\x02no"));
    grpc_status_write(&buf, 8, STR("b"), 1500);
    equals(&buf, STR("\x08\x08\x12\x01"
                     "b\x1a\x36\x0a\x28type.googleapis.com/google.rpc.RetryInfo"
                     "\x12\x0a\x0a\x08\x08\x01\x10\x80\xCA\xB5\xEE\x01"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoding_gives_back_what_went_in),
        cmocka_unit_test(members_in_a_row_are_joined),
        cmocka_unit_test(every_truncation_and_every_flipped_byte_is_survived),
        cmocka_unit_test(bytes_behind_the_end_are_refused),
        cmocka_unit_test(a_bomb_costs_no_more_than_the_limit),
        cmocka_unit_test(a_size_that_is_only_claimed_costs_nothing),
        cmocka_unit_test(names_of_encodings),
        cmocka_unit_test(replies_are_compressed_and_read_back),
        cmocka_unit_test(a_frame_head_is_read_and_written),
        cmocka_unit_test(timeouts_have_eight_digits_and_a_unit),
        cmocka_unit_test(messages_are_percent_encoded_and_details_base64),
        cmocka_unit_test(a_status_carries_retry_info),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
