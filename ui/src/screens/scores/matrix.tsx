/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of pairs by what the two say: a confusion matrix, or a heat map of numbers. A cell leads to its pairs. */
import { useUrl } from "../../app/url";
import { count, exact } from "../../format/number";

interface GridCell {
    cell: string;
    label: string;
    words: string;
}

interface GridProps {
    title: string;
    names: [string, string];
    rows: GridCell[];
    columns: GridCell[];
    counts: number[][];
    /** Rows and columns are the same: where they meet, the two agree. */
    diagonal?: boolean;
}

export function Grid({ title, names, rows, columns, counts, diagonal }: GridProps) {
    const url = useUrl();
    const most = Math.max(1, ...counts.flat());
    /* Numbers rise upwards, as in any drawing of two axes. */
    const order = diagonal ? rows.map((_, at) => at) : rows.map((_, at) => rows.length - 1 - at);
    return (
        <section className="panel score-grid" aria-label={title}>
            <header>
                <h3>{title}</h3>
                <span className="muted">rows: {names[0]}, columns: {names[1]}</span>
            </header>
            <div className="table-scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
                <table>
                    <thead>
                        <tr>
                            <td />
                            {columns.map((column) => <th key={column.cell} scope="col" title={column.words}>{column.label}</th>)}
                        </tr>
                    </thead>
                    <tbody>
                        {order.map((at) => (
                            <tr key={rows[at].cell}>
                                <th scope="row" title={rows[at].words}>{rows[at].label}</th>
                                {columns.map((column, to) => (
                                    <td key={column.cell} className={diagonal && to === at ? "same" : ""}>
                                        {counts[at][to] > 0 && (
                                            <button
                                                type="button" style={{ "--share": Math.sqrt(counts[at][to] / most) } as React.CSSProperties}
                                                aria-pressed={url.search.acell === rows[at].cell && url.search.bcell === column.cell}
                                                title={`${names[0]} ${rows[at].words}, ${names[1]} ${column.words}: ${exact(counts[at][to])}. List them`}
                                                aria-label={`${rows[at].words} and ${column.words}: ${exact(counts[at][to])}`}
                                                onClick={() => url.set({ acell: rows[at].cell, bcell: column.cell })}
                                            >
                                                {count(counts[at][to])}
                                            </button>
                                        )}
                                    </td>
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
        </section>
    );
}
