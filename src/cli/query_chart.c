/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_chart: a series as a line of blocks for each group, the largest groups first. A sign is one
 * bin; when there are more bins than room, several, of which it shows the largest value. Where
 * there is no row there is a space.
 */
#include "cli/query_reply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "cli/terminal.h"

enum { GROUPS_SHOWN = 20, LABEL_MAX = 32, NUMBERS = 34, ROOM_MIN = 10, ROOM_MAX = 200 };

struct group {
    struct str label;
    double sum;
    size_t first_row; /* keeps the order of equals */
    double *signs;    /* NAN: no row */
    double most, last;
};

struct chart {
    const struct query_reply *reply;
    size_t time_column, measure;
    struct arena arena;
    struct group *groups;
    size_t group_count, *group_of_row;
    int64_t from_ns, step_ns;
    size_t room, bins, bins_a_sign;
};

static bool row_time(const struct chart *chart, size_t row, int64_t *out_ns)
{
    return json_int(query_cell(chart->reply, row, chart->time_column), out_ns);
}

static int compare_times(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The bins' width is the least distance between two of them. */
static bool find_times(struct chart *chart)
{
    size_t count = 0;
    int64_t *times = arena_array(&chart->arena, int64_t, chart->reply->row_count + 1);
    if (!times)
        return false;
    for (size_t row = 0; row < chart->reply->row_count; row++)
        count += row_time(chart, row, &times[count]);
    if (!count)
        return false;
    qsort(times, count, sizeof *times, compare_times);
    chart->from_ns = times[0];
    chart->step_ns = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t step = times[i] - times[i - 1];
        if (step > 0 && (!chart->step_ns || step < chart->step_ns))
            chart->step_ns = step;
    }
    chart->bins = chart->step_ns ? (size_t)((times[count - 1] - times[0]) / chart->step_ns) + 1 : 1;
    chart->bins_a_sign = (chart->bins + chart->room - 1) / chart->room;
    return true;
}

/* gpt-4o, eu: the row's keys but for its time. */
static struct str label_of(struct chart *chart, size_t row, struct buf *scratch)
{
    buf_clear(scratch);
    for (size_t c = 0; c < chart->reply->column_count; c++) {
        if (c == chart->time_column || !chart->reply->columns[c].is_key)
            continue;
        if (scratch->len)
            buf_add(scratch, ", ", 2);
        size_t before = scratch->len;
        query_cell_add(chart->reply, row, c, scratch);
        if (scratch->len == before)
            buf_add_byte(scratch, '-');
    }
    return buf_str(scratch);
}

static bool find_groups(struct chart *chart)
{
    struct buf scratch = {0};
    struct map known;
    size_t capacity = 0;
    bool fine = true;
    map_init(&known);
    chart->group_of_row = arena_array(&chart->arena, size_t, chart->reply->row_count + 1);
    for (size_t row = 0; fine && chart->group_of_row && row < chart->reply->row_count; row++) {
        struct str label = label_of(chart, row, &scratch);
        uint64_t index;
        if (!map_get(&known, label, &index)) {
            index = chart->group_count;
            fine = map_put(&known, label, index) &&
                   arena_grow(&chart->arena, &chart->groups, chart->group_count, &capacity);
            if (fine)
                chart->groups[chart->group_count++] =
                    (struct group){.label = arena_copy(&chart->arena, label), .first_row = row};
        }
        chart->group_of_row[row] = (size_t)index;
    }
    map_done(&known);
    buf_done(&scratch);
    return fine && chart->group_of_row && chart->group_count;
}

/* --- one measure ----------------------------------------------------------------------------- */

static int larger_first(const void *a, const void *b)
{
    const struct group *const *x = a, *const *y = b;
    if ((*x)->sum != (*y)->sum)
        return (*x)->sum > (*y)->sum ? -1 : 1;
    return (*x)->first_row < (*y)->first_row ? -1 : 1;
}

static void add_value(struct chart *chart, struct group *group, int64_t time_ns, double value)
{
    size_t bin = chart->step_ns ? (size_t)((time_ns - chart->from_ns) / chart->step_ns) : 0;
    double *sign = &group->signs[bin / chart->bins_a_sign];
    if (isnan(*sign) || value > *sign)
        *sign = value;
    if (isnan(group->most) || value > group->most)
        group->most = value;
}

static bool fill(struct chart *chart)
{
    size_t signs = (chart->bins + chart->bins_a_sign - 1) / chart->bins_a_sign;
    int64_t *last_ns = arena_array(&chart->arena, int64_t, chart->group_count);
    for (size_t row = 0; last_ns && row < chart->reply->row_count; row++) {
        struct group *group = &chart->groups[chart->group_of_row[row]];
        double value;
        int64_t time_ns;
        if (!query_cell_number(chart->reply, row, chart->measure, &value) ||
            !row_time(chart, row, &time_ns))
            continue;
        if (group->signs == NULL)
            continue;
        add_value(chart, group, time_ns, value);
        if (time_ns >= last_ns[group - chart->groups])
            group->last = value, last_ns[group - chart->groups] = time_ns;
    }
    chart->room = signs;
    return last_ns != NULL;
}

static bool choose(struct chart *chart, struct group **shown, size_t *out_count)
{
    size_t count = chart->group_count;
    struct group **all = arena_array(&chart->arena, struct group *, count);
    for (size_t i = 0; all && i < count; i++) {
        chart->groups[i].sum = 0;
        chart->groups[i].signs = NULL;
        chart->groups[i].most = chart->groups[i].last = NAN;
        all[i] = &chart->groups[i];
    }
    for (size_t row = 0; all && row < chart->reply->row_count; row++) {
        double value;
        if (query_cell_number(chart->reply, row, chart->measure, &value))
            chart->groups[chart->group_of_row[row]].sum += fabs(value);
    }
    if (!all)
        return false;
    qsort(all, count, sizeof *all, larger_first);
    *out_count = count < GROUPS_SHOWN ? count : GROUPS_SHOWN;
    for (size_t i = 0; i < *out_count; i++) {
        shown[i] = all[i];
        all[i]->signs = arena_array(&chart->arena, double, ROOM_MAX);
        if (!all[i]->signs)
            return false;
        for (size_t k = 0; k < ROOM_MAX; k++)
            all[i]->signs[k] = NAN;
    }
    return true;
}

static void add_blocks(struct buf *line, const struct group *group, size_t signs, double scale)
{
    for (size_t i = 0; i < signs; i++) {
        double value = group->signs[i];
        if (isnan(value)) {
            buf_add_byte(line, ' ');
            continue;
        }
        int height = scale > 0 && value > 0 ? (int)ceil(value / scale * 8) : 1;
        height = height < 1 ? 1 : height > 8 ? 8 : height;
        const char block[] = {'\xE2', '\x96', (char)(0x80 + height)};
        buf_add(line, block, 3);
    }
}

static void write_group(FILE *file, const struct group *group, size_t label_width, size_t signs,
                        double scale)
{
    struct buf line = {0};
    if (label_width) {
        terminal_add_cell(&line, group->label, label_width, false);
        buf_add(&line, "  ", 2);
    }
    add_blocks(&line, group, signs, scale);
    buf_printf(&line, "  most ");
    query_number_show(group->most, &line);
    buf_printf(&line, "  last ");
    query_number_show(group->last, &line);
    buf_add_byte(&line, '\n');
    fwrite(line.ptr, 1, line.len, file);
    buf_done(&line);
}

static void write_step(struct buf *line, int64_t ns)
{
    static const struct {
        int64_t ns;
        const char *unit;
    } units[] = {{86400 * NS_PER_SEC, "d"},
                 {3600 * NS_PER_SEC, "h"},
                 {60 * NS_PER_SEC, "m"},
                 {NS_PER_SEC, "s"},
                 {NS_PER_MS, "ms"}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (ns % units[i].ns)
            continue;
        buf_printf(line, "%lld%s", (long long)(ns / units[i].ns), units[i].unit);
        return;
    }
    buf_printf(line, "%lld ns", (long long)ns);
}

static void write_heading(FILE *file, const struct chart *chart)
{
    struct buf line = {0};
    char from[CLOCK_TEXT_BYTES], to[CLOCK_TEXT_BYTES];
    clock_format(chart->from_ns, from);
    clock_format(chart->from_ns + chart->step_ns * (int64_t)chart->bins, to);
    buf_add_byte(&line, '\n');
    terminal_add(&line, chart->reply->columns[chart->measure].name);
    buf_printf(&line, "  %.10s %.5s to %.10s %.5s", from, from + 11, to, to + 11);
    if (chart->step_ns) {
        buf_printf(&line, ", a sign is ");
        write_step(&line, chart->step_ns * (int64_t)chart->bins_a_sign);
    }
    buf_add_byte(&line, '\n');
    fwrite(line.ptr, 1, line.len, file);
    buf_done(&line);
}

static void write_measure(FILE *file, struct chart *chart, size_t label_width)
{
    struct group *shown[GROUPS_SHOWN];
    size_t count = 0, room = chart->room;
    double scale = 0;
    if (!choose(chart, shown, &count) || !fill(chart))
        return;
    for (size_t i = 0; i < count; i++)
        scale = !isnan(shown[i]->most) && shown[i]->most > scale ? shown[i]->most : scale;
    write_heading(file, chart);
    for (size_t i = 0; i < count; i++)
        if (!isnan(shown[i]->most)) /* a group without a number has no line */
            write_group(file, shown[i], label_width, chart->room, scale);
    if (count < chart->group_count)
        fprintf(file, "and %zu more\n", chart->group_count - count);
    chart->room = room;
}

/* --- all ------------------------------------------------------------------------------------- */

static bool find_time_column(struct chart *chart)
{
    for (size_t c = 0; c < chart->reply->column_count; c++) {
        if (chart->reply->columns[c].type != QUERY_TIME || !chart->reply->columns[c].is_key)
            continue;
        chart->time_column = c;
        return true;
    }
    return false;
}

void query_write_chart(FILE *file, const struct query_reply *reply, struct query_look look)
{
    struct chart chart = {.reply = reply};
    arena_init(&chart.arena, ARENA_NO_LIMIT);
    size_t label_width = 0, width = look.width ? look.width : 100;
    if (find_time_column(&chart) && find_groups(&chart)) {
        for (size_t i = 0; i < chart.group_count && label_width < LABEL_MAX; i++) {
            size_t one = terminal_text_width(chart.groups[i].label);
            label_width = one > label_width ? one : label_width;
        }
        label_width = label_width > LABEL_MAX ? LABEL_MAX : label_width;
        chart.room = width > label_width + 2 + NUMBERS + ROOM_MIN
                         ? width - label_width - 2 - NUMBERS
                         : ROOM_MIN;
        chart.room = chart.room > ROOM_MAX ? ROOM_MAX : chart.room;
        bool timed = find_times(&chart);
        for (size_t c = 0; timed && c < reply->column_count; c++) {
            chart.measure = c;
            if (!reply->columns[c].is_key && query_column_counts(&reply->columns[c]))
                write_measure(file, &chart, label_width);
        }
    }
    arena_done(&chart.arena);
}
