/* SPDX-License-Identifier: Apache-2.0 */
/* conversation: names of the parts. */
#include "model/conversation.h"

const char *part_type_name(enum part_type type)
{
    static const char *const names[] = {
        [PART_TEXT] = "text",           [PART_REASONING] = "reasoning",
        [PART_TOOL_CALL] = "tool_call", [PART_TOOL_RESULT] = "tool_result",
        [PART_MEDIA] = "media",         [PART_DATA] = "data",
    };
    return names[type];
}
