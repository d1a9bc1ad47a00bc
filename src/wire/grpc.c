/* SPDX-License-Identifier: Apache-2.0 */
/* grpc: frames and texts of the gRPC protocol, both ways where we need both. */
#include "wire/grpc.h"

#include "base/clock.h"
#include "wire/protobuf.h"

bool grpc_frame_parse(const uint8_t head[GRPC_FRAME_BYTES], struct grpc_frame *out_frame)
{
    if (head[0] > 1)
        return false;
    *out_frame = (struct grpc_frame){
        .compressed = head[0] == 1,
        .length =
            (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | head[4],
    };
    return true;
}

void grpc_frame_write(struct buf *buf, struct str message)
{
    uint8_t head[GRPC_FRAME_BYTES] = {0, (uint8_t)(message.len >> 24), (uint8_t)(message.len >> 16),
                                      (uint8_t)(message.len >> 8), (uint8_t)message.len};
    buf_add(buf, head, sizeof head);
    buf_add_str(buf, message);
}

bool grpc_timeout_parse(struct str text, int64_t *out_ns)
{
    static const struct {
        char unit;
        int64_t ns;
    } units[] = {{'H', 3600 * NS_PER_SEC}, {'M', 60 * NS_PER_SEC}, {'S', NS_PER_SEC},
                 {'m', NS_PER_MS},         {'u', NS_PER_US},       {'n', 1}};
    uint64_t count;
    if (text.len < 2 || text.len > 9 || text.ptr[0] < '0' || text.ptr[0] > '9' ||
        !str_to_u64(str_sub(text, 0, text.len - 1), &count))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (text.ptr[text.len - 1] != units[i].unit)
            continue;
        if (__builtin_mul_overflow((int64_t)count, units[i].ns, out_ns))
            *out_ns = INT64_MAX; /* eight digits of hours: as good as never */
        return true;
    }
    return false;
}

void grpc_message_write(struct buf *buf, struct str text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        uint8_t byte = (uint8_t)text.ptr[i];
        if (byte >= 0x20 && byte <= 0x7E && byte != '%') {
            buf_add_byte(buf, byte);
        } else {
            char escaped[3] = {'%', digits[byte >> 4], digits[byte & 15]};
            buf_add(buf, escaped, sizeof escaped);
        }
    }
}

void grpc_base64_write(struct buf *buf, struct str bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t count = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++)
            group = group << 8 | (k < count ? (uint8_t)bytes.ptr[i + k] : 0);
        for (size_t k = 0; k <= count; k++)
            buf_add_byte(buf, (uint8_t)digits[group >> (18 - 6 * k) & 63]);
    }
}

/* google.protobuf.Any around google.rpc.RetryInfo { Duration retry_delay = 1; } */
static void write_retry_info(struct buf *buf, int64_t retry_ms)
{
    struct buf duration = {0}, info = {0}, any = {0};
    protobuf_write_varint(&duration, 1, (uint64_t)(retry_ms / 1000));
    if (retry_ms % 1000)
        protobuf_write_varint(&duration, 2, (uint64_t)(retry_ms % 1000 * NS_PER_MS));
    protobuf_write_bytes(&info, 1, buf_str(&duration));
    protobuf_write_bytes(&any, 1, STR("type.googleapis.com/google.rpc.RetryInfo"));
    protobuf_write_bytes(&any, 2, buf_str(&info));
    protobuf_write_bytes(buf, 3, buf_str(&any));
    buf->failed |= duration.failed || info.failed || any.failed;
    buf_done(&duration);
    buf_done(&info);
    buf_done(&any);
}

void grpc_status_write(struct buf *buf, int code, struct str message, int64_t retry_ms)
{
    protobuf_write_varint(buf, 1, (uint64_t)code);
    protobuf_write_bytes(buf, 2, message);
    if (retry_ms >= 0)
        write_retry_info(buf, retry_ms);
}
