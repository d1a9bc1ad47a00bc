/* SPDX-License-Identifier: Apache-2.0 */
/* score_configs: what the project's scores must be, in our words; they are written through
 * Langfuse's API (langfuse_score_configs.c). */
#include "control/score_configs.h"

#include "serve/score_configs.h"

void out_score_config(struct json_out *out, const struct score_config *config)
{
    json_out_object(out, NULL);
    json_out_str(out, "id", config->id);
    json_out_str(out, "name", config->name);
    json_out_str(out, "description", config->description);
    json_out_text(out, "type", score_type_name(config->type));
    json_out_bool(out, "archived", config->is_archived);
    json_out_double(out, "min", config->least);
    json_out_double(out, "max", config->most);
    json_out_array(out, "categories");
    for (size_t i = 0; i < config->category_count; i++) {
        json_out_object(out, NULL);
        json_out_str(out, "label", config->categories[i].label);
        json_out_double(out, "value", config->categories[i].value);
        json_out_end_object(out);
    }
    json_out_end_array(out);
    json_out_end_object(out);
}

void serve__score_configs(struct request *request, void *context)
{
    struct call call;
    struct score_config *configs;
    size_t count = 0;
    int64_t total = 0;
    call_begin_plain(&call, request, context);
    enum status status =
        control_score_configs(call.options->control, request->project_id, 0, SCORE_CONFIGS_MAX,
                              &request->arena, &configs, &count, &total, &call.error);
    if (status == STATUS_OK) {
        json_out_object(&call.out, NULL);
        json_out_array(&call.out, "configs");
        for (size_t i = 0; i < count; i++)
            out_score_config(&call.out, &configs[i]);
        json_out_end_array(&call.out);
        json_out_end_object(&call.out);
    }
    call_end(&call, status);
}
