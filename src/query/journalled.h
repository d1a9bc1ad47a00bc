/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journalled: rows by where their records stand in the journal, which is the order in which they
 * became visible: whoever remembers a position misses nothing and hears nothing twice.
 */
#pragma once

#include "journal/journal.h"
#include "query/sql.h"

struct journalled {
    struct journal_position from, to; /* `to` is not part of it */
};

/* ` AND …` over the columns segment and frame. */
void journalled_where(struct sql *sql, const struct journalled *part);
