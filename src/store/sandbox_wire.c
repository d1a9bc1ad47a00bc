/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_wire: messages of sandbox_private.h to bytes and back. */
#define _GNU_SOURCE
#include <string.h>

#include "store/sandbox_private.h"

/* --- reading -------------------------------------------------------------------------------- */

static struct str in_bytes(struct sandbox_in *in, size_t len)
{
    if (in->failed || len > in->left) {
        in->failed = true;
        return STR_NONE;
    }
    struct str bytes = {in->ptr, len};
    in->ptr += len;
    in->left -= len;
    return bytes;
}

uint32_t sandbox__in_u32(struct sandbox_in *in)
{
    uint32_t number = 0;
    struct str bytes = in_bytes(in, sizeof number);
    if (bytes.ptr)
        memcpy(&number, bytes.ptr, sizeof number);
    return number;
}

uint64_t sandbox__in_u64(struct sandbox_in *in)
{
    uint64_t number = 0;
    struct str bytes = in_bytes(in, sizeof number);
    if (bytes.ptr)
        memcpy(&number, bytes.ptr, sizeof number);
    return number;
}

struct str sandbox__in_text(struct sandbox_in *in)
{
    return in_bytes(in, sandbox__in_u32(in));
}

void sandbox__in_vector(struct sandbox_in *in, enum sandbox_type type, size_t rows,
                        struct sandbox_vector *out_vector)
{
    *out_vector = (struct sandbox_vector){0};
    if (sandbox__in_u32(in))
        out_vector->mask = (const uint8_t *)in_bytes(in, (rows + 7) / 8).ptr;
    if (!sandbox_is_text(type)) {
        out_vector->data = in_bytes(in, type == SANDBOX_BOOLEAN ? rows : 8 * rows);
        return;
    }
    out_vector->data = in_bytes(in, 4 * rows);
    size_t sum = 0;
    for (size_t i = 0; out_vector->data.ptr && i < rows; i++) {
        uint32_t len;
        memcpy(&len, out_vector->data.ptr + 4 * i, sizeof len);
        sum += len;
    }
    out_vector->bytes = in_bytes(in, sum);
}

/* --- writing -------------------------------------------------------------------------------- */

void sandbox__begin(struct buf *out, enum sandbox_message kind)
{
    buf_clear(out);
    buf_add_u32(out, 0);
    buf_add_byte(out, (uint8_t)kind);
}

void sandbox__end(struct buf *out)
{
    uint32_t len = (uint32_t)(out->len - sizeof len);
    if (out->len > SANDBOX_MESSAGE_BYTES)
        out->failed = true;
    if (!out->failed)
        memcpy(out->ptr, &len, sizeof len);
}

void sandbox__add_text(struct buf *out, struct str text)
{
    buf_add_u32(out, (uint32_t)text.len);
    buf_add_str(out, text);
}

static void add_texts(struct buf *out, const duckdb_string_t *texts, const uint8_t *mask,
                      size_t rows)
{
    static const duckdb_string_t none;
    for (size_t i = 0; i < rows; i++) {
        bool valid = !mask || (mask[i / 8] >> (i % 8) & 1);
        buf_add_u32(out, valid ? duckdb_string_t_length(texts[i]) : 0);
    }
    for (size_t i = 0; i < rows; i++) {
        bool valid = !mask || (mask[i / 8] >> (i % 8) & 1);
        duckdb_string_t text = valid ? texts[i] : none;
        buf_add(out, duckdb_string_t_data(&text), duckdb_string_t_length(text));
    }
}

void sandbox__add_chunk(struct buf *out, duckdb_data_chunk chunk)
{
    size_t rows = duckdb_data_chunk_get_size(chunk);
    buf_add_u32(out, (uint32_t)rows);
    for (size_t i = 0; i < duckdb_data_chunk_get_column_count(chunk); i++) {
        duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
        duckdb_logical_type logical = duckdb_vector_get_column_type(vector);
        duckdb_type type = duckdb_get_type_id(logical);
        /* Words of 64 bits, little-endian as this machine is: a bit a row, byte by byte. */
        const uint8_t *mask = (const uint8_t *)duckdb_vector_get_validity(vector);
        const void *data = duckdb_vector_get_data(vector);
        duckdb_destroy_logical_type(&logical);
        buf_add_u32(out, mask != NULL);
        if (mask)
            buf_add(out, mask, (rows + 7) / 8);
        if (type == DUCKDB_TYPE_VARCHAR)
            add_texts(out, data, mask, rows);
        else
            buf_add(out, data, type == DUCKDB_TYPE_BOOLEAN ? rows : 8 * rows);
    }
}
