/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_schema: does a JSON value fit a schema? Draft-07, every keyword of it (json_schema.def), and
 * `$defs`; other words are refused when the schema is given, so that none is silently without
 * effect. `format` and the content keywords describe and are not held against a value.
 *
 * Patterns are regular expressions in linear time, without look-around and back-references.
 * References stay within the schema. Siblings of `$ref` count.
 *
 * Limits   SCHEMA_BYTES_MAX; a bounded amount of work for one value (STATUS_TOO_LARGE beyond), so
 * that a schema that refers to itself in a circle or doubles its work with each level ends.
 */
#pragma once

#include "wire/json.h"

enum { SCHEMA_BYTES_MAX = 64 * 1024 };

/* Is this a schema? Messages begin with `name`. */
enum status json_schema_check(const char *name, const struct json *schema, struct error *error);
/* The schema has passed json_schema_check(). STATUS_INVALID says where and why it does not fit. */
enum status json_schema_validate(const char *name, const struct json *schema,
                                 const struct json *value, struct error *error);
