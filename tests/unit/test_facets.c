/* SPDX-License-Identifier: Apache-2.0 */
/* facet_count: as many traces a value as a table of all of them tells, with many values and traces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "query/facet_count.h"

enum { SPANS = 60000, TRACES = 3000, COLUMNS = 3, VALUES = 200 };

static uint64_t random_below(uint64_t *state, uint64_t most)
{
    *state = *state * UINT64_C(6364136223846793005) + 1;
    return (*state >> 33) % most;
}

static uint32_t counted(const struct facet_column *column, uint32_t value)
{
    for (size_t i = 0; i < column->count; i++)
        if (column->counted[i].value == value)
            return column->counted[i].traces;
    return 0;
}

static void each_trace_once(void **state)
{
    static bool seen[TRACES][COLUMNS][VALUES];
    uint32_t expected[COLUMNS][VALUES] = {0};
    struct facet_count count = {.columns = COLUMNS};
    uint64_t random = 3;
    (void)state;
    for (size_t span = 0; span < SPANS; span++) {
        size_t trace = random_below(&random, TRACES);
        int64_t values[COLUMNS];
        for (size_t i = 0; i < COLUMNS; i++) {
            /* One column of few values, one of many, one that is often absent. */
            values[i] = (int64_t)random_below(&random, i ? VALUES : 5) - (i == 2 ? 100 : 0);
            if (values[i] < 0)
                continue;
            expected[i][values[i]] += !seen[trace][i][values[i]];
            seen[trace][i][values[i]] = true;
        }
        assert_true(facet_count_add(&count, trace * UINT64_C(0x9e3779b97f4a7c15), values));
    }
    for (size_t i = 0; i < COLUMNS; i++)
        for (uint32_t value = 0; value < VALUES; value++)
            assert_int_equal(counted(&count.column[i], value), expected[i][value]);
    facet_count_done(&count);
}

static void too_many_traces(void **state)
{
    struct facet_count count = {.columns = 1};
    const int64_t value = 1;
    (void)state;
    for (uint64_t trace = 0; trace < FACET_TRACES_MAX; trace++)
        if (!facet_count_add(&count, trace, &value))
            fail_msg("trace %llu was refused", (unsigned long long)trace);
    assert_false(facet_count_add(&count, FACET_TRACES_MAX, &value));
    facet_count_done(&count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_trace_once),
        cmocka_unit_test(too_many_traces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
