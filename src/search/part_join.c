/* SPDX-License-Identifier: Apache-2.0 */
/* part_join: two parts that follow each other -> the file of one. Both are sorted, so that each
 * token is looked at once. */
#include <string.h>

#include "search/part_file.h"

/* Those of the second part follow those of the first. */
static size_t read_places(const struct token_place *token, uint32_t shift,
                          struct chunk_place out_places[PART_CHUNKS])
{
    struct cursor in = token->posts;
    size_t count = search_places_read(&in, out_places);
    size_t kept = 0;
    for (size_t k = 0; k < count && out_places[k].chunk + shift < PART_CHUNKS; k++)
        out_places[kept++].chunk = (uint16_t)(out_places[k].chunk + shift);
    return kept;
}

static void join_tokens(const struct search_part *first, const struct search_part *second,
                        struct part_draft *draft)
{
    struct token_place a = search_tokens_start(first), b = search_tokens_start(second);
    /* Two of them may be large: nothing is copied while they grow. */
    buf_reserve(&draft->tokens, first->token_bytes + second->token_bytes);
    buf_reserve(&draft->posts, (first->post_bytes + second->post_bytes) / 4 * 5);
    put_byte(&draft->tokens, '\n');
    while (a.number < first->token_count || b.number < second->token_count) {
        int order = a.number == first->token_count    ? 1
                    : b.number == second->token_count ? -1
                                                      : str_compare(a.text, b.text);
        struct chunk_place places[2 * PART_CHUNKS];
        size_t count = 0;
        struct str text = order <= 0 ? a.text : b.text;
        put_bytes(&draft->tokens, text.ptr, text.len);
        put_byte(&draft->tokens, '\n');
        if (order <= 0) {
            count += read_places(&a, 0, places);
            search_tokens_next(&a);
        }
        if (order >= 0) {
            count += read_places(&b, first->chunk_count, places + count);
            search_tokens_next(&b);
        }
        search_places_put(&draft->posts, places, count);
        draft->token_count++;
    }
}

static void join_shapes(const struct search_part *first, const struct search_part *second,
                        struct part_draft *draft)
{
    struct shape_writer writer = {.out = &draft->shapes};
    struct shape_reader a = search_shape_read((struct str){first->shapes, first->shape_bytes});
    struct shape_reader b = search_shape_read((struct str){second->shapes, second->shape_bytes});
    search_shape_next(&a);
    search_shape_next(&b);
    while (a.gram != SHAPE_NO_GRAM || b.gram != SHAPE_NO_GRAM) {
        uint32_t gram = a.gram < b.gram ? a.gram : b.gram;
        uint64_t mask = a.gram == gram ? search_shape_mask(&a) : 0;
        mask |= b.gram == gram ? search_shape_mask(&b) << first->chunk_count : 0;
        search_shape_put(&writer, gram, mask);
        if (a.gram == gram)
            search_shape_next(&a);
        if (b.gram == gram)
            search_shape_next(&b);
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
