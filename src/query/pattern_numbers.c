/* SPDX-License-Identifier: Apache-2.0 */
/* pattern_numbers: see pattern_numbers.h. */
#include "query/pattern_numbers.h"

/* 12, -1.5, 37%, 12ms: the number in front. */
static bool number_of(struct str word, double *out_number)
{
    size_t end = 0;
    while (end < word.len && ((word.ptr[end] >= '0' && word.ptr[end] <= '9') ||
                              word.ptr[end] == '.' || (end == 0 && word.ptr[end] == '-')))
        end++;
    return str_to_double(str_sub(word, 0, end), out_number);
}

static bool ends_nocase(struct str text, struct str end)
{
    return text.len >= end.len && str_equal_nocase(str_sub(text, text.len - end.len, end.len), end);
}

static bool names_status(struct str word)
{
    return ends_nocase(word, STR("status")) || ends_nocase(word, STR("code")) ||
           str_equal_nocase(str_sub(word, 0, 4), STR("http"));
}

void pattern_numbers_add(struct pattern_numbers *numbers, struct arena *arena, size_t place,
                         struct str number, struct str before, bool usual)
{
    double value;
    if (place >= PLACES_MAX || !number_of(number, &value))
        return;
    struct number_sample **sample = usual ? &numbers->usual[place] : &numbers->now[place];
    if (!*sample)
        *sample = arena_new(arena, struct number_sample);
    if (!*sample)
        return;
    /* Beyond the room every value takes the place of one, by its number times a large prime. */
    size_t at = (*sample)->seen < SAMPLES_MAX
                    ? (size_t)(*sample)->seen
                    : (size_t)(((uint64_t)(*sample)->seen * 0x9E3779B97F4A7C15u) >> 32) %
                          (size_t)((*sample)->seen + 1);
    if (at < SAMPLES_MAX)
        (*sample)->values[at] = value;
    (*sample)->seen++;
    if (!names_status(before) || value < 100 || value > 599)
        return;
    (*sample)->statuses++;
    (*sample)->errors += value >= 400;
}
