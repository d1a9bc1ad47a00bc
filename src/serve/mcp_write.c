/* SPDX-License-Identifier: Apache-2.0 */
/* mcp_write: pieces of text that several tools write, and the range they all take. */
#include <math.h>

#include "base/clock.h"
#include "serve/answer.h"
#include "serve/mcp.h"
#include "wire/utf8.h"

enum status mcp_range(struct mcp_call *mcp, struct time_range *out_range)
{
    int64_t now = clock_now_ns();
    /* "Now" includes the span that ends this very moment on a clock slightly ahead. */
    const struct time_range day = {now - 86400 * NS_PER_SEC, now + 60 * NS_PER_SEC};
    return body_range(mcp->call, mcp->arguments, day, out_range);
}

void mcp_add_trace_id(struct buf *buf, struct trace_key trace)
{
    uint8_t bytes[TRACE_ID_BYTES];
    char hex[2 * TRACE_ID_BYTES + 1];
    id_bytes(trace.hi, bytes);
    id_bytes(trace.lo, bytes + 8);
    str_hex_encode(bytes, sizeof bytes, hex);
    buf_add_str(buf, str_from(hex));
}

void mcp_add_span_id(struct buf *buf, int64_t span)
{
    uint8_t bytes[SPAN_ID_BYTES];
    char hex[2 * SPAN_ID_BYTES + 1];
    id_bytes(span, bytes);
    str_hex_encode(bytes, sizeof bytes, hex);
    buf_add_str(buf, str_from(hex));
}

void mcp_add_duration(struct buf *buf, int64_t ns)
{
    if (ns < NS_PER_SEC)
        buf_printf(buf, "%.3g ms", (double)ns / NS_PER_MS);
    else if (ns < 60 * NS_PER_SEC)
        buf_printf(buf, "%.2f s", (double)ns / NS_PER_SEC);
    else
        buf_printf(buf, "%lld min %lld s", (long long)(ns / (60 * NS_PER_SEC)),
                   (long long)(ns / NS_PER_SEC % 60));
}

void mcp_add_money(struct buf *buf, int64_t nano)
{
    double dollars = (double)nano / 1e9;
    if (dollars >= 1 || nano <= 0) {
        buf_printf(buf, "$%.2f", dollars);
        return;
    }
    /* Four digits that tell something. */
    int decimals = 3 - (int)floor(log10(dollars));
    buf_printf(buf, "$%.*f", decimals > 9 ? 9 : decimals, dollars);
    while (!buf->failed && buf->ptr[buf->len - 1] == '0')
        buf->len--;
}

void mcp_add_time(struct buf *buf, int64_t ns)
{
    char room[40];
    /* Milliseconds are enough to tell runs apart. */
    buf_add_str(buf, answer_time(ns / NS_PER_MS * NS_PER_MS, room));
}

void mcp_add_snippet(struct buf *buf, struct str text, size_t max)
{
    struct str shown = utf8_clip(text, 4 * max);
    size_t begin = buf->len;
    bool space = false, cut = shown.len < text.len;
    buf_add_byte(buf, '"');
    for (size_t i = 0; i < shown.len; i++) {
        unsigned char byte = (unsigned char)shown.ptr[i];
        if (byte <= ' ') {
            space = true;
            continue;
        }
        /* Only before a character's first byte. */
        if (buf->len - begin >= max && (byte & 0xc0) != 0x80) {
            cut = true;
            break;
        }
        if (space && buf->len > begin + 1)
            buf_add_byte(buf, ' ');
        space = false;
        buf_add_byte(buf, byte);
    }
    buf_add_str(buf, cut ? STR("…\"") : STR("\""));
}
