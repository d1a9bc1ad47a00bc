/* SPDX-License-Identifier: Apache-2.0 */
/*
 * book: opens the price files, the built-in ones first and the operator's over them, and makes
 * their patterns searchable: a table for exact ids, a short list for patterns with stars.
 */
#include "price/price_private.h"

#include "base/asset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BOOK_BYTES_MAX ((size_t)64 << 20)

/* In the book two prices for one name are a slip; among the operator's files the newest wins. */
static enum status add_name(struct price_book *book, struct price_pattern pattern,
                            struct error *error)
{
    struct map *exact = &book->exact[pattern.from_override];
    uint64_t newest = 0;
    if (map_get(exact, pattern.text, &newest))
        pattern.next = (uint32_t)newest + 1;
    for (uint32_t i = pattern.next; i && !pattern.from_override; i = book->names[i - 1].next)
        if (book->names[i - 1].group == pattern.group)
            return fail(error, STATUS_CONFLICT, "'%.*s' matches %.*s already",
                        STR_ARGS(pattern.text),
                        STR_ARGS(book->entries[book->names[i - 1].entry].id));
    if (!arena_grow(&book->arena, &book->names, book->name_count, &book->name_capacity) ||
        !map_put(exact, pattern.text, book->name_count))
        return fail(error, STATUS_TOO_LARGE, "the price book is too large");
    book->names[book->name_count++] = pattern;
    return STATUS_OK;
}

static enum status add_glob(struct price_book *book, struct price_pattern pattern,
                            struct error *error)
{
    if (!arena_grow(&book->arena, &book->globs, book->glob_count, &book->glob_capacity))
        return fail(error, STATUS_TOO_LARGE, "the price book is too large");
    for (size_t i = 0; i < pattern.text.len; i++)
        pattern.literal_bytes += pattern.text.ptr[i] != '*';
    book->globs[book->glob_count++] = pattern;
    return STATUS_OK;
}

enum status price__index_entry(struct price_book *book, uint32_t entry, uint32_t group,
                               struct error *error)
{
    const struct price_entry *priced = &book->entries[entry];
    for (size_t i = 0; i < priced->pattern_count; i++) {
        struct price_pattern pattern = {.text = priced->patterns[i],
                                        .group = group,
                                        .entry = entry,
                                        .from_override = priced->from_override};
        bool starred = str_find_byte(pattern.text, '*') < pattern.text.len;
        enum status status =
            starred ? add_glob(book, pattern, error) : add_name(book, pattern, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static int by_precedence(const void *left, const void *right)
{
    const struct price_pattern *a = left, *b = right;
    if (a->from_override != b->from_override)
        return a->from_override ? -1 : 1;
    if (a->literal_bytes != b->literal_bytes)
        return a->literal_bytes > b->literal_bytes ? -1 : 1;
    /* Of two override files the later one wins; entries are in the order they were read. */
    return a->entry == b->entry ? 0 : (a->entry > b->entry) == a->from_override ? -1 : 1;
}

static enum status read_path(struct str path, char **out_text, size_t *out_size,
                             struct error *error)
{
    char name[4096];
    struct stat info;
    if (path.len == 0 || path.len >= sizeof name)
        return fail(error, STATUS_INVALID, "price file: not a path");
    memcpy(name, path.ptr, path.len);
    name[path.len] = 0;

    if (stat(name, &info) != 0)
        return fail(error, STATUS_IO, "%s: %s", name, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fail(error, STATUS_INVALID, "%s: not a file", name);
    if (info.st_size > PRICE_FILE_MAX)
        return fail(error, STATUS_TOO_LARGE, "%s: larger than %d bytes", name, PRICE_FILE_MAX);
    char *text = malloc((size_t)info.st_size + 1);
    FILE *file = text ? fopen(name, "rb") : NULL;
    if (!file) {
        free(text);
        return fail(error, STATUS_IO, "%s: %s", name, strerror(errno));
    }
    *out_size = fread(text, 1, (size_t)info.st_size, file);
    bool failed = ferror(file);
    fclose(file);
    if (failed) {
        free(text);
        return fail(error, STATUS_IO, "%s: cannot be read", name);
    }
    *out_text = text;
    return STATUS_OK;
}

static enum status add_file(struct price_book *book, struct str name, struct str text,
                            bool is_override, struct error *error)
{
    uint64_t chain[2] = {book->version_hash, str_hash(text)};
    book->version_hash = str_hash((struct str){(const char *)chain, sizeof chain});
    return price__parse(book, name, text, is_override, error);
}

static enum status add_files(struct price_book *book, const struct price_options *options,
                             struct error *error)
{
    const struct asset *asset;
    for (size_t i = 0; !options->without_builtin && (asset = asset_at(STR("prices/"), i)); i++) {
        enum status status = add_file(book, str_from(asset->name), asset_str(asset), false, error);
        if (status != STATUS_OK)
            return status;
    }
    for (size_t i = 0; i < options->override_count; i++) {
        struct str text = STR_NONE;
        char *bytes = NULL;
        enum status status = read_path(options->override_paths[i], &bytes, &text.len, error);
        if (status != STATUS_OK)
            return status;
        text.ptr = bytes;
        status = add_file(book, options->override_paths[i], text, true, error);
        free(bytes);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status price_open(const struct price_options *options, struct price_book **out_book,
                       struct error *error)
{
    static const struct price_options none;
    struct price_book *book = calloc(1, sizeof *book);
    if (!book || !(book->answers = calloc(PRICE_CACHE_MAX, sizeof *book->answers))) {
        free(book);
        return fail(error, STATUS_INTERNAL, "price book: no memory");
    }
    arena_init(&book->arena, BOOK_BYTES_MAX);
    map_init(&book->ids);
    map_init(&book->exact[0]);
    map_init(&book->exact[1]);
    map_init(&book->providers);
    map_init(&book->cache);
    pthread_mutex_init(&book->lock, NULL);

    enum status status = add_files(book, options ? options : &none, error);
    if (status != STATUS_OK) {
        price_close(book);
        return status;
    }
    if (book->glob_count)
        qsort(book->globs, book->glob_count, sizeof *book->globs, by_precedence);
    book->version = arena_printf(&book->arena, "%016llx", (unsigned long long)book->version_hash);
    *out_book = book;
    return STATUS_OK;
}

void price_close(struct price_book *book)
{
    if (!book)
        return;
    map_done(&book->ids);
    map_done(&book->exact[0]);
    map_done(&book->exact[1]);
    map_done(&book->providers);
    map_done(&book->cache);
    price__customs_free(book->customs);
    pthread_mutex_destroy(&book->lock);
    arena_done(&book->arena);
    free(book->answers);
    free(book);
}

size_t price_entry_count(const struct price_book *book)
{
    return book->entry_count;
}

const struct price_entry *price_entry_at(const struct price_book *book, size_t index)
{
    return index < book->entry_count ? &book->entries[index] : NULL;
}

struct str price_version(const struct price_book *book)
{
    return book->version;
}
