/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget: what the calendar month (UTC) has cost so far, and what it will have cost at its end.
 *
 * The rest of the month is reckoned to cost as much a day as the last seven days did, or as the
 * time since the project's first span when that is shorter, but at least an hour.
 */
#pragma once

#include "query/query.h"

struct budget {
    int64_t month_from_ns, month_to_ns;
    int64_t spent;         /* nano-dollars, since month_from_ns */
    int64_t basis_from_ns; /* what the rate is read from: up to now */
    int64_t basis_cost;
    int64_t cost_a_day, projected;
    int64_t runs_out_ns; /* when `limit` will be spent; 0: not this month, or no limit */
    bool known;          /* false: nothing was ever measured, so there is no rate */
};

/* The calendar month in UTC that the moment is in. */
void budget_month(int64_t now_ns, int64_t *out_from_ns, int64_t *out_to_ns);
/* Fills in cost_a_day, projected and runs_out_ns from what stands above them. `limit` 0: none. */
void budget_project(struct budget *budget, int64_t now_ns, int64_t limit);

enum status query_budget(const struct query *query, uint32_t project_id, int64_t now_ns,
                         int64_t limit, const _Atomic bool *cancelled, struct budget *out_budget,
                         struct error *error);
