/* SPDX-License-Identifier: Apache-2.0 */
/* queue_body: what both APIs read of annotation queues: of the path, and of what is sent. */
#pragma once

#include "control/annotation.h"
#include "serve/subjects.h"

/* Which queue, and which of its items. */
struct str queue_path_id(const struct call *call);
struct str queue_path_item(const struct call *call);
/* Name, description, the configs' ids, which stand in the member `configs`, and `people` where they
 * are named. */
enum status queue_body_read(struct call *call, const char *configs,
                            struct annotation_queue *out_queue);
/* PENDING: 0, COMPLETED: 1, in any case; empty: -1. */
enum status queue_status_read(struct call *call, struct str word, int *out_completed);
