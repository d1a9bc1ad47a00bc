/* SPDX-License-Identifier: Apache-2.0 */
/* clock: ISO 8601 both ways, without the C library's time zones. */
#define _GNU_SOURCE
#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * NS_PER_SEC + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_thread_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void clock_format(int64_t time_ns, char out[CLOCK_TEXT_BYTES])
{
    int64_t fraction = time_ns % NS_PER_SEC;
    time_t seconds = (time_t)(time_ns / NS_PER_SEC);
    if (fraction < 0) {
        fraction += NS_PER_SEC;
        seconds--;
    }
    struct tm tm;
    gmtime_r(&seconds, &tm);
    snprintf(out, CLOCK_TEXT_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", tm.tm_year + 1900,
             tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)fraction);
}

/* Takes exactly `digits` digits; -1 otherwise. */
static int take_number(struct str *rest, int digits)
{
    int number = 0;
    if (rest->len < (size_t)digits)
        return -1;
    for (int i = 0; i < digits; i++) {
        char c = rest->ptr[i];
        if (c < '0' || c > '9')
            return -1;
        number = number * 10 + (c - '0');
    }
    *rest = str_sub(*rest, (size_t)digits, rest->len);
    return number;
}

static bool take_byte(struct str *rest, char byte)
{
    if (rest->len == 0 || (rest->ptr[0] | 0x20) != (byte | 0x20))
        return false;
    *rest = str_sub(*rest, 1, rest->len);
    return true;
}

static int64_t take_fraction(struct str *rest)
{
    int64_t fraction = 0, unit = NS_PER_SEC / 10;
    for (int digit; (digit = take_number(rest, 1)) >= 0; unit /= 10)
        fraction += digit * unit;
    return fraction;
}

/* Seconds east of UTC; false when what is left is no zone. */
static bool take_zone(struct str *rest, int64_t *out_seconds)
{
    *out_seconds = 0;
    if (rest->len == 0)
        return true;
    if (take_byte(rest, 'z'))
        return rest->len == 0;
    int sign = rest->ptr[0] == '-' ? -1 : rest->ptr[0] == '+' ? 1 : 0;
    if (!sign)
        return false;
    *rest = str_sub(*rest, 1, rest->len);
    int hours = take_number(rest, 2);
    if (rest->len && rest->ptr[0] == ':')
        *rest = str_sub(*rest, 1, rest->len);
    int minutes = rest->len ? take_number(rest, 2) : 0;
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || rest->len)
        return false;
    *out_seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* Days since 1970 of a proleptic Gregorian date (counted from March, so leap days come last). */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static bool parse_iso(struct str rest, int64_t *out_ns)
{
    int year = take_number(&rest, 4);
    if (year < 0 || !take_byte(&rest, '-'))
        return false;
    int month = take_number(&rest, 2);
    if (month < 1 || month > 12 || !take_byte(&rest, '-'))
        return false;
    int day = take_number(&rest, 2), hour = 0, minute = 0, second = 0;
    if (day < 1 || day > 31)
        return false;
    int64_t fraction = 0, zone = 0;
    if (rest.len && (take_byte(&rest, 't') || take_byte(&rest, ' '))) {
        hour = take_number(&rest, 2);
        if (hour < 0 || hour > 24 || !take_byte(&rest, ':'))
            return false;
        minute = take_number(&rest, 2);
        if (take_byte(&rest, ':'))
            second = take_number(&rest, 2);
        if (minute < 0 || minute > 59 || second < 0 || second > 60)
            return false;
        if (rest.len && (rest.ptr[0] == '.' || rest.ptr[0] == ',')) {
            rest = str_sub(rest, 1, rest.len);
            fraction = take_fraction(&rest);
        }
    }
    if (!take_zone(&rest, &zone))
        return false;
    int64_t seconds =
        days_from_date(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - zone;
    /* Years beyond 2262 or before 1678 do not fit in 63 bits of nanoseconds. */
    if (seconds > INT64_MAX / NS_PER_SEC - 1 || seconds < INT64_MIN / NS_PER_SEC + 1)
        return false;
    *out_ns = seconds * NS_PER_SEC + fraction;
    return true;
}

static int64_t unit_of(double magnitude)
{
    return magnitude < 1e11   ? NS_PER_SEC
           : magnitude < 1e14 ? NS_PER_MS
           : magnitude < 1e17 ? NS_PER_US
                              : 1;
}

bool clock_from_number(double number, int64_t *out_ns)
{
    if (!isfinite(number))
        return false;
    int64_t unit = unit_of(fabs(number));
    if (fabs(number) * (double)unit >= 9.2e18)
        return false;
    /* Whole and fraction apart: together a double holds today only to 256 ns. */
    double whole = trunc(number);
    *out_ns = (int64_t)whole * unit + (int64_t)((number - whole) * (double)unit);
    return true;
}

bool clock_parse(struct str text, int64_t *out_ns)
{
    int64_t whole;
    double number;
    text = str_trim(text);
    /* Integers stay integers: a double cannot hold today's nanoseconds exactly. */
    if (str_to_i64(text, &whole)) {
        return !__builtin_mul_overflow(whole, unit_of(fabs((double)whole)), out_ns);
    }
    if (text.len > 4 && text.ptr[4] == '-')
        return parse_iso(text, out_ns);
    return str_to_double(text, &number) && clock_from_number(number, out_ns);
}
