/* SPDX-License-Identifier: Apache-2.0 */
/* label_text: the text of a column's number: dictionary ids by the store, enums by their names. */
#pragma once

#include <string.h>

#include "query/filter.h"

static inline struct str label_text(struct store *store, const struct filter_field *field,
                                    int64_t number)
{
    if (!strcmp(field->name, "kind"))
        return number >= 0 && number < KIND_COUNT
                   ? str_from(observation_kind_name((enum observation_kind)number))
                   : STR_NONE;
    if (!strcmp(field->name, "error_kind"))
        return number > 0 && number < ERROR_KIND_COUNT
                   ? str_from(error_kind_name((enum error_kind)number))
                   : STR_NONE;
    if (!strcmp(field->name, "status"))
        return number == SPAN_ERROR ? STR("error") : STR("ok");
    return number > 0 ? store_name(store, (int32_t)number) : STR_NONE;
}
