/* SPDX-License-Identifier: Apache-2.0 */
/* shape_ask: conditions, and the chunks that meet them. */
#include "search/shape_pack.h"
#include "search/shape_private.h"

uint8_t shape__add(struct shape_question *question, enum shape_kind kind, uint8_t parent)
{
    if (question->count == SHAPE_NODES_MAX)
        return 0;
    uint8_t at = question->count++;
    question->nodes[at] = (struct shape_node){.kind = (uint8_t)kind};
    shape__put_below(question, at, parent);
    return at;
}

void shape__put_below(struct shape_question *question, uint8_t node, uint8_t parent)
{
    struct shape_node *child = &question->nodes[node];
    if (!node || !parent || child->has_parent)
        return;
    child->has_parent = true;
    child->next = question->nodes[parent].first;
    question->nodes[parent].first = node;
}

static bool says_little(const uint32_t *sets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(sets[i] & SHAPE_SET(SYMBOL_LETTER)))
            return false;
    return true;
}

static void add_window(struct shape_question *question, const uint32_t *sets, size_t count,
                       uint8_t parent)
{
    /* Space at an end may be what a JSON writer set. */
    while (count && sets[0] & SHAPE_SET(SYMBOL_SPACE))
        sets++, count--;
    while (count && sets[count - 1] & SHAPE_SET(SYMBOL_SPACE))
        count--;
    uint8_t at = says_little(sets, count) ? 0 : shape__add(question, SHAPE_WINDOW, parent);
    if (!at)
        return;
    question->nodes[at].len = (uint8_t)count;
    for (size_t i = 0; i < count; i++)
        question->nodes[at].window[i] = sets[i];
}

static void add_run(struct shape_question *question, const uint32_t *sets, size_t count,
                    enum shape_run run, uint32_t allowed, uint8_t parent)
{
    enum { TELLING = 4 }; /* nearly every chunk has a run that is shorter */
    size_t length = 0, longest = 0;
    for (size_t i = 0; i < count; i++) {
        length = sets[i] & ~allowed ? 0 : length + 1;
        longest = length > longest ? length : longest;
    }
    uint8_t at = longest < TELLING ? 0 : shape__add(question, SHAPE_RUN, parent);
    if (!at)
        return;
    question->nodes[at].run = (uint8_t)run;
    question->nodes[at].least = (uint8_t)(longest < SHAPE_RUN_MAX ? longest : SHAPE_RUN_MAX);
}

void shape__add_stretch(struct shape_question *question, const uint32_t *sets, size_t count,
                        uint8_t parent)
{
    const uint32_t letters = SHAPE_SET(SYMBOL_LETTER), digits = SHAPE_SET(SYMBOL_DIGIT);
    const uint32_t solid = SHAPE_ANY & ~SHAPE_SET(SYMBOL_SPACE) & ~SHAPE_SET(SYMBOL_BREAKER);
    if (count < SHAPE_LENGTH)
        add_window(question, sets, count, parent);
    for (size_t i = 0; i + SHAPE_LENGTH <= count; i++)
        add_window(question, sets + i, SHAPE_LENGTH, parent);
    add_run(question, sets, count, RUN_LETTERS, letters, parent);
    add_run(question, sets, count, RUN_DIGITS, digits, parent);
    add_run(question, sets, count, RUN_LETTERS_AND_DIGITS, letters | digits, parent);
    add_run(question, sets, count, RUN_SOLID, solid, parent);
}

const struct shape_question *search_shape_of_text(struct str folded, struct arena *arena)
{
    enum { STRETCH_MAX = 64 };
    uint32_t sets[STRETCH_MAX];
    size_t count = 0;
    struct shape_question *question = arena_alloc(arena, sizeof *question);
    if (!question)
        return NULL;
    *question = (struct shape_question){.count = 1};
    question->root = shape__add(question, SHAPE_AND, 0);
    for (size_t i = 0; i <= folded.len; i++) {
        uint8_t byte = i < folded.len ? (uint8_t)folded.ptr[i] : ',';
        if ((byte & 0xc0) == 0x80)
            continue; /* within a character */
        uint32_t symbol = byte < 0x80 ? shape__symbols[byte] : SYMBOL_OTHER;
        if (symbol != SYMBOL_BREAKER && count < STRETCH_MAX) {
            sets[count++] = SHAPE_SET(symbol);
            continue;
        }
        shape__add_stretch(question, sets, count, question->root);
        count = 0;
    }
    return question->nodes[question->root].first ? question : NULL;
}

/* --- asking */

static uint64_t ask_window(const struct shape_node *node, const struct shape_grams *in)
{
    enum { KEEP = (1 << SHAPE_SYMBOL_BITS) - 1 };
    uint64_t found = 0;
    struct shape_reader reader = search_shape_read(in->packed);
    while (search_shape_next(&reader)) {
        int shift = SHAPE_SYMBOL_BITS * (SHAPE_LENGTH - 1);
        uint32_t gram = reader.gram, at = 0;
        while (at < node->len && node->window[at] >> (gram >> shift & KEEP) & 1) {
            shift -= SHAPE_SYMBOL_BITS;
            at++;
        }
        if (at == node->len)
            found |= search_shape_mask(&reader);
    }
    return found;
}

static uint64_t ask(const struct shape_question *question, uint8_t at, const struct shape_grams *in)
{
    const struct shape_node *node = &question->nodes[at];
    uint64_t found = 0;
    switch ((enum shape_kind)node->kind) {
    case SHAPE_TRUE:
        return UINT64_MAX;
    case SHAPE_WINDOW:
        return ask_window(node, in);
    case SHAPE_RUN:
        for (uint32_t i = 0; i < in->chunk_count; i++)
            found |= (uint64_t)(in->longest[i][node->run] >= node->least) << i;
        return found;
    case SHAPE_OR:
        for (uint8_t child = node->first; child; child = question->nodes[child].next)
            found |= ask(question, child, in);
        return found;
    case SHAPE_AND:
        break;
    }
    found = UINT64_MAX;
    for (uint8_t child = node->first; child && found; child = question->nodes[child].next)
        found &= ask(question, child, in);
    return found;
}

uint64_t search_shape_ask(const struct shape_question *question, const struct shape_grams *in)
{
    return ask(question, question->root, in);
}
