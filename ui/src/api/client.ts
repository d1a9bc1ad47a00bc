/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One function that asks the server. Errors become ApiError with the server's own words, and a
 * request that never reached a server is told apart from one that was refused.
 */
export class ApiError extends Error {
    constructor(
        readonly code: number,
        readonly kind: string,
        message: string,
        /** The whole error as the server sent it: where in a query it is, what was expected. */
        readonly detail: object = {},
    ) {
        super(message);
        this.name = "ApiError";
    }

    /** True when there was no answer at all: the server is away, not unhappy. */
    get offline(): boolean {
        return this.code === 0;
    }
}

export type Query = Record<string, string | number | undefined | null | readonly string[]>;

/** Builds `path?…`; lists repeat the key, undefined and empty members are left out. */
export function apiUrl(path: string, query: Query = {}): string {
    const params = new URLSearchParams();
    for (const [key, value] of Object.entries(query)) {
        if (value === undefined || value === null || value === "") continue;
        if (typeof value === "object") for (const each of value) params.append(key, each);
        else params.set(key, String(value));
    }
    const text = params.toString();
    return text ? `${path}?${text}` : path;
}

async function refusal(reply: Response): Promise<ApiError> {
    const text = await reply.text().catch(() => "");
    try {
        const { error, message } = JSON.parse(text) as { error: { status: string; message: string } | string; message?: string };
        /* Paths under /api/public/ word their errors as Langfuse does. */
        if (typeof error === "string") return new ApiError(reply.status, error, message ?? error);
        return new ApiError(reply.status, error.status, error.message, error);
    } catch {
        return new ApiError(reply.status, "http", text.slice(0, 300) || `HTTP ${reply.status} ${reply.statusText}`);
    }
}

async function ask(url: string, accept: string, signal?: AbortSignal, more: RequestInit & { type?: string } = {}): Promise<Response> {
    let reply: Response;
    const { type, ...init } = more;
    try {
        reply = await fetch(url, { ...init, signal, headers: { accept, ...(type && { "content-type": type }) }, credentials: "same-origin" });
    } catch (cause) {
        if (signal?.aborted) throw cause;
        throw new ApiError(0, "offline", "The server did not answer.");
    }
    if (!reply.ok) throw await refusal(reply);
    return reply;
}

export async function getJson<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const reply = await ask(apiUrl(path, query), "application/json", signal);
    return (await reply.json()) as T;
}

/** A reply that goes on until one side ends it. */
export async function openStream(url: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await ask(url, "text/event-stream", signal);
    if (!body) throw new ApiError(0, "offline", "The server sent nothing.");
    return body as ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Sends JSON; gives what came back as JSON, or undefined for an empty reply. */
export async function sendJson<T>(method: "POST" | "PUT" | "PATCH" | "DELETE", url: string, value: unknown, signal?: AbortSignal): Promise<T> {
    const reply = await ask(url, "application/json", signal, { method, type: "application/json", body: value === undefined ? undefined : JSON.stringify(value) });
    const text = await reply.text();
    return (text ? JSON.parse(text) : undefined) as T;
}

/** Sends JSON and gives the reply as it is, for files. */
export async function sendForFile(url: string, value: unknown, accept: string, signal?: AbortSignal): Promise<Blob> {
    return (await ask(url, accept, signal, { method: "POST", type: "application/json", body: JSON.stringify(value) })).blob();
}

/** A byte range of a long text, as the `href` of a Text names it. */
export async function getContent(href: string, offset: number, length: number): Promise<{ text: string; end: number; total: number }> {
    if (!href.startsWith("/api/")) throw new ApiError(400, "invalid", "href: expected a path under /api/");
    const url = new URL(href, location.origin);
    url.searchParams.set("offset", String(offset));
    url.searchParams.set("length", String(length));
    const reply = await ask(url.pathname + url.search, "text/plain");
    const bytes = await reply.arrayBuffer();
    const total = Number(/\/(\d+)$/.exec(reply.headers.get("content-range") ?? "")?.[1] ?? offset + bytes.byteLength);
    return { text: new TextDecoder().decode(bytes), end: offset + bytes.byteLength, total };
}
