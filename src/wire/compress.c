/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compress: zlib and zstd behind one call.
 *
 * The output buffer grows only with bytes that were really produced, or in one step to a size that
 * the input claims and that both its own length and the caller's limit allow: a small lie cannot
 * cost much. zstd windows are at most 8 MiB (RFC 9659), except for a frame that says its size: it
 * is decompressed in place.
 */
#include "wire/compress.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum {
    STEP_BYTES = 64 * 1024,
    ZLIB_RATIO_MAX = 1032, /* zlib.net/zlib_tech.html: no deflate stream expands further */
    ZSTD_WINDOW_LOG_MAX = 23,
    WINDOW_ZLIB = 15,
    WINDOW_GZIP = 15 + 16,
    WINDOW_RAW = -15,
};

static const struct {
    struct str name;
    enum encoding encoding;
} names[] = {
    {STR_INIT(""), ENCODING_IDENTITY},       {STR_INIT("identity"), ENCODING_IDENTITY},
    {STR_INIT("gzip"), ENCODING_GZIP},       {STR_INIT("x-gzip"), ENCODING_GZIP},
    {STR_INIT("deflate"), ENCODING_DEFLATE}, {STR_INIT("zlib"), ENCODING_DEFLATE},
    {STR_INIT("zstd"), ENCODING_ZSTD},
};

enum status encoding_parse(struct str name, enum encoding *out_encoding, struct error *error)
{
    name = str_trim(name);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (str_equal_nocase(name, names[i].name)) {
            *out_encoding = names[i].encoding;
            return STATUS_OK;
        }
    }
    return fail(error, STATUS_UNSUPPORTED,
                "this encoding is not read; accepted are gzip, deflate, zstd and identity");
}

static enum status too_large(size_t limit_bytes, struct error *error)
{
    return fail(error, STATUS_TOO_LARGE, "the body is larger than %zu bytes when decompressed",
                limit_bytes);
}

/* Room for at least one more byte, at most up to `end` bytes in all. False: no memory. */
static bool make_room(struct buf *out, size_t end)
{
    size_t step = out->len > STEP_BYTES ? out->len : STEP_BYTES;
    if (step > end - out->len)
        step = end - out->len;
    return out->capacity > out->len || buf_reserve(out, step);
}

static enum status no_memory(struct error *error)
{
    return fail(error, STATUS_BUSY, "no memory to decompress the body");
}

/* gzip ends with the size of what it holds: one allocation then, when that is believable. */
static size_t gzip_claims(struct str input)
{
    if (input.len < 18)
        return 0;
    const uint8_t *end = (const uint8_t *)input.ptr + input.len;
    size_t size =
        (size_t)end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
    return size / ZLIB_RATIO_MAX <= input.len ? size : 0;
}

/* One byte over the limit is allowed in, to tell a full buffer from an overflow. */
static enum status inflate_members(z_stream *stream, bool several, size_t end, size_t limit_bytes,
                                   struct buf *out, struct error *error)
{
    for (;;) {
        if (!make_room(out, end))
            return no_memory(error);
        size_t room = (out->capacity < end ? out->capacity : end) - out->len;
        if (room > UINT32_MAX)
            room = UINT32_MAX;
        stream->next_out = (Bytef *)out->ptr + out->len;
        stream->avail_out = (uInt)room;
        int result = inflate(stream, Z_NO_FLUSH);
        out->len += room - stream->avail_out;
        if (out->len >= end)
            return too_large(limit_bytes, error);
        if (result == Z_STREAM_END) {
            if (stream->avail_in == 0)
                return STATUS_OK;
            if (!several || inflateReset(stream) != Z_OK)
                return fail(error, STATUS_INVALID,
                            "the compressed body has %u bytes behind its end", stream->avail_in);
        } else if (result == Z_BUF_ERROR ||
                   (result == Z_OK && stream->avail_in == 0 && stream->avail_out > 0)) {
            return fail(error, STATUS_INVALID, "the compressed body ends early");
        } else if (result == Z_MEM_ERROR) {
            return no_memory(error);
        } else if (result != Z_OK) {
            return fail(error, STATUS_INVALID, "the compressed body is broken: %s",
                        stream->msg ? stream->msg : "bad data");
        }
    }
}

static enum status zlib_decompress(int window, struct str input, size_t limit_bytes,
                                   struct buf *out, struct error *error)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)input.ptr, .avail_in = (uInt)input.len};
    size_t claimed = window == WINDOW_GZIP ? gzip_claims(input) : 0;
    if (input.len > UINT32_MAX)
        return too_large(limit_bytes, error);
    if (claimed > limit_bytes)
        claimed = limit_bytes;
    if (inflateInit2(&stream, window) != Z_OK)
        return no_memory(error);
    enum status status = STATUS_OK;
    if (claimed && !buf_reserve(out, claimed + 1))
        status = no_memory(error);
    if (status == STATUS_OK)
        status = inflate_members(&stream, window == WINDOW_GZIP, out->len + limit_bytes + 1,
                                 limit_bytes, out, error);
    inflateEnd(&stream);
    return status;
}

/* HTTP's "deflate" means a zlib stream, but some senders leave the wrapper out. The two header
 * bytes are a multiple of 31; a raw stream that starts with them would be a stored block with junk
 * in its padding. */
static int deflate_window(struct str input)
{
    if (input.len < 2)
        return WINDOW_ZLIB;
    unsigned first = (uint8_t)input.ptr[0], second = (uint8_t)input.ptr[1];
    return (first & 15) == 8 && (first << 8 | second) % 31 == 0 ? WINDOW_ZLIB : WINDOW_RAW;
}

static enum status zstd_stream(ZSTD_DCtx *context, ZSTD_inBuffer *in, size_t end,
                               size_t limit_bytes, struct buf *out, struct error *error)
{
    for (;;) {
        if (!make_room(out, end))
            return no_memory(error);
        ZSTD_outBuffer piece = {out->ptr, out->capacity < end ? out->capacity : end, out->len};
        size_t left = ZSTD_decompressStream(context, &piece, in);
        if (ZSTD_isError(left))
            return fail(error, STATUS_INVALID, "the compressed body is broken: %s",
                        ZSTD_getErrorName(left));
        out->len = piece.pos;
        if (out->len >= end)
            return too_large(limit_bytes, error);
        if (left == 0)
            return STATUS_OK;
        if (in->pos == in->size && piece.pos < piece.size)
            return fail(error, STATUS_INVALID, "the compressed body ends early");
    }
}

/* A frame that says its size goes straight into the buffer and needs no window of its own. */
static enum status zstd_sized(ZSTD_DCtx *context, struct str frame, size_t size, size_t limit_bytes,
                              struct buf *out, struct error *error)
{
    if (size > limit_bytes)
        return too_large(limit_bytes, error);
    if (!buf_reserve(out, size ? size : 1))
        return no_memory(error);
    size_t made = ZSTD_decompressDCtx(context, out->ptr + out->len, size, frame.ptr, frame.len);
    if (ZSTD_isError(made))
        return fail(error, STATUS_INVALID, "the compressed body is broken: %s",
                    ZSTD_getErrorName(made));
    out->len += made;
    return STATUS_OK;
}

static enum status zstd_decompress(struct str input, size_t limit_bytes, struct buf *out,
                                   struct error *error)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    if (!context)
        return no_memory(error);
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    size_t start = out->len;
    enum status status = STATUS_OK;
    do {
        size_t frame_len = ZSTD_findFrameCompressedSize(input.ptr, input.len);
        if (ZSTD_isError(frame_len)) {
            status = fail(error, STATUS_INVALID, "the compressed body is broken or ends early: %s",
                          ZSTD_getErrorName(frame_len));
            break;
        }
        struct str frame = str_sub(input, 0, frame_len);
        unsigned long long size = ZSTD_getFrameContentSize(frame.ptr, frame.len);
        size_t left = limit_bytes - (out->len - start);
        if (size == ZSTD_CONTENTSIZE_UNKNOWN) {
            ZSTD_inBuffer in = {frame.ptr, frame.len, 0};
            ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
            status = zstd_stream(context, &in, out->len + left + 1, left, out, error);
        } else if (size > left) {
            status = too_large(limit_bytes, error);
        } else {
            status = zstd_sized(context, frame, (size_t)size, left, out, error);
        }
        input = str_sub(input, frame_len, input.len);
    } while (status == STATUS_OK && input.len > 0);
    ZSTD_freeDCtx(context);
    return status;
}

enum status decompress(enum encoding encoding, struct str input, size_t limit_bytes,
                       struct buf *out, struct error *error)
{
    switch (encoding) {
    case ENCODING_GZIP:
        return zlib_decompress(WINDOW_GZIP, input, limit_bytes, out, error);
    case ENCODING_DEFLATE:
        return zlib_decompress(deflate_window(input), input, limit_bytes, out, error);
    case ENCODING_ZSTD:
        return zstd_decompress(input, limit_bytes, out, error);
    case ENCODING_IDENTITY:
        break;
    }
    if (input.len > limit_bytes)
        return too_large(limit_bytes, error);
    buf_add_str(out, input);
    return out->failed ? no_memory(error) : STATUS_OK;
}

enum status compress_gzip(struct str input, struct buf *out, struct error *error)
{
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)input.ptr, .avail_in = (uInt)input.len};
    if (input.len > UINT32_MAX)
        return fail(error, STATUS_TOO_LARGE, "more than 4 GiB to compress");
    /* Replies are read once: the fastest level still takes JSON to a fifth. */
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return fail(error, STATUS_BUSY, "no memory to compress the reply");
    size_t room = deflateBound(&stream, (uLong)input.len);
    bool done = buf_reserve(out, room);
    if (done) {
        stream.next_out = (Bytef *)out->ptr + out->len;
        stream.avail_out = (uInt)room;
        done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
        out->len += room - stream.avail_out;
    }
    deflateEnd(&stream);
    return done ? STATUS_OK : fail(error, STATUS_BUSY, "no memory to compress the reply");
}
