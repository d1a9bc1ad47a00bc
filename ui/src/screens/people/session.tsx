/* SPDX-License-Identifier: Apache-2.0 */
/* One session replayed as one conversation, across its traces. */
import { useParams } from "@tanstack/react-router";
import { type SessionRow, useTotals } from "../../api/people";
import { useUrl } from "../../app/url";
import { Go } from "../../components/go";
import { Failure, Skeleton } from "../../components/pieces";
import { Transcript } from "../../components/transcript";
import { clip, oneLine } from "../../format/text";
import { PeopleHead, Total } from "./head";
import { Nobody } from "./nobody";
import "./people.css";

export default function SessionScreen() {
    const { sessionId = "" } = useParams({ strict: false }) as { sessionId?: string };
    const url = useUrl();
    const totals = useTotals("session", url.project, sessionId);
    const row = totals.data as SessionRow | null | undefined;
    if (totals.error) return <Failure error={totals.error} retry={() => totals.refetch()} what="The session" />;
    if (row === null) return <Nobody noun="session" list="sessions" />;
    return (
        <div className="people-page">
            {row ? (
                <PeopleHead list="sessions" noun="session" name={sessionId} totals={row}>
                    {row.user && (
                        <Total label="User">
                            <Go className="plain" href={url.user(row.user)}>{clip(oneLine(row.user), 60)}</Go>
                        </Total>
                    )}
                </PeopleHead>
            ) : (
                <Skeleton height={92} />
            )}
            <div className="people-body">
                {row && <Transcript path={`/api/v1/sessions/${encodeURIComponent(sessionId)}/transcript`} byTrace />}
            </div>
        </div>
    );
}
