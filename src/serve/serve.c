/* SPDX-License-Identifier: Apache-2.0 */
/* serve: the routes, and the frame around every handler. */
#include "serve/serve_private.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

enum { INLINE = 1, OPEN = 2 };

size_t serve_routes(const struct serve_options *options, struct route *out_routes, size_t max)
{
    static const struct {
        const char *method, *pattern;
        void (*handle)(struct request *, void *);
        int traits;
    } rows[] = {
#define ROUTE(handler, method, pattern, traits) {method, pattern, serve__##handler, traits},
#include "serve/routes.def"
#undef ROUTE
    };
    size_t count = sizeof rows / sizeof rows[0];
    must(count <= max);
    for (size_t i = 0; i < count; i++)
        out_routes[i] = (struct route){
            .method = rows[i].method,
            .pattern = rows[i].pattern,
            .handle = rows[i].handle,
            .context = (void *)options,
            .inline_ = (rows[i].traits & INLINE) != 0,
            .is_open = (rows[i].traits & OPEN) != 0,
        };
    return count;
}

void call_begin_plain(struct call *call, struct request *request, void *context)
{
    *call = (struct call){.request = request, .options = context};
    call->out = json_out(&call->response.body);
}

bool call_begin(struct call *call, struct request *request, void *context)
{
    call_begin_plain(call, request, context);
    call->query = call->options->query(call->options->context);
    /* json_out keeps a pointer to the buffer, so the call must not be copied from here on. */
    if (call->query)
        return true;
    call_end(call, fail(&call->error, STATUS_BUSY, "the index is still opening, try again"));
    return false;
}

void call_end(struct call *call, enum status status)
{
    if (status == STATUS_OK && call->response.body.failed)
        status = fail(&call->error, STATUS_TOO_LARGE, "the reply is too large");
    call->response.status = status;
    if (status != STATUS_OK) {
        buf_done(&call->response.body);
        call->response.error = call->error;
        call->response.error.status = status;
    }
    response_header(&call->response, STR("cache-control"), STR("no-store"));
    request_reply(call->request, &call->response);
}

struct later {
    struct request *request;
    void *context;
    void (*handle)(struct request *request, void *context);
};

static void run_later(void *context)
{
    const struct later *later = context;
    later->handle(later->request, later->context);
}

void call_later(struct request *request, void *context,
                void (*handle)(struct request *request, void *context))
{
    const struct serve_options *options = context;
    struct later *later = arena_new(&request->arena, struct later);
    if (later)
        *later = (struct later){request, context, handle};
    if (later && pool_submit(options->asks, run_later, later) == STATUS_OK)
        return;
    struct call call;
    call_begin_plain(&call, request, context);
    call_end(&call, fail(&call.error, STATUS_BUSY, "too many questions wait already, try again"));
}

/* Why a path of Langfuse's API is not here; NULL: it is unknown there, too. */
static const char *why_not(struct str path)
{
    static const struct {
        const char *path, *why;
    } rows[] = {
#define NOT_OFFERED(path, why) {path, why},
#include "serve/not_offered.def"
#undef NOT_OFFERED
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].path);
        if (str_starts(path, str_from(rows[i].path)) && (path.len == len || path.ptr[len] == '/'))
            return rows[i].why;
    }
    return NULL;
}

void serve__unknown_api(struct request *request, void *context)
{
    struct call call;
    const char *why = why_not(request->path);
    call_begin_plain(&call, request, context);
    call_end(&call, why ? fail(&call.error, STATUS_NOT_FOUND, "not offered: %s", why)
                        : fail(&call.error, STATUS_NOT_FOUND,
                               "there is no such path; /api/openapi.json lists them"));
}
