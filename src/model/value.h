/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what an attribute can hold, as OTLP's AnyValue has it. Borrowed memory throughout:
 * everything points into the batch's arena or into the request body the batch holds.
 *
 * A batch read back from the journal keeps long texts as VALUE_CONTENT, a reference; whoever needs
 * the bytes asks a struct content_source.
 */
#pragma once

#include "base/arena.h"
#include "base/status.h"

enum value_type {
    VALUE_NULL,
    VALUE_STRING,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_DOUBLE,
    VALUE_BYTES,
    VALUE_ARRAY,
    VALUE_MAP,
    VALUE_CONTENT, /* a string kept elsewhere; only in batches from the journal */
};

/* Where content stands: segment of the journal and number within it. */
struct content_ref {
    uint32_t segment, ordinal;
    uint64_t size_bytes;
};

struct attribute;
struct value {
    enum value_type type;
    union {
        struct str string; /* VALUE_STRING, VALUE_BYTES */
        bool boolean;
        int64_t integer;
        double number;
        struct {
            struct value *items;
            size_t count;
        } array;
        struct {
            struct attribute *items;
            size_t count;
        } map;
        struct content_ref content;
    };
};

struct attribute {
    struct str key;
    struct value value;
};

struct attributes {
    struct attribute *items;
    size_t count;
};

enum { VALUE_DEPTH_MAX = 64 }; /* nesting of arrays and maps; receivers refuse more */

/* Reads content by reference, into the arena. Functions and context of whoever keeps it. */
struct content_source {
    enum status (*read)(void *context, struct content_ref ref, struct arena *arena,
                        struct str *out_text, struct error *error);
    /* The last bytes, of JSON that was kept in pieces; STATUS_NOT_FOUND when it was not. May be
     * NULL: nothing is kept so. */
    enum status (*read_end)(void *context, struct content_ref ref, size_t bytes,
                            struct arena *arena, struct str *out_text, struct error *error);
    void *context;
};

/* The last attribute of that key (OTLP: duplicates, last wins), or NULL. */
const struct value *attributes_get(const struct attributes *attributes, struct str key);

struct value value_string(struct str text);
struct value value_int(int64_t number);
struct value value_double(double number);
struct value value_bool(bool boolean);

/* The text of a string or content value; STR_NONE for other types or when reading fails. */
struct str value_text(const struct value *value, const struct content_source *source,
                      struct arena *arena);
