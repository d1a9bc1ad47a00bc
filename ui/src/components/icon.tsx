/* SPDX-License-Identifier: Apache-2.0 */
/* Line icons on a 16 px grid, drawn for vitrine; each is one path so that they cost nothing. */
const PATHS = {
    overview: "M2 13.5h12M4 11V7.5M8 11V3M12 11V5.5",
    traces: "M2 4h6M5 8h8M8 12h6",
    agents: "M4 6h8v6.500H4zM8 6V3.500M8 3.500h.1M6.300 8.800v.8M9.700 8.800v.8M2 8.500v2M14 8.500v2",
    loop: "M12.500 6A5 5 0 0 0 4 4.800L2.500 6.500M2.500 3v3.500H6M3.500 10a5 5 0 0 0 8.500 1.200l1.500-1.700M13.500 13V9.500H10",
    models: "M8 2l5.500 3v6L8 14l-5.500-3V5zM2.500 5 8 8l5.500-3M8 8v6",
    logs: "M3 3.5h10M3 6.5h10M3 9.5h7M3 12.5h5",
    metrics: "M2 11.5l3.5-4 2.5 2.5L13.5 4M10.5 4h3v3",
    query: "M3 4.5l3.5 3.5L3 11.500M8.500 12h5",
    dashboards: "M2.500 2.500h5v6h-5zM9.500 2.500h4v3.500h-4zM9.500 8h4v5.500h-4zM2.500 10.500h5v3h-5z",
    move: "M8 2v12M2 8h12M6 4l2-2 2 2M6 12l2 2 2-2M4 6 2 8l2 2M12 6l2 2-2 2",
    corner: "M13 8l-5 5M13 12l-1 1",
    more: "M3.500 8h.1M8 8h.1M12.500 8h.1",
    setup: "M6 2.5v3M10 2.5v3M4 5.5h8v2.5a4 4 0 0 1-8 0zM8 12v2",
    search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14",
    close: "M4 4l8 8M12 4l-8 8",
    down: "M4 6l4 4 4-4",
    right: "M6 4l4 4-4 4",
    left: "M10 4L6 8l4 4",
    up: "M4 10l4-4 4 4",
    sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.8.8M11.8 11.8l.8.8M12.6 3.4l-.8.8M4.2 11.8l-.8.8",
    moon: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5 5.8 5.8 0 1 0 13.5 9.6z",
    auto: "M2 3h12v8H2zM6 14h4M8 11v3",
    help: "M6 6a2 2 0 1 1 2.8 1.8c-.6.3-.8.7-.8 1.4M8 11.6v.1M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z",
    clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 4.5V8l2.3 1.5",
    live: "M8 9.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4zM4.8 4.8a4.5 4.5 0 0 0 0 6.4M11.2 4.8a4.5 4.5 0 0 1 0 6.4M2.7 2.7a7.5 7.5 0 0 0 0 10.6M13.3 2.7a7.5 7.5 0 0 1 0 10.6",
    pause: "M5.5 3.5v9M10.5 3.5v9",
    warning: "M8 2.2 14.4 13.4H1.6zM8 6.5v3M8 11.4v.1",
    error: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM8 4.8v3.8M8 11v.1",
    check: "M3 8.5 6.5 12 13 4.5",
    copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
    download: "M8 2.5v8M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
    link: "M6.5 9.5l3-3M7.2 4.5l1.3-1.3a2.8 2.8 0 0 1 4 4L11.2 8.6M8.8 11.5l-1.3 1.3a2.8 2.8 0 0 1-4-4l1.3-1.4",
    columns: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
    filter: "M2 3.5h12M4.5 8h7M7 12.5h2",
    zoom: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14M5 7h4",
    retry: "M13 8a5 5 0 1 1-1.5-3.5L13 6M13 3v3h-3",
    llm: "M3 3.5h10v7H8l-3 2.5v-2.5H3z",
    agent: "M4 6h8v6.5H4zM8 6V3.5M8 3.5h.1M6.3 8.8v.8M9.7 8.8v.8",
    tool: "M10.2 2.6a3.4 3.4 0 0 0-3.9 4.6L2.6 11a1.7 1.7 0 0 0 2.4 2.4l3.7-3.7a3.4 3.4 0 0 0 4.6-3.9L11 8 8 7.9 8 5z",
    retriever: "M3 4c0-.9 2.2-1.5 5-1.5s5 .6 5 1.5-2.2 1.5-5 1.5S3 4.900 3 4zM3 4v8c0 .9 2.200 1.500 5 1.500s5-.6 5-1.500V4M3 8c0 .9 2.200 1.500 5 1.500s5-.6 5-1.500",
    embedding: "M4 4h.1M8 4h.1M12 4h.1M4 8h.1M8 8h.1M12 8h.1M4 12h.1M8 12h.1M12 12h.1",
    reranker: "M4 3v10M4 13l-2-2M4 13l2-2M9 4h5M9 8h4M9 12h2.500",
    guardrail: "M8 1.800 13 3.600v4.200c0 3.200-2.200 5.300-5 6.400-2.800-1.100-5-3.200-5-6.400V3.600z",
    evaluator: "M2.500 8.500 6 12l7.500-8M2.500 4h4",
    prompt: "M3 4l4 4-4 4M8.500 12.500h5",
    chain: "M2.500 8h3M10.500 8h3M5.500 5.500h5v5h-5z",
    workflow: "M2.500 3h4v3h-4zM9.500 10h4v3h-4zM4.500 6v5.500h5",
    task: "M3 3h10v10H3zM5.500 8l2 2 3-4",
    event: "M8 2.500v11M4 8h8",
    span: "M2.500 8h11M2.500 5.500v5M13.500 5.500v5",
    user: "M8 8a2.700 2.700 0 1 0 0-5.400A2.700 2.700 0 0 0 8 8zM3 13.500c.5-2.500 2.500-4 5-4s4.500 1.500 5 4",
    document: "M4 2h5.500L12 4.500V14H4zM9.500 2v2.500H12",
    media: "M2.500 3h11v10h-11zM2.500 11l3.500-3.500 2.500 2.500 2-1.500 3 2.500M10.500 6h.1",
    system: "M2.500 4.500h6M11.500 4.500h2M2.500 11.500h2M7.500 11.500h6M10 3v3M6 10v3",
    thumbUp: "M2.500 7h2.500v6.500H2.500zM5 7.500 8 2.500c1.200 0 1.700.9 1.500 2L9 6.500h3.300c.9 0 1.400.7 1.200 1.500l-1.100 4.500c-.2.600-.7 1-1.300 1H5",
    thumbDown: "M2.500 9h2.500V2.500H2.500zM5 8.500l3 5c1.200 0 1.700-.9 1.500-2L9 9.500h3.300c.9 0 1.400-.7 1.200-1.500l-1.100-4.500c-.2-.6-.7-1-1.300-1H5",
    thought: "M8 2.500a4 4 0 0 1 2.300 7.300v1.700H5.700V9.800A4 4 0 0 1 8 2.500zM6.300 13.500h3.400",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, small, className = "" }: { name: IconName; small?: boolean; className?: string }) {
    return (
        <svg className={`icon ${small ? "s" : ""} ${className}`} viewBox="0 0 16 16" aria-hidden="true">
            <path d={PATHS[name]} />
        </svg>
    );
}

export function kindIcon(kind: string): IconName {
    return kind in PATHS ? (kind as IconName) : "span";
}
