/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_list: what is made of a list of dynamic values. A histogram is a map from the lower end of
 * each range, all equally wide, to how many numbers are in it; the last range holds its upper end.
 */
#define _GNU_SOURCE
#include <math.h>

#include "store/sql_functions.h"
#include "wire/json.h"

enum { BUCKETS_MAX = 1000 };

static size_t take_numbers(const struct sql_value *list, double *numbers, double *out_least,
                           double *out_most)
{
    size_t count = 0;
    for (size_t i = 0; i < list->item_count; i++) {
        double number;
        if (list->item_nulls[i] || !sql_any_number(list->items[i], &number) || !isfinite(number))
            continue;
        *out_least = !count || number < *out_least ? number : *out_least;
        *out_most = !count || number > *out_most ? number : *out_most;
        numbers[count++] = number;
    }
    return count;
}

static void write_counts(struct buf *out, const int64_t *counts, size_t buckets, double least,
                         double width)
{
    struct buf key = {0};
    buf_add_byte(out, STORE_ANY_JSON);
    struct json_out writer = json_out(out);
    json_out_object(&writer, NULL);
    for (size_t i = 0; i < buckets; i++) {
        double lower = least + width * (double)i;
        buf_clear(&key);
        /* Six digits tell ranges apart unless they are very narrow. */
        if (width > fabs(lower) * 1e-4)
            buf_printf(&key, "%.6g", lower);
        else
            sql_write_number(&key, lower);
        buf_add_byte(&key, 0);
        if (!key.failed)
            json_out_int(&writer, key.ptr, counts[i]);
    }
    json_out_end_object(&writer);
    buf_done(&key);
}

void sql_list_histogram(const struct sql_call *call, struct sql_value *out)
{
    const struct sql_value *list = &call->args[0];
    int64_t buckets = call->args[1].integer, counts[BUCKETS_MAX] = {0};
    double least = 0, most = 0;
    out->null = list->null || call->args[1].null || buckets < 1 || buckets > BUCKETS_MAX;
    double *numbers = out->null ? NULL : arena_array(call->arena, double, list->item_count + 1);
    size_t count = numbers ? take_numbers(list, numbers, &least, &most) : 0;
    out->null = count == 0;
    if (out->null)
        return;
    /* Halves, because the distance of two numbers can be more than a number. */
    double width = most / (double)buckets - least / (double)buckets;
    buckets = width > 0 ? buckets : 1;
    for (size_t i = 0; i < count; i++) {
        double place = width > 0 ? floor(numbers[i] / width - least / width) : 0;
        int64_t bucket = place < 0 ? 0 : place >= (double)buckets ? buckets - 1 : (int64_t)place;
        counts[bucket]++;
    }
    write_counts(call->scratch, counts, (size_t)buckets, least, width);
    out->text = buf_str(call->scratch);
}
