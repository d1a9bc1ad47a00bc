/* SPDX-License-Identifier: Apache-2.0 */
/* demo_queues: an annotation queue over the evaluation's answers, some of them judged. */
#pragma once

#include "base/status.h"

struct client;

/* After demo_datasets(), whose traces it is about. `project` NULL: that of the client's key. What
 * is there already stays as it is. */
enum status demo_queues(struct client *client, const char *project, int64_t now_ns,
                        struct error *error);
