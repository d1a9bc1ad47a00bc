/* SPDX-License-Identifier: Apache-2.0 */
/*
 * query_table: rows below each other, cut to the terminal. Numbers are never cut; the widest texts
 * give way first. When even that is too wide, each row is a block of lines. Also CSV and NDJSON.
 */
#include "cli/query_reply.h"

#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"

enum { GAP = 2, NARROWEST = 8, ROOM = 12 };

static bool is_number(const struct query_column *column)
{
    return column->type == QUERY_INTEGER || column->type == QUERY_NUMBER ||
           column->type == QUERY_BOOLEAN;
}

static bool may_be_cut(const struct query_column *column)
{
    return !is_number(column) && column->type != QUERY_TIME;
}

static void measure(const struct query_reply *reply, size_t *widths)
{
    struct buf cell = {0};
    for (size_t c = 0; c < reply->column_count; c++)
        widths[c] = terminal_text_width(reply->columns[c].name);
    for (size_t row = 0; row < reply->row_count; row++) {
        for (size_t c = 0; c < reply->column_count; c++) {
            buf_clear(&cell);
            query_cell_show(reply, row, c, &cell);
            size_t width = terminal_text_width(buf_str(&cell));
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
    buf_done(&cell);
}

static size_t total(const size_t *widths, size_t count)
{
    size_t sum = count ? (count - 1) * GAP : 0;
    for (size_t i = 0; i < count; i++)
        sum += widths[i];
    return sum;
}

/* False: it cannot be made to fit. */
static bool squeeze(const struct query_reply *reply, size_t *widths, size_t width)
{
    while (width && total(widths, reply->column_count) > width) {
        size_t widest = SIZE_MAX, second = 0;
        for (size_t c = 0; c < reply->column_count; c++) {
            if (!may_be_cut(&reply->columns[c]) || widths[c] <= NARROWEST)
                continue;
            if (widest == SIZE_MAX || widths[c] > widths[widest]) {
                second = widest == SIZE_MAX ? NARROWEST : widths[widest];
                widest = c;
            } else if (widths[c] > second) {
                second = widths[c];
            }
        }
        if (widest == SIZE_MAX)
            return false;
        size_t over = total(widths, reply->column_count) - width;
        size_t floor = second < widths[widest] ? second : widths[widest] - 1;
        floor = floor < NARROWEST ? NARROWEST : floor;
        widths[widest] = widths[widest] - floor > over ? widths[widest] - over : floor;
    }
    return true;
}

static void write_line(FILE *file, struct buf *line)
{
    while (line->len && line->ptr[line->len - 1] == ' ')
        line->len--;
    buf_add_byte(line, '\n');
    fwrite(line->ptr, 1, line->len, file);
    buf_clear(line);
}

static void add_gap(struct buf *line, size_t column)
{
    if (column)
        buf_add(line, "  ", GAP);
}

static void write_headings(FILE *file, const struct query_reply *reply, const size_t *widths,
                           struct buf *line)
{
    for (size_t c = 0; c < reply->column_count; c++) {
        add_gap(line, c);
        terminal_add_cell(line, reply->columns[c].name, widths[c], is_number(&reply->columns[c]));
    }
    write_line(file, line);
    for (size_t c = 0; c < reply->column_count; c++) {
        add_gap(line, c);
        for (size_t i = 0; i < widths[c]; i++)
            buf_add_byte(line, '-');
    }
    write_line(file, line);
}

/* Without a terminal nothing is cut, also when later rows are wider than the first. */
static void write_rows(FILE *file, const struct query_reply *reply, const size_t *widths, bool cut,
                       struct buf *line)
{
    struct buf cell = {0};
    for (size_t row = 0; row < reply->row_count; row++) {
        for (size_t c = 0; c < reply->column_count; c++) {
            buf_clear(&cell);
            query_cell_show(reply, row, c, &cell);
            add_gap(line, c);
            size_t own = cut ? 0 : terminal_text_width(buf_str(&cell));
            terminal_add_cell(line, buf_str(&cell), own > widths[c] ? own : widths[c],
                              is_number(&reply->columns[c]));
        }
        write_line(file, line);
    }
    buf_done(&cell);
}

/* name  value, a line each. What is not there is left out. */
static void write_blocks(FILE *file, const struct query_reply *reply, size_t width,
                         struct buf *line)
{
    struct buf cell = {0};
    size_t names = 0;
    for (size_t c = 0; c < reply->column_count; c++) {
        size_t name = terminal_text_width(reply->columns[c].name);
        names = name > names ? name : names;
    }
    names = width && names > width / 2 ? width / 2 : names;
    for (size_t row = 0; row < reply->row_count; row++) {
        if (row)
            fputc('\n', file);
        for (size_t c = 0; c < reply->column_count; c++) {
            buf_clear(&cell);
            query_cell_show(reply, row, c, &cell);
            if (query_cell(reply, row, c)->type == JSON_NULL)
                continue;
            terminal_add_cell(line, reply->columns[c].name, names, false);
            add_gap(line, 1);
            size_t rest = width > names + GAP ? width - names - GAP : 0;
            if (width && terminal_text_width(buf_str(&cell)) > rest)
                terminal_add_cell(line, buf_str(&cell), rest, false);
            else
                terminal_add(line, buf_str(&cell));
            write_line(file, line);
        }
    }
    buf_done(&cell);
}

/* Later rows may be longer than the first: numbers and short texts get some room. */
static void leave_room(const struct query_reply *reply, size_t *widths)
{
    for (size_t c = 0; c < reply->column_count; c++)
        if (widths[c] < ROOM && reply->columns[c].type != QUERY_TIME &&
            reply->columns[c].type != QUERY_BOOLEAN)
            widths[c] = ROOM;
}

void query_write_table(FILE *file, const struct query_reply *reply, struct query_look look)
{
    struct query_widths own = {0}, *widths = look.widths ? look.widths : &own;
    struct buf line = {0};
    bool fits = true;
    if (widths->count != reply->column_count || !widths->list) {
        free(widths->list);
        *widths = (struct query_widths){calloc(reply->column_count + 1, sizeof(size_t)),
                                        reply->column_count};
        if (!widths->list)
            return;
        measure(reply, widths->list);
        if (look.widths)
            leave_room(reply, widths->list);
        fits = squeeze(reply, widths->list, look.width);
        look.headings = true;
    }
    if (fits && (!look.width || total(widths->list, widths->count) <= look.width)) {
        if (look.headings && reply->column_count)
            write_headings(file, reply, widths->list, &line);
        write_rows(file, reply, widths->list, look.width > 0, &line);
    } else {
        write_blocks(file, reply, look.width, &line);
    }
    buf_done(&line);
    free(own.list);
}

/* --- CSV and NDJSON -------------------------------------------------------------------------- */

/* RFC 4180. On a terminal control characters are harmless, elsewhere the bytes are kept. */
static void add_csv(struct buf *line, struct str text, bool terminal)
{
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++)
        quoted |=
            text.ptr[i] == ',' || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    struct buf piece = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_add_byte(&piece, '"');
        buf_add_byte(&piece, (uint8_t)text.ptr[i]);
    }
    if (quoted)
        buf_add_byte(line, '"');
    if (terminal)
        terminal_add_lines(line, buf_str(&piece));
    else
        buf_add_str(line, buf_str(&piece));
    if (quoted)
        buf_add_byte(line, '"');
    buf_done(&piece);
}

void query_write_csv(FILE *file, const struct query_reply *reply, struct query_look look)
{
    struct buf line = {0}, cell = {0};
    for (size_t c = 0; look.headings && c < reply->column_count; c++) {
        if (c)
            buf_add_byte(&line, ',');
        add_csv(&line, reply->columns[c].name, look.width > 0);
    }
    if (look.headings)
        buf_add(&line, "\r\n", 2);
    for (size_t row = 0; row < reply->row_count; row++) {
        for (size_t c = 0; c < reply->column_count; c++) {
            buf_clear(&cell);
            query_cell_add(reply, row, c, &cell);
            if (c)
                buf_add_byte(&line, ',');
            add_csv(&line, buf_str(&cell), look.width > 0);
        }
        buf_add(&line, "\r\n", 2);
        fwrite(line.ptr, 1, line.len, file);
        buf_clear(&line);
    }
    if (line.len)
        fwrite(line.ptr, 1, line.len, file);
    buf_done(&line);
    buf_done(&cell);
}

static void add_json(struct buf *line, const struct query_reply *reply, size_t row, size_t column)
{
    const struct json *cell = query_cell(reply, row, column);
    struct buf text = {0};
    query_cell_add(reply, row, column, &text);
    if (cell->type == JSON_BOOL)
        buf_printf(line, cell->boolean ? "true" : "false");
    else if (cell->type == JSON_STRING || reply->columns[column].type == QUERY_TIME)
        json_write_string(line, buf_str(&text));
    else
        buf_add_str(line, buf_str(&text));
    buf_done(&text);
}

/* An object a line; a row leaves out what it does not have. Times as people read them. */
void query_write_ndjson(FILE *file, const struct query_reply *reply, struct query_look look)
{
    struct buf line = {0}, text = {0};
    for (size_t row = 0; row < reply->row_count; row++) {
        bool first = true;
        buf_add_byte(&line, '{');
        for (size_t c = 0; c < reply->column_count; c++) {
            if (query_cell(reply, row, c)->type == JSON_NULL)
                continue;
            if (!first)
                buf_add_byte(&line, ',');
            first = false;
            json_write_string(&line, reply->columns[c].name);
            buf_add_byte(&line, ':');
            add_json(&line, reply, row, c);
        }
        buf_add(&line, "}\n", 2);
        buf_clear(&text);
        if (look.width > 0)
            terminal_add_lines(&text, buf_str(&line));
        else
            buf_add_str(&text, buf_str(&line));
        fwrite(text.ptr, 1, text.len, file);
        buf_clear(&line);
    }
    buf_done(&line);
    buf_done(&text);
}
