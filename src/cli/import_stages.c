/* SPDX-License-Identifier: Apache-2.0 */
/* import_stages: what is copied, in the order in which one thing needs another. */
#include "cli/import_private.h"

#define OBSERVATION_FIELDS "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"

const struct import_stage import_stages[] = {
    {"models", "/api/public/models?limit=50", import__models, IMPORT_ANY},
    {"traces", "/api/public/traces?limit=50&orderBy=timestamp.asc&fields=core,io,metrics",
     import__traces, IMPORT_OLDER},
    {"observations", "/api/public/observations?limit=50", import__observations, IMPORT_OLDER},
    {"newest observations", "/api/public/v2/observations?limit=50&fields=" OBSERVATION_FIELDS,
     import__newest_observations, IMPORT_NEWEST},
    {"score configs", "/api/public/score-configs?limit=50", import__score_configs, IMPORT_ANY},
    {"scores", "/api/public/v2/scores?limit=50", import__scores, IMPORT_OLDER},
    {"newest scores", "/api/public/v3/scores?limit=50&fields=details,subject,annotation",
     import__scores, IMPORT_NEWEST},
    {"archived score configs", "/api/public/score-configs?limit=50", import__archived_configs,
     IMPORT_ANY},
    {"prompts", "/api/public/v2/prompts?limit=50", import__prompts, IMPORT_ANY},
    {"datasets", "/api/public/v2/datasets?limit=10", import__datasets, IMPORT_ANY},
    {"comments", "/api/public/comments?limit=50", import__comments, IMPORT_ANY},
    {"annotation queues", "/api/public/annotation-queues?limit=50", import__queues, IMPORT_ANY},
};
const size_t import_stage_count = sizeof import_stages / sizeof *import_stages;
