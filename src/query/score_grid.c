/* SPDX-License-Identifier: Apache-2.0 */
/* score_grid: see score_grid.h. */
#include "query/score_grid.h"

#include <math.h>

/* The different values of a side, rising; more than SCORE_GRID when there are more. */
struct values {
    double items[SCORE_GRID + 1], least, most;
    size_t count;
};

static void add_value(struct values *values, double value)
{
    size_t at = 0;
    values->least = fmin(values->least, value);
    values->most = fmax(values->most, value);
    while (at < values->count && values->items[at] < value)
        at++;
    if (values->count > SCORE_GRID || (at < values->count && values->items[at] == value))
        return;
    for (size_t i = values->count++; i > at; i--)
        values->items[i] = values->items[i - 1];
    values->items[at] = value;
}

/* A cell each where the values are few, else as many of equal width. */
static size_t make_edges(const struct values *values, double edges[SCORE_GRID + 1])
{
    double width = values->most - values->least;
    if (values->count <= SCORE_GRID || !isfinite(width)) {
        size_t count = values->count <= SCORE_GRID ? values->count : 1;
        for (size_t i = 0; i < count; i++)
            edges[i] = values->items[i];
        edges[count] = values->most;
        return count;
    }
    for (int i = 0; i <= SCORE_GRID; i++)
        edges[i] = values->least + width * i / SCORE_GRID;
    return SCORE_GRID;
}

/* Scores of one scale share it, so that the diagonal is where they agree. */
static void find_edges(const struct number_pair *pairs, size_t count, struct score_comparison *out)
{
    struct values sides[2] = {{.least = INFINITY, .most = -INFINITY},
                              {.least = INFINITY, .most = -INFINITY}};
    for (size_t i = 0; i < count; i++) {
        add_value(&sides[0], pairs[i].a);
        add_value(&sides[1], pairs[i].b);
    }
    struct values both = sides[0];
    for (size_t i = 0; i < sides[1].count; i++)
        add_value(&both, sides[1].items[i]);
    add_value(&both, sides[1].most);
    double narrow = fmin(sides[0].most - sides[0].least, sides[1].most - sides[1].least);
    bool shared = both.count <= SCORE_GRID || both.most - both.least <= 2 * narrow;
    for (int side = 0; side < 2; side++)
        out->cells[side] = make_edges(shared ? &both : &sides[side], out->edges[side]);
}

static size_t cell_of(const double *edges, size_t cells, double value)
{
    size_t cell = 0;
    while (cell + 1 < cells && value >= edges[cell + 1])
        cell++;
    return cell;
}

void score_grid_fill(const struct number_pair *pairs, size_t count, struct score_comparison *out)
{
    find_edges(pairs, count, out);
    for (size_t i = 0; i < count; i++)
        out->grid[cell_of(out->edges[0], out->cells[0], pairs[i].a)]
                 [cell_of(out->edges[1], out->cells[1], pairs[i].b)] += pairs[i].count;
}
