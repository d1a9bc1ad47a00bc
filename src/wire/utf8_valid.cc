/* SPDX-License-Identifier: Apache-2.0 */
/* utf8_valid: the vectorised check, for what utf8.h could not tell at a glance. */
#include <simdjson.h>

extern "C" {
#include "wire/utf8.h"
}

extern "C" bool utf8__valid(struct str text)
{
    return simdjson::validate_utf8(text.ptr, text.len);
}
