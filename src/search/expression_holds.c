/* SPDX-License-Identifier: Apache-2.0 */
/* expression_holds: whether terms that were found, or may be, are what an expression wants. */
#include "search/expression.h"

static bool holds(const struct search_expression *expression, uint16_t at, uint32_t found)
{
    const struct search_node *node = &expression->nodes[at];
    switch (node->kind) {
    case SEARCH_TERM:
        return found >> node->left & 1;
    case SEARCH_NOT:
        return !holds(expression, node->left, found);
    case SEARCH_AND:
        return holds(expression, node->left, found) && holds(expression, node->right, found);
    default:
        return holds(expression, node->left, found) || holds(expression, node->right, found);
    }
}

bool search_holds(const struct search_expression *expression, uint32_t found)
{
    return holds(expression, expression->root, found);
}

/* `most`: whether it can hold; else whether it must. What is possible need not be there, so under a
 * NOT nothing is certain but what is impossible. */
static bool may_hold(const struct search_expression *expression, uint16_t at, uint32_t possible,
                     bool most)
{
    const struct search_node *node = &expression->nodes[at];
    switch (node->kind) {
    case SEARCH_TERM:
        return most && (possible >> node->left & 1);
    case SEARCH_NOT:
        return !may_hold(expression, node->left, possible, !most);
    case SEARCH_AND:
        return may_hold(expression, node->left, possible, most) &&
               may_hold(expression, node->right, possible, most);
    default:
        return may_hold(expression, node->left, possible, most) ||
               may_hold(expression, node->right, possible, most);
    }
}

bool search_may_hold(const struct search_expression *expression, uint32_t possible)
{
    return may_hold(expression, expression->root, possible, true);
}
