/* SPDX-License-Identifier: Apache-2.0 */
/* prices: what the two APIs over a project's own prices share. */
#pragma once

#include "model/custom_price.h"
#include "serve/serve_private.h"

/* Checked, kept, and holding from now on; fills when it was made, and its id unless it has one:
 * then it replaces the one of that id. */
enum status prices_create(struct call *call, struct custom_price *price);
enum status prices_delete(struct call *call, struct str id);
/* A start as a text, or none. */
enum status prices_read_start(struct call *call, const struct json *body, const char *name,
                              int64_t *out_start_ns);
