/* SPDX-License-Identifier: Apache-2.0 */
/* journalled: within one segment as two comparisons, so that the engine skips what it can. */
#include "query/journalled.h"

void journalled_where(struct sql *sql, const struct journalled *part)
{
    sql_add(sql, " AND segment >= ");
    sql_int(sql, part->from.segment);
    sql_add(sql, " AND segment <= ");
    sql_int(sql, part->to.segment);
    if (part->from.segment == part->to.segment) {
        sql_add(sql, " AND frame >= ");
        sql_int(sql, (int64_t)part->from.offset);
        sql_add(sql, " AND frame < ");
        sql_int(sql, (int64_t)part->to.offset);
        return;
    }
    sql_add(sql, " AND (segment > ");
    sql_int(sql, part->from.segment);
    sql_add(sql, " OR frame >= ");
    sql_int(sql, (int64_t)part->from.offset);
    sql_add(sql, ") AND (segment < ");
    sql_int(sql, part->to.segment);
    sql_add(sql, " OR frame < ");
    sql_int(sql, (int64_t)part->to.offset);
    sql_add(sql, ")");
}
