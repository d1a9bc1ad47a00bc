/* SPDX-License-Identifier: Apache-2.0 */
/* plan_duckdb: what the files that print a plan for DuckDB share. */
#pragma once

#include "query/plan_private.h"
#include "query/sql.h"

struct printer {
    struct sql *sql;
    const struct plan *plan;
    const struct plan_block *block; /* whose expressions are being printed */
    uint32_t project_id;
    bool counts; /* the rows that match */
};

void printer_expr(struct printer *printer, const struct plan_expr *expr);
/* What sorts like it. */
void printer_order(struct printer *printer, const struct plan_expr *expr);
/* What stands behind FROM, with its conditions. */
void printer_source(struct printer *printer);
