/* SPDX-License-Identifier: Apache-2.0 */
/* budget: see budget.h. Days of the rollups give the month, hours give the rate. */
#define _GNU_SOURCE
#include "query/budget.h"

#include <time.h>

#include "base/clock.h"
#include "query/sql.h"

enum { HOUR_S = 3600, DAY_S = 86400, BASIS_DAYS = 7 };

void budget_month(int64_t now_ns, int64_t *out_from_ns, int64_t *out_to_ns)
{
    time_t now = (time_t)(now_ns / NS_PER_SEC);
    struct tm month;
    gmtime_r(&now, &month);
    month.tm_sec = month.tm_min = month.tm_hour = 0;
    month.tm_mday = 1;
    *out_from_ns = (int64_t)timegm(&month) * NS_PER_SEC;
    month.tm_mon++;
    *out_to_ns = (int64_t)timegm(&month) * NS_PER_SEC;
}

void budget_project(struct budget *budget, int64_t now_ns, int64_t limit)
{
    double basis_ns = (double)(now_ns - budget->basis_from_ns);
    if (basis_ns < (double)HOUR_S * (double)NS_PER_SEC)
        basis_ns = (double)HOUR_S * (double)NS_PER_SEC;
    double rate = budget->known ? (double)budget->basis_cost / basis_ns : 0;
    double rest_ns = (double)(budget->month_to_ns - now_ns);
    budget->cost_a_day = (int64_t)(rate * (double)DAY_S * (double)NS_PER_SEC);
    budget->projected = budget->spent + (int64_t)(rate * rest_ns);
    budget->runs_out_ns = 0;
    if (limit <= budget->spent || rate <= 0)
        return;
    double until_ns = (double)(limit - budget->spent) / rate;
    if (until_ns < rest_ns)
        budget->runs_out_ns = now_ns + (int64_t)until_ns;
}

/* The cost since `since_s` in rows of one resolution, and the first of those rows. */
static enum status sum_since(const struct query *query, uint32_t project_id, int64_t resolution_s,
                             int64_t since_s, const _Atomic bool *cancelled, int64_t *out_cost,
                             int64_t *out_first_s, struct error *error)
{
    struct sql sql = {0};
    struct store_rows *rows;
    sql_add(&sql, "SELECT sum(r.cost), min(r.time) FROM rollups r JOIN labels l ON r.label = l.id "
                  "WHERE l.project = ");
    sql_int(&sql, project_id);
    sql_add(&sql, " AND r.resolution = %lld AND r.time >= ", (long long)resolution_s);
    sql_int(&sql, since_s);
    enum status status = sql_run(&sql, query, cancelled, &rows, error);
    if (status != STATUS_OK)
        return status;
    *out_cost = 0;
    *out_first_s = INT64_MAX;
    if (store_rows_next(rows) && !store_rows_null(rows, 1)) {
        *out_cost = store_rows_int(rows, 0);
        *out_first_s = store_rows_int(rows, 1);
    }
    store_rows_free(rows);
    return STATUS_OK;
}

enum status query_budget(const struct query *query, uint32_t project_id, int64_t now_ns,
                         int64_t limit, const _Atomic bool *cancelled, struct budget *out_budget,
                         struct error *error)
{
    struct budget budget = {0};
    int64_t now_s = now_ns / NS_PER_SEC, first_day_s, first_hour_s, ever;
    int64_t basis_s = now_s - BASIS_DAYS * DAY_S;
    basis_s -= basis_s % HOUR_S;
    budget_month(now_ns, &budget.month_from_ns, &budget.month_to_ns);
    enum status status = sum_since(query, project_id, DAY_S, budget.month_from_ns / NS_PER_SEC,
                                   cancelled, &budget.spent, &first_day_s, error);
    if (status == STATUS_OK)
        status = sum_since(query, project_id, DAY_S, 0, cancelled, &ever, &first_day_s, error);
    if (status == STATUS_OK)
        status = sum_since(query, project_id, HOUR_S, basis_s, cancelled, &budget.basis_cost,
                           &first_hour_s, error);
    if (status != STATUS_OK)
        return status;
    /* A project older than the basis was silent at its beginning, and that counts. */
    budget.known = first_day_s != INT64_MAX;
    bool young = first_day_s > basis_s - DAY_S && first_hour_s != INT64_MAX;
    budget.basis_from_ns = (young ? first_hour_s : basis_s) * NS_PER_SEC;
    budget_project(&budget, now_ns, limit);
    *out_budget = budget;
    return STATUS_OK;
}
