/* SPDX-License-Identifier: Apache-2.0 */
/* While a signal beside traces has not come: the lines that send it here. */
import { Code } from "../../components/code";
import { useUrl } from "../../app/url";
import { signalLines } from "./snippets";
import { useTarget } from "./target";

export function SignalLines({ signal }: { signal: "metrics" | "logs" }) {
    const target = useTarget(useUrl().project);
    return target && <Code label="environment" text={signalLines(target, signal)} />;
}
