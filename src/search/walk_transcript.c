/* SPDX-License-Identifier: Apache-2.0 */
/* walk_transcript: what parts do not narrow is looked for in transcripts before a chunk is read. */
#include "search/walk_private.h"

/* Terms of a single token: where these are the parts know as well. */
static bool is_simple(const struct search_term *term)
{
    for (size_t i = 0; i < term->piece.len; i++)
        if (term->piece.ptr[i] == ' ')
            return false;
    return term->folded.ptr != NULL;
}

static uint32_t terms_of_use(const struct search_walk *walk, const struct walk_chunk *chunk)
{
    uint32_t terms = 0;
    for (int section = 0; section < SECTIONS; section++)
        terms |= chunk->allowed[section];
    for (size_t i = 0; i < walk->options.expression->term_count; i++)
        if (is_simple(&walk->options.expression->terms[i]))
            terms &= ~(UINT32_C(1) << i);
    return terms;
}

/* Has the finder know these words. */
static bool share_words(struct search_index *index, struct scanner *scanner, uint64_t id)
{
    if (search_finder_words(scanner->finder) == id)
        return true;
    struct buf file = {0};
    bool good = search_index_words(index, id, &file) &&
                search_finder_use(scanner->finder, buf_str(&file)) &&
                search_finder_words(scanner->finder) == id;
    buf_done(&file);
    if (!good)
        search_index_drop_words(index, id);
    return good;
}

bool walk__narrow(struct search_walk *walk, struct walk_chunk *chunk, struct scanner *scanner)
{
    const struct search_walk_options *options = &walk->options;
    uint32_t number = (uint32_t)(chunk - walk->chunks), terms = terms_of_use(walk, chunk);
    if (!chunk->part || !options->index || !terms)
        return true;
    if (!scanner->finder)
        scanner->finder = search_finder_new(options->expression);
    if (!scanner->finder || !search_finder_knows(scanner->finder, terms))
        return true;
    uint64_t words;
    if (!search_index_transcript(options->index, &chunk->chunk, number, walk->list.created_ns,
                                 &scanner->transcript, &words) ||
        !share_words(options->index, scanner, words))
        return false;
    if (!search_finder_narrow(scanner->finder, buf_str(&scanner->transcript), chunk->allowed))
        search_index_drop_transcript(options->index, chunk->chunk.segment, number);
    return true;
}
