/* SPDX-License-Identifier: Apache-2.0 */
/* lookup_table: see lookup_table.h. */
#include "query/lookup_table.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

/* --- CSV ------------------------------------------------------------------------------------- */

struct reading {
    struct str text;
    size_t at, line;
    struct arena *arena;
    struct error *error;
};

static enum status wrong(struct reading *reading, const char *what)
{
    return fail(reading->error, STATUS_INVALID, "line %zu: %s", reading->line, what);
}

static bool at_end(const struct reading *reading)
{
    return reading->at >= reading->text.len;
}

static char here(const struct reading *reading)
{
    return reading->text.ptr[reading->at];
}

/* "…", where "" is a quote. */
static enum status read_quoted(struct reading *reading, struct str *out)
{
    struct buf text = {0};
    enum status status = STATUS_OK;
    reading->at++;
    for (;; reading->at++) {
        if (at_end(reading)) {
            status = wrong(reading, "a quoted field does not end");
            break;
        }
        bool quote = here(reading) == '"';
        bool twice = quote && reading->at + 1 < reading->text.len &&
                     reading->text.ptr[reading->at + 1] == '"';
        reading->line += here(reading) == '\n';
        if (quote && !twice)
            break;
        reading->at += twice;
        buf_add_byte(&text, (uint8_t)here(reading));
    }
    reading->at++;
    *out = arena_copy(reading->arena, buf_str(&text));
    buf_done(&text);
    if (status == STATUS_OK && !out->ptr)
        status = fail(reading->error, STATUS_TOO_LARGE, "the table is too large");
    if (status == STATUS_OK && !at_end(reading) && !strchr(",\r\n", here(reading)))
        status = wrong(reading, "text stands behind a quoted field");
    return status;
}

/* A field and whether the line ends behind it. */
static enum status read_field(struct reading *reading, struct str *out, bool *out_last)
{
    enum status status = STATUS_OK;
    size_t from = reading->at;
    if (!at_end(reading) && here(reading) == '"') {
        status = read_quoted(reading, out);
    } else {
        while (!at_end(reading) && !strchr(",\r\n", here(reading)))
            reading->at++;
        *out = str_sub(reading->text, from, reading->at - from);
    }
    *out_last = at_end(reading) || here(reading) != ',';
    if (!at_end(reading) && here(reading) == '\r')
        reading->at++;
    if (!at_end(reading) && (here(reading) == ',' || here(reading) == '\n'))
        reading->at++;
    return status;
}

static enum status read_columns(struct reading *reading, struct lookup_table *out)
{
    bool last = false;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !last) {
        struct str name;
        size_t taken;
        if (out->column_count == LOOKUP_COLUMNS_MAX)
            return fail(reading->error, STATUS_TOO_LARGE, "a table has at most %d columns",
                        LOOKUP_COLUMNS_MAX);
        status = read_field(reading, &name, &last);
        name = str_trim(name);
        if (status == STATUS_OK && !name.len)
            status = wrong(reading, "expected a name for each column");
        if (status == STATUS_OK && lookup_table_column(out, name, &taken))
            status = wrong(reading, "two columns have the same name");
        out->columns[out->column_count++] = name;
    }
    reading->line++;
    return status;
}

static enum status read_row(struct reading *reading, struct lookup_table *out, size_t *capacity)
{
    struct str fields[LOOKUP_COLUMNS_MAX];
    bool last = false;
    size_t count = 0;
    while (!last) {
        struct str field;
        enum status status = read_field(reading, &field, &last);
        if (status != STATUS_OK)
            return status;
        if (count == out->column_count)
            return wrong(reading, "it has more fields than there are columns");
        fields[count++] = field.len ? field : STR_NONE;
    }
    bool empty = count == 1 && !fields[0].ptr;
    if (count != out->column_count && !empty)
        return wrong(reading, "it has fewer fields than there are columns");
    for (size_t i = 0; i < count && !empty; i++) {
        if (!arena_grow(reading->arena, &out->cells, out->row_count * out->column_count + i,
                        capacity))
            return fail(reading->error, STATUS_TOO_LARGE, "the table is too large");
        out->cells[out->row_count * out->column_count + i] = fields[i];
    }
    out->row_count += !empty;
    reading->line++;
    return STATUS_OK;
}

enum status lookup_table_parse(struct str csv, struct arena *arena, struct lookup_table *out,
                               struct error *error)
{
    size_t capacity = 0;
    *out = (struct lookup_table){.columns = arena_array(arena, struct str, LOOKUP_COLUMNS_MAX + 1)};
    if (csv.len > LOOKUP_BYTES_MAX || !out->columns)
        return fail(error, STATUS_TOO_LARGE, "a table has at most %d MB", LOOKUP_BYTES_MAX >> 20);
    if (str_starts(csv, STR("\xef\xbb\xbf")))
        csv = str_sub(csv, 3, csv.len);
    struct reading reading = {.text = csv, .line = 1, .arena = arena, .error = error};
    enum status status = read_columns(&reading, out);
    while (status == STATUS_OK && !at_end(&reading)) {
        if (out->row_count == LOOKUP_ROWS_MAX)
            return fail(error, STATUS_TOO_LARGE, "a table has at most %d rows", LOOKUP_ROWS_MAX);
        status = read_row(&reading, out, &capacity);
    }
    return status;
}

bool lookup_table_column(const struct lookup_table *table, struct str name, size_t *out_column)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (!str_equal(table->columns[i], name))
            continue;
        *out_column = i;
        return true;
    }
    return false;
}

/* --- finding --------------------------------------------------------------------------------- */

/* IPv4 stands among IPv6 as ::ffff:a.b.c.d. False: no address. */
static bool read_address(struct str text, uint8_t out[16], bool *out_is_v4)
{
    char copy[64];
    if (text.len >= sizeof copy || !text.len)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    memcpy(out, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    *out_is_v4 = inet_pton(AF_INET, copy, out + 12) == 1;
    return *out_is_v4 || inet_pton(AF_INET6, copy, out) == 1;
}

enum { SUBNET_KEY_BYTES = 40 };

static struct str subnet_key(const uint8_t address[16], int length, char *out)
{
    int used = snprintf(out, SUBNET_KEY_BYTES, "%d/", length);
    for (int i = 0; i < 16; i++) {
        int bits = length - i * 8;
        uint8_t mask = bits >= 8 ? 0xff : bits > 0 ? (uint8_t)(0xff << (8 - bits)) : 0;
        out[used + i] = (char)(address[i] & mask);
    }
    return (struct str){out, (size_t)used + 16};
}

/* "10.0.0.0/8", or one address. */
static bool read_subnet(struct str text, uint8_t out[16], int *out_length)
{
    size_t slash = str_find_byte(text, '/');
    int64_t bits;
    bool is_v4;
    if (!read_address(str_sub(text, 0, slash), out, &is_v4))
        return false;
    bits = is_v4 ? 32 : 128;
    if (slash < text.len && (!str_to_i64(str_sub(text, slash + 1, text.len), &bits) || bits < 0 ||
                             bits > (is_v4 ? 32 : 128)))
        return false;
    *out_length = (int)bits + (is_v4 ? 96 : 0);
    return true;
}

static bool put_first(struct map *rows, struct str key, size_t row)
{
    uint64_t taken;
    return map_get(rows, key, &taken) || map_put(rows, key, row);
}

static bool add_subnet(struct lookup_index *index, struct str text, size_t row)
{
    uint8_t address[16];
    char key[SUBNET_KEY_BYTES];
    int length;
    if (!read_subnet(text, address, &length))
        return true;
    index->lengths[length] = true;
    return put_first(&index->rows, subnet_key(address, length, key), row);
}

bool lookup_index_init(struct lookup_index *index, const struct lookup_table *table,
                       const size_t *columns, size_t count, bool is_subnets)
{
    struct buf key = {0};
    bool fine = true;
    *index = (struct lookup_index){.table = table, .is_subnets = is_subnets};
    map_init(&index->rows);
    for (size_t row = 0; fine && row < table->row_count; row++) {
        const struct str *cells = table->cells + row * table->column_count;
        bool complete = true;
        buf_clear(&key);
        for (size_t i = 0; i < count; i++) {
            complete = complete && cells[columns[i]].ptr;
            if (i)
                buf_add_str(&key, STR(LOOKUP_BETWEEN));
            buf_add_str(&key, cells[columns[i]]);
        }
        if (complete)
            fine = is_subnets ? add_subnet(index, str_trim(buf_str(&key)), row)
                              : put_first(&index->rows, buf_str(&key), row);
    }
    fine = fine && !key.failed;
    buf_done(&key);
    return fine;
}

void lookup_index_done(struct lookup_index *index)
{
    map_done(&index->rows);
}

/* The longest prefix wins. */
static bool find_subnet(const struct lookup_index *index, struct str text, uint64_t *out_row)
{
    uint8_t address[16];
    char key[SUBNET_KEY_BYTES];
    bool is_v4;
    if (!read_address(str_trim(text), address, &is_v4))
        return false;
    for (int length = 128; length >= 0; length--)
        if (index->lengths[length] &&
            map_get(&index->rows, subnet_key(address, length, key), out_row))
            return true;
    return false;
}

struct str lookup_index_find(const struct lookup_index *index, struct str key, size_t column)
{
    uint64_t row;
    bool found =
        index->is_subnets ? find_subnet(index, key, &row) : map_get(&index->rows, key, &row);
    return found ? index->table->cells[row * index->table->column_count + column] : STR_NONE;
}
