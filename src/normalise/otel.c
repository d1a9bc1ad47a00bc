/* SPDX-License-Identifier: Apache-2.0 */
/* otel: what any OpenTelemetry span or resource says, GenAI or not. */
#include "normalise/normalise_private.h"

static const struct row rows[] = {
    ROW("service.name", service, TEXT, 0, LISTED, .flags = ROW_RESOURCE),
    ROW("service.name", project_name, TEXT, 9, LISTED, .flags = ROW_RESOURCE),
    ROW("service.version", release, TEXT, 5, LISTED, .flags = ROW_RESOURCE),
    ROW("service.version", version, TEXT, 5, LISTED, .flags = ROW_RESOURCE),
    ROW("deployment.environment.name", environment, TEXT, 1, LISTED, .flags = ROW_RESOURCE),
    ROW("deployment.environment", environment, TEXT, 2, LISTED, .flags = ROW_RESOURCE),
    ROW("session.id", session, TEXT, 1, LISTED, .flags = ROW_RESOURCE),
    ROW("user.id", user, TEXT, 1, LISTED, .flags = ROW_RESOURCE),
    ROW("enduser.id", user, TEXT, 13, LISTED, .flags = ROW_RESOURCE),
    ROW("enduser.pseudo.id", user, TEXT, 14, LISTED, .flags = ROW_RESOURCE),
    ROW("user_id", user, TEXT, 4, LISTED),
    ROW("thread_id", session, TEXT, 5, LISTED),
    ROW("session_id", session, TEXT, 21, LISTED),
    ROW("gen_ai.session.id", session, TEXT, 20, LISTED),
    ROW("gen_ai.user", user, TEXT, 17, LISTED),
    ROW("llm.user", user, TEXT, 18, LISTED),
    /* No convention names the tenant; these are the spellings in use. */
    ROW("tenant.id", tenant, TEXT, 0, LISTED),
    ROW("tenant_id", tenant, TEXT, 1, LISTED),
    ROW("customer_id", tenant, TEXT, 4, LISTED),
    ROW("organization.id", tenant, TEXT, 12, LISTED, .flags = ROW_RESOURCE),
    ROW("error.type", error_type, TEXT, 0, LISTED),
    ROW("error.message", error_message, TEXT, 9, LISTED),
    ROW("http.request.resend_count", retry_attempts, COUNT, 1, LISTED),
    MARK("http.response.status_code", .keep = KEEP_http_status),
    MARK("http.status_code", .keep = KEEP_http_status),
    SOURCE("input", input, 180, ANY),
    SOURCE("output", output, 180, ANY),
    {.key = STR_INIT("tools"), .slot = SLOT_tools, .order = 6},
};

const struct vocabulary vocabulary_otel = {
    .name = "otel",
    .summary = "plain OpenTelemetry",
    .standing = STANDING_OTHER,
    ROWS(rows),
};
