/* SPDX-License-Identifier: Apache-2.0 */
/* datasets: what the handlers about datasets and about their runs share. */
#pragma once

#include "control/datasets.h"
#include "serve/serve_private.h"

/* {id} of the path: an id. */
enum status datasets_of_path(struct call *call, struct dataset *out_dataset);
/* Null when there is none. */
void datasets_out_json(struct json_out *out, const char *key, struct str json);
