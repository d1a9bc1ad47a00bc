/* SPDX-License-Identifier: Apache-2.0 */
/* langfuse_filter: what Langfuse's clients filter by, as parameters or as JSON, to conditions. Each
 * error names the parameter or the member and what was expected. */
#pragma once

#include "query/langfuse_filter.h"
#include "serve/langfuse_private.h"

/* The array of `{type, column, operator, value, key}`; `name` is what it came as. */
enum status langfuse__filters(struct call *call, const struct json *list, const char *name,
                              struct langfuse_rows *rows);
/* The same from the parameter "filter", which may be absent. */
enum status langfuse__filter_param(struct call *call, struct langfuse_rows *rows);
/* All values of a parameter, split at `separator` unless that is 0, as `field` being any of them,
 * or of lists as having all of them. Absent or empty: no condition. */
enum status langfuse__any_of(struct call *call, struct langfuse_rows *rows, const char *parameter,
                             const char *field, char separator);
