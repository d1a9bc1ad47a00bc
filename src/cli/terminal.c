/* SPDX-License-Identifier: Apache-2.0 */
/* terminal: characters one by one; how wide they are is told by the C library. */
#define _GNU_SOURCE
#include "cli/terminal.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "wire/utf8.h"

enum { WIDTH_MIN = 20, REPLACEMENT = 0xFFFD, ELLIPSIS = 0x2026 };

size_t terminal_width(FILE *stream)
{
    struct winsize size;
    if (!isatty(fileno(stream)))
        return 0;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

/* The next character, U+FFFD for what is none; *inout_at goes behind it. */
static uint32_t next_character(struct str text, size_t *inout_at)
{
    size_t at = *inout_at, broken, length;
    unsigned char first = (unsigned char)text.ptr[at];
    length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *inout_at = at + 1;
    if (length == 1)
        return first;
    struct str piece = str_sub(text, at, length);
    if (piece.len < length || utf8_valid_prefix(piece, &broken) != length)
        return REPLACEMENT;
    uint32_t code = first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)piece.ptr[i] & 0x3F);
    *inout_at = at + length;
    return code;
}

/* Control characters have pictures; those without are unknown. */
static uint32_t harmless(uint32_t code)
{
    if (code < 0x20)
        return 0x2400 + code;
    if (code == 0x7F)
        return 0x2421;
    bool control = code >= 0x80 && code < 0xA0;
    bool turns = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
                 code == 0x200E || code == 0x200F || code == 0x061C;
    bool ends_line = code == 0x2028 || code == 0x2029;
    return control || turns || ends_line || code == 0xFEFF ? REPLACEMENT : code;
}

static size_t width_of(uint32_t code)
{
    static bool ready;
    if (code < 0x7F)
        return 1;
    if (!ready) {
        setlocale(LC_CTYPE, "C.UTF-8");
        ready = true;
    }
    int width = wcwidth((wchar_t)code);
    return width < 0 ? 1 : (size_t)width;
}

static void add_character(struct buf *out, uint32_t code)
{
    if (code < 0x80) {
        buf_add_byte(out, (uint8_t)code);
        return;
    }
    static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    buf_add_byte(out, (uint8_t)(leads[more] | code >> 6 * more));
    while (more-- > 0)
        buf_add_byte(out, (uint8_t)(0x80 | (code >> 6 * more & 0x3F)));
}

size_t terminal_add(struct buf *out, struct str text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t code = harmless(next_character(text, &at));
        add_character(out, code);
        width += width_of(code);
    }
    return width;
}

size_t terminal_text_width(struct str text)
{
    size_t width = 0;
    for (size_t at = 0; at < text.len;)
        width += width_of(harmless(next_character(text, &at)));
    return width;
}

void terminal_add_lines(struct buf *out, struct str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t code = next_character(text, &at);
        add_character(out, code == '\n' || code == '\t' ? code : harmless(code));
    }
}

static void add_spaces(struct buf *out, size_t count)
{
    while (count-- > 0)
        buf_add_byte(out, ' ');
}

void terminal_add_cell(struct buf *out, struct str text, size_t width, bool right)
{
    size_t whole = terminal_text_width(text), used = 0;
    if (whole <= width) {
        add_spaces(out, right ? width - whole : 0);
        terminal_add(out, text);
        add_spaces(out, right ? 0 : width - whole);
        return;
    }
    for (size_t at = 0; at < text.len;) {
        uint32_t code = harmless(next_character(text, &at));
        if (used + width_of(code) + 1 > width)
            break;
        add_character(out, code);
        used += width_of(code);
    }
    if (width)
        add_character(out, ELLIPSIS), used++;
    add_spaces(out, width - used);
}
