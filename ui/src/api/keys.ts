/* SPDX-License-Identifier: Apache-2.0 */
/* The key pairs of a project. A secret is told once, when its pair is made. */
import { useQuery } from "@tanstack/react-query";
import { apiUrl, getJson, sendJson } from "./client";
import { queryClient } from "./queries";
import type { Ns } from "./types";

export interface Key {
    public_key: string;
    note: string;
    created: Ns;
}

export interface KeyPair {
    public_key: string;
    secret_key: string;
}

export function useKeyPairs(project: string) {
    return useQuery({ queryKey: ["keys", project], queryFn: ({ signal }) => getJson<{ keys: Key[] }>("/api/v1/keys", { project }, signal) });
}

const changed = (project: string) => queryClient.invalidateQueries({ queryKey: ["keys", project] });

export async function makeKeyPair(project: string, note: string): Promise<KeyPair> {
    const made = await sendJson<KeyPair>("POST", apiUrl("/api/v1/keys", { project }), { note });
    await changed(project);
    return made;
}

export async function revokeKey(project: string, key: string): Promise<void> {
    await sendJson("DELETE", apiUrl(`/api/v1/keys/${encodeURIComponent(key)}`, { project }), undefined);
    await changed(project);
}
