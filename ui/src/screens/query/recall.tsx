/* SPDX-License-Identifier: Apache-2.0 */
/* Menus that bring a query back: saved ones, this browser's history, examples. */
import { useMemo } from "react";
import { SQL, useCatalogue } from "../../api/ask";
import { Icon } from "../../components/icon";
import { Menu } from "../../components/menu";
import { clip, oneLine } from "../../format/text";
import { ago } from "../../format/time";
import { stages } from "../../language/lex";
import { EXAMPLES } from "./examples";
import { forgetQueries, pastQueries } from "./history";
import { Saved } from "./saved";

interface Props {
    project: string;
    draft: string;
    source: string;
    pick: (query: string, source: string, view?: string) => void;
}

/** Examples whose commands this server runs. */
export function useExamples(project: string) {
    const commands = useCatalogue(project, "spans").data?.commands;
    return useMemo(() => {
        const known = new Set(commands?.map(({ name }) => name.toLowerCase()));
        return EXAMPLES.filter(({ query, source }) => !commands || source === SQL || stages(query).every(({ command }) => known.has(command)));
    }, [commands]);
}

export function Recall(props: Props) {
    const { project, pick } = props;
    const examples = useExamples(project);
    return (
        <>
            <Saved {...props} />
            <Menu label={<><Icon name="clock" small /> History</>} name="History" className="button bare">
                {(close) => <History project={project} pick={pick} close={close} />}
            </Menu>
            <Menu label={<><Icon name="help" small /> Examples</>} name="Examples" className="button bare">
                {(close) => (
                    <>
                        {examples.map((example) => (
                            <button
                                key={example.title}
                                type="button"
                                className="item"
                                onClick={() => {
                                    close();
                                    pick(example.query, example.source);
                                }}
                            >
                                <span className="grow">{example.title}</span>
                                <span className="muted">{example.source}</span>
                            </button>
                        ))}
                    </>
                )}
            </Menu>
        </>
    );
}

function History({ project, pick, close }: { project: string; pick: Props["pick"]; close: () => void }) {
    const past = pastQueries(project);
    if (!past.length) return <div className="head">Nothing was asked in this project yet.</div>;
    return (
        <div className="history">
            {past.map((each) => (
                <button
                    key={each.at}
                    type="button"
                    className="item"
                    onClick={() => {
                        close();
                        pick(each.query, each.source);
                    }}
                >
                    <code className="grow cut">{clip(oneLine(each.query), 160)}</code>
                    <span className="muted nowrap">{ago(each.at)}</span>
                </button>
            ))}
            <button
                type="button"
                className="item"
                onClick={() => {
                    forgetQueries(project);
                    close();
                }}
            >
                <Icon name="close" small /> Forget them
            </button>
        </div>
    );
}
