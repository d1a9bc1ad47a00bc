/* SPDX-License-Identifier: Apache-2.0 */
/* part_join: two parts that follow each other -> the file of one. Both are sorted, so that each
 * token is looked at once. */
#include <string.h>

#include "search/part_file.h"

static struct str token_at(const struct search_part *part, size_t i)
{
    size_t end = i + 1 < part->token_count ? part->token_at[i + 1] : part->token_bytes;
    return (struct str){part->tokens + part->token_at[i], end - part->token_at[i] - 1};
}

/* Those of the second part follow those of the first. */
static size_t read_places(const struct search_part *part, size_t i, uint32_t shift,
                          struct chunk_place out_places[PART_CHUNKS])
{
    struct cursor in = cursor_of((struct str){part->posts, part->post_bytes});
    in.at += part->post_at[i];
    size_t count = search_places_read(&in, out_places);
    size_t kept = 0;
    for (size_t k = 0; k < count && out_places[k].chunk + shift < PART_CHUNKS; k++)
        out_places[kept++].chunk = (uint16_t)(out_places[k].chunk + shift);
    return kept;
}

static void join_tokens(const struct search_part *first, const struct search_part *second,
                        struct part_draft *draft)
{
    put_byte(&draft->tokens, '\n');
    for (size_t i = 0, k = 0; i < first->token_count || k < second->token_count;) {
        int order = i == first->token_count ? 1
                    : k == second->token_count
                        ? -1
                        : str_compare(token_at(first, i), token_at(second, k));
        struct chunk_place places[2 * PART_CHUNKS];
        size_t count = 0;
        struct str text = order <= 0 ? token_at(first, i) : token_at(second, k);
        if (order <= 0)
            count += read_places(first, i++, 0, places);
        if (order >= 0)
            count += read_places(second, k++, first->chunk_count, places + count);
        put_bytes(&draft->tokens, text.ptr, text.len);
        put_byte(&draft->tokens, '\n');
        search_places_put(&draft->posts, places, count);
        draft->token_count++;
    }
}

static void join_shapes(const struct search_part *first, const struct search_part *second,
                        struct part_draft *draft)
{
    struct shape_writer writer = {.out = &draft->shapes};
    for (size_t i = 0, k = 0; i < first->shape_count || k < second->shape_count;) {
        uint32_t a = i < first->shape_count ? first->shapes[i] : UINT32_MAX;
        uint32_t b = k < second->shape_count ? second->shapes[k] : UINT32_MAX;
        uint64_t mask = a <= b ? first->shape_masks[i++] : 0;
        if (b <= a)
            mask |= second->shape_masks[k++] << first->chunk_count;
        search_shape_put(&writer, a < b ? a : b, mask);
    }
}

static void join_chunks(const struct search_part *part, struct part_draft *draft)
{
    struct search_part *into = &draft->part;
    for (uint32_t i = 0; i < part->chunk_count; i++) {
        struct part_chunk *one = &into->chunks[into->chunk_count];
        *one = part->chunks[i];
        memcpy(into->longest[into->chunk_count++], part->longest[i], SHAPE_RUNS);
        one->refers_at = (uint32_t)(draft->refers.len / sizeof(uint32_t));
        buf_add(&draft->refers, part->refers + part->chunks[i].refers_at,
                part->chunks[i].refers_count * sizeof(uint32_t));
    }
    buf_add(&draft->refs, part->refs, part->refs_bytes);
    buf_add(&draft->grams, part->grams, part->gram_bytes);
    into->unbounded |= part->unbounded;
}

enum status search_parts_join(const struct search_part *first, const struct search_part *second,
                              struct buf *out, struct error *error)
{
    struct part_draft draft = {.part = {.segment = first->segment,
                                        .first_chunk = first->first_chunk,
                                        .created_ns = first->created_ns}};
    if (first->chunk_count + second->chunk_count > PART_CHUNKS ||
        first->segment != second->segment ||
        second->first_chunk != first->first_chunk + first->chunk_count)
        return fail(error, STATUS_INVALID, "the parts do not join");
    join_chunks(first, &draft);
    join_chunks(second, &draft);
    if (!draft.part.unbounded)
        join_tokens(first, second, &draft);
    join_shapes(first, second, &draft);
    enum status status = search_draft_write(&draft, out, error);
    search_draft_done(&draft);
    return status;
}
