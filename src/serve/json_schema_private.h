/* SPDX-License-Identifier: Apache-2.0 */
/* json_schema_private: a validation under way, and what its files share. */
#pragma once

#include "serve/json_schema.h"

enum schema_shape {
    SHAPE_ANY,
    SHAPE_BOOL,
    SHAPE_NUMBER,
    SHAPE_POSITIVE,
    SHAPE_COUNT,
    SHAPE_TEXT,
    SHAPE_ROOT_TEXT, /* only at the root */
    SHAPE_PATTERN,
    SHAPE_REF,
    SHAPE_TYPE,
    SHAPE_LIST,
    SHAPE_NAMES,
    SHAPE_SCHEMA,
    SHAPE_SCHEMAS,
    SHAPE_SCHEMA_OR_SCHEMAS,
    SHAPE_SCHEMA_MAP,
    SHAPE_PATTERN_MAP,
    SHAPE_DEPENDENCIES,
};

/* Where in the value we are; the root's parent is NULL. */
struct schema_place {
    const struct schema_place *parent;
    struct str key; /* ptr NULL: an index */
    size_t index;
};

struct schema_run {
    const char *name;
    const struct json *root;
    struct error *error;
    unsigned quiet; /* within a schema whose misfit is no fault */
    unsigned depth;
    int64_t work; /* what is left */
    bool gave_up;
};

struct schema_at {
    struct schema_run *run;
    const struct json *schema; /* the object the keyword stands in */
    const struct json *word;   /* the keyword's value */
    const struct json *value;
    const struct schema_place *place;
};

struct schema_word {
    struct str name;
    enum schema_shape shape;
    bool (*check)(const struct schema_at *at); /* false: it does not fit, and that was said */
};

#define SCHEMA_WORD(name, shape, check) bool schema__##check(const struct schema_at *at);
#include "serve/json_schema.def"
#undef SCHEMA_WORD

bool schema__fits(struct schema_run *run, const struct json *schema, const struct json *value,
                  const struct schema_place *place);
/* The same for one member or item below. */
bool schema__fits_member(const struct schema_at *at, const struct json *schema, struct str key,
                         const struct json *value);
bool schema__fits_item(const struct schema_at *at, const struct json *schema, size_t index);
/* Without a word about it. */
bool schema__fits_quietly(const struct schema_at *at, const struct json *schema);
/* Counts work; false when there is too much. */
bool schema__work(struct schema_run *run, size_t steps);
/* Says what is wrong at the place and returns false. */
bool schema__misfit(const struct schema_at *at, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The schema that "#/…" means; NULL: none. */
const struct json *schema__resolve(const struct json *root, struct str reference);
/* False also when the pattern cannot be compiled. */
bool schema__matches(struct str pattern, struct str text);
