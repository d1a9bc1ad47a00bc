/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screens: the files of ui/dist, from memory. Paths of screens (/p/…) and unknown ones without a
 * dot give the start page: the screens' own router knows what they mean.
 */
#include <string.h>

#include "base/asset.h"
#include "serve/serve_private.h"

static const char *type_of(struct str name)
{
    static const struct {
        struct str ending;
        const char *type;
    } types[] = {{STR_INIT(".html"), "text/html; charset=utf-8"},
                 {STR_INIT(".js"), "text/javascript; charset=utf-8"},
                 {STR_INIT(".css"), "text/css; charset=utf-8"},
                 {STR_INIT(".svg"), "image/svg+xml"},
                 {STR_INIT(".png"), "image/png"},
                 {STR_INIT(".ico"), "image/x-icon"},
                 {STR_INIT(".json"), "application/json"},
                 {STR_INIT(".woff2"), "font/woff2"},
                 {STR_INIT(".txt"), "text/plain; charset=utf-8"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_ends(name, types[i].ending))
            return types[i].type;
    return "application/octet-stream";
}

/* No script, style, frame or request but our own: prompts are hostile text. */
static void add_headers(struct response *response, bool immutable)
{
    response_header(
        response, STR("content-security-policy"),
        STR("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' "
            "data:; font-src 'self'; media-src 'self'; connect-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'"));
    response_header(response, STR("x-content-type-options"), STR("nosniff"));
    response_header(response, STR("referrer-policy"), STR("no-referrer"));
    response_header(response, STR("x-frame-options"), STR("DENY"));
    /* Files carry a hash in their name; the page that names them is asked for anew. */
    response_header(response, STR("cache-control"),
                    immutable ? STR("public, max-age=31536000, immutable") : STR("no-cache"));
}

static void send_asset(struct request *request, const struct asset *asset)
{
    struct response response = {.status = STATUS_OK,
                                .content_type = type_of(str_from(asset->name)),
                                .static_body = asset_str(asset)};
    add_headers(&response, str_starts(str_from(asset->name), STR("ui/assets/")));
    request_reply(request, &response);
}

void serve__screen_root(struct request *request, void *context)
{
    const struct asset *page = asset_find(STR("ui/index.html"));
    (void)context;
    if (page) {
        send_asset(request, page);
        return;
    }
    struct error error;
    fail(&error, STATUS_NOT_FOUND, "this build has no screens; the API is at /api/openapi.json");
    request_reply_error(request, &error);
}

void serve__screen(struct request *request, void *context)
{
    struct str rest = request_path_part(request, STR("rest"));
    struct str name = arena_printf(&request->arena, "ui/%.*s", STR_ARGS(rest));
    const struct asset *asset = name.ptr ? asset_find(name) : NULL;
    size_t slash = str_rfind_byte(rest, '/');
    struct str last = slash == rest.len ? rest : str_sub(rest, slash + 1, rest.len);
    if (asset) {
        send_asset(request, asset);
    } else if (!str_starts(rest, STR("p/")) &&
               (str_find_byte(last, '.') < last.len || str_starts(rest, STR("v1/")))) {
        struct error error;
        fail(&error, STATUS_NOT_FOUND, "there is no such path");
        request_reply_error(request, &error);
    } else {
        serve__screen_root(request, context);
    }
}
