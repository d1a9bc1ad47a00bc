/* SPDX-License-Identifier: Apache-2.0 */
/* score_config: see score_config.h. A bound that is not there is NaN, which nothing is beyond. */
#include "model/score_config.h"

enum status score_config_apply(const struct score_config *config, struct score *score,
                               struct error *error)
{
    if (config->is_archived)
        return fail(error, STATUS_INVALID, "configId: the score config is archived");
    if (!str_equal(config->name, score->name))
        return fail(error, STATUS_INVALID, "name: expected that of the score config, '%.*s'",
                    STR_ARGS(config->name));
    if (config->type != score->type)
        return fail(error, STATUS_INVALID, "dataType: expected that of the score config, %s",
                    score_type_name(config->type));
    if (config->type == SCORE_NUMERIC && score->number < config->least)
        return fail(error, STATUS_INVALID, "value: expected at least %g", config->least);
    if (config->type == SCORE_NUMERIC && score->number > config->most)
        return fail(error, STATUS_INVALID, "value: expected at most %g", config->most);
    if (config->type != SCORE_CATEGORICAL)
        return STATUS_OK;
    for (size_t i = 0; i < config->category_count; i++)
        if (str_equal(config->categories[i].label, score->text)) {
            score->number = config->categories[i].value;
            return STATUS_OK;
        }
    return fail(error, STATUS_INVALID, "value: expected one of the score config's categories");
}
