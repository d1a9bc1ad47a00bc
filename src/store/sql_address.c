/* SPDX-License-Identifier: Apache-2.0 */
/* sql_address: IPv4 and IPv6 addresses and subnets, told from their text; places on earth. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#include "store/sql_functions.h"

struct address {
    int version; /* 4, 6 */
    uint8_t bytes[16];
};

static bool parse(struct str text, struct address *out)
{
    char copy[64];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    *out = (struct address){0};
    out->version = inet_pton(AF_INET, copy, out->bytes) == 1    ? 4
                   : inet_pton(AF_INET6, copy, out->bytes) == 1 ? 6
                                                                : 0;
    return out->version != 0;
}

static bool in_subnet(const struct address *address, const struct address *subnet, int64_t bits)
{
    if (address->version != subnet->version)
        return false;
    for (int i = 0; bits > 0; i++, bits -= 8) {
        uint8_t mask = bits >= 8 ? 0xFF : (uint8_t)(0xFF00 >> bits);
        if ((address->bytes[i] ^ subnet->bytes[i]) & mask)
            return false;
    }
    return true;
}

static bool parse_subnet(struct str text, struct address *out, int64_t *out_bits)
{
    size_t slash = str_find_byte(text, '/');
    if (!parse(str_sub(text, 0, slash), out))
        return false;
    int64_t most = out->version == 4 ? 32 : 128;
    *out_bits = most;
    return slash == text.len || (str_to_i64(str_sub(text, slash + 1, text.len), out_bits) &&
                                 *out_bits >= 0 && *out_bits <= most);
}

/* ip_valid(text, version): version 0 is any. */
void sql_ip_valid(const struct sql_call *call, struct sql_value *out)
{
    struct address address;
    int64_t version = call->args[1].integer;
    out->integer = !call->args[0].null && parse(call->args[0].text, &address) &&
                   (version == 0 || address.version == version);
}

void sql_ip_in_subnet(const struct sql_call *call, struct sql_value *out)
{
    struct address address, subnet;
    int64_t bits, version = call->args[2].integer;
    out->integer =
        !call->args[0].null && !call->args[1].null && parse(call->args[0].text, &address) &&
        parse_subnet(call->args[1].text, &subnet, &bits) &&
        (version == 0 || subnet.version == version) && in_subnet(&address, &subnet, bits);
}

void sql_ip_number(const struct sql_call *call, struct sql_value *out)
{
    struct address address;
    out->null = call->args[0].null || !parse(call->args[0].text, &address) || address.version != 4;
    for (int i = 0; !out->null && i < 4; i++)
        out->integer = out->integer << 8 | address.bytes[i];
}

static bool in_any(const struct address *address, const char *const *subnets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address subnet;
        int64_t bits;
        if (parse_subnet(str_from(subnets[i]), &subnet, &bits) && in_subnet(address, &subnet, bits))
            return true;
    }
    return false;
}

/* RFC 1918 and RFC 4193. */
static const char *const private_subnets[] = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",
                                              "fc00::/7"};
/* The special-purpose registries of RFC 6890 without the private ones. */
static const char *const reserved_subnets[] = {
    "0.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",   "169.254.0.0/16",  "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4",  "240.0.0.0/4",    "::/128",        "::1/128",         "64:ff9b::/96",
    "100::/64",     "2001::/23",      "2001:db8::/32", "fe80::/10",       "ff00::/8"};

/* ip_scope(text, which): 0 private, 1 reserved, 2 public: neither. */
void sql_ip_scope(const struct sql_call *call, struct sql_value *out)
{
    struct address address;
    if (call->args[0].null || !parse(call->args[0].text, &address))
        return;
    bool is_private =
        in_any(&address, private_subnets, sizeof private_subnets / sizeof private_subnets[0]);
    bool is_reserved =
        in_any(&address, reserved_subnets, sizeof reserved_subnets / sizeof reserved_subnets[0]);
    int64_t which = call->args[1].integer;
    out->integer = which == 0 ? is_private : which == 1 ? is_reserved : !is_private && !is_reserved;
}

/* great_circle(latitude, longitude, latitude, longitude): kilometres, by the haversine formula. */
void sql_great_circle(const struct sql_call *call, struct sql_value *out)
{
    enum { EARTH_KM = 6371 };
    double radians[4];
    for (size_t i = 0; i < 4; i++) {
        out->null = out->null || call->args[i].null || !isfinite(call->args[i].number);
        radians[i] = call->args[i].number * M_PI / 180;
    }
    if (out->null)
        return;
    double across = sin((radians[2] - radians[0]) / 2), along = sin((radians[3] - radians[1]) / 2);
    double chord = across * across + cos(radians[0]) * cos(radians[2]) * along * along;
    out->number = 2 * EARTH_KM * asin(sqrt(chord < 1 ? chord : 1));
}
