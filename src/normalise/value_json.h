/* SPDX-License-Identifier: Apache-2.0 */
/* value_json: attribute values as JSON text, in the arena. Bytes become base64; NaN and infinities
 * strings. */
#pragma once

#include "model/value.h"
#include "wire/json.h"

/* Any value as JSON. Content that cannot be read becomes null. */
void value_write_json(struct json_out *out, const char *key, const struct value *value,
                      const struct content_source *source, struct arena *arena);
struct str value_json(const struct value *value, const struct content_source *source,
                      struct arena *arena);
/* Strings as they are, null as "", anything else as JSON. */
struct str value_plain_text(const struct value *value, const struct content_source *source,
                            struct arena *arena);
/* One object, keys sorted, of duplicates the last: equal attributes give equal text. */
struct str attributes_json(const struct attributes *attributes, const struct content_source *source,
                           struct arena *arena);
