/* SPDX-License-Identifier: Apache-2.0 */
/* The filters of a screen: removable chips, and one box that completes fields, then values. */
import { type KeyboardEvent, useId, useState } from "react";
import { useFacets } from "../api/queries";
import { useUrl } from "../app/url";
import { clip, visible } from "../format/text";
import { count } from "../format/number";
import { describeFilter, fieldInfo, filterProblem, parseFilter, withFilter } from "../url/filters";
import { Icon } from "./icon";
import { type Suggestion, suggestFields, suggestValues } from "./suggest";
import "./filter-bar.css";

interface BarProps {
    placeholder?: string;
    /** The fields this screen knows, when they are not those of traces. */
    fields?: readonly string[];
    /** Whether the values of traces are also this screen's. */
    complete?: boolean;
}

export function FilterBar({ placeholder = "Filter: model=gpt-4o, duration>2s, status=error …", fields, complete = true }: BarProps) {
    const url = useUrl();
    const set = (filters: string[]) => url.set({ f: filters.length ? filters : undefined });
    return (
        <div className="filter-bar" role="search" aria-label="Filters">
            <Icon name="filter" className="muted" />
            {url.filters.map((filter) => (
                <Chip key={filter} filter={filter} problem={filterProblem(filter, fields)} remove={() => set(url.filters.filter((each) => each !== filter))} />
            ))}
            <FilterBox
                placeholder={url.filters.length ? "Add a filter" : placeholder}
                fields={fields}
                complete={complete}
                add={(filter) => set(withFilter(url.filters, filter))}
                removeLast={() => url.filters.length && set(url.filters.slice(0, -1))}
            />
            {url.filters.length > 1 && (
                <button type="button" className="button small bare" onClick={() => set([])}>
                    Clear all
                </button>
            )}
        </div>
    );
}

function Chip({ filter, problem, remove }: { filter: string; problem: string | null; remove: () => void }) {
    const { field, op, value } = describeFilter(filter);
    return (
        <span className={`chip ${problem ? "error" : ""}`} title={problem ? `Not used on this screen: ${visible(filter)}` : visible(filter)}>
            <span className="muted">{visible(field)}</span> <span className="muted">{op}</span> <b className="cut">{clip(visible(value), 60)}</b>
            <button type="button" aria-label={`Remove the filter ${visible(filter)}`} onClick={remove}>
                <Icon name="close" small />
            </button>
        </span>
    );
}

interface BoxProps {
    placeholder: string;
    fields?: readonly string[];
    complete: boolean;
    add: (filter: string) => void;
    removeLast: () => void;
}

function FilterBox({ placeholder, fields, complete, add, removeLast }: BoxProps) {
    const url = useUrl();
    const [text, setText] = useState("");
    const [open, setOpen] = useState(false);
    const [at, setAt] = useState(-1);
    const [problem, setProblem] = useState<string | null>(null);
    const id = useId();
    const typed = parseFilter(text);
    const wanted = typed && complete && fieldInfo(typed.field)?.type === "text" && (typed.op === "=" || typed.op === "!=") ? typed.field : "";
    const facets = useFacets({ ...url, live: false, filters: [] }, wanted, 50, open && !!wanted);
    const values = (wanted && facets.data?.facets[wanted]?.values) || [];
    const options = typed ? suggestValues(typed, values) : suggestFields(text, fields);

    const change = (next: string) => {
        setText(next);
        setAt(-1);
        setOpen(true);
        setProblem(null);
    };
    const finish = (filter: string) => {
        const wrong = filterProblem(filter, fields);
        if (wrong) return setProblem(wrong);
        add(filter);
        change("");
        return setOpen(false);
    };
    const choose = (option: Suggestion) => (option.done ? finish(option.text) : change(option.text));
    const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            if (!open) setOpen(true);
            const step = event.key === "ArrowDown" ? 1 : -1;
            setAt(Math.max(-1, Math.min(options.length - 1, at + step)));
        } else if (event.key === "Enter") {
            const option = options[at];
            if (option) choose(option);
            else if (text.trim()) finish(typed || fields ? text.trim() : `name~${text.trim()}`);
        } else if (event.key === "Tab" && open && options.length && text) choose(options[Math.max(0, at)]);
        else if (event.key === "Backspace" && !text) return removeLast();
        else if (event.key === "Escape") {
            if (open || text) change("");
            else event.currentTarget.blur();
            setOpen(false);
        } else return;
        event.preventDefault();
    };
    return (
        <div className="filter-box">
            <input
                data-filter-box
                value={text}
                placeholder={placeholder}
                role="combobox"
                aria-label="Add a filter"
                aria-expanded={open}
                aria-controls={id}
                aria-autocomplete="list"
                aria-activedescendant={at >= 0 ? `${id}-${at}` : undefined}
                aria-invalid={!!problem}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => change(event.target.value)}
                onFocus={() => setOpen(true)}
                onBlur={() => setOpen(false)}
                onKeyDown={onKey}
            />
            {problem && (
                <span className="filter-problem bad" role="alert">
                    {problem}
                </span>
            )}
            {!text && !open && <kbd className="wide-only">/</kbd>}
            {open && (
                <ul className="menu" role="listbox" id={id} aria-label="Suggestions">
                    {options.map((option, index) => (
                        <li
                            key={option.text}
                            id={`${id}-${index}`}
                            role="option"
                            aria-selected={index === at}
                            className={`item ${index === at ? "active" : ""}`}
                            onPointerDown={(event) => {
                                event.preventDefault();
                                choose(option);
                            }}
                        >
                            <span className="mono cut">{clip(visible(option.label), 80)}</span>
                            <span className="grow" />
                            <span className="muted">{option.count === undefined ? option.hint : count(option.count)}</span>
                        </li>
                    ))}
                    {!options.length && <li className="head">{wanted && facets.isFetching ? "Looking for values…" : (fieldInfo(typed?.field ?? "")?.hint ?? "Press Enter to apply")}</li>}
                </ul>
            )}
        </div>
    );
}
