/* SPDX-License-Identifier: Apache-2.0 */
/* call_attributes: what a call was asked with and told about it by its sender's own names, for
 * prices that depend on it. It is looked for only when one does. */
#pragma once

#include "base/str.h"

enum call_attribute { CALL_PARAMETER, CALL_METADATA };
enum { CALL_ATTRIBUTE_BYTES_MAX = 200 }; /* longer ones are none that a price knows */

struct call_attributes {
    /* Whether the call has this one, and it is any of the texts. */
    bool (*is_any)(const void *call, enum call_attribute kind, struct str key,
                   const struct str *texts, size_t count);
    const void *call;
};
