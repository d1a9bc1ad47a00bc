/* SPDX-License-Identifier: Apache-2.0 */
/* score_configs: a score config as an object of our API. */
#pragma once

#include "model/score_config.h"
#include "serve/serve_private.h"

void out_score_config(struct json_out *out, const struct score_config *config);
