/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf: bytes being written, on the heap. A failed allocation or a passed limit marks the
 * buffer as failed and later writes do nothing, so callers check once, at the end.
 */
#pragma once

#include "base/str.h"

struct buf {
    char *ptr;
    size_t len, capacity;
    size_t limit_bytes; /* 0: none */
    bool failed;
};

void buf_done(struct buf *buf);                 /* frees; the buffer is empty and usable again */
void buf_clear(struct buf *buf);                /* keeps the memory */
bool buf_reserve(struct buf *buf, size_t more); /* room for `more` bytes behind len */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, struct str text);
void buf_add_byte(struct buf *buf, uint8_t byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_add_int(struct buf *buf, int64_t number); /* decimal digits */
/* Little-endian fixed and base-128 variable integers, as in protobuf and our own frames. */
void buf_add_u32(struct buf *buf, uint32_t number);
void buf_add_u64(struct buf *buf, uint64_t number);
void buf_add_varint(struct buf *buf, uint64_t number);
struct str buf_str(const struct buf *buf);
