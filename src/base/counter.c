/* SPDX-License-Identifier: Apache-2.0 */
/* counter: walks the section in which the definitions of all files are collected. */
#include "base/counter.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

/* At least one counter exists, so that the section does. */
GAUGE(up, "vitrine_up", "", "1 while the server runs");

extern struct counter *const __start_vitrine_counters[];
extern struct counter *const __stop_vitrine_counters[];

static int by_name(const void *a, const void *b)
{
    const struct counter *left = *(struct counter *const *)a, *right = *(struct counter *const *)b;
    int order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->labels, right->labels);
}

void counter_visit(void (*visit)(const struct counter *counter, void *context), void *context)
{
    counter_set(&up, 1);
    size_t count = (size_t)(__stop_vitrine_counters - __start_vitrine_counters);
    struct counter **sorted = malloc(count * sizeof *sorted);
    must(sorted != NULL);
    memcpy(sorted, __start_vitrine_counters, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    for (size_t i = 0; i < count; i++)
        visit(sorted[i], context);
    free(sorted);
}
