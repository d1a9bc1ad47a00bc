/* SPDX-License-Identifier: Apache-2.0 */
/* Where an application that belongs to this project is to send. */
import type { KeyPair } from "../../api/keys";
import { useProjects, useStatus } from "../../api/queries";
import type { Target } from "./snippets";

/** Null until the project is known. */
export function useTarget(project: string, pair: KeyPair | null = null): Target | null {
    const status = useStatus();
    const projects = useProjects();
    const own = projects.data?.projects.find((each) => each.name === project);
    return own
        ? { origin: location.origin, publicKey: pair?.public_key ?? own.public_key, secretKey: pair?.secret_key ?? null, isDefault: own.name === "default", authRequired: status.data?.auth_required ?? false }
        : null;
}
