/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authorise: whose request is this? The one place where a key becomes a project.
 *
 * Basic (public:secret) or Bearer of both joined by ':' or as base64; Bearer of a public key alone
 * where scores are given, as browsers do, and nowhere else. A request with a key must
 * have a right one. Without a key it is the default project's, or for reading the one named by
 * ?project=, unless keys are required.
 */
#pragma once

#include "control/control.h"
#include "net/http.h"

struct authorise {
    struct control *control;
    bool required;
    uint32_t default_project;
};

/* mode: auto, required or off; auto requires keys unless both addresses are loopback. */
enum status authorise_init(struct authorise *authorise, struct control *control, const char *mode,
                           const char *http, const char *grpc, struct error *error);
/* server_options.authorise */
enum status authorise_request(void *context, struct request *request, const struct route *route,
                              struct error *error);
