/* SPDX-License-Identifier: Apache-2.0 */
/* part_tokens: going through the tokens of a part. Between two marks they are counted. */
#include <string.h>

#include "search/part.h"

/* The token that begins at this byte, if any does. */
static void read_token(struct token_place *place, size_t byte)
{
    const struct search_part *part = place->part;
    const char *start = part->tokens + byte;
    const char *end =
        byte < part->token_bytes ? memchr(start, '\n', part->token_bytes - byte) : NULL;
    place->text = end ? (struct str){start, (size_t)(end - start)} : STR_NONE;
    if (!end)
        place->number = part->token_count;
}

static size_t end_of(const struct token_place *place)
{
    return (size_t)(place->text.ptr + place->text.len - place->part->tokens);
}

static void go_to_mark(struct token_place *place, size_t mark)
{
    const struct search_part *part = place->part;
    place->number = mark * TOKENS_A_MARK;
    place->posts = cursor_of((struct str){part->posts, part->post_bytes});
    place->posts.at += part->marks[mark].post;
    read_token(place, part->marks[mark].token);
}

struct token_place search_tokens_start(const struct search_part *part)
{
    struct token_place place = {.part = part};
    if (part->token_count)
        go_to_mark(&place, 0);
    return place;
}

void search_tokens_next(struct token_place *place)
{
    if (place->number >= place->part->token_count)
        return;
    search_places_skip(&place->posts);
    if (++place->number < place->part->token_count)
        read_token(place, end_of(place) + 1);
}

/* The last mark at or before the byte, not before `from`, which is. */
static size_t mark_before(const struct search_part *part, size_t byte, size_t from)
{
    size_t count = (part->token_count + TOKENS_A_MARK - 1) / TOKENS_A_MARK;
    size_t step = 1, low = from, high;
    while (low + step < count && part->marks[low + step].token <= byte) {
        low += step;
        step *= 2;
    }
    high = low + step < count ? low + step : count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (part->marks[middle].token <= byte)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void search_tokens_seek(struct token_place *place, size_t byte)
{
    const struct search_part *part = place->part;
    if (place->number >= part->token_count)
        return;
    size_t here = place->number / TOKENS_A_MARK, mark = mark_before(part, byte, here);
    if (mark > here)
        go_to_mark(place, mark);
    while (place->number < part->token_count && end_of(place) < byte)
        search_tokens_next(place);
}
