/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compress: bodies in and out. Decompression is bounded by the caller's limit, whatever the input
 * claims: a bomb costs at most `limit_bytes` of memory.
 */
#pragma once

#include "base/buf.h"
#include "base/status.h"

enum encoding { ENCODING_IDENTITY, ENCODING_GZIP, ENCODING_DEFLATE, ENCODING_ZSTD };

/* Content-Encoding or grpc-encoding names, any case ("" is identity). STATUS_UNSUPPORTED otherwise.
 */
enum status encoding_parse(struct str name, enum encoding *out_encoding, struct error *error);

/* Appends to `out`. STATUS_INVALID for broken or truncated input, STATUS_TOO_LARGE over the limit.
 * deflate accepts zlib-wrapped and raw streams; gzip and zstd accept several members in a row. */
enum status decompress(enum encoding encoding, struct str input, size_t limit_bytes,
                       struct buf *out, struct error *error);
/* Appends to `out`; for replies. */
enum status compress_gzip(struct str input, struct buf *out, struct error *error);
