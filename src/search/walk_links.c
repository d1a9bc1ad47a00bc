/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_links: what a content holds with all it is made of. Lists refer to smaller numbers only, so
 * following them ends; chains of parents can be long, so the stack is on the heap.
 */
#include <stdlib.h>
#include <string.h>

#include "search/walk_private.h"

struct str walk__refs(const struct walk_chunk *chunk)
{
    return chunk->part
               ? (struct str){chunk->part->refs + chunk->known->refs_at, chunk->known->refs_bytes}
               : buf_str(&chunk->refs);
}

static size_t chunk_of(const struct search_walk *walk, uint32_t ordinal)
{
    size_t low = 0, high = walk->chunk_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (walk->chunks[middle].chunk.first_content <= ordinal)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The lists of a chunk as arrays: links of content i are links[link_at[i] .. link_at[i + 1]]. */
static bool decode_lists(struct walk_chunk *chunk)
{
    uint32_t contents = chunk->chunk.content_count, at = 0, filled = 0;
    size_t capacity = 0;
    struct str refs = walk__refs(chunk);
    struct ref_reader reader = search_refs_read(refs, &chunk->chunk);
    struct ref_list list;
    chunk->link_at = calloc((size_t)contents + 2, sizeof *chunk->link_at);
    if (!chunk->link_at)
        return false;
    while (search_refs_next_list(&reader, &list)) {
        uint32_t number = list.ordinal - chunk->chunk.first_content;
        if (number >= contents || list.count > refs.len)
            break;
        if (at + (size_t)list.count > capacity) {
            capacity = (at + (size_t)list.count) * 2;
            uint32_t *wider = realloc(chunk->links, capacity * sizeof *wider);
            if (!wider)
                return false;
            chunk->links = wider;
        }
        while (filled <= number)
            chunk->link_at[filled++] = at;
        for (uint32_t i = 0; i < list.count; i++)
            chunk->links[at++] = search_refs_next_link(&reader, &list);
    }
    while (filled <= contents)
        chunk->link_at[filled++] = at;
    chunk->linked = true;
    return true;
}

static enum status prepare(struct search_walk *walk, size_t number, struct error *error)
{
    struct walk_chunk *chunk = &walk->chunks[number];
    enum status status = STATUS_OK;
    if (chunk->possible || !chunk->part)
        status = walk__scan(walk, number, error);
    if (status == STATUS_OK && !chunk->linked && !decode_lists(chunk))
        status = fail(error, STATUS_BUSY, "no memory for the search");
    return status;
}

/* Adds up what is known of the content's links; those that are not known go onto the stack. */
static uint32_t add_links(struct search_walk *walk, const struct walk_chunk *chunk,
                          uint32_t ordinal, bool *out_waits)
{
    uint32_t at = ordinal - chunk->chunk.first_content, terms = chunk->own ? chunk->own[at] : 0;
    *out_waits = false;
    for (uint32_t i = chunk->link_at[at]; i < chunk->link_at[at + 1]; i++) {
        uint32_t link = chunk->links[i];
        if (link >= ordinal)
            continue;
        if (walk->known[link]) {
            terms |= walk->masks[link];
        } else {
            buf_add(&walk->stack, &link, sizeof link);
            *out_waits = true;
        }
    }
    return terms;
}

enum status walk__resolve(struct search_walk *walk, uint32_t ordinal, uint32_t *out_terms,
                          struct error *error)
{
    *out_terms = 0;
    if (ordinal >= walk->list.content_count)
        return STATUS_OK;
    buf_clear(&walk->stack);
    if (!walk->known[ordinal])
        buf_add(&walk->stack, &ordinal, sizeof ordinal);
    while (walk->stack.len) {
        uint32_t top;
        memcpy(&top, walk->stack.ptr + walk->stack.len - sizeof top, sizeof top);
        size_t number = walk->known[top] ? 0 : chunk_of(walk, top);
        const struct walk_chunk *chunk = &walk->chunks[number];
        bool waits = false;
        if (!walk->known[top] && chunk->reachable &&
            top - chunk->chunk.first_content < chunk->chunk.content_count) {
            enum status status = prepare(walk, number, error);
            if (status != STATUS_OK)
                return status;
            walk->masks[top] = add_links(walk, chunk, top, &waits);
        }
        if (walk->stack.failed)
            return fail(error, STATUS_BUSY, "no memory for the search");
        if (!waits) {
            walk->known[top] = 1;
            walk->stack.len -= sizeof top;
        }
    }
    *out_terms = walk->masks[ordinal];
    return STATUS_OK;
}
