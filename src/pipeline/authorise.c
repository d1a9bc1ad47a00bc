/* SPDX-License-Identifier: Apache-2.0 */
/* authorise: see authorise.h. */
#include "pipeline/authorise.h"

#include <sodium.h>
#include <string.h>

static bool is_loopback(struct str address)
{
    return str_starts(address, STR("127.")) || str_starts(address, STR("[::1]")) ||
           str_starts(address, STR("localhost:")) || str_equal(address, STR("off"));
}

enum status authorise_init(struct authorise *authorise, struct control *control, const char *mode,
                           const char *http, const char *grpc, struct error *error)
{
    bool local = is_loopback(str_from(http)) && is_loopback(str_from(grpc));
    *authorise = (struct authorise){.control = control};
    if (!strcmp(mode, "required"))
        authorise->required = true;
    else if (!strcmp(mode, "auto"))
        authorise->required = !local;
    else if (strcmp(mode, "off") != 0)
        return fail(error, STATUS_INVALID, "auth: expected auto, required or off, got '%s'", mode);
    if (!local && !authorise->required)
        return fail(error, STATUS_INVALID,
                    "auth: cannot be off while listening on an address that is not loopback");
    return control_project_find(control, STR("default"), &authorise->default_project);
}

/* `Basic <base64 of public:secret>`; also `Bearer` with the same base64, or with public:secret in
 * plain. */
static bool read_key(struct str header, char plain[256], struct str *out_public,
                     struct str *out_secret)
{
    size_t len = 0;
    struct str token = header;
    if (str_starts_nocase(header, STR("Basic ")))
        token = str_sub(header, 6, header.len);
    else if (str_starts_nocase(header, STR("Bearer ")))
        token = str_sub(header, 7, header.len);
    else
        return false;
    token = str_trim(token);
    struct str text = token;
    if (str_find_byte(token, ':') == token.len) {
        if (sodium_base642bin((unsigned char *)plain, 255, token.ptr, token.len, NULL, &len, NULL,
                              sodium_base64_VARIANT_ORIGINAL) != 0 &&
            sodium_base642bin((unsigned char *)plain, 255, token.ptr, token.len, NULL, &len, NULL,
                              sodium_base64_VARIANT_ORIGINAL_NO_PADDING) != 0)
            return false;
        text = (struct str){plain, len};
    }
    size_t colon = str_find_byte(text, ':');
    if (colon == text.len)
        return false;
    *out_public = str_sub(text, 0, colon);
    *out_secret = str_sub(text, colon + 1, text.len);
    return true;
}

static enum status project_without_key(struct authorise *authorise, struct request *request,
                                       const struct route *route, struct error *error)
{
    request->project_id = authorise->default_project;
    struct str name =
        route->is_ingest ? request_header(request, STR("x-vitrine-project")) : STR_NONE;
    if (name.len == 0)
        name = request_param(request, STR("project"));
    if (name.len == 0)
        return STATUS_OK;
    if (control_project_find(authorise->control, name, &request->project_id) != STATUS_OK)
        return fail(error, STATUS_NOT_FOUND, "project: there is no project '%.*s'",
                    (int)(name.len > 80 ? 80 : name.len), name.ptr);
    return STATUS_OK;
}

/* `Bearer <public key>`: enough to give scores. */
static bool is_public_key(struct authorise *authorise, struct str header, uint32_t *out_project_id)
{
    return str_starts_nocase(header, STR("Bearer ")) &&
           control_public_key_find(authorise->control, str_trim(str_sub(header, 7, header.len)),
                                   out_project_id) == STATUS_OK;
}

enum status authorise_request(void *context, struct request *request, const struct route *route,
                              struct error *error)
{
    struct authorise *authorise = context;
    struct str header = request_header(request, STR("authorization"));
    if (header.len == 0) {
        if (authorise->required && !route->is_open)
            return fail(error, STATUS_UNAUTHENTICATED,
                        "authorization: expected Basic with a project's public and secret key");
        return project_without_key(authorise, request, route, error);
    }
    if (is_public_key(authorise, header, &request->project_id)) {
        request->scores_only = true;
        return route->takes_public_key
                   ? STATUS_OK
                   : fail(error, STATUS_FORBIDDEN,
                          "authorization: a public key alone may only give scores");
    }
    char plain[256];
    struct str public_key, secret_key;
    if (!read_key(header, plain, &public_key, &secret_key) ||
        control_key_check(authorise->control, public_key, secret_key, &request->project_id) !=
            STATUS_OK)
        return fail(error, STATUS_UNAUTHENTICATED, "authorization: the key pair is not known");
    return STATUS_OK;
}
