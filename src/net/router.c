/* SPDX-License-Identifier: Apache-2.0 */
/*
 * router: method and path to a route.
 *
 * Patterns are compiled at start and sorted so that the first match is the most specific one: a
 * literal before a {part} before a {rest*}, from left to right. Paths are cut before they are
 * decoded, so that a name with an encoded slash stays one part.
 */
#include "net/net_private.h"

#include <stdlib.h>
#include <string.h>

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

struct str net__percent_decode(struct str text, bool plus_is_space, struct arena *arena)
{
    if (str_find_byte(text, '%') == text.len &&
        (!plus_is_space || str_find_byte(text, '+') == text.len))
        return text.ptr ? text : STR("");
    char *out = arena_alloc(arena, text.len + 1);
    if (!out)
        return STR_NONE;
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char byte = text.ptr[i];
        if (byte == '%') {
            int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return STR_NONE;
            byte = (char)(high << 4 | low);
            i += 2;
        } else if (byte == '+' && plus_is_space) {
            byte = ' ';
        }
        out[len++] = byte;
    }
    out[len] = 0;
    return (struct str){out, len};
}

bool net__percent_valid(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%')
            continue;
        int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
        int low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return false;
        i += 2;
    }
    return true;
}

bool net__path_split(struct str raw, struct arena *arena, struct path *out_path)
{
    out_path->count = 0;
    out_path->too_deep = false;
    if (raw.len == 0 || raw.ptr[0] != '/')
        return false;
    raw = str_sub(raw, 1, raw.len);
    /* SDKs add a slash to the end of configured URLs now and then. */
    if (raw.len > 0 && raw.ptr[raw.len - 1] == '/')
        raw.len--;
    while (raw.ptr && (raw.len > 0 || out_path->count > 0)) {
        size_t len = str_find_byte(raw, '/');
        struct str piece = str_sub(raw, 0, len), decoded;
        if (out_path->count == SEGMENTS_MAX) {
            out_path->too_deep = true;
            return true;
        }
        decoded = net__percent_decode(piece, false, arena);
        if (!decoded.ptr)
            return false;
        out_path->raw[out_path->count] = piece;
        out_path->decoded[out_path->count++] = decoded;
        if (len == raw.len)
            break;
        raw = (struct str){raw.ptr + len + 1, raw.len - len - 1};
    }
    return true;
}

static enum status compile(struct compiled_route *compiled, const struct route *route,
                           struct error *error)
{
    struct str rest = str_from(route->pattern), piece;
    *compiled = (struct compiled_route){.route = route, .method = str_from(route->method)};
    must(rest.len > 0 && rest.ptr[0] == '/');
    rest = str_sub(rest, 1, rest.len);
    while (rest.len > 0 && str_take(&rest, '/', &piece)) {
        if (compiled->segment_count == SEGMENTS_MAX)
            return fail(error, STATUS_INTERNAL, "the route %s has too many parts", route->pattern);
        struct segment *segment = &compiled->segments[compiled->segment_count++];
        *segment = (struct segment){.text = piece, .kind = SEGMENT_LITERAL};
        if (str_starts(piece, STR("{")) && str_ends(piece, STR("*}"))) {
            segment->kind = SEGMENT_REST;
            segment->text = str_sub(piece, 1, piece.len - 3);
            must(rest.len == 0); /* only the last one */
        } else if (str_starts(piece, STR("{")) && str_ends(piece, STR("}"))) {
            segment->kind = SEGMENT_PART;
            segment->text = str_sub(piece, 1, piece.len - 2);
        }
    }
    return STATUS_OK;
}

static int by_specificity(const void *a, const void *b)
{
    const struct compiled_route *left = a, *right = b;
    for (size_t i = 0; i < left->segment_count && i < right->segment_count; i++) {
        if (left->segments[i].kind != right->segments[i].kind)
            return (int)left->segments[i].kind - (int)right->segments[i].kind;
    }
    if (left->segment_count != right->segment_count)
        return left->segment_count > right->segment_count ? -1 : 1;
    return left->route < right->route ? -1 : left->route > right->route;
}

enum status net__router_init(struct router *router, const struct route *routes, size_t count,
                             struct error *error)
{
    router->routes = calloc(count ? count : 1, sizeof *router->routes);
    router->count = count;
    if (!router->routes)
        return fail(error, STATUS_INTERNAL, "no memory for %zu routes", count);
    for (size_t i = 0; i < count; i++) {
        enum status status = compile(&router->routes[i], &routes[i], error);
        if (status != STATUS_OK)
            return status;
    }
    qsort(router->routes, count, sizeof *router->routes, by_specificity);
    return STATUS_OK;
}

void net__router_done(struct router *router)
{
    free(router->routes);
    *router = (struct router){0};
}

static bool matches(const struct compiled_route *compiled, const struct path *path, bool *out_rest)
{
    *out_rest = false;
    for (size_t i = 0; i < compiled->segment_count; i++) {
        const struct segment *segment = &compiled->segments[i];
        if (segment->kind == SEGMENT_REST) {
            *out_rest = true;
            return true;
        }
        if (i >= path->count)
            return false;
        if (segment->kind == SEGMENT_LITERAL && !str_equal(segment->text, path->decoded[i]))
            return false;
    }
    return compiled->segment_count == path->count && !path->too_deep;
}

static bool method_fits(const struct compiled_route *compiled, struct str method)
{
    return str_equal(compiled->method, method) ||
           (str_equal(method, STR("HEAD")) && str_equal(compiled->method, STR("GET")));
}

enum status net__route(const struct router *router, struct str method, struct path *path,
                       struct arena *arena, const struct compiled_route **out_route,
                       struct str *out_allow, struct error *error)
{
    const struct compiled_route *other = NULL, *rest = NULL;
    struct str allow = STR("OPTIONS");
    for (size_t i = 0; i < router->count; i++) {
        const struct compiled_route *compiled = &router->routes[i];
        bool is_rest;
        if (!matches(compiled, path, &is_rest))
            continue;
        bool fits = method_fits(compiled, method);
        /* A route for everything else (the screens) neither makes unknown paths known nor answers
         * for a path that has another method. */
        if (is_rest) {
            rest = !rest && fits ? compiled : rest;
            continue;
        }
        if (fits) {
            *out_route = compiled;
            return STATUS_OK;
        }
        other = other ? other : compiled;
        if (!str_contains(allow, compiled->method))
            allow = arena_printf(arena, "%.*s%s, %.*s", STR_ARGS(compiled->method),
                                 str_equal(compiled->method, STR("GET")) ? ", HEAD" : "",
                                 STR_ARGS(allow));
    }
    if (!other && rest) {
        *out_route = rest;
        return STATUS_OK;
    }
    if (!other)
        return fail(error, STATUS_NOT_FOUND, "there is nothing at this path");
    *out_route = other;
    *out_allow = allow;
    return fail(error, STATUS_METHOD, "this path answers to %.*s", STR_ARGS(allow));
}

struct str request_path_part(const struct request *request, struct str name)
{
    const struct exchange *exchange = request->owner;
    if (!exchange || !exchange->route)
        return STR_NONE;
    const struct compiled_route *compiled = exchange->route;
    const struct path *path = &exchange->path;
    for (size_t i = 0; i < compiled->segment_count; i++) {
        const struct segment *segment = &compiled->segments[i];
        if (segment->kind == SEGMENT_LITERAL || !str_equal(segment->text, name))
            continue;
        if (segment->kind == SEGMENT_PART)
            return path->decoded[i];
        if (i >= path->count)
            return STR("");
        /* The rest: the tail of the decoded path that starts after the segments before it. */
        struct str rest = request->path;
        for (size_t k = 0; k <= i && k < path->count; k++)
            rest = str_sub(rest, 1 + (k ? path->decoded[k - 1].len : 0), rest.len);
        return rest;
    }
    return STR_NONE;
}
