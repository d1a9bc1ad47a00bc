/* SPDX-License-Identifier: Apache-2.0 */
/* demo_datasets: a dataset of customers' questions and two runs over it, from before the day. */
#pragma once

#include "base/status.h"

struct client;

/* `project` NULL: that of the client's key. What is there already stays as it is. */
enum status demo_datasets(struct client *client, const char *project, int64_t now_ns,
                          struct error *error);
