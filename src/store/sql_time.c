/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sql_time: periods of the calendar, and times as text. Zones are UTC, fixed offsets, and the names
 * in the system's zone files.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/sql_functions.h"

#define DAY_S INT64_C(86400)

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970 of a day of the Gregorian calendar, and back (both for any year). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400), of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *out_year, int64_t *out_month, int64_t *out_day)
{
    days += 719468;
    int64_t era = floor_div(days, 146097), of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100),
            month = (5 * of_year + 2) / 153;
    *out_day = of_year - (153 * month + 2) / 5 + 1;
    *out_month = month < 10 ? month + 3 : month - 9;
    *out_year = year + era * 400 + (*out_month <= 2);
}

static void write_date(struct buf *out, int64_t ns)
{
    int64_t ms = floor_div(ns, NS_PER_MS), days = floor_div(ms, DAY_S * 1000), year, month, day;
    int64_t rest = ms - days * DAY_S * 1000;
    date_of(days, &year, &month, &day);
    buf_printf(out, "%04d-%02d-%02d %02d:%02d:%02d.%03d", (int)year, (int)month, (int)day,
               (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60),
               (int)(rest % 1000));
}

/* As CloudWatch prints a time. */
void sql_time_text(const struct sql_call *call, struct sql_value *out)
{
    out->null = call->args[0].null;
    if (!out->null)
        write_date(call->scratch, call->args[0].integer);
    out->text = buf_str(call->scratch);
}

/* time_floor(ns, months, weeks, up): whole months since year 0, or weeks from Monday; up: the next
 * one unless the time is a start itself. */
void sql_time_floor(const struct sql_call *call, struct sql_value *out)
{
    int64_t months = call->args[1].integer, weeks = call->args[2].integer, year, month, day;
    out->null =
        call->args[0].null || (months <= 0 && weeks <= 0) || months > 12000 || weeks > 60000;
    if (out->null)
        return;
    int64_t ns = call->args[0].integer, days = floor_div(ns, DAY_S * NS_PER_SEC), start, next;
    if (months > 0) {
        date_of(days, &year, &month, &day);
        int64_t at = floor_div(year * 12 + month - 1, months) * months, then = at + months;
        start = days_of(floor_div(at, 12), at - floor_div(at, 12) * 12 + 1, 1);
        next = days_of(floor_div(then, 12), then - floor_div(then, 12) * 12 + 1, 1);
    } else {
        /* 1970-01-05 was a Monday. */
        start = floor_div(days - 4, 7 * weeks) * 7 * weeks + 4;
        next = start + 7 * weeks;
    }
    out->integer = start * DAY_S * NS_PER_SEC;
    if (call->args[3].integer && out->integer < ns)
        out->integer = next * DAY_S * NS_PER_SEC;
}

/* --- zones --------------------------------------------------------------------------------- */

/* "UTC", "Z", "+02:00", "-0530". False: another kind of name. */
static bool fixed_offset(struct str zone, int64_t *out_s)
{
    int hours, minutes = 0;
    char copy[8] = {0};
    *out_s = 0;
    if (zone.len == 0 || str_equal_nocase(zone, STR("UTC")) || str_equal_nocase(zone, STR("GMT")) ||
        str_equal_nocase(zone, STR("Z")))
        return true;
    if (zone.len < 3 || zone.len > 6 || (zone.ptr[0] != '+' && zone.ptr[0] != '-'))
        return false;
    memcpy(copy, zone.ptr, zone.len);
    if (sscanf(copy + 1, zone.len == 6 ? "%2d:%2d" : "%2d%2d", &hours, &minutes) < 1)
        return false;
    *out_s = (zone.ptr[0] == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    return hours <= 14 && minutes < 60;
}

static uint64_t big_endian(const uint8_t *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* The offset at a time out of the 64-bit part of a TZif file (RFC 8536). */
static bool offset_in_file(const uint8_t *file, size_t size, int64_t at_s, int64_t *out_s)
{
    enum { HEADER = 44 };
    size_t skip = HEADER;
    if (size < HEADER || memcmp(file, "TZif", 4) != 0)
        return false;
    for (int i = 0; i < 6; i++) {
        static const size_t item[6] = {1, 1, 8, 5, 6, 1};
        skip += item[i] * (size_t)big_endian(file + 20 + 4 * i, 4);
    }
    if (skip > size - HEADER || memcmp(file + skip, "TZif", 4) != 0)
        return false;
    const uint8_t *head = file + skip;
    size_t times = (size_t)big_endian(head + 32, 4), types = (size_t)big_endian(head + 36, 4);
    const uint8_t *at = head + HEADER;
    if (times > 4000 || types == 0 || types > 256 || skip + HEADER + times * 9 + types * 6 > size)
        return false;
    size_t type = 0;
    for (size_t i = 0; i < times && (int64_t)big_endian(at + 8 * i, 8) <= at_s; i++)
        type = at[8 * times + i];
    if (type >= types)
        return false;
    *out_s = (int32_t)big_endian(at + 9 * times + 6 * type, 4);
    return true;
}

static bool named_offset(struct str zone, int64_t at_s, int64_t *out_s)
{
    char path[160];
    static _Thread_local char last[64];
    static _Thread_local uint8_t file[8192];
    static _Thread_local size_t size;
    if (zone.len >= sizeof last || !zone.len)
        return false;
    for (size_t i = 0; i < zone.len; i++) {
        char c = zone.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && (i == 0 || !strchr("_/+-0123456789", c)))
            return false;
    }
    if (strlen(last) != zone.len || memcmp(last, zone.ptr, zone.len) != 0) {
        snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", STR_ARGS(zone));
        FILE *in = fopen(path, "rbe");
        last[0] = 0;
        if (!in)
            return false;
        size = fread(file, 1, sizeof file, in);
        fclose(in);
        snprintf(last, sizeof last, "%.*s", STR_ARGS(zone));
    }
    return offset_in_file(file, size, at_s, out_s);
}

static bool offset_at(const struct sql_value *zone, int64_t at_s, int64_t *out_s)
{
    struct str name = zone->null ? STR_NONE : zone->text;
    return fixed_offset(name, out_s) || named_offset(name, at_s, out_s);
}

/* --- times as text ------------------------------------------------------------------------- */

/* time_format(ns, pattern, zone): strftime's pattern; %f is the microseconds. */
void sql_time_format(const struct sql_call *call, struct sql_value *out)
{
    char pattern[256], text[512];
    int64_t offset_s, ns = call->args[0].integer, at_s = floor_div(ns, NS_PER_SEC);
    struct str given = call->args[1].text;
    out->null = call->args[0].null || call->args[1].null || given.len == 0 ||
                given.len >= sizeof pattern / 4 || memchr(given.ptr, 0, given.len) ||
                !offset_at(&call->args[2], at_s, &offset_s);
    if (out->null)
        return;
    size_t len = 0;
    for (size_t i = 0; i < given.len; i++) {
        pattern[len++] = given.ptr[i];
        if (given.ptr[i] != '%' || i + 1 == given.len)
            continue;
        char letter = given.ptr[++i];
        if (letter == 'f')
            len = len - 1 +
                  (size_t)snprintf(pattern + len - 1, 8, "%06d",
                                   (int)((ns - at_s * NS_PER_SEC) / 1000));
        else
            pattern[len++] = letter;
    }
    pattern[len] = 0;
    time_t local = (time_t)(at_s + offset_s);
    struct tm parts;
    gmtime_r(&local, &parts);
    parts.tm_gmtoff = offset_s;
    buf_add(call->scratch, text, strftime(text, sizeof text, pattern, &parts));
    out->text = buf_str(call->scratch);
}

struct date {
    int64_t year, month, day, hour, minute, second, ns, offset_s;
    bool afternoon, has_half, has_offset;
};

static bool take_digits(struct str *rest, size_t least, size_t most, int64_t *out)
{
    size_t count = 0;
    if (most > 9) /* more make no date */
        most = 9;
    *out = 0;
    while (count < most && count < rest->len && rest->ptr[count] >= '0' && rest->ptr[count] <= '9')
        *out = *out * 10 + (rest->ptr[count++] - '0');
    *rest = str_sub(*rest, count, rest->len);
    return count >= least;
}

static bool take_month(struct str *rest, struct date *date)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    for (int full = 1; full >= 0; full--)
        for (int i = 0; i < 12; i++) {
            struct str name = str_sub(str_from(names[i]), 0, full ? 12 : 3);
            if (!str_starts_nocase(*rest, name))
                continue;
            *rest = str_sub(*rest, name.len, rest->len);
            date->month = i + 1;
            return true;
        }
    return false;
}

static bool take_zone(struct str *rest, struct date *date)
{
    size_t len = 0;
    while (len < rest->len && !strchr(" ,;)]", rest->ptr[len]))
        len++;
    date->has_offset = true;
    bool known = fixed_offset(str_sub(*rest, 0, len), &date->offset_s) && len > 0;
    *rest = str_sub(*rest, len, rest->len);
    return known;
}

static bool take_half(struct str *rest, struct date *date)
{
    date->has_half = str_starts_nocase(*rest, STR("AM")) || str_starts_nocase(*rest, STR("PM"));
    date->afternoon = str_starts_nocase(*rest, STR("PM"));
    *rest = str_sub(*rest, 2, rest->len);
    return date->has_half;
}

/* One run of a letter of Java's DateTimeFormatter. */
static bool take_letter(struct str *rest, char letter, size_t count, struct date *date)
{
    struct str before = *rest;
    size_t most = count > 1 ? count : 2;
    switch (letter) {
    case 'y':
    case 'u':
        if (!take_digits(rest, count == 2 ? 2 : 4, count == 2 ? 2 : 4, &date->year))
            return false;
        date->year += count == 2 ? 2000 : 0;
        return true;
    case 'M':
    case 'L':
        return count > 2 ? take_month(rest, date) : take_digits(rest, 1, most, &date->month);
    case 'd':
        return take_digits(rest, 1, most, &date->day);
    case 'H':
    case 'h':
    case 'k':
    case 'K':
        return take_digits(rest, 1, most, &date->hour);
    case 'm':
        return take_digits(rest, 1, most, &date->minute);
    case 's':
        return take_digits(rest, 1, most, &date->second);
    case 'S':
        if (!take_digits(rest, 1, count > 9 ? 9 : count, &date->ns))
            return false;
        for (size_t digits = before.len - rest->len; digits < 9; digits++)
            date->ns *= 10;
        return true;
    case 'a':
        return take_half(rest, date);
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
        return take_zone(rest, date);
    case 'E':
        while (rest->len && ((rest->ptr[0] | 32) >= 'a' && (rest->ptr[0] | 32) <= 'z'))
            *rest = str_sub(*rest, 1, rest->len);
        return true;
    default:
        return false;
    }
}

static bool take_date(struct str text, struct str pattern, struct date *date)
{
    for (size_t i = 0; i < pattern.len;) {
        char c = pattern.ptr[i];
        size_t count = 1;
        if (c == '\'') { /* quoted words stand for themselves, '' for a quote */
            size_t end = i + 1 + str_find_byte(str_sub(pattern, i + 1, pattern.len), '\'');
            struct str word = end == i + 1 ? STR("'") : str_sub(pattern, i + 1, end - i - 1);
            if (!str_starts(text, word))
                return false;
            text = str_sub(text, word.len, text.len);
            i = end + 1;
            continue;
        }
        while (i + count < pattern.len && pattern.ptr[i + count] == c)
            count++;
        if ((c | 32) >= 'a' && (c | 32) <= 'z') {
            if (!take_letter(&text, c, count, date))
                return false;
            i += count;
        } else {
            if (!text.len || text.ptr[0] != c)
                return false;
            text = str_sub(text, 1, text.len);
            i++;
        }
    }
    return text.len == 0;
}

/* time_parse(text, pattern, zone): milliseconds since 1970, or null. */
void sql_time_parse(const struct sql_call *call, struct sql_value *out)
{
    struct date date = {.year = 1970, .month = 1, .day = 1};
    out->null = call->args[0].null || call->args[1].null ||
                !take_date(call->args[0].text, call->args[1].text, &date) || date.month < 1 ||
                date.month > 12 || date.day < 1 || date.day > 31 || date.hour > 24 ||
                date.minute > 59 || date.second > 60;
    if (out->null)
        return;
    if (date.has_half)
        date.hour = date.hour % 12 + (date.afternoon ? 12 : 0);
    int64_t at_s = days_of(date.year, date.month, date.day) * DAY_S + date.hour * 3600 +
                   date.minute * 60 + date.second;
    if (!date.has_offset && !offset_at(&call->args[2], at_s, &date.offset_s))
        out->null = true;
    out->integer = (at_s - date.offset_s) * 1000 + date.ns / NS_PER_MS;
}

/* A time out of what an attribute says: ISO 8601, or a number by its magnitude. */
void sql_time_of_any(const struct sql_call *call, struct sql_value *out)
{
    struct str text;
    out->null = call->args[0].null ||
                store_any_split(call->args[0].text, &text) == STORE_ANY_JSON ||
                !clock_parse(text, &out->integer);
}
