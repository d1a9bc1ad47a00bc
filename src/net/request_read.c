/* SPDX-License-Identifier: Apache-2.0 */
/* request_read: what handlers and decoders ask a request for. Works on any struct request, also one
 * made by a test. */
#include "net/net_private.h"

struct str request_header(const struct request *request, struct str lower_case_name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (str_equal(request->headers[i].name, lower_case_name))
            return request->headers[i].value;
    }
    return STR_NONE;
}

struct str request_param_at(struct request *request, struct str name, size_t n)
{
    struct str rest = request->query, pair;
    while (rest.len > 0 && str_take(&rest, '&', &pair)) {
        size_t equals = str_find_byte(pair, '=');
        struct str key = net__percent_decode(str_sub(pair, 0, equals), true, &request->arena);
        if (!key.ptr || !str_equal(key, name) || n-- > 0)
            continue;
        return net__percent_decode(str_sub(pair, equals + 1, pair.len), true, &request->arena);
    }
    return STR_NONE;
}

struct str request_param(struct request *request, struct str name)
{
    return request_param_at(request, name, 0);
}

void *request_take_body(struct request *request)
{
    struct exchange *exchange = request->owner;
    if (!exchange)
        return NULL;
    void *body = exchange->body;
    exchange->body = NULL; /* its bytes stay counted until the answer is sent */
    return body;
}
