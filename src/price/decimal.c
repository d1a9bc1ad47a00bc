/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decimal: dollars as text to int64 nano-dollars and back. No floating point, so what the book
 * says is what is charged; more than nine decimals are refused, never rounded away.
 */
#include "price/price.h"

#include <stdio.h>
#include <string.h>

#define NANO INT64_C(1000000000)

static bool take_digits(struct str *rest, int64_t *number, int *out_count)
{
    *out_count = 0;
    while (rest->len && rest->ptr[0] >= '0' && rest->ptr[0] <= '9') {
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, rest->ptr[0] - '0', number))
            return false;
        *rest = str_sub(*rest, 1, rest->len);
        (*out_count)++;
    }
    return true;
}

bool price_parse_dollars(struct str text, int64_t *out_nano)
{
    int64_t whole = 0, fraction = 0;
    int whole_digits = 0, decimals = 0;

    if (!take_digits(&text, &whole, &whole_digits) || whole_digits == 0)
        return false;
    if (text.len && text.ptr[0] == '.') {
        text = str_sub(text, 1, text.len);
        if (!take_digits(&text, &fraction, &decimals) || decimals == 0 || decimals > 9)
            return false;
    }
    if (text.len)
        return false;
    for (; decimals < 9; decimals++)
        fraction *= 10;
    int64_t nano;
    if (__builtin_mul_overflow(whole, NANO, &nano) || __builtin_add_overflow(nano, fraction, &nano))
        return false;
    *out_nano = nano;
    return true;
}

void price_format_dollars(int64_t nano, char out[PRICE_TEXT_BYTES])
{
    uint64_t size = nano < 0 ? 0 - (uint64_t)nano : (uint64_t)nano;

    snprintf(out, PRICE_TEXT_BYTES, "%s%llu.%09llu", nano < 0 ? "-" : "",
             (unsigned long long)(size / NANO), (unsigned long long)(size % NANO));
    size_t end = strlen(out);
    while (out[end - 1] == '0')
        end--;
    if (out[end - 1] == '.')
        end--;
    out[end] = 0;
}
