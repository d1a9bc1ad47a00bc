/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_json: shared by the JSON half of the OTLP receiver only.
 *
 * A member is asked for by its lowerCamelCase name and also found in snake_case; null is absent.
 * Each getter leaves *out as it is when the member is absent, and refuses a wrong type by the
 * member's name.
 */
#pragma once

#include "receive/otlp.h"

/* NULL when absent. */
const struct json *otlp_member(const struct json *object, const char *name);
bool otlp_key_is(struct str key, const char *name);
const char *otlp_json_type(const struct json *json); /* "a string", for words */
bool otlp_is_object(struct otlp *otlp, const struct json *json);

bool otlp_get_text(struct otlp *otlp, const struct json *object, const char *name,
                   struct str *out_text);
bool otlp_get_u64(struct otlp *otlp, const struct json *object, const char *name,
                  uint64_t *out_number);
bool otlp_get_u32(struct otlp *otlp, const struct json *object, const char *name,
                  uint32_t *out_number);
bool otlp_get_i32(struct otlp *otlp, const struct json *object, const char *name,
                  int32_t *out_number);
/* Numbers, and the texts NaN, Infinity, -Infinity and decimals; *out_has may be NULL. */
bool otlp_get_double(struct otlp *otlp, const struct json *object, const char *name,
                     double *out_number, bool *out_has);
bool otlp_get_bool(struct otlp *otlp, const struct json *object, const char *name, bool *out_bool);
/* A number, or one of the names: "SPAN_KIND_CLIENT" is number 3 of its table. */
struct otlp_enum {
    const char *const *names;
    size_t count;
};
bool otlp_get_enum(struct otlp *otlp, const struct json *object, const char *name,
                   const struct otlp_enum *names, int64_t *out_number);
/* Hex. Absent or empty is refused when it is required, else all zero. */
bool otlp_get_id(struct otlp *otlp, const struct json *object, const char *name, bool is_required,
                 uint8_t *out_id, size_t size);
/* An array of at most `max` items, or NULL in *out_list. */
bool otlp_get_list(struct otlp *otlp, const struct json *object, const char *name, size_t max,
                   const struct json **out_list);
bool otlp_get_attributes(struct otlp *otlp, const struct json *object, const char *name,
                         struct attributes *out_attributes);

/* One item as the getters would read it; for lists of numbers. */
bool otlp_as_u64(const struct json *json, uint64_t *out_number);
bool otlp_as_double(const struct json *json, double *out_number);

/* otlp_json_value.c: AnyValue. */
bool otlp_json_value(struct otlp *otlp, const struct json *json, unsigned depth,
                     struct value *out_value);
bool otlp_json_key_value(struct otlp *otlp, const struct json *json, unsigned depth,
                         struct attribute *out_attribute);

/* Records. */
bool otlp_json_span(struct otlp *otlp, const struct json *json);
bool otlp_json_metric(struct otlp *otlp, const struct json *json);
bool otlp_json_log(struct otlp *otlp, const struct json *json);
