/* SPDX-License-Identifier: Apache-2.0 */
/* score_sql: the condition that questions about scores share. */
#pragma once

#include "query/scores.h"
#include "query/sql.h"

void score_where(struct sql *sql, const struct query *query, const struct score_question *question);
