/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grpc: what gRPC puts around a message, without sockets: the five-byte frame, the texts of its
 * headers and trailers, and google.rpc.Status (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md).
 */
#pragma once

#include "base/buf.h"
#include "base/str.h"

enum { GRPC_FRAME_BYTES = 5 };

struct grpc_frame {
    bool compressed;
    uint32_t length; /* of the message that follows; nothing is believed about it yet */
};
/* False when the flag byte is neither 0 nor 1. */
bool grpc_frame_parse(const uint8_t head[GRPC_FRAME_BYTES], struct grpc_frame *out_frame);
void grpc_frame_write(struct buf *buf, struct str message); /* uncompressed */

/* "10S", "250m": at most eight digits and a unit. */
bool grpc_timeout_parse(struct str text, int64_t *out_ns);

/* For grpc-message: bytes outside printable ASCII, and '%', as %XX. */
void grpc_message_write(struct buf *buf, struct str text);
/* For -bin headers: base64 without padding. */
void grpc_base64_write(struct buf *buf, struct str bytes);

/* google.rpc.Status as protobuf. retry_ms < 0: without RetryInfo. */
void grpc_status_write(struct buf *buf, int code, struct str message, int64_t retry_ms);
