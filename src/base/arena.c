/* SPDX-License-Identifier: Apache-2.0 */
/* arena: blocks from malloc, cut into pieces by moving an offset. */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { BLOCK_BYTES_MIN = 4096, BLOCK_BYTES_MAX = 1 << 20, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(ALIGN) char bytes[];
};

void arena_init(struct arena *arena, size_t limit_bytes)
{
    *arena = (struct arena){.limit_bytes = limit_bytes};
}

void arena_done(struct arena *arena)
{
    struct arena_block *next;
    for (struct arena_block *block = arena->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
    arena->used_bytes = 0;
}

static struct arena_block *add_block(struct arena *arena, size_t need)
{
    size_t size = need;
#ifndef ARENA_PIECES
    size_t next = arena->blocks ? arena->blocks->size * 2 : BLOCK_BYTES_MIN;
    if (next > BLOCK_BYTES_MAX)
        next = BLOCK_BYTES_MAX;
    if (size < next)
        size = next;
#endif
    struct arena_block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    *block = (struct arena_block){.next = arena->blocks, .size = size};
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > arena->limit_bytes || arena->used_bytes > arena->limit_bytes - size)
        return NULL;
    size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < need)
        block = add_block(arena, need);
    if (!block)
        return NULL;
    void *piece = block->bytes + block->used;
    block->used += need;
    arena->used_bytes += size;
    return piece;
}

void *arena_zero(struct arena *arena, size_t size)
{
    void *piece = arena_alloc(arena, size);
    return piece ? memset(piece, 0, size) : NULL;
}

void *arena_zero_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_zero(arena, total);
}

struct str arena_copy(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.len + 1);
    if (!copy)
        return STR_NONE;
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    return (struct str){copy, text.len};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
    if (text)
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return text ? (struct str){text, (size_t)len} : STR_NONE;
}

bool arena__grow(struct arena *arena, void **items, size_t count, size_t *capacity, size_t size)
{
    must(count <= *capacity);
    if (count < *capacity)
        return true;
    size_t wider = *capacity ? *capacity * 2 : 8;
    void *copy = arena_zero_array(arena, wider, size);
    if (!copy)
        return false;
    if (count)
        memcpy(copy, *items, count * size);
    *items = copy;
    *capacity = wider;
    return true;
}

struct str arena_url_piece(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.len * 3 + 1);
    size_t len = 0;
    for (size_t i = 0; out && i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            (c && strchr("-_.~", c)))
            out[len++] = (char)c;
        else
            len += (size_t)snprintf(out + len, 4, "%%%02X", c);
    }
    return (struct str){out, out ? len : 0};
}
