/* SPDX-License-Identifier: Apache-2.0 */
/* queue_body: what both APIs read of annotation queues. */
#pragma once

#include "control/annotation.h"
#include "serve/subjects.h"

/* Name, description and the configs' ids, which stand in the member `configs`. */
enum status queue_body_read(struct call *call, const char *configs,
                            struct annotation_queue *out_queue);
/* PENDING: 0, COMPLETED: 1, in any case; empty: -1. */
enum status queue_status_read(struct call *call, struct str word, int *out_completed);
