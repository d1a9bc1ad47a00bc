/* SPDX-License-Identifier: Apache-2.0 */
/* logs: how a question about log records is read, and a record written; for lists and the tail. */
#pragma once

#include "query/records.h"
#include "serve/serve_private.h"

/* Everything but the project's own: filters, severity, range, page. Texts are the request's. */
enum status param_log_question(struct call *call, struct log_question *out_question);
void out_log(struct json_out *out, const struct log_row *log);
