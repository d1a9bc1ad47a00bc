/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: a document in memory, parsed by simdjson behind this C face (json.cc).
 *
 * The text need not be padded. Everything returned lives in the arena given to json_parse(): a
 * plain tree, so that callers need no callbacks. Limits: nesting JSON_DEPTH_MAX, size by the arena.
 * Also the writer for our replies: json_out_* on a buf, which puts in the commas.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

enum { JSON_DEPTH_MAX = 512 };

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,  /* fits int64 */
    JSON_UINT, /* fits uint64 only: `integer` holds its bits */
    JSON_DOUBLE,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_member;
struct json {
    enum json_type type;
    uint32_t count; /* items or members */
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct str string; /* unescaped */
        struct json *items;
        struct json_member *members;
    };
    struct str raw; /* arrays and objects: their bytes in the input; else STR_NONE */
};

struct json_member {
    struct str key; /* unescaped */
    struct json value;
};

/* STATUS_INVALID with the byte offset when it is not JSON; STATUS_TOO_LARGE when it is too deep or
 * the arena is full. */
enum status json_parse(struct str text, struct arena *arena, struct json *out, struct error *error);

const struct json *json_get(const struct json *object, struct str key); /* NULL when absent */
/* "a.b.c" through objects; array items by digits. NULL when absent. */
const struct json *json_path(const struct json *root, struct str path);
/* A dotted path whose keys may contain dots themselves: the longest key that leads on wins, so
 * `attributes.session.id` finds {"attributes":{"session.id":1}}. NULL when absent. */
const struct json *json_discover(const struct json *root, struct str path);
struct str json_string(const struct json *json);        /* STR_NONE unless a string */
bool json_number(const struct json *json, double *out); /* numbers and numeric strings */
bool json_int(const struct json *json, int64_t *out);   /* the same, whole numbers */

/* Replies. A writer remembers whether a comma is due. */
struct json_out {
    struct buf *buf;
    uint64_t comma; /* one bit a level */
    unsigned depth;
};
struct json_out json_out(struct buf *buf);
void json_out_object(struct json_out *out, const char *key); /* key NULL: in an array or the root */
void json_out_array(struct json_out *out, const char *key);
void json_out_end_object(struct json_out *out);
void json_out_end_array(struct json_out *out);
void json_out_str(struct json_out *out, const char *key, struct str text);   /* ptr NULL: null */
void json_out_text(struct json_out *out, const char *key, const char *text); /* NULL: null */
void json_out_int(struct json_out *out, const char *key, int64_t number);
/* As a string of decimal digits: what JavaScript cannot hold as a number. */
void json_out_int_text(struct json_out *out, const char *key, int64_t number);
void json_out_double(struct json_out *out, const char *key, double number); /* NaN, Inf: null */
void json_out_bool(struct json_out *out, const char *key, bool boolean);
void json_out_null(struct json_out *out, const char *key);
void json_out_raw(struct json_out *out, const char *key, struct str json); /* already JSON */
/* A value that was read, or put together: what has `raw` is written as it was. */
void json_out_value(struct json_out *out, const char *key, const struct json *json);
/* Only the quoted, escaped text; bytes that are not UTF-8 become U+FFFD. */
void json_write_string(struct buf *buf, struct str text);
