/* SPDX-License-Identifier: Apache-2.0 */
/* annotation_private: what queues and their items share; with the lock held. */
#pragma once

#include "control/annotation.h"
#include "control/control_private.h"

/* STATUS_NOT_FOUND: the project has no such queue. */
enum status annotation__find_queue(struct control *control, uint32_t project_id, struct str id,
                                   struct error *error);
