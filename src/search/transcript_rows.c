/* SPDX-License-Identifier: Apache-2.0 */
/* transcript_rows: see transcript_private.h. */
#include <stdlib.h>
#include <string.h>

#include "search/transcript_private.h"

static struct str word_of(const struct vocabulary *words, size_t code)
{
    return code < words->first_own
               ? transcript__word(&words->shared->bytes, words->shared->at[code - CODE_FIRST_WORD])
               : transcript__word(&words->own, words->own_at[code - words->first_own]);
}

bool row_table_init(struct row_table *table, const struct search_term *term, bool backwards,
                    size_t most)
{
    *table = (struct row_table){.automaton = search_automaton_new(term, backwards), .most = most};
    table->rows = table->automaton ? calloc(most, CODES_MAX) : NULL;
    if (!table->rows)
        row_table_done(table);
    return table->rows;
}

void row_table_done(struct row_table *table)
{
    search_automaton_free(table->automaton);
    free(table->rows);
    table->automaton = NULL;
    table->rows = NULL;
}

/* --- where a word leads */

static uint16_t step_reading(struct automaton *automaton, struct vocabulary *words, uint16_t state,
                             struct str text)
{
    if (!search_automaton_is_folded(automaton) || search_is_ascii(text))
        return search_automaton_step(automaton, state, text);
    buf_clear(&words->folded);
    search_fold(text, &words->folded);
    return words->folded.failed ? STATE_FOUND
                                : search_automaton_step(automaton, state, buf_str(&words->folded));
}

/* Any reading of an escape may be the one that is part of a match. */
static uint16_t step_escape(struct automaton *automaton, struct vocabulary *words, uint16_t state,
                            struct str text)
{
    words->reading.started = false;
    words->reading.level = 0;
    search_reading_next(&words->reading, text, READINGS_MAX); /* as it is */
    uint16_t to = step_reading(automaton, words, state, text);
    while (search_reading_next(&words->reading, text, READINGS_MAX))
        to = search_automaton_either(automaton, to,
                                     step_reading(automaton, words, state, words->reading.text));
    return to;
}

uint16_t row_table_step(struct row_table *table, struct vocabulary *words, uint16_t state,
                        uint16_t code)
{
    words->is_damaged |= code >= words->end;
    if (code == CODE_ANYTHING || code >= words->end)
        return STATE_FOUND;
    struct str text = word_of(words, code);
    return text.len && text.ptr[0] == '\\' ? step_escape(table->automaton, words, state, text)
                                           : step_reading(table->automaton, words, state, text);
}

/* --- rows */

static void add_row(struct row_table *table, const struct vocabulary *words, uint16_t state,
                    uint8_t content)
{
    uint8_t *row = row_at(table, table->count);
    memset(row, content, words->end);
    /* What was found in a section need not be looked for in its next text. */
    row[CODE_NEXT_TEXT] = content == ROW_DEAD ? ROW_DEAD : ROW_START;
    table->states[table->count] = state;
    table->row_of_state[state] = (uint8_t)table->count++;
}

uint8_t row_table_find(struct row_table *table, const struct vocabulary *words, uint16_t state)
{
    if (table->row_of_state[state] == NO_ROW && table->count < table->most)
        add_row(table, words, state, CODE_UNKNOWN);
    return table->row_of_state[state];
}

/* Bytes with which something may begin to be found; of folded text, those that become one. */
static void find_starts(struct automaton *automaton, bool starts[256])
{
    for (int byte = 0; byte < 256; byte++) {
        char text = (char)byte;
        starts[byte] =
            search_automaton_step(automaton, STATE_START, (struct str){&text, 1}) != STATE_START;
    }
    starts['\\'] = true; /* an escape may be read as something else */
    if (search_automaton_is_folded(automaton))
        memset(starts + 0x80, true, 0x80);
}

static bool has_start(struct str text, const bool starts[256])
{
    bool any = false;
    for (size_t i = 0; i < text.len; i++)
        any |= starts[(uint8_t)text.ptr[i]];
    return any;
}

/* Nearly every word is met where nothing was found so far: learned in order, and at once, they cost
 * less than one by one in between. */
static void learn_words(struct row_table *table, struct vocabulary *words, size_t from, size_t end)
{
    uint8_t *start = row_at(table, ROW_START);
    bool starts[256];
    find_starts(table->automaton, starts);
    for (size_t code = from; code < end; code++) {
        if (!has_start(word_of(words, code), starts)) {
            start[code] = ROW_START;
            continue;
        }
        uint16_t to = row_table_step(table, words, STATE_START, (uint16_t)code);
        uint8_t row = to == STATE_FOUND ? CODE_FOUND : row_table_find(table, words, to);
        start[code] = row == NO_ROW ? CODE_UNKNOWN : row;
    }
}

static void forget(struct row_table *table)
{
    table->count = 0;
}

void row_table_tidy(struct row_table *table)
{
    /* A row for a state of a chunk that is gone is of no use to the next. */
    if (search_automaton_tidy(table->automaton) || table->count > table->most / 4 * 3)
        forget(table);
}

void row_table_start(struct row_table *table, struct vocabulary *words)
{
    uint64_t id = words->shared ? words->shared->id : 0;
    if (!table->count || table->words_id != id) {
        forget(table);
        table->words_id = id;
        memset(table->row_of_state, NO_ROW, sizeof table->row_of_state);
        add_row(table, words, STATE_START, CODE_UNKNOWN);
        add_row(table, words, STATE_FOUND, ROW_DEAD);
        memset(row_at(table, ROW_DEAD), CODE_UNKNOWN, SECTIONS);
        learn_words(table, words, CODE_FIRST_WORD, words->first_own);
    }
    for (size_t row = 0; row < table->count; row++)
        memset(row_at(table, row) + words->first_own, row == ROW_DEAD ? ROW_DEAD : CODE_UNKNOWN,
               words->end - words->first_own);
    learn_words(table, words, words->first_own, words->end);
}
