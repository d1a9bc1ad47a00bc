/* SPDX-License-Identifier: Apache-2.0 */
/* JSON one can open and close. Branches are drawn when opened, a hundred members at a time. */
import { useState } from "react";
import { plural } from "../format/number";
import { clip, visible } from "../format/text";
import { Icon } from "./icon";

const STEP = 100;
const LONG = 600;

export function JsonTree({ value }: { value: object }) {
    return (
        <div className="json mono">
            <Branch value={value} level={0} />
        </div>
    );
}

/** Opens what fits a screen: the first levels while they are small. */
function opensBySize(value: object, level: number): boolean {
    const size = Object.keys(value).length;
    return level === 0 || (level < 3 && size <= 12) || size <= 3;
}

function Branch({ name, value, level }: { name?: string; value: object; level: number }) {
    const [open, setOpen] = useState(() => opensBySize(value, level));
    const [limit, setLimit] = useState(STEP);
    const list = Array.isArray(value);
    const entries = Object.entries(value);
    const label = list ? plural(entries.length, "item") : plural(entries.length, "member");
    if (!entries.length) return <Line name={name}>{list ? "[]" : "{}"}</Line>;
    return (
        <>
            {(level > 0 || name !== undefined) && (
                <button type="button" className="json-line json-branch" aria-expanded={open} onClick={() => setOpen(!open)}>
                    <Icon name={open ? "down" : "right"} small />
                    {name !== undefined && <Key name={name} />}
                    <span className="muted">{open ? (list ? "[" : "{") : `${list ? "[" : "{"} ${label} ${list ? "]" : "}"}`}</span>
                </button>
            )}
            {open && (
                <div className={level > 0 ? "json-inner" : ""}>
                    {entries.slice(0, limit).map(([key, each]) =>
                        typeof each === "object" && each !== null ? (
                            <Branch key={key} name={list ? key : key} value={each} level={level + 1} />
                        ) : (
                            <Line key={key} name={key}>
                                <Leaf value={each} />
                            </Line>
                        ),
                    )}
                    {entries.length > limit && (
                        <button type="button" className="button small" onClick={() => setLimit(limit + STEP)}>
                            {entries.length - limit} more
                        </button>
                    )}
                </div>
            )}
        </>
    );
}

function Key({ name }: { name: string }) {
    return <span className="json-key">{clip(visible(name), 200)}:</span>;
}

function Line({ name, children }: { name?: string; children: React.ReactNode }) {
    return (
        <div className="json-line">
            {name !== undefined && <Key name={name} />}
            <span className="json-value">{children}</span>
        </div>
    );
}

function Leaf({ value }: { value: unknown }) {
    const [all, setAll] = useState(false);
    if (typeof value !== "string") return <span className={`json-${value === null ? "null" : typeof value}`}>{String(value)}</span>;
    const cut = value.length > LONG && !all;
    return (
        <span className="json-string" dir="auto">
            {visible(cut ? clip(value, LONG) : value)}
            {value.length > LONG && (
                <button type="button" className="button small bare" onClick={() => setAll(!all)}>
                    {all ? "fold" : "all of it"}
                </button>
            )}
        </span>
    );
}
