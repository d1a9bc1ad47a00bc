/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deletions: what records of the journal take away from what came before them: a trace by a part
 * that says so, one span by a merged span that was in another trace before.
 */
#pragma once

#include "pipeline/rows.h"

/* Into the store, before the batch's own rows. */
enum status deletions_add(const struct rows_context *context, const struct batch *batch,
                          uint32_t first_span, struct arena *scratch, struct error *error);
/* Whether a merged span was made of parts that came before its trace was deleted, by who did not
 * know of that yet. */
bool deletions_cover(const struct store *store, uint32_t project_id, const struct span *span);
